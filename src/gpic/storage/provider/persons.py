"""One person out of several accounts (N1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Person
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber
from gpic.provider.accounts import Account

NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """An account and when it was last used (wire clock) and put (world clock)."""

    account: Account
    signed_in_at: datetime | None
    put_at: datetime


def joined(person: PersonId, numbers: Sequence[NhsNumber], kept: Sequence[KeptAccount]) -> Person | None:
    """The person as the best known account tells; None below P5, where nobody knows number, name and birth date.

    *numbers* is the person's history, the present number last.

    Best known is: the highest level, then the last sign-in, then the latest change.
    """
    known = [one for one in kept if one.account.family_name and one.account.birth_date]
    if not numbers or not known:
        return None
    in_order = sorted(known, key=knowledge, reverse=True)
    best = in_order[0].account
    return Person(
        id=person,
        nhs_number=numbers[-1],
        demographics=Demographics(best.family_name, best.birth_date),
        practice=next((one.account.practice for one in in_order if one.account.practice), None),
        email=best.email,
        mobile=best.phone,
        signed_in_at=max((one.signed_in_at for one in kept if one.signed_in_at), default=None),
        former_numbers=frozenset(numbers[:-1]) - {numbers[-1]},
    )


def knowledge(one: KeptAccount) -> tuple[int, datetime, datetime, str]:
    """How well an account is known; the subject only makes the order whole."""
    return one.account.level, one.signed_in_at or NEVER, one.put_at, one.account.subject
