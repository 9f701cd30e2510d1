"""What somebody changes about their own account."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import AuditEvent
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.trust import Vector
from gpic.provider.accounts import SignInSecrets
from gpic.provider.identity import letters
from gpic.provider.identity.codes import SentCodes
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.enrolment import Mistake
from gpic.provider.identity.own_account import OwnAccount
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import CourierAway, Device, Letter
from gpic.provider.passwords import hash_password, matches
from gpic.provider.sessions import Session
from gpic.storage.provider import memory
from gpic.storage.provider.cabinets import Cabinets
from tests.unit.provider.world import ALICE, NOW

pytestmark = pytest.mark.anyio

OLD, NEW = "correct horse battery staple", "four other words entirely"
HASH = hash_password(OLD)
PHONE = "07700900982"


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
class Home:
    """Alice's account, in which she is signed in twice and has a remembered device."""

    own: OwnAccount
    cabinets: Cabinets
    bag: Bag
    clock: MovableClock

    async def has_password(self, password: str) -> bool:
        """Whether it is hers now."""
        found = await self.cabinets.accounts.by_email(ALICE.email)
        assert found is not None
        return matches(found[1].password_hash, password)


@pytest.fixture
async def home(anyio_backend: str) -> Home:
    """Everything in memory; codes are 000001, 000002 and so on."""
    clock, bag, numbers = MovableClock(NOW), Bag(), iter(range(1, 100))
    clocks = Clocks(wire=clock, world=clock)
    cabinets = memory.cabinets(clocks)
    await cabinets.accounts.put(replace(ALICE, phone_pds_matched=True), SignInSecrets(HASH))
    for name in ("here", "elsewhere"):
        session = Session(name, ALICE.subject, Vector.parse("P9.Cp.Cd"), NOW, NOW, NOW + timedelta(hours=1))
        await cabinets.sessions.save(session)
    policy = IdentityPolicy(passwords_tried=2, codes_sent=2)
    codes = SentCodes(cabinets.code_shelf, cabinets.allowances, bag, clock, policy, lambda: f"{next(numbers):06}")
    texts = iter(f"text-{n}" for n in range(10))
    own = OwnAccount(
        cabinets.accounts,
        cabinets.sessions,
        cabinets.consents,
        cabinets.devices,
        codes,
        cabinets.allowances,
        bag,
        clocks,
        policy,
        new_text=lambda: next(texts),
    )
    return Home(own, cabinets, bag, clock)


async def test_a_new_password_ends_what_the_old_one_opened(home: Home) -> None:
    """Every other session and every device; its owner is told by e-mail."""
    await home.own.remember(ALICE, "a browser")

    assert None is await home.own.change_password(ALICE, "here", OLD, NEW)

    assert (False, True) == (await home.has_password(OLD), await home.has_password(NEW))
    assert await home.cabinets.sessions.get("here", NOW) is not None
    assert None is await home.cabinets.sessions.get("elsewhere", NOW)
    assert () == await home.cabinets.devices.of(ALICE.subject, NOW)
    assert [(Contact.email(ALICE.email), "Your password was changed")] == [
        (to, letter.subject) for to, letter in home.bag.letters
    ]


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("wrong", NEW, Mistake.PASSWORD_WRONG),
        (OLD, "short", Mistake.PASSWORD_SHORT),
        (OLD, "password1", Mistake.PASSWORD_KNOWN),
    ],
)
async def test_a_password_that_is_not_changed_changes_nothing(home: Home, old: str, new: str, mistake: Mistake) -> None:
    """The old one works on, sessions go on, no letter is sent."""
    assert mistake == await home.own.change_password(ALICE, "here", old, new)

    assert await home.has_password(OLD)
    assert await home.cabinets.sessions.get("elsewhere", NOW) is not None
    assert [] == home.bag.letters


async def test_a_stolen_session_does_not_serve_for_guessing(home: Home) -> None:
    """Two tries here, for password and phone together; then a wait."""
    assert Mistake.PASSWORD_WRONG == await home.own.change_password(ALICE, "here", "wrong", NEW)
    assert Mistake.PASSWORD_WRONG == await home.own.ask_for_phone(ALICE, "wrong", PHONE)
    assert Mistake.TOO_OFTEN == await home.own.change_password(ALICE, "here", OLD, NEW)
    assert Mistake.TOO_OFTEN == await home.own.ask_for_phone(ALICE, OLD, PHONE)
    home.clock.move(timedelta(minutes=15))
    assert None is await home.own.ask_for_phone(ALICE, OLD, PHONE)


async def test_a_new_phone_is_proved_by_its_code(home: Home) -> None:
    """It is verified then, and PDS knows nothing of it; its owner is told by e-mail."""
    assert None is await home.own.ask_for_phone(ALICE, OLD, "07700 900 982")
    assert None is await home.own.change_phone(ALICE, PHONE, " 000001 ")

    account = await home.cabinets.accounts.by_subject(ALICE.subject)
    assert account is not None
    assert (PHONE, True, False) == (account.phone, account.phone_verified, account.phone_pds_matched)
    assert [Contact.phone(PHONE), Contact.email(ALICE.email)] == [to for to, _ in home.bag.letters]


