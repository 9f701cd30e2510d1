"""The partner kit: what an IM1 supplier puts into its service.

In the order of the journey: `RelyingPartySettings` → `RelyingParty.start()` → `finish()` →
`Connected | ReturnToLogin | TryLater | CannotConnect`, then `practice_line()` for the surgery's endpoints in
`connected.session`. `gpic.wiring.partner.partner()` puts a party together; `SynchronousParty` is the same for services
that wait.
"""

from __future__ import annotations

from gpic.relying_party.errors import KitRefusal, LoginRefused, NoPracticeLine, SessionOver, SettingsInvalid
from gpic.relying_party.login import Start
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle, Outcome, ReturnToLogin, TryLater
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.practice_line import PracticeLine
from gpic.relying_party.session_clock import SessionClock
from gpic.relying_party.synchronous import SynchronousLine, SynchronousParty

__all__ = [
    "CannotConnect",
    "Connected",
    "KitRefusal",
    "LoginRefused",
    "NoPracticeLine",
    "Obstacle",
    "Outcome",
    "PracticeLine",
    "RelyingParty",
    "RelyingPartySettings",
    "ReturnToLogin",
    "SessionClock",
    "SessionOver",
    "SettingsInvalid",
    "Start",
    "SynchronousLine",
    "SynchronousParty",
    "TryLater",
]
