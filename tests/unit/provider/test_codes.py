"""One-time codes: what is sent, to whom, how often, and what remains of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from gpic.nhs.clock import Clocks, MovableClock
from gpic.provider.identity.codes import SentCodes, six_digits
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import CodeSent, CourierAway, Letter, NotDelivered, TooManyCodes
from gpic.storage.provider import memory

pytestmark = pytest.mark.anyio

PHONE = Contact.phone("07700900001")
MAILBOX = Contact.email("Ada@Mail.Example")


@dataclass
class Bag:
    """A courier who keeps everything, or is away."""

    letters: list[tuple[Contact, Letter]] = field(default_factory=list)
    away: bool = False

    async def deliver(self, to: Contact, letter: Letter) -> None:
        """Keep it."""
        if self.away:
            raise CourierAway from ConnectionRefusedError()
        self.letters.append((to, letter))


@dataclass
class Desk:
    """Codes that can be foreseen: 000001, 000002 and so on."""

    clock: MovableClock
    bag: Bag
    codes: SentCodes


@pytest.fixture
def desk() -> Desk:
    """At noon, with two codes in fifteen minutes."""
    clock, bag = MovableClock(datetime(2026, 11, 23, 12, tzinfo=UTC)), Bag()
    cabinets = memory.cabinets(Clocks(wire=clock, world=clock))
    numbers = iter(range(1, 100))
    policy = IdentityPolicy(codes_sent=2, code_tries=3)
    codes = SentCodes(cabinets.code_shelf, cabinets.allowances, bag, clock, policy, lambda: f"{next(numbers):06}")
    return Desk(clock, bag, codes)


async def test_a_code_reaches_its_contact_and_works_once(desk: Desk) -> None:
    """The letter carries it, and says how long it works."""
    assert CodeSent() == await desk.codes.send(PHONE, "sign-in:1")
    [(to, letter)] = desk.bag.letters

    assert PHONE == to
    assert "000001" in letter.text
    assert "10 minutes" in letter.text
    assert [True, False] == [await desk.codes.check(PHONE, "sign-in:1", "000001") for _ in range(2)]


async def test_a_letter_fits_into_one_text_message(desk: Desk) -> None:
    """160 letters of the GSM alphabet."""
    await desk.codes.send(PHONE, "a")

    assert len(desk.bag.letters[0][1].text) <= 160
    assert desk.bag.letters[0][1].text.isascii()


async def test_neither_repr_nor_log_shows_a_code(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Nor the contact, when it cannot be delivered."""
    caplog.set_level(logging.DEBUG)
    desk.bag.away = True

    assert NotDelivered() == await desk.codes.send(MAILBOX, "a")
    assert "a code could not be delivered" in caplog.text
    assert "email" == caplog.records[-1].channel  # type: ignore[attr-defined] # an extra of ours
    assert "000001" not in caplog.text
    assert "mail.example" not in str(vars(caplog.records[-1]))
    assert "000001" not in repr(Letter("a", "000001"))


async def test_a_code_expires_with_its_last_minute(desk: Desk) -> None:
    """Ten minutes by default, the last moment not included."""
    await desk.codes.send(PHONE, "a")
    desk.clock.move(timedelta(minutes=10))

    assert not await desk.codes.check(PHONE, "a", "000001")


async def test_one_contact_gets_only_so_many(desk: Desk) -> None:
    """Whatever they are for; the last one goes on working, and another contact has its own count."""
    await desk.codes.send(PHONE, "a")
    desk.clock.move(timedelta(minutes=5))
    await desk.codes.send(PHONE, "b")

    assert TooManyCodes(timedelta(minutes=10)) == await desk.codes.send(PHONE, "b")
    assert CodeSent() == await desk.codes.send(MAILBOX, "b2")
    assert await desk.codes.check(PHONE, "b", "000002")
    desk.clock.move(timedelta(minutes=10))
    assert CodeSent() == await desk.codes.send(PHONE, "c")
    assert 4 == len(desk.bag.letters)


async def test_the_case_of_a_mailbox_makes_no_difference(desk: Desk) -> None:
    """People type it as they like."""
    await desk.codes.send(MAILBOX, "a")

    assert await desk.codes.check(Contact.email("ada@mail.example"), "a", "000001")


async def test_wrong_tries_end_a_code(desk: Desk) -> None:
    """Three here."""
    await desk.codes.send(PHONE, "a")
    for _ in range(3):
        assert not await desk.codes.check(PHONE, "a", "999999")

    assert not await desk.codes.check(PHONE, "a", "000001")


def test_a_fresh_code_has_six_digits() -> None:
    """Leading zeros included, and it is not always the same."""
    codes = {six_digits() for _ in range(200)}

    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert len(codes) > 150


async def test_why_a_code_did_not_go_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """By the channel and the kind of what was in the way."""
    caplog.set_level(logging.WARNING, "gpic.provider")
    desk.bag.away = True
    await desk.codes.send(MAILBOX, "a")

    assert [("a code could not be delivered", "email", "ConnectionRefusedError")] == [
        (one.message, vars(one)["channel"], vars(one)["detail"]) for one in caplog.records
    ]
