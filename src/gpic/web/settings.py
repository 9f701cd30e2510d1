"""The settings of one's own account: what is shared with whom (N6), password, phone, remembered devices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gpic.provider.accounts import Account
from gpic.provider.authorize.prompts import SignedIn
from gpic.provider.identity.enrolment import Mistake
from gpic.provider.randomness import random_text
from gpic.provider.scopes import needing_consent
from gpic.web import words
from gpic.web.device_names import device_name
from gpic.web.rendering import see
from gpic.web.visits import FORBIDDEN, PageDesk, text

BAD_REQUEST: Final = 400
PATH: Final = "/settings"
MOST_FIELDS: Final = 16
LONGEST_FIELD: Final = 16_384


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody who is signed in, at a page of their own."""

    desk: PageDesk
    person: SignedIn
    browser: str
    user_agent: str

    @property
    def account(self) -> Account:
        """Whose it is."""
        return self.person.account

    @property
    def marked_for(self) -> str:
        """What this session's forms are marked with."""
        return f"settings:{self.person.session.id}"

    def page(self, template: str, mistake: Mistake | None = None, error_at: str = "", **said: object) -> Response:
        """A page with a form; its form leads nowhere but here."""
        error = words.MISTAKES[mistake] if mistake is not None else ""
        said["form_token"] = self.desk.tokens.of(self.marked_for, self.browser)
        said["errors"] = [{"text": error, "href": f"#{error_at}"}] if error else []
        return self.desk.rendering.page(template, 200, partner_origin="", error_at=error_at, **said)


Done = Callable[[Stay, FormData], Awaitable[Response]]


