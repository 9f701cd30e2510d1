"""Accounts and the persons behind them, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Person
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, EmailTaken, SignInSecrets
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = NhsNumber("9990001111"), NhsNumber("9990001138"), NhsNumber("9990001146")
PERSON = PersonId("person-1")
PASSWORD = SignInSecrets("$argon2id$v=19$…")
ACCOUNT = Account(
    subject="subject-1",
    person=PERSON,
    email="alice@example.org",
    phone="+447700900001",
    level=ProofingLevel.P9,
    nhs_number=FIRST,
    family_name="O'Neill",
    given_name="Alice",
    birth_date="1980-02-29",
    practice=OdsCode("A12345"),
    email_verified=False,
    phone_verified=False,
    phone_pds_matched=True,
    landline="+441632960001",
)
BARE = Account("subject-2", PersonId("person-2"), "bob@example.org", "+447700900002", ProofingLevel.P0)


async def test_an_account_is_kept_whole(cabinets: Cabinets) -> None:
    """Found by its subject and by its address, with what proves its owner."""
    await cabinets.accounts.put(ACCOUNT, PASSWORD)

    assert ACCOUNT == await cabinets.accounts.by_subject("subject-1")
    assert (ACCOUNT, PASSWORD) == await cabinets.accounts.by_email("alice@example.org")


async def test_an_address_is_found_whatever_its_case(cabinets: Cabinets) -> None:
    """People write their addresses as they like."""
    await cabinets.accounts.put(BARE, PASSWORD)

    assert (BARE, PASSWORD) == await cabinets.accounts.by_email("BOB@Example.org")


async def test_an_account_put_again_is_replaced_whole(cabinets: Cabinets) -> None:
    """The old address leads nowhere any more."""
    changed = replace(BARE, email="robert@example.org", level=ProofingLevel.P5, email_verified=True)
    fresh = SignInSecrets("another")
    await cabinets.accounts.put(BARE, PASSWORD)
    await cabinets.accounts.put(changed, fresh)

    assert (changed, fresh) == await cabinets.accounts.by_email("robert@example.org")
    assert None is await cabinets.accounts.by_email("bob@example.org")


async def test_nobody_is_none(cabinets: Cabinets) -> None:
    """Unknown subjects, addresses, numbers and persons."""
    assert None is await cabinets.accounts.by_subject("nobody")
    assert None is await cabinets.accounts.by_email("nobody@example.org")
    assert None is await cabinets.accounts.person_of(FIRST)
    assert None is await cabinets.people.find(PERSON)


async def test_an_address_belongs_to_one_account(cabinets: Cabinets) -> None:
    """Of several who ask at once for one address one gets it, and the others are told."""
    accounts = [replace(BARE, subject=f"subject-{number}", email="Same@example.org") for number in range(5)]
    answers = await asyncio.gather(*(cabinets.accounts.put(one, PASSWORD) for one in accounts), return_exceptions=True)

    assert 1 == answers.count(None)
    assert 4 == sum(isinstance(answer, EmailTaken) for answer in answers)


async def test_a_number_leads_to_its_person_even_after_it_changed(cabinets: Cabinets) -> None:
    """N1: the history of numbers is kept."""
    await cabinets.accounts.put(ACCOUNT, PASSWORD)
    await cabinets.accounts.put(replace(ACCOUNT, nhs_number=SECOND), PASSWORD)

    assert PERSON == await cabinets.accounts.person_of(FIRST)
    assert PERSON == await cabinets.accounts.person_of(SECOND)
    found = await cabinets.people.find(PERSON)
    assert found is not None
    assert SECOND == found.nhs_number


async def test_a_change_of_number_that_is_undone_counts(cabinets: Cabinets) -> None:
    """The number taken on last is the present one, even where it is an old one."""
    for number in (FIRST, SECOND, FIRST):
        await cabinets.accounts.put(replace(ACCOUNT, nhs_number=number), PASSWORD)

    found = await cabinets.people.find(PERSON)
    assert found is not None
    assert FIRST == found.nhs_number


async def test_an_account_that_is_behind_does_not_bring_an_old_number_back(cabinets: Cabinets) -> None:
    """N1: of two accounts one knows the new number; the other is saved again for another reason."""
    other = replace(ACCOUNT, subject="subject-9", email="alice@work.example")
    await cabinets.accounts.put(other, PASSWORD)
    await cabinets.accounts.put(replace(ACCOUNT, nhs_number=SECOND), PASSWORD)
    await cabinets.accounts.put(replace(other, phone="+447700900009"), PASSWORD)

    found = await cabinets.people.find(PERSON)
    assert found is not None
    assert SECOND == found.nhs_number


async def test_a_number_that_passes_to_another_person_is_theirs(cabinets: Cabinets) -> None:
    """N1: after a merge on PDS the surviving person has it."""
    await cabinets.accounts.put(ACCOUNT, PASSWORD)
    await cabinets.accounts.put(replace(BARE, nhs_number=FIRST, level=ProofingLevel.P9), PASSWORD)

    assert BARE.person == await cabinets.accounts.person_of(FIRST)


async def test_a_person_is_joined_over_their_accounts(cabinets: Cabinets, clocks: Clocks) -> None:
    """N1: contacts and names of the account that is known best; the last sign-in of all."""
    weaker = replace(ACCOUNT, subject="subject-9", email="alice@work.example", level=ProofingLevel.P5, family_name="Oneill")
    await cabinets.accounts.put(ACCOUNT, PASSWORD)
    await cabinets.accounts.put(weaker, PASSWORD)
    await cabinets.accounts.note_sign_in("subject-1", NOW)
    await cabinets.accounts.note_sign_in("subject-9", NOW + timedelta(hours=1))

    assert Person(
        id=PERSON,
        nhs_number=FIRST,
        demographics=Demographics("O'Neill", "1980-02-29"),
        practice=OdsCode("A12345"),
        email="alice@example.org",
        mobile="+447700900001",
        signed_in_at=NOW + timedelta(hours=1),
    ) == await cabinets.people.find(PERSON)


async def test_of_equal_accounts_the_one_used_last_tells_how_to_reach_the_person(cabinets: Cabinets) -> None:
    """People forget their old addresses."""
    await cabinets.accounts.put(ACCOUNT, PASSWORD)
    await cabinets.accounts.put(replace(ACCOUNT, subject="subject-9", email="alice@new.example"), PASSWORD)
    await cabinets.accounts.note_sign_in("subject-9", NOW)

    found = await cabinets.people.find(PERSON)
    assert found is not None
    assert "alice@new.example" == found.email


async def test_of_accounts_never_used_the_one_put_last_counts(cabinets: Cabinets, clocks: Clocks) -> None:
    """Until somebody signs in."""
    await cabinets.accounts.put(replace(ACCOUNT, subject="subject-9", email="alice@old.example"), PASSWORD)
    assert isinstance(clocks.world, MovableClock)
    clocks.world.move(timedelta(seconds=1))
    await cabinets.accounts.put(ACCOUNT, PASSWORD)

    found = await cabinets.people.find(PERSON)
    assert found is not None
    assert "alice@example.org" == found.email


async def test_a_sign_in_outlives_a_change_of_the_account(cabinets: Cabinets) -> None:
    """N9: and that of an unknown account is nobody's."""
    await cabinets.accounts.put(ACCOUNT, PASSWORD)
    await cabinets.accounts.note_sign_in("subject-1", NOW)
    await cabinets.accounts.note_sign_in("nobody", NOW)
    await cabinets.accounts.put(replace(ACCOUNT, phone="+447700900009"), PASSWORD)

    found = await cabinets.people.find(PERSON)
    assert found is not None
    assert NOW == found.signed_in_at


