"""Signing in: e-mail and password, then a one-time code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.datastructures import FormData
from starlette.responses import Response

from gpic.provider.accounts import Account
from gpic.provider.identity.attempts import SignedIn, SignInPaused, SignInRefused, TooManyAttempts
from gpic.provider.identity.enrolment import begun
from gpic.provider.identity.ports import CodeSent, NotDelivered, TooManyCodes
from gpic.provider.sign_in import Came, PasswordAccepted
from gpic.web import words
from gpic.web.device_names import device_name
from gpic.web.rendering import see
from gpic.web.visits import Answer, Visit, text


def page(visit: Visit, error: str = "", **kept: str) -> Response:
    """The first factor's page or the second's."""
    if visit.desk.sign_in.is_over(visit.interaction):
        return visit.over()
    if visit.interaction.half_signed_in:
        days = visit.desk.own.policy.device_lifetime.days
        return visit.page("one_time_code.jinja", error, "code", days=days)
    request = visit.interaction.request
    options = visit.desk.passkeys.asked(_challenge(visit)) if "m" in visit.desk.authorize.policy.credentials_offered else ""
    takes_passwords = any(vector.credentials <= {"p", "d"} for vector in request.vectors)
    return visit.page(
        "sign_in.jinja",
        error,
        "email",
        may_register=request.allow_registration,
        takes_passwords=takes_passwords,
        passkey_options=options,
        **kept,
    )


async def _continue(visit: Visit, form: FormData) -> Response:
    if visit.interaction.half_signed_in:
        # Who presses Continue twice sends the password twice; that is no wrong code.
        return await _code(visit, form) if "code" in form else see(visit.path)
    email = text(form, "email")
    came = Came(visit.address, visit.request.cookies.get(visit.desk.cookies.device, ""))
    outcome = await visit.desk.sign_in.password(visit.interaction, email, text(form, "password"), came)
    if isinstance(outcome, SignedIn):
        return await visit.signed_in(outcome.interaction, outcome.account, outcome.credentials_used)
    await visit.desk.authorize.save(outcome.interaction)
    match outcome:
        case PasswordAccepted():
            return see(visit.path)
        case SignInRefused(interaction):
            return page(visit.at(interaction), words.WRONG_PASSWORD, email=email)
        case SignInPaused(wait=wait):
            return page(visit, words.paused(wait), email=email)
        case TooManyAttempts():
            return visit.over()


async def _code(visit: Visit, form: FormData) -> Response:
    outcome = await visit.desk.sign_in.code(visit.interaction, text(form, "code"))
    match outcome:
        case SignedIn(interaction, account, credentials_used):
            response = await visit.signed_in(interaction, account, credentials_used)
            return await _remembered(visit, account, response) if text(form, "remember") else response
        case SignInRefused(interaction):
            await visit.desk.authorize.save(interaction)
            return page(visit.at(interaction), words.WRONG_CODE)
        case TooManyAttempts(interaction):
            await visit.desk.authorize.save(interaction)
            return visit.over()


async def _remembered(visit: Visit, account: Account, response: Response) -> Response:
    """With a cookie by which this browser stands for the code (Cd)."""
    own, cookies = visit.desk.own, visit.desk.cookies
    device = await own.remember(account, device_name(visit.request.headers.get("user-agent", "")))
    lifetime = int(own.policy.device_lifetime.total_seconds())
    response.set_cookie(cookies.device, device.token, max_age=lifetime, **cookies.attributes)
    return response


async def _send_again(visit: Visit, _form: FormData) -> Response:
    match await visit.desk.sign_in.send_again(visit.interaction):
        case CodeSent():
            return see(visit.path)
        case TooManyCodes():
            return page(visit, words.CODES_TOO_MANY)
        case NotDelivered():
            return page(visit, words.NOT_DELIVERED)


async def _passkey(visit: Visit, form: FormData) -> Response:
    outcome = await visit.desk.passkeys.sign_in(visit.interaction, _challenge(visit), text(form, "credential"))
    match outcome:
        case SignedIn(interaction, account, credentials_used):
            return await visit.signed_in(interaction, account, credentials_used)
        case SignInRefused(interaction):
            await visit.desk.authorize.save(interaction)
            return page(visit.at(interaction), words.WRONG_PASSKEY)
        case TooManyAttempts(interaction):
            await visit.desk.authorize.save(interaction)
            return visit.over()


def _challenge(visit: Visit) -> bytes:
    """Another after each refusal; and an interaction takes one sign-in, so that none serves twice."""
    return visit.desk.tokens.challenge(f"{visit.interaction.id}|{visit.interaction.attempts}", visit.browser)


async def _register(visit: Visit, _form: FormData) -> Response:
    """To the pages that make an account, unless the partner wants none made (`allow_registration=false`)."""
    if visit.interaction.request.allow_registration:
        await visit.desk.authorize.save(begun(visit.interaction))
    return see(visit.path)


#: What each button does.
ANSWERS: Final[Mapping[str, Answer]] = MappingProxyType(
    {"continue": _continue, "send-again": _send_again, "register": _register, "passkey": _passkey}
)
