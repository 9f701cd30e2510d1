"""Services that withstand all attacks but one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs

import httpx2
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gpic.examiner.forgery import Words, in_json, opened
from gpic.jose.errors import TokenRefused
from gpic.jose.keys import KeySet, SigningKey
from gpic.jose.sign import sign
from gpic.nhs.answers import LinkAnswer
from gpic.nhs.credentials import Demographics, GpCredentials
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party import CannotConnect, Connected, Obstacle
from gpic.relying_party.callback import Pairs
from gpic.relying_party.discovery import KnownProvider
from gpic.relying_party.errors import IdTokenInvalid
from gpic.relying_party.exchange import answer_to
from gpic.relying_party.id_token import VerifiedIdToken, verify_id_token
from gpic.relying_party.login import Arrival, Login
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.records import Attempt
from gpic.relying_party.token_endpoint import Tokens
from gpic.relying_party.userinfo import Userinfo, read_userinfo, userinfo_request
from gpic.storage.partner.memory import memory_cabinets
from tests.journeys.examined_service import Building, Pages, Wrong, into
from tests.journeys.wrong_by_rules import AtSurgeries, through

OWN: Final = SigningKey.generate()


def breaks_at(error: str) -> Wrong:
    """Has no page for this error."""

    def wrong(building: Building) -> None:
        def around(app: ASGIApp) -> ASGIApp:
            async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
                if scope["type"] == "http" and f"error={error}".encode() in scope["query_string"]:
                    await HTMLResponse("Internal Server Error", 500)(scope, receive, send)
                    return
                await app(scope, receive, send)

            return breaking

        building.around = around

    return wrong


def echoes(building: Building) -> None:
    """Prints what a callback brings."""

    def around(app: ASGIApp) -> ASGIApp:
        async def echoing(scope: Scope, receive: Receive, send: Send) -> None:
            asked = parse_qs(scope.get("query_string", b"").decode())
            if "<" in asked.get("error", [""])[0]:
                await HTMLResponse(f"<h1>Sorry</h1>{asked['error'][0]}")(scope, receive, send)
                return
            await app(scope, receive, send)

        return around_http(app, echoing)

    building.around = around


def around_http(app: ASGIApp, http: ASGIApp) -> ASGIApp:
    """Only requests."""

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        await (http if scope["type"] == "http" else app)(scope, receive, send)

    return chosen


def leads_on(building: Building) -> None:
    """To wherever `next` says."""

    def around(app: ASGIApp) -> ASGIApp:
        async def leading(scope: Scope, receive: Receive, send: Send) -> None:
            asked = parse_qs(scope.get("query_string", b"").decode())
            onwards = RedirectResponse(asked["next"][0], 303) if "next" in asked and scope["path"] == "/" else app
            await onwards(scope, receive, send)

        return around_http(app, leading)

    building.around = around


class AtAttempts:
    """Between the kit and its attempts."""

    def __init__(self) -> None:
        self.inner = memory_cabinets().attempts
        self.saved: dict[str, Attempt] = {}

    async def save(self, attempt: Attempt, now: datetime) -> None:
        """Remembered for the worse."""
        self.saved[attempt.state] = attempt
        await self.inner.save(attempt, now)

    async def take(self, state: str, browser: str, now: datetime) -> Attempt | None:
        """As it is."""
        return await self.inner.take(state, browser, now)


def with_attempts(take: Callable[[AtAttempts, str, str, datetime], object]) -> Wrong:
    """Keeps its attempts so."""

    def wrong(building: Building) -> None:
        class Kept(AtAttempts):
            async def take(self, state: str, browser: str, now: datetime) -> Attempt | None:
                return await take(self, state, browser, now)  # type: ignore[misc, no-any-return]

        building.party._login = replace(building.party._login, attempts=Kept())

    return wrong


async def any_state(kept: AtAttempts, state: str, browser: str, now: datetime) -> Attempt | None:
    """One that nobody gave is as good."""
    if state not in kept.saved:
        return Attempt(state, "none", browser, now + timedelta(hours=1))
    return await kept.inner.take(state, browser, now)


async def state_again(kept: AtAttempts, state: str, browser: str, now: datetime) -> Attempt | None:
    """As often as it comes."""
    found = kept.saved.get(state)
    return found if found is not None and found.browser == browser else await kept.inner.take(state, browser, now)


async def any_browser(kept: AtAttempts, state: str, _browser: str, now: datetime) -> Attempt | None:
    """From whichever browser."""
    return await kept.inner.take(state, kept.saved[state].browser, now) if state in kept.saved else None


def ignores(name: str) -> Wrong:
    """A parameter of the callback, where there is a code."""

    @dataclass(frozen=True, slots=True)
    class Deaf(Login):
        async def finish(self, browser: str, callback: str | Pairs) -> Arrival:
            assert not isinstance(callback, str)
            pairs = list(callback)
            heard = [pair for pair in pairs if pair[0] != name or "code" not in dict(pairs)]
            return await Login.finish(self, browser, heard)

    return lambda building: into(Deaf, building)


@dataclass(frozen=True, slots=True)
class Read:
    """An ID token as it came, and what it should have been."""

    header: Words
    claims: Words
    nonce: str
    settings: RelyingPartySettings
    known: bool  #: whether NHS login has published a key of its kid
    access_sub: str


Forgive = Callable[[Read], bool]


@dataclass(frozen=True, slots=True)
class Forgiving(Login):
    """Takes an ID token for right where *forgive* mends it."""

    forgive: Forgive

    async def _verified(self, tokens: Tokens, nonce: str) -> VerifiedIdToken:
        header, claims = opened(tokens.unverified_id_token.reveal())
        known = bool((await self.provider.keys()).candidates(str(header["kid"])))
        sub = str(opened(tokens.access_token.reveal())[1]["sub"])
        if not self.forgive(Read(header, claims, nonce, self.settings, known, sub)):
            return await Login._verified(self, tokens, nonce)
        mended = replace(tokens, unverified_id_token=Secret(sign(claims, OWN)))  # type: ignore[arg-type]
        keys = KeySet.from_pems([OWN.public_pem])
        try:
            return verify_id_token(mended, keys, self.settings, nonce=nonce, now=self.clock.now())
        except TokenRefused as refused:
            raise IdTokenInvalid(str(refused)) from None


def forgives(forgive: Forgive) -> Wrong:
    """This one mistake of an ID token."""
    return lambda building: into(Forgiving, building, forgive=forgive)


def claim(name: str, forged: object, right: Callable[[Read], object]) -> Forgive:
    """Where this claim is as *forged*, it is taken for right."""

    def forgive(read: Read) -> bool:
        is_forged = read.claims.get(name) == forged
        if is_forged:
            read.claims[name] = right(read)
        return is_forged

    return forgive


def an_hour_more(read: Read) -> bool:
    """What has expired lives on."""
    now = datetime.now(UTC).timestamp()
    has_expired = float(str(read.claims["exp"])) < now
    if has_expired:
        read.claims["exp"] = int(now) + 3600
    return has_expired


def believes_userinfo(building: Building) -> None:
    """Whoever it speaks of."""

    @dataclass(frozen=True, slots=True)
    class Trusting(Login):
        async def _userinfo(self, tokens: Tokens, id_token: VerifiedIdToken) -> Userinfo:
            metadata = await self.provider.metadata()
            reply = await answer_to(self.client, userinfo_request(self.client, metadata.userinfo_endpoint, tokens))
            body = in_json(lambda told: told.update(sub=id_token.sub))(reply.body)
            return read_userinfo(replace(reply, body=body), id_token, self.settings)

    into(Trusting, building)


def knowing(kind: type[KnownProvider], building: Building) -> None:
    """Knows NHS login in this way."""
    was = building.party._login
    provider = kind(was.settings, was.client, was.clock)
    building.party._login = replace(was, provider=provider)


def believes_descriptions(mend: Callable[[str], str]) -> Wrong:
    """What is wrong with a description is no matter."""

    class Believing(KnownProvider):
        async def _fetched(self, url: str) -> bytes:
            return mend((await KnownProvider._fetched(self, url)).decode()).encode()

    return lambda building: knowing(Believing, building)


def keeps_its_keys(building: Building) -> None:
    """Asks for keys once."""

    class Faithful(KnownProvider):
        async def keys_after_an_unknown_kid(self, seen: KeySet) -> KeySet:
            return seen

    knowing(Faithful, building)


def asks_each_time(building: Building) -> None:
    """Asks for keys at every kid that it does not know."""

    class Curious(KnownProvider):
        async def keys_after_an_unknown_kid(self, seen: KeySet) -> KeySet:
            self._keys = await self._fetched_keys()
            return self._keys.keys

    knowing(Curious, building)


def tells_the_key(building: Building) -> None:
    """In an address."""

    @dataclass(frozen=True, slots=True)
    class Telling(Login):
        keys: list[str]

        async def _userinfo(self, tokens: Tokens, id_token: VerifiedIdToken) -> Userinfo:
            told = await Login._userinfo(self, tokens, id_token)
            if told.details is not None:
                self.keys.append(told.details.linkage_key.reveal())
            return told

    keys: list[str] = []

    class Showing(Pages):
        async def connected(self, request: Request, outcome: Connected) -> Response:
            await super().connected(request, outcome)
            return RedirectResponse(str(httpx2.URL("/").copy_merge_params({"key": keys[-1]})), 303)

    into(Telling, building, keys=keys)
    building.pages = Showing(building.party)


def refreshes_twice(building: Building) -> None:
    """With one refresh token."""

    @dataclass(frozen=True, slots=True)
    class Forgetful(Login):
        async def _userinfo(self, tokens: Tokens, id_token: VerifiedIdToken) -> Userinfo:
            told = await Login._userinfo(self, tokens, id_token)
            for _ in range(2):
                form = {"grant_type": "refresh_token", "refresh_token": "the-same"}
                await answer_to(self.client, self.client.build_request("POST", self.settings.token_endpoint, data=form))
            return told

    into(Forgetful, building)


def cuts_names(building: Building) -> None:
    """At the first character that XML must escape."""

    class Cutting(AtSurgeries):
        async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
            cut = replace(demographics, family_name=re.split("[&<]", demographics.family_name)[0].strip())
            return await self.inner.link(cut, details)

    through(Cutting, building)


def fetches_what_xml_names(building: Building) -> None:
    """As a parser does whose entities are on."""

    async def fetch(response: httpx2.Response) -> None:
        found = re.search(rb'SYSTEM "([^"]+)"', await response.aread())
        if found is not None:
            async with httpx2.AsyncClient(trust_env=False) as client:
                await client.get(found.group(1).decode())

    known = building.party._gp_systems
    served = known.system_of(OdsCode("B99901"))
    assert served is not None
    served[1].client.event_hooks["response"].append(fetch)  # type: ignore[attr-defined]


def admits_by_refused_details(building: Building) -> None:
    """A refusal of the GP system's is no obstacle."""

    class Friendly(Pages):
        async def cannot_connect(self, request: Request, outcome: CannotConnect) -> Response:
            refused = outcome.reason is Obstacle.DETAILS_REJECTED
            return HTMLResponse("<h1>You are connected</h1>") if refused else await super().cannot_connect(request, outcome)

    building.pages = Friendly(building.party)
