"""Persons at P0, P5 and P9, with a vtr of P9 and one of P0; and somebody who has no account yet."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from gpic.nhs.trust import ProofingLevel
from gpic.sandbox.browser import Browser, Page
from gpic.sandbox.identity_checks import Manner
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.sandbox.walk import Traveller, answer_pages, answers_to
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio

LEVELS = {"ada": ProofingLevel.P9, "ivy": ProofingLevel.P5, "jon": ProofingLevel.P0}


async def level_of(story: Story, email: str) -> ProofingLevel:
    """How well NHS login knows them now."""
    found = await story.stage.nhs_login.cabinets.accounts.by_email(email)
    assert found is not None
    return found[0].level


@pytest.mark.parametrize("slug", LEVELS)
async def test_with_p9_everybody_is_stepped_up_and_then_linked(story: Story, slug: str) -> None:
    """J19, N5: whatever their level was, one registration and one token at the end."""
    before = await level_of(story, story.stage.people[slug].email)
    page = await story.log_in(slug)

    assert LEVELS[slug] == before
    assert page.has("connected")
    assert ProofingLevel.P9 == await level_of(story, story.stage.people[slug].email)
    assert {"link": 1, "session": 1} == story.calls("EMIS")[PARTNER]


@pytest.mark.parametrize("slug", LEVELS)
async def test_with_p0_nobody_is_stepped_up_and_no_claim_is_given(story: Story, slug: str) -> None:
    """J19, N5: the partner that asked for less gets less; no surgery is asked anything."""
    before = await level_of(story, story.stage.people[slug].email)
    page = await with_vtr(story, '["P0.Cp.Cd"]', story.stage.people[slug])

    assert not page.has("connected")
    assert before == await level_of(story, story.stage.people[slug].email)
    assert {NHS_LOGIN: {}, PARTNER: {}} == story.calls("EMIS")


async def test_a_photo_that_does_not_match_leaves_somebody_where_they_were(story: Story) -> None:
    """They may try again, or go back to the partner, who hears access_denied."""
    story.stage.nhs_login.checks.manner = Manner.FAIL
    page = await story.person.follow(await story.person.open(story.stage.addresses.partner), "nhs-login")
    page = await answer_until(story.person, page, story.stage.people["ivy"], "check")
    page = await story.person.fill_in(page, action="check")

    assert "The photo does not match" in page.text
    assert ProofingLevel.P5 == await level_of(story, story.stage.people["ivy"].email)
    story.stage.nhs_login.checks.manner = Manner.PASS
    page = await answer_pages(story.person, page, story.stage.people["ivy"])
    assert page.has("connected")


async def test_where_nobody_checks_identities_they_can_go_back(story: Story) -> None:
    """The page says so; the way back leads to the partner's explanation."""
    story.stage.nhs_login.checks.manner = Manner.AWAY
    page = await story.person.follow(await story.person.open(story.stage.addresses.partner), "nhs-login")
    page = await answer_until(story.person, page, story.stage.people["ivy"], "check")
    page = await story.person.fill_in(page, action="check")

    assert "cannot be checked now" in page.text
    page = await story.person.fill_in(page, action="decline")
    assert page.url.startswith(story.stage.addresses.partner)


async def test_wrong_details_prove_nothing(story: Story) -> None:
    """Another's birth date: no word on what was wrong, and the account stays at P0."""
    jon = story.stage.people["jon"]
    page = await story.person.follow(await story.person.open(story.stage.addresses.partner), "nhs-login")
    page = await answer_until(story.person, page, jon, "details")
    page = await story.person.fill_in(page, **{**jon.details, "birth_day": "28"}, action="details")

    assert "These details do not match" in page.text
    assert ProofingLevel.P0 == await level_of(story, jon.email)


async def test_somebody_without_an_account_makes_one_and_is_connected(story: Story) -> None:
    """J2, J19: e-mail, password, phone, details, photo; ben's surgery has no account for him either."""
    ben = story.stage.people["ben"]
    new = Traveller("new", "somebody.new@mail.example", "a password of my own", ben.code, ben.details)
    page = await story.person.follow(await story.person.open(story.stage.addresses.partner), "nhs-login")
    page = await story.person.follow(page, "register")
    for answer in (new.email, new.code, new.password, "07700 900982", new.code):
        [name] = [field for field in ("email", "code", "new_password", "phone") if page.has(field)]
        page = await story.person.fill_in(page, **{name: answer}, action="continue")
    page = await answer_pages(story.person, page, new)
    await story.stage.settled()

    assert page.has("connected")
    assert ProofingLevel.P9 == await level_of(story, new.email)
    # Two accounts of one person share what the surgery gave (N1).
    accounts = story.stage.nhs_login.cabinets.accounts
    mine, bens = await accounts.by_email(new.email), await accounts.by_email(ben.email)
    assert mine is not None
    assert bens is not None
    assert (mine[0].person, True) == (bens[0].person, mine[0].subject != bens[0].subject)
    await story.leave()
    story.look_away()
    assert (await story.log_in("ben")).has("connected")
    assert {"session": 1} == story.calls("EMIS")[PARTNER]  # J24: one token serves both accounts


async def with_vtr(story: Story, vtr: str, who: Traveller) -> Page:
    """The partner's own request, asking for another vector."""
    page = await story.person.follow(await story.person.open(story.stage.addresses.partner), "nhs-login")
    asked = next(url for url in page.way if "/authorize?" in url)
    query = dict(parse_qsl(urlsplit(asked).query)) | {"vtr": vtr}
    address = f"{story.stage.addresses.provider}/authorize?{urlencode(query)}"
    page = await answer_pages(story.person, await story.person.open(address), who)
    await story.stage.settled()
    return page


async def answer_until(person: Browser, page: Page, who: Traveller, action: str) -> Page:
    """Answer pages until one has this button."""
    for _ in range(6):
        if page.document.xpath("//button[@value=$action]", action=action):
            return page
        page = await person.fill_in(page, **answers_to(page, who))
    raise AssertionError(page.heading)
