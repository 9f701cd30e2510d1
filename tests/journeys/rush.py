"""Many people who log in at one moment: a crowd with accounts, in browsers that are signed in, and how long it takes."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import Task, TaskKind
from gpic.jose.assertions import ASSERTION_TYPE
from gpic.jose.keys import SigningKey
from gpic.jose.sign import Claim, seconds, sign
from gpic.nhs.clock import Clocks
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.accounts import SignInSecrets
from gpic.provider.sessions import Session
from gpic.sandbox.residents import account_of
from gpic.simulators.ids import synthetic_numbers
from gpic.simulators.people import Patient
from tests.journeys.deployed import CLIENT_ID, GP, SCOPES, Deployed

SIGNED_IN: Final = Vector(ProofingLevel.P9, frozenset("pd"))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody of the crowd, in a browser where they signed in a moment ago."""

    person: PersonId
    practice: str
    session: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One login: how long it took from the partner's redirect to what /userinfo said, and whether the claim was in it."""

    visitor: Visitor
    took: float
    has_claim: bool


class Crowd:
    """Invented people of a deployed provider, who all have an account at their practice and consented before."""

    def __init__(self, there: Deployed) -> None:
        self.there = there
        self._numbers = synthetic_numbers()
        self._count = 0
        self._redirect_uri = f"{there.stage.addresses.partner}/{CLIENT_ID}"
        self._key = SigningKey.from_pem(there.keys.partner.private_pem)

    async def gather(self, practice: str, how_many: int) -> list[Visitor]:
        """So many new ones; nothing is held of them."""
        return [await self._come(practice) for _ in range(how_many)]

    async def register(self, visitors: Sequence[Visitor]) -> None:
        """Let the workers do it, and wait for them."""
        for one in visitors:
            await self.there.store.queue.enqueue(Task(TaskKind.REGISTER, one.person), Clocks().world.now())
        await self.quiet()
        assert {State.HELD} == await self.states(visitors)

    async def states(self, visitors: Iterable[Visitor]) -> set[State]:
        """How it stands with all of them."""
        return {(await self.there.store.cabinets.holdings.load(one.person)).state for one in visitors}

    async def quiet(self) -> None:
        """Wait until nothing is left to do."""
        backlog = self.there.store.backlog
        async with asyncio.timeout(90):
            while any([await backlog.waiting(kind) for kind in TaskKind]):  # noqa: ASYNC110 - a table
                await asyncio.sleep(0.1)

    async def log_in(self, visitors: Sequence[Visitor]) -> list[Visit]:
        """All at one moment."""
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits, base_url=self.there.issuer) as http:
            return await asyncio.gather(*(self._visit(http, one) for one in visitors))

    async def _visit(self, http: httpx2.AsyncClient, visitor: Visitor) -> Visit:
        began = time.perf_counter()
        query = {"client_id": CLIENT_ID, "redirect_uri": self._redirect_uri, "response_type": "code", "scope": SCOPES}
        query |= {"state": secrets.token_urlsafe(8), "nonce": secrets.token_urlsafe(8)}
        cookie = {"Cookie": f"gpic-provider-{self.there.port}-session={visitor.session}"}
        answer = await http.get(f"/authorize?{urlencode(query)}", headers=cookie)
        code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
        tokens = await http.post("/token", data=self._redemption(code))
        assert 200 == tokens.status_code, tokens.text
        bearer = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
        claims = json.loads((await http.get("/userinfo", headers=bearer)).content)
        return Visit(visitor, time.perf_counter() - began, GP in claims)

    def _redemption(self, code: str) -> dict[str, str]:
        now = datetime.now(UTC)
        claims: dict[str, Claim] = {
            "iss": CLIENT_ID,
            "sub": CLIENT_ID,
            "aud": f"{self.there.issuer}/token",
            "jti": secrets.token_urlsafe(16),
            "iat": seconds(now),
            "exp": seconds(now + timedelta(minutes=1)),
        }
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": sign(claims, self._key),
        }

    async def _come(self, practice: str) -> Visitor:
        """A patient with an account at the practice and at NHS login, a session, and consent."""
        slug, number = f"crowd-{self._count}", self._next_number()
        self._count += 1
        patient = Patient(
            slug,
            number,
            OdsCode(practice),
            "Ada",
            f"Name{self._count}",
            "1984-02-17",
            email=f"{slug}@example.test",
            phone="07700900101",
        )
        self.there.stage.world.add_patient(patient, account=True)
        account, now = account_of(patient, PersonId(secrets.token_urlsafe(12))), datetime.now(UTC)
        cabinets, session = self.there.store.cabinets, secrets.token_urlsafe(32)
        await cabinets.accounts.put(account, SignInSecrets("no sign-in"))
        await cabinets.consents.agree(account.subject, CLIENT_ID, frozenset(SCOPES.split()), now)
        await cabinets.sessions.save(Session(session, account.subject, SIGNED_IN, now, now, now + timedelta(hours=1)))
        return Visitor(account.person, practice, session)

    def _next_number(self) -> NhsNumber:
        taken = {patient.number for patient in self.there.stage.world.patients.values()}
        return next(number for number in self._numbers if number not in taken)


def p95(visits: Iterable[Visit]) -> float:
    """Which 95 of 100 did not exceed, in seconds."""
    taken = sorted(one.took for one in visits)
    return taken[int(0.95 * len(taken))]