async def test_below_p5_nobody_is_known(cabinets: Cabinets) -> None:
    """An address and a phone make no person to ask a GP system about."""
    await cabinets.accounts.put(BARE, PASSWORD)

    assert None is await cabinets.people.find(BARE.person)


async def test_the_practice_that_pds_names_is_remembered_on_every_matched_account(cabinets: Cabinets) -> None:
    """And on no account that is not matched to PDS, nor of anybody else."""
    bare = replace(BARE, person=PERSON)
    other = replace(ACCOUNT, subject="subject-3", person=PersonId("person-3"), email="c@example.org", nhs_number=THIRD)
    for account in (ACCOUNT, bare, other):
        await cabinets.accounts.put(account, PASSWORD)
    await cabinets.people.note_practice(PERSON, OdsCode("B99999"))

    found = await cabinets.people.find(PERSON)
    assert found is not None
    assert OdsCode("B99999") == found.practice
    assert replace(ACCOUNT, practice=OdsCode("B99999")) == await cabinets.accounts.by_subject("subject-1")
    assert bare == await cabinets.accounts.by_subject("subject-2")
    assert other == await cabinets.accounts.by_subject("subject-3")


async def test_a_number_that_pds_replaces_joins_the_history(cabinets: Cabinets) -> None:
    """N1: the new number is the present one, on the accounts too; the old one is still known to be this person's."""
    await cabinets.accounts.put(ACCOUNT, PASSWORD)

    assert PERSON == await cabinets.people.note_number(PERSON, SECOND)

    person, account = await cabinets.people.find(PERSON), await cabinets.accounts.by_subject("subject-1")
    assert person is not None
    assert account is not None
    assert (SECOND, frozenset({FIRST})) == (person.nhs_number, person.former_numbers)
    assert replace(ACCOUNT, nhs_number=SECOND) == account
    assert [PERSON, PERSON] == [await cabinets.accounts.person_of(FIRST), await cabinets.accounts.person_of(SECOND)]


async def test_two_persons_of_one_number_become_one(cabinets: Cabinets) -> None:
    """N1: the accounts go over to whoever has the number; sign-ins and passwords stay as they were."""
    other = replace(ACCOUNT, subject="subject-3", person=PersonId("person-3"), email="ann@example.org", nhs_number=SECOND)
    await cabinets.accounts.put(ACCOUNT, PASSWORD)
    await cabinets.accounts.put(other, PASSWORD)
    await cabinets.accounts.note_sign_in("subject-1", NOW)

    assert other.person == await cabinets.people.note_number(PERSON, SECOND)

    person = await cabinets.people.find(other.person)
    assert person is not None
    assert (SECOND, frozenset({FIRST}), NOW) == (person.nhs_number, person.former_numbers, person.signed_in_at)
    assert await cabinets.people.find(PERSON) is None
    assert (replace(ACCOUNT, person=other.person, nhs_number=SECOND), PASSWORD) == await cabinets.accounts.by_email(
        ACCOUNT.email
    )
    assert other.person == await cabinets.accounts.person_of(FIRST)


async def test_taking_on_the_same_number_again_changes_nothing(cabinets: Cabinets) -> None:
    """A task that runs twice."""
    await cabinets.accounts.put(ACCOUNT, PASSWORD)
    await cabinets.people.note_number(PERSON, SECOND)
    before = await cabinets.people.find(PERSON)

    assert PERSON == await cabinets.people.note_number(PERSON, SECOND)
    assert before == await cabinets.people.find(PERSON)
