"""Making an account: one question a page (`nhs-login.md` §7, P0)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.datastructures import FormData
from starlette.responses import Response

from gpic.provider.enrolling import Asked
from gpic.provider.identity.attempts import TooManyAttempts
from gpic.provider.identity.enrolment import Enrolled, Mistake, Mistaken, Onward, Step, given_up, so_far
from gpic.web import words
from gpic.web.rendering import see
from gpic.web.visits import Answer, Visit, text

#: The template and the one field of each question.
QUESTIONS: Final[Mapping[Asked, tuple[str, str]]] = MappingProxyType(
    {
        Asked.EMAIL: ("enrol_email.jinja", "email"),
        Asked.EMAIL_CODE: ("enrol_code.jinja", "code"),
        Asked.PASSWORD: ("enrol_password.jinja", "new_password"),
        Asked.PHONE: ("enrol_phone.jinja", "phone"),
        Asked.PHONE_CODE: ("enrol_code.jinja", "code"),
    }
)
#: What is typed again when it was wrong; the other fields come back as they were.
NEVER_SHOWN: Final = frozenset({"code", "new_password"})


def page(visit: Visit, mistake: Mistake | None = None, said: str = "") -> Response:
    """The question that this interaction waits at."""
    if visit.interaction.attempts >= visit.desk.enrolment.most_attempts:
        return visit.over()
    enrolling = so_far(visit.interaction)
    template, name = QUESTIONS[enrolling.asked]
    shown = said if name not in NEVER_SHOWN else ""
    error = words.MISTAKES[mistake] if mistake is not None else ""
    to = enrolling.phone or enrolling.email
    return visit.page(template, error, name, said=shown, to=to, shortest=visit.desk.enrolment.policy.shortest_password)


async def _continue(visit: Visit, form: FormData) -> Response:
    name = QUESTIONS[so_far(visit.interaction).asked][1]
    if name not in form:  # the page before, sent twice
        return see(visit.path)
    said = text(form, name)
    return await _after(visit, await visit.desk.enrolment.answer(visit.interaction, said), said)


async def _send_again(visit: Visit, _form: FormData) -> Response:
    return await _after(visit, await visit.desk.enrolment.send_again(visit.interaction), "")


async def _after(visit: Visit, step: Step, said: str) -> Response:
    if isinstance(step, Enrolled):
        return await visit.signed_in(step.interaction, step.account, step.credentials_used)
    await visit.desk.authorize.save(step.interaction)
    match step:
        case Onward():
            return see(visit.path)
        case Mistaken(interaction, mistake):
            return page(visit.at(interaction), mistake, said)
        case TooManyAttempts():
            return visit.over()


async def _sign_in(visit: Visit, _form: FormData) -> Response:
    """Whoever has an account after all."""
    await visit.desk.authorize.save(given_up(visit.interaction))
    return see(visit.path)


#: What each button does.
ANSWERS: Final[Mapping[str, Answer]] = MappingProxyType({"continue": _continue, "send-again": _send_again, "sign-in": _sign_in})
