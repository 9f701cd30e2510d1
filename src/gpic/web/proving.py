"""Proving more of who somebody is: details, then a photo (`nhs-login.md` §7, P5 and P9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from starlette.datastructures import FormData
from starlette.responses import Response

from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account
from gpic.provider.identity.ports import CheckBegun, NoChecks
from gpic.provider.identity.step_up import Details, NotProved, Proved, date_of
from gpic.web import words
from gpic.web.rendering import see
from gpic.web.visits import Answer, Visit, text

FIELDS: Final = ("nhs_number", "family_name", "birth_day", "birth_month", "birth_year")


async def page(visit: Visit, reason: NotProved | None = None, **kept: str) -> Response:
    """Details of somebody at P0, a photo of somebody at P5."""
    account = await _account(visit)
    if account is None:
        return visit.onward(await visit.desk.authorize.resume(visit.interaction))
    error = words.NOT_PROVED[reason] if reason is not None else ""
    if account.level < ProofingLevel.P5:
        return visit.page("prove_details.jinja", error, "nhs_number", **kept)
    return visit.page("prove_photo.jinja", error, "check")


async def _details(visit: Visit, form: FormData) -> Response:
    account = await _account(visit)
    if account is None or account.level >= ProofingLevel.P5:
        return visit.onward(await visit.desk.authorize.resume(visit.interaction))
    said = {name: text(form, name).strip() for name in FIELDS}
    born = date_of(said["birth_day"], said["birth_month"], said["birth_year"])
    match await visit.desk.step_up.match(account, Details(said["nhs_number"], said["family_name"], born)):
        case Proved():
            return visit.onward(await visit.desk.authorize.resume(visit.interaction))
        case reason:
            return await page(visit, reason, **said)


async def _check(visit: Visit, _form: FormData) -> Response:
    """To wherever faces and documents are compared."""
    account = await _account(visit)
    if account is None:
        return visit.onward(await visit.desk.authorize.resume(visit.interaction))
    match await visit.desk.step_up.begin_check(account, f"{visit.desk.authorize.policy.issuer}{visit.path}/checked"):
        case CheckBegun(check_id, location):
            await visit.desk.authorize.save(replace(visit.interaction, identity_check=check_id))
            return see(location)
        case NoChecks():
            return await page(visit, NotProved.NOT_NOW)


async def checked(visit: Visit) -> Response:
    """Back from there. What came of it is asked for, not read from the browser's address."""
    account = await _account(visit)
    if account is not None and visit.interaction.identity_check:
        outcome = await visit.desk.step_up.finish_check(account, visit.interaction.identity_check)
        if isinstance(outcome, NotProved):
            return await page(visit, outcome)
    return visit.onward(await visit.desk.authorize.resume(visit.interaction))


async def _decline(visit: Visit, _form: FormData) -> Response:
    return visit.onward(await visit.desk.authorize.declined(visit.interaction))


async def _account(visit: Visit) -> Account | None:
    """Whoever is signed in; None when the session has ended meanwhile."""
    person = await visit.desk.authorize.person(visit.interaction)
    return person.account if person is not None else None


#: What each button does.
ANSWERS: Final[Mapping[str, Answer]] = MappingProxyType({"details": _details, "check": _check, "decline": _decline})
