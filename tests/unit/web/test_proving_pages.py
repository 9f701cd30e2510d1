"""The pages on which somebody proves more of who they are."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from gpic.credentials.ports import PracticeFound
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import SignInSecrets
from gpic.provider.passwords import hash_password
from gpic.sandbox.identity_checks import Manner
from tests.unit.provider.world import ALICE, ISSUER
from tests.unit.web.conftest import CODE, PASSWORD, Visitor, seen

pytestmark = pytest.mark.anyio

NUMBER = NhsNumber("9990001111")
KNOWN = PracticeFound(NUMBER, OdsCode("A99901"), Demographics("Castellane", "1995-06-14"), given_name="Ivy")
DETAILS = {
    "nhs_number": "999 000 1111",
    "family_name": "castellane",
    "birth_day": "14",
    "birth_month": "6",
    "birth_year": "1995",
}


async def at_p0(visitor: Visitor) -> httpx2.Response:
    """Signed in with an account of which nothing is known, where P9 is wanted."""
    visitor.pds.people[NUMBER] = KNOWN
    account = replace(ALICE, subject="p0", email="p0@mail.example", level=ProofingLevel.P0, nhs_number=None)
    account = replace(account, family_name="", given_name="", birth_date="", practice=None)
    await visitor.world.accounts.put(account, SignInSecrets(hash_password(PASSWORD)))
    page = await visitor.send(await visitor.arrive(), email=account.email, password=PASSWORD, action="continue")
    return await visitor.onward(await visitor.send(await visitor.onward(page), code=CODE, action="continue"))


async def level_of(visitor: Visitor) -> ProofingLevel:
    """The account's level."""
    account = await visitor.world.accounts.by_subject("p0")
    assert account is not None
    return account.level


async def test_details_then_a_photo_lead_on(visitor: Visitor) -> None:
    """P0 → P5 → P9, then the consent page as for everybody."""
    page = await visitor.onward(await visitor.send(await at_p0(visitor), **DETAILS, action="details"))
    assert ProofingLevel.P5 == await level_of(visitor)
    assert seen(page).has("check")

    away = await visitor.send(page, action="check")
    assert away.headers["location"].startswith(f"{ISSUER}/identity-check/")
    booth = await visitor.client.get(away.headers["location"])
    assert "Ivy Castellane" in booth.text
    back = await visitor.client.post(str(booth.url), data={"action": "pass"})
    page = await visitor.onward(await visitor.onward(back))

    assert ProofingLevel.P9 == await level_of(visitor)
    assert seen(page).has("agree")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"nhs_number": "999 000 1110"}, "Enter an NHS number"),
        ({"birth_day": "15"}, "do not match"),
        ({"birth_month": "13"}, "do not match"),
        ({"family_name": "Other"}, "do not match"),
    ],
)
async def test_wrong_details_are_told_and_come_back(visitor: Visitor, change: dict[str, str], sentence: str) -> None:
    """All fields as they were typed, as text and nothing else."""
    said = DETAILS | change | {"family_name": change.get("family_name", "<b>Castellane")}
    page = await visitor.send(await at_p0(visitor), **said, action="details")

    assert sentence in seen(page).text
    assert said == {name: seen(page).element(name).get("value") for name in DETAILS}
    assert ProofingLevel.P0 == await level_of(visitor)


async def test_pds_that_does_not_answer_is_nobodys_fault(visitor: Visitor) -> None:
    """Later."""
    page = await at_p0(visitor)
    visitor.pds.is_down = True
    page = await visitor.send(page, **DETAILS, action="details")

    assert "cannot be checked now" in page.text


async def test_guesses_about_somebody_end(visitor: Visitor) -> None:
    """Five a day, then nobody asks PDS."""
    page = await at_p0(visitor)
    for _ in range(6):
        page = await visitor.send(page, **{**DETAILS, "birth_day": "1"}, action="details")

    assert "tried too often" in page.text
    assert 5 == visitor.pds.asked


async def test_a_check_that_failed_or_is_not_over_is_told(visitor: Visitor) -> None:
    """Coming back proves nothing by itself."""
    page = await visitor.onward(await visitor.send(await at_p0(visitor), **DETAILS, action="details"))
    away = await visitor.send(page, action="check")
    early = await visitor.client.get(f"{page.url}/checked")
    back = await visitor.client.post(away.headers["location"], data={"action": "fail"})
    failed = await visitor.onward(back)

    assert "not finished" in early.text
    assert "does not match" in failed.text
    assert ProofingLevel.P5 == await level_of(visitor)
    assert 404 == (await visitor.client.post(away.headers["location"], data={"action": "pass"})).status_code


async def test_coming_back_without_having_gone_shows_the_page(visitor: Visitor) -> None:
    """Who types the address is where they were."""
    page = await visitor.onward(await visitor.send(await at_p0(visitor), **DETAILS, action="details"))
    back = await visitor.onward(await visitor.client.get(f"{page.url}/checked"))

    assert seen(back).has("check")
    assert ProofingLevel.P5 == await level_of(visitor)


async def test_where_nobody_checks_the_page_says_so(visitor: Visitor) -> None:
    """And the way back stays."""
    visitor.checks.manner = Manner.AWAY
    page = await visitor.onward(await visitor.send(await at_p0(visitor), **DETAILS, action="details"))
    page = await visitor.send(page, action="check")

    assert "cannot be checked now" in page.text
    assert seen(page).has("decline")


async def test_a_session_that_ended_meanwhile_leads_to_the_sign_in(visitor: Visitor) -> None:
    """Nobody proves anything for an account that nobody is signed in to."""
    page = await at_p0(visitor)
    await visitor.world.sessions.end(next(value for name, value in visitor.client.cookies.items() if "session" in name))
    shown = await visitor.onward(await visitor.client.get(str(page.url)))

    assert seen(shown).has("password")
    assert ProofingLevel.P0 == await level_of(visitor)


async def test_a_check_that_nobody_began_does_not_exist(visitor: Visitor) -> None:
    """For a look and for a click."""
    assert 404 == (await visitor.client.get("/identity-check/nothing")).status_code
    assert 404 == (await visitor.client.post("/identity-check/nothing", data={"action": "pass"})).status_code
