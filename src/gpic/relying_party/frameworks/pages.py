"""Plain pages: whole, accessible, without scripts or style; a service shows its own, and may begin with these."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from gpic.relying_party.outcomes import CannotConnect, TryLater
from gpic.relying_party.words import EXPLAINED, LATER, in_words, sentences_for

#: A plain button that says what it does, as NHS login's guidance describes it; no logo, no script.
BUTTON: Final = (
    '<form action="{action}" method="post"><button id="nhs-login" type="submit">Continue with NHS login</button></form>'
)
PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, '
    'initial-scale=1"><title>{heading}</title></head><body><main id="{identity}"><h1>{heading}</h1>{paragraphs}{button}'
    "</main></body></html>"
)


@dataclass(frozen=True, slots=True)
class Told:
    """A page: its id, its heading, what it says, and its HTTP status."""

    identity: str
    heading: str
    sentences: tuple[str, ...]
    status: int = 200

    def page(self, action: str) -> str:
        """The whole page as HTML, with the button that leads to *action*."""
        paragraphs = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)
        heading = html.escape(self.heading)
        return PAGE.format(identity=self.identity, heading=heading, paragraphs=paragraphs, button=login_button(action))


def login_button(action: str = "/login") -> str:
    """The login button as HTML; *action* is where the kit's login is."""
    return BUTTON.format(action=html.escape(action, quote=True))


def connected() -> Told:
    """They are."""
    return Told("connected", "You are connected to your GP surgery", ())


def try_later(outcome: TryLater) -> Told:
    """Somebody does not answer."""
    return Told("try-later", "Try again later", (LATER, *_when(outcome.after)), 503)


def cannot_connect(outcome: CannotConnect) -> Told:
    """Why, and what can be done; the button stays, since the guard never stops a person who presses it (R9)."""
    sentences = (*sentences_for(outcome.reason, outcome.refusal), *_when(outcome.try_again_after))
    return Told("cannot-connect", EXPLAINED[outcome.reason].heading, sentences)


def _when(after: timedelta | None) -> tuple[str, ...]:
    words = in_words(after)
    return (f"You can try again {words}.",) if words else ()
