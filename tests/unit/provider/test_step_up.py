"""Proving more of who somebody is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import NotOnPds, PracticeFound
from gpic.nhs.answers import Unreachable
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import CheckBegun, CheckOutcome, CheckWanted, NobodyChecks, NoChecks
from gpic.provider.identity.step_up import Details, NotProved, Proved, StepUp, date_of, folded, is_the_person, matched
from gpic.storage.provider import memory
from gpic.storage.provider.cabinets import Cabinets
from tests.unit.provider.world import NOW

pytestmark = pytest.mark.anyio

NUMBER, OTHER = NhsNumber("9990001138"), NhsNumber("9990001111")
PRACTICE = OdsCode("A99901")
FOUND = PracticeFound(NUMBER, PRACTICE, Demographics("O\u2019Brien-Castellane", "1995-06-14"), given_name="Ivy")
GIVEN = Details("999 000 1138", "o'brien castellane", "1995-06-14")
NEW = Account("subject", PersonId("person"), "new@mail.example", "07700900982", ProofingLevel.P0)
SECRETS = SignInSecrets("a hash")


@dataclass
class Register:
    """A PDS of one person, that counts."""

    answer: PracticeFound | NotOnPds | Unreachable = FOUND
    asked: list[NhsNumber] = field(default_factory=list)

    async def look_up(self, nhs_number: NhsNumber) -> PracticeFound | NotOnPds | Unreachable:
        """The answer."""
        self.asked.append(nhs_number)
        return self.answer


@dataclass
class Booth:
    """Where photos are compared."""

    outcomes: dict[tuple[str, str], CheckOutcome] = field(default_factory=dict)
    wanted: list[CheckWanted] = field(default_factory=list)

    async def begin(self, wanted: CheckWanted) -> CheckBegun | NoChecks:
        """One at a time."""
        self.wanted.append(wanted)
        return CheckBegun("check-1", "https://booth.example/1")

    async def outcome(self, check_id: str, subject: str) -> CheckOutcome:
        """As set."""
        return self.outcomes.get((check_id, subject), CheckOutcome.FAILED)


@dataclass
class Stairs:
    """The way upwards."""

    step_up: StepUp
    cabinets: Cabinets
    pds: Register
    booth: Booth
    clock: MovableClock

    async def account(self) -> Account:
        """As it is kept."""
        found = await self.cabinets.accounts.by_subject(NEW.subject)
        assert found is not None
        return found


@pytest.fixture
async def stairs(anyio_backend: str) -> Stairs:
    """Somebody at P0."""
    clock, pds, booth = MovableClock(NOW), Register(), Booth()
    cabinets = memory.cabinets(Clocks(wire=clock, world=clock))
    await cabinets.accounts.put(NEW, SECRETS)
    policy = IdentityPolicy(details_tried=2, details_within=timedelta(hours=1))
    step_up = StepUp(cabinets.accounts, pds, cabinets.allowances, booth, clock, policy)
    return Stairs(step_up, cabinets, pds, booth, clock)


async def test_details_that_pds_confirms_lift_to_p5(stairs: Stairs) -> None:
    """With everything that PDS knows; however the surname is typed. The secrets stay."""
    proved = await stairs.step_up.match(NEW, GIVEN)

    lifted = replace(
        NEW,
        level=ProofingLevel.P5,
        nhs_number=NUMBER,
        family_name="O\u2019Brien-Castellane",
        given_name="Ivy",
        birth_date="1995-06-14",
        practice=PRACTICE,
    )
    assert Proved(lifted) == proved
    assert (lifted, SECRETS) == await stairs.cabinets.accounts.by_email(NEW.email)
    assert [NUMBER] == stairs.pds.asked


async def test_a_second_account_joins_its_person(stairs: Stairs) -> None:
    """N1: two accounts may belong to one person."""
    first = replace(NEW, subject="first", person=PersonId("first"), email="first@mail.example", nhs_number=NUMBER)
    await stairs.cabinets.accounts.put(replace(first, level=ProofingLevel.P9), SECRETS)

    await stairs.step_up.match(NEW, GIVEN)

    assert PersonId("first") == (await stairs.account()).person


async def test_a_superseded_number_becomes_the_new_one(stairs: Stairs) -> None:
    """N22: PDS answers with the number that is valid."""
    stairs.pds.answer = replace(FOUND, nhs_number=OTHER)

    await stairs.step_up.match(NEW, GIVEN)

    assert OTHER == (await stairs.account()).nhs_number


@pytest.mark.parametrize(
    ("answer", "given", "reason"),
    [
        (FOUND, replace(GIVEN, nhs_number="999 000 1139"), NotProved.UNREADABLE),
        (FOUND, replace(GIVEN, nhs_number=""), NotProved.UNREADABLE),
        (FOUND, replace(GIVEN, family_name="Castellane"), NotProved.NO_MATCH),
        (FOUND, replace(GIVEN, family_name="-"), NotProved.NO_MATCH),
        (FOUND, replace(GIVEN, birth_date="1995-06-15"), NotProved.NO_MATCH),
        (FOUND, replace(GIVEN, birth_date=""), NotProved.NO_MATCH),
        (replace(FOUND, deceased=True), GIVEN, NotProved.NO_MATCH),
        (replace(FOUND, demographics=None), GIVEN, NotProved.NO_MATCH),
        (
            replace(FOUND, demographics=Demographics("\u2019", "1995-06-14")),
            replace(GIVEN, family_name="'"),
            NotProved.NO_MATCH,
        ),
        (NotOnPds(), GIVEN, NotProved.NO_MATCH),
        (Unreachable(), GIVEN, NotProved.NOT_NOW),
    ],
)
async def test_anything_else_leaves_somebody_where_they_are(
    stairs: Stairs, answer: PracticeFound | NotOnPds | Unreachable, given: Details, reason: NotProved
) -> None:
    """Nobody is told which detail was wrong, nor that there is such a number."""
    stairs.pds.answer = answer

    assert reason == await stairs.step_up.match(NEW, given)
    assert NEW == await stairs.account()


async def test_guessing_ends_before_pds_is_asked(stairs: Stairs) -> None:
    """So many tries of one account in a time; what is no number is none of them."""
    wrong = replace(GIVEN, birth_date="1995-06-15")
    await stairs.step_up.match(NEW, replace(GIVEN, nhs_number="1"))
    told = [await stairs.step_up.match(NEW, wrong) for _ in range(3)]

    assert [NotProved.NO_MATCH, NotProved.NO_MATCH, NotProved.TOO_OFTEN] == told
    assert 2 == len(stairs.pds.asked)
    assert NotProved.NO_MATCH == await stairs.step_up.match(replace(NEW, subject="other"), wrong)
    stairs.clock.move(timedelta(hours=1))
    assert isinstance(await stairs.step_up.match(NEW, GIVEN), Proved)


async def test_an_account_that_is_gone_is_not_lifted(stairs: Stairs) -> None:
    """Somebody deleted it meanwhile."""
    gone = replace(NEW, subject="gone")
    stairs.booth.outcomes["check-1", "gone"] = CheckOutcome.PASSED

    assert NotProved.NOT_NOW == await stairs.step_up.match(gone, GIVEN)
    assert NotProved.NOT_NOW == await stairs.step_up.finish_check(gone, "check-1")


@pytest.mark.parametrize(
    ("outcome", "level", "told"),
    [
        (CheckOutcome.PASSED, ProofingLevel.P9, Proved),
        (CheckOutcome.FAILED, ProofingLevel.P5, NotProved.FAILED),
        (CheckOutcome.PENDING, ProofingLevel.P5, NotProved.PENDING),
    ],
)
async def test_a_photo_lifts_from_p5_to_p9(
    stairs: Stairs, outcome: CheckOutcome, level: ProofingLevel, told: type | NotProved
) -> None:
    """Where the check passed, for this very account."""
    proved = await stairs.step_up.match(NEW, GIVEN)
    assert isinstance(proved, Proved)
    begun = await stairs.step_up.begin_check(proved.account, "https://auth.example/back")
    assert isinstance(begun, CheckBegun)
    stairs.booth.outcomes[begun.id, "subject"] = outcome

    end = await stairs.step_up.finish_check(proved.account, begun.id)

    assert told in (end, type(end))
    assert level == (await stairs.account()).level
    assert [("subject", "O\u2019Brien-Castellane", "Ivy", "1995-06-14", "https://auth.example/back")] == [
        (one.subject, one.family_name, one.given_name, one.birth_date, one.back) for one in stairs.booth.wanted
    ]


async def test_a_photo_alone_lifts_nobody(stairs: Stairs) -> None:
    """P9 is details and photo: without the details nobody knows whose record it would open."""
    stairs.booth.outcomes["check-1", "subject"] = CheckOutcome.PASSED

    assert Proved(NEW) == await stairs.step_up.finish_check(NEW, "check-1")


async def test_anothers_check_serves_nobody(stairs: Stairs) -> None:
    """Somebody shares a check that a friend has passed."""
    await stairs.step_up.match(NEW, GIVEN)
    stairs.booth.outcomes["check-1", "friend"] = CheckOutcome.PASSED

    assert NotProved.FAILED == await stairs.step_up.finish_check(await stairs.account(), "check-1")


async def test_where_nobody_checks_nothing_is_begun() -> None:
    """And what was never begun has failed."""
    nobody = NobodyChecks()

    assert NoChecks() == await nobody.begin(CheckWanted("subject", "a", "b", "1995-06-14", "https://auth.example"))
    assert CheckOutcome.FAILED == await nobody.outcome("any", "subject")


@pytest.mark.parametrize(
    ("day", "month", "year", "written"),
    [("14", "6", "1995", "1995-06-14"), ("31", "6", "1995", ""), ("", "", "", ""), ("a", "6", "1995", ""), ("1", "1", "0", "")],
)
def test_three_fields_make_a_date_or_none(day: str, month: str, year: str, written: str) -> None:
    """As people type it."""
    assert written == date_of(day, month, year)


def recased(text: str) -> list[str]:
    """How one name is typed by different people."""
    changes: list[Callable[[str], str]] = [str.upper, str.lower, lambda name: f" {name} ", lambda name: name.replace("-", " ")]
    return [change(text) for change in changes]


@given(st.from_regex(r"[A-Za-z\u00c0-\u00d6][a-z\u00e0-\u00f6]{1,12}(-[A-Z][a-z]{1,8})?", fullmatch=True))
def test_typing_makes_no_difference(name: str) -> None:
    """Case, accents composed or not, hyphens and spaces."""
    found = replace(FOUND, demographics=Demographics(name, "1995-06-14"))

    assert all(is_the_person(replace(GIVEN, family_name=typed), found) for typed in recased(name))


def test_different_names_stay_different() -> None:
    """Letters count, accents do not."""
    assert folded("M\u00fcller") == folded("Mu\u0308ller") == folded("MULLER") == "muller"
    assert folded("Muller") != folded("Miller")


async def test_a_silent_pds_is_logged(stairs: Stairs, caplog: pytest.LogCaptureFixture) -> None:
    """By the kind of its silence, without a word of whoever asked."""
    caplog.set_level(logging.WARNING, "gpic.provider")
    stairs.pds.answer = Unreachable(detail="pds-503")
    await stairs.step_up.match(NEW, GIVEN)

    assert [("PDS does not answer to somebody who proves who they are", "pds-503")] == [
        (one.message, vars(one)["detail"]) for one in caplog.records
    ]


def test_what_pds_does_not_tell_stays_as_it_was() -> None:
    """A restricted record: the account keeps the name and birth date that it has."""
    before = replace(NEW, family_name="O'Brien", birth_date="1995-06-14")
    after = matched(before, replace(FOUND, demographics=None))

    assert (before.family_name, before.birth_date, ProofingLevel.P5) == (after.family_name, after.birth_date, after.level)