def routes(desk: PageDesk) -> list[BaseRoute]:
    """The pages."""
    home = _Home(desk)
    return [
        Route(PATH, home.shown(_overview), methods=["GET"]),
        Route(PATH, home.answered(OVERVIEW, _overview), methods=["POST"]),
        Route(f"{PATH}/password", home.shown(_password_page), methods=["GET"]),
        Route(f"{PATH}/password", home.answered(PASSWORD, _password_page), methods=["POST"]),
        Route(f"{PATH}/phone", home.shown(_phone_page), methods=["GET"]),
        Route(f"{PATH}/phone", home.answered(PHONE, _phone_page), methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Home:
    desk: PageDesk

    def shown(self, page: Callable[[Stay], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The page, or the sign-in before it."""

        async def endpoint(request: Request) -> Response:
            stay = await self._stay(request)
            return await page(stay) if stay is not None else await self._asked(request)

        return endpoint

    def answered(
        self, answers: Mapping[str, Done], page: Callable[[Stay], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """What was pressed there; a button that the page does not have shows it again."""

        async def endpoint(request: Request) -> Response:
            try:
                form = await request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD)
            except HTTPException:
                return self.desk.rendering.told("This form cannot be used", words.UNREADABLE, BAD_REQUEST)
            stay = await self._stay(request)
            if stay is None:
                return await self._asked(request)
            if not self.desk.tokens.fits(text(form, "form_token"), stay.marked_for, stay.browser):
                return self.desk.rendering.told("This form cannot be used", words.NOT_FROM_HERE, FORBIDDEN)
            answer = answers.get(text(form, "action"))
            return await answer(stay, form) if answer is not None else await page(stay)

        return endpoint

    async def _stay(self, request: Request) -> Stay | None:
        cookies = self.desk.cookies
        person = await self.desk.authorize.at_home(request.cookies.get(cookies.session, ""))
        browser = request.cookies.get(cookies.browser, "")
        if person is None or not browser:
            return None
        return Stay(self.desk, person, browser, request.headers.get("user-agent", ""))

    async def _asked(self, request: Request) -> Response:
        """To the sign-in, which leads back to this page."""
        cookies = self.desk.cookies
        browser = request.cookies.get(cookies.browser, "") or random_text()
        asked = await self.desk.authorize.ask_at_home(request.url.path, browser)
        response = see(f"/interaction/{asked.interaction.id}")
        response.set_cookie(cookies.browser, browser, **cookies.attributes)
        return response


async def _overview(stay: Stay, mistake: Mistake | None = None) -> Response:
    own = stay.desk.own
    shared = []
    for one in await own.consents.all(stay.account.subject):
        client = await stay.desk.authorize.clients.get(one.client_id)
        name = client.name if client is not None else one.client_id
        shared.append({"client_id": one.client_id, "name": name, "what": words.shared(needing_consent(one.scopes))})
    desk, account = stay.desk, stay.account
    return stay.page(
        "settings.jinja",
        mistake,
        "add-passkey",
        account=account,
        shared=shared,
        devices=await own.devices.of(account.subject, own.clocks.world.now()),
        passkeys=await desk.passkeys.passkeys.of(account.subject),
        passkey_options=await desk.passkeys.wanted(account, await _challenge(stay)),
    )


async def _challenge(stay: Stay) -> bytes:
    """Another with each passkey that is made."""
    known = await stay.desk.passkeys.passkeys.of(stay.account.subject)
    newest = known[-1].id if known else ""
    return stay.desk.tokens.challenge(f"{stay.marked_for}|{newest}", stay.browser)


async def _add_passkey(stay: Stay, form: FormData) -> Response:
    challenge, name = await _challenge(stay), device_name(stay.user_agent)
    made = await stay.desk.passkeys.add(stay.account, challenge, text(form, "credential"), name)
    return see(PATH) if made is not None else await _overview(stay, Mistake.PASSKEY_UNUSABLE)


async def _remove_passkey(stay: Stay, form: FormData) -> Response:
    await stay.desk.passkeys.passkeys.remove(stay.account.subject, text(form, "of"))
    return see(PATH)


async def _stop_sharing(stay: Stay, form: FormData) -> Response:
    await stay.desk.own.stop_sharing(stay.account, text(form, "of"))
    return see(PATH)


async def _forget(stay: Stay, form: FormData) -> Response:
    """Perhaps it was stolen: whoever is signed in anywhere but here is so no more."""
    if device_id := text(form, "of"):
        await stay.desk.own.devices.forget(stay.account.subject, device_id)
        await stay.desk.authorize.sessions.end_all(stay.account.subject, stay.person.session.id)
    return see(PATH)


async def _sign_out(stay: Stay, _form: FormData) -> Response:
    """Here; a partner's own session is the partner's."""
    await stay.desk.authorize.sessions.end(stay.person.session.id)
    return stay.desk.rendering.told("You are signed out", words.SIGNED_OUT, 200)


async def _password_page(stay: Stay) -> Response:
    return stay.page("settings_password.jinja", shortest=stay.desk.own.policy.shortest_password)


async def _change_password(stay: Stay, form: FormData) -> Response:
    mistake = await stay.desk.own.change_password(
        stay.account, stay.person.session.id, text(form, "password"), text(form, "new_password")
    )
    if mistake is None:
        return see(PATH)
    at = "password" if mistake in WITH_THE_OLD_ONE else "new_password"
    return stay.page("settings_password.jinja", mistake, at, shortest=stay.desk.own.policy.shortest_password)


async def _phone_page(stay: Stay) -> Response:
    return stay.page("settings_phone.jinja")


async def _ask_for_phone(stay: Stay, form: FormData) -> Response:
    phone = text(form, "phone")
    mistake = await stay.desk.own.ask_for_phone(stay.account, text(form, "password"), phone)
    if mistake is not None:
        return stay.page("settings_phone.jinja", mistake, "password" if mistake in WITH_THE_OLD_ONE else "phone", phone=phone)
    return stay.page("settings_phone_code.jinja", phone=phone)


async def _change_phone(stay: Stay, form: FormData) -> Response:
    phone = text(form, "phone")
    mistake = await stay.desk.own.change_phone(stay.account, phone, text(form, "code"))
    return stay.page("settings_phone_code.jinja", mistake, "code", phone=phone) if mistake is not None else see(PATH)


#: What is wrong about the password that one has.
WITH_THE_OLD_ONE: Final = frozenset({Mistake.PASSWORD_WRONG, Mistake.TOO_OFTEN})

#: What each button does, page by page.
OVERVIEW: Final[Mapping[str, Done]] = MappingProxyType(
    {
        "stop-sharing": _stop_sharing,
        "forget": _forget,
        "add-passkey": _add_passkey,
        "remove-passkey": _remove_passkey,
        "sign-out": _sign_out,
    }
)
PASSWORD: Final[Mapping[str, Done]] = MappingProxyType({"change": _change_password})
PHONE: Final[Mapping[str, Done]] = MappingProxyType({"ask": _ask_for_phone, "change": _change_phone})
