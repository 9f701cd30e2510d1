"""An open session between two requests."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

import pytest

from gpic.nhs.answers import GpSession
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party import Connected
from gpic.relying_party.right_patient import Person
from gpic.storage.partner.sessions import SealedSessions
from gpic.storage.sealing import Sealer

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HANDLE = "5f6c0a3e-session-handle"
WHOLE = Connected(
    GpSession("emis", Secret(HANDLE)),
    OdsCode("A12345"),
    Person("mary", Demographics("Ashworth", "1984-02-17"), NhsNumber("9990001111")),
    NOW,
    "jti-1",
    "fingerprint",
)
LEAST = Connected(GpSession("tpp", Secret(HANDLE)), OdsCode("A12345"), Person("mary"), None, "")
KEYS = {"old": bytes(32), "new": bytes(range(32))}


@pytest.mark.parametrize("connected", [WHOLE, LEAST])
def test_what_was_kept_comes_back(connected: Connected) -> None:
    """All of it, in another process with the same keys."""
    text = SealedSessions(Sealer(KEYS, "old")).keep(connected)

    assert connected == SealedSessions(Sealer(KEYS, "old")).kept(text)


def test_it_fits_into_a_cookie_and_shows_nothing() -> None:
    """R16's session may lie in a signed cookie, which its owner can read."""
    text = SealedSessions(Sealer(KEYS, "old")).keep(WHOLE)

    assert len(text) < 1_000
    assert text.isascii()
    assert not any(told in text for told in (HANDLE, "mary", "Ashworth", "9990001111"))


def test_keys_rotate() -> None:
    """What was sealed with the older key opens for as long as that is kept, and afterwards is nothing."""
    text = SealedSessions(Sealer(KEYS, "old")).keep(WHOLE)

    assert WHOLE == SealedSessions(Sealer(KEYS, "new")).kept(text)
    assert SealedSessions(Sealer({"new": KEYS["new"]}, "new")).kept(text) is None


@pytest.mark.parametrize("text", [None, 7, "", "x", "é", "A" * 400, b"bytes"])
def test_what_nobody_kept_is_nothing(text: object) -> None:
    """Whatever lies in a browser's session."""
    assert SealedSessions(Sealer(KEYS, "old")).kept(text) is None


def test_an_altered_text_is_nothing() -> None:
    """One letter is enough."""
    sessions = SealedSessions(Sealer(KEYS, "old"))
    text = sessions.keep(WHOLE)

    assert all(sessions.kept(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]) is None for at in (0, 40, 200))


def test_a_linkages_seal_is_no_session() -> None:
    """The place is part of the seal."""
    sealer = Sealer(KEYS, "old")
    plain = sealer.open(urlsafe_b64decode(SealedSessions(sealer).keep(WHOLE)), place="partner.session")
    row = urlsafe_b64encode(sealer.seal(plain, place="linkages.sealed:x")).decode()

    assert SealedSessions(sealer).kept(row) is None
