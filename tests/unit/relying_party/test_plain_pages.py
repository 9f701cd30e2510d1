"""The pages that the kit brings: whole, accessible, without anything foreign in them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from lxml import html

from gpic.nhs.answers import Reason
from gpic.relying_party.frameworks.pages import cannot_connect, connected, login_button, try_later
from gpic.relying_party.outcomes import CannotConnect, Obstacle, TryLater


@pytest.mark.parametrize("why", list(Obstacle))
def test_every_obstacle_has_a_page(why: Obstacle) -> None:
    """A heading, a sentence, and the button: the guard never stops a person who presses it (R9)."""
    told = cannot_connect(CannotConnect(why, try_again_after=timedelta(minutes=3)))
    page: html.HtmlElement = html.document_fromstring(told.page("/in"))

    assert ("en", 1) == (page.get("lang"), len(page.findall(".//h1")))
    assert page.xpath("//main[@id='cannot-connect']//p")
    assert "You can try again in 3 minutes." in page.text_content()
    assert [("/in", "post")] == [(form.action, form.method.lower()) for form in page.forms]
    assert [] == page.xpath("//script | //img | //svg | //link")


def test_the_systems_own_reason_is_told_too() -> None:
    """Where a patient can do something about it."""
    told = cannot_connect(CannotConnect(Obstacle.GP_SYSTEM_REFUSES, refusal=Reason.LOCKED))

    assert any("locked" in sentence for sentence in told.sentences)


def test_trying_later_is_no_success() -> None:
    """R10: machines hear it by the status."""
    told = try_later(TryLater(timedelta(seconds=30)))

    assert (503, "try-later") == (told.status, told.identity)
    assert "You can try again in 1 minute." == told.sentences[-1]


def test_being_connected_is_said() -> None:
    """Until a service says it better."""
    assert ("connected", 200) == (connected().identity, connected().status)


def test_the_button_says_what_it_does() -> None:
    """A plain button in a form; an address is text."""
    (button,) = html.fragment_fromstring(login_button('/in?a="b"'), create_parent=True).xpath("//button")

    assert ("submit", "nhs-login", "Continue with NHS login") == (button.get("type"), button.get("id"), button.text)
    assert '/in?a="b"' == button.getparent().get("action")