@pytest.mark.parametrize(("phone", "code"), [(PHONE, "000002"), ("07700900983", "000001"), ("nonsense", "000001")])
async def test_a_phone_without_its_code_is_not_taken(home: Home, phone: str, code: str) -> None:
    """Nor another one with this code."""
    await home.own.ask_for_phone(ALICE, OLD, PHONE)

    assert Mistake.CODE_WRONG == await home.own.change_phone(ALICE, phone, code)
    account = await home.cabinets.accounts.by_subject(ALICE.subject)
    assert account is not None
    assert ALICE.phone == account.phone


async def test_why_no_code_is_sent(home: Home) -> None:
    """Unreadable, too many, or nobody there; without a look at the password where the number cannot be read."""
    assert Mistake.PHONE_UNREADABLE == await home.own.ask_for_phone(ALICE, "wrong", "12")
    home.bag.away = True
    assert Mistake.NOT_DELIVERED == await home.own.ask_for_phone(ALICE, OLD, PHONE)
    home.bag.away = False
    home.clock.move(timedelta(minutes=14))
    await home.own.ask_for_phone(ALICE, OLD, PHONE)
    home.clock.move(timedelta(seconds=59))
    await home.cabinets.allowances.claim("code|phone|07700900984", 2, timedelta(minutes=15), home.clock.now())
    await home.cabinets.allowances.claim("code|phone|07700900984", 2, timedelta(minutes=15), home.clock.now())
    home.clock.move(timedelta(seconds=1))
    assert Mistake.CODES_TOO_MANY == await home.own.ask_for_phone(ALICE, OLD, "07700900984")


async def test_a_letter_that_cannot_be_delivered_undoes_nothing(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, without the address."""
    caplog.set_level(logging.WARNING)
    home.bag.away = True

    assert None is await home.own.change_password(ALICE, "here", OLD, NEW)
    assert await home.has_password(NEW)
    assert "a letter could not be delivered" in caplog.text
    assert ALICE.email not in str(vars(caplog.records[-1]))


async def test_what_is_no_longer_shared_is_withdrawn(home: Home) -> None:
    """N6; with this partner alone."""
    for client_id in ("riverside", "hillside"):
        await home.cabinets.consents.agree(ALICE.subject, client_id, frozenset({"openid"}), NOW)

    await home.own.stop_sharing(ALICE, "riverside")

    assert frozenset() == await home.cabinets.consents.agreed(ALICE.subject, "riverside")
    assert frozenset({"openid"}) == await home.cabinets.consents.agreed(ALICE.subject, "hillside")


async def test_a_device_is_remembered_for_thirty_days(home: Home) -> None:
    """Its token is known to its browser alone."""
    device = await home.own.remember(ALICE, "a browser")

    assert Device("text-0", ALICE.subject, "a browser", NOW, NOW + timedelta(days=30), "text-1") == device
    assert "text-1" not in repr(device)
    assert await home.cabinets.devices.knows("text-1", ALICE.subject, NOW)


async def test_what_changed_is_told_to_its_owner(home: Home) -> None:
    """In a letter of its own kind, to the mailbox that was proved."""
    assert None is await home.own.ask_for_phone(ALICE, OLD, PHONE)
    assert None is await home.own.change_phone(ALICE, PHONE, "000001")

    assert (Contact.email(ALICE.email), letters.phone_changed()) == home.bag.letters[-1]


async def test_a_new_phone_is_proved_even_where_the_old_was_not(home: Home) -> None:
    """The code has come back; whether PDS knows it is another matter."""
    await home.cabinets.accounts.put(replace(ALICE, phone_verified=False, phone_pds_matched=True), SignInSecrets(HASH))
    await home.own.ask_for_phone(ALICE, OLD, PHONE)
    await home.own.change_phone(ALICE, PHONE, "000001")

    account = await home.cabinets.accounts.by_subject(ALICE.subject)
    assert account is not None
    assert (PHONE, True, False) == (account.phone, account.phone_verified, account.phone_pds_matched)


async def test_one_owners_guesses_are_not_anothers(home: Home) -> None:
    """Passwords are counted for each account."""
    bob = replace(ALICE, subject="bob", person=PersonId("bob"), email="bob@mail.example", nhs_number=None)
    await home.cabinets.accounts.put(bob, SignInSecrets(HASH))
    for _ in range(3):
        await home.own.change_password(bob, "here", "wrong", NEW)

    assert Mistake.PASSWORD_WRONG == await home.own.change_password(ALICE, "here", "wrong", NEW)


async def test_when_sharing_ended_is_written_down(home: Home) -> None:
    """N7: at the moment of the world's clock."""
    await home.cabinets.consents.agree(ALICE.subject, "riverside", frozenset({"openid"}), NOW)
    home.clock.move(timedelta(minutes=1))
    await home.own.stop_sharing(ALICE, "riverside")

    [record] = await home.cabinets.holdings.trail(ALICE.person)
    assert (NOW + timedelta(minutes=1), AuditEvent.CONSENT_WITHDRAWN) == (record.at, record.event)


async def test_why_a_letter_did_not_go_is_logged(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """By the kind of what was in the way."""
    caplog.set_level(logging.WARNING, "gpic.provider")
    home.bag.away = True
    await home.own.change_password(ALICE, "here", OLD, NEW)

    assert [("a letter could not be delivered", "ConnectionRefusedError")] == [
        (one.message, vars(one)["detail"]) for one in caplog.records
    ]
