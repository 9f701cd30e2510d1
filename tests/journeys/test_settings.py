"""Somebody's own settings, and what they change for partners."""

from __future__ import annotations

import pytest

from gpic.sandbox.browser import Page
from gpic.sandbox.walk import answer_pages
from tests.journeys.conftest import Story

pytestmark = pytest.mark.anyio


async def settings_of(story: Story, slug: str) -> Page:
    """The page, signed in."""
    page = await story.person.open(f"{story.stage.addresses.provider}/settings")
    return await answer_pages(story.person, page, story.stage.people[slug])


async def press(story: Story, page: Page, action: str) -> Page:
    """The one form with this button."""
    [form] = [one for one in page.document.forms if one.xpath(".//*[@value=$action]", action=action)]
    return await story.person.fill_in(page, of=form.fields["of"], action=action)


async def test_who_stops_sharing_is_asked_again(story: Story) -> None:
    """N6, clause 8: the partner's next login shows the consent page; without agreement it hears access_denied."""
    assert (await story.log_in("ada")).has("connected")
    page = await settings_of(story, "ada")
    assert "Riverside Health" in page.element("shared").text_content()
    page = await press(story, page, "stop-sharing")
    assert "None." in page.element("shared").text_content()

    await story.leave()
    page = await story.person.follow(await story.person.open(story.stage.addresses.partner), "nhs-login")
    assert page.has("agree")
    page = await story.person.fill_in(page, action="decline")

    assert not page.has("connected")
    assert page.url.startswith(story.stage.addresses.partner)


async def test_what_was_agreed_once_is_not_asked_again(story: Story) -> None:
    """Clause 8: per partner and scope, remembered."""
    await story.log_in("ada")
    await story.leave()
    page = await story.person.follow(await story.person.open(story.stage.addresses.partner), "nhs-login")

    assert page.has("connected")


async def test_a_remembered_device_gets_gp_credentials_with_a_password_alone(story: Story) -> None:
    """N5: password and device are two factors; after signing out here no code is asked."""
    person, ada = story.person, story.stage.people["ada"]
    page = await person.open(f"{story.stage.addresses.provider}/settings")
    page = await person.fill_in(page, email=ada.email, password=ada.password, action="continue")
    page = await person.fill_in(page, code=ada.code, remember="yes", action="continue")
    await press(story, page, "sign-out")

    page = await person.follow(await person.open(story.stage.addresses.partner), "nhs-login")
    page = await person.fill_in(page, email=ada.email, password=ada.password, action="continue")
    page = await person.fill_in(page, action="agree")

    assert page.has("connected")
    assert 1 == len(story.stage.nhs_login.post.kept)
