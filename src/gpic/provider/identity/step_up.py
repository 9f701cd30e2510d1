"""Proving more of who somebody is: P0 → P5 by details that PDS confirms, P5 → P9 by a photo (`nhs-login.md` §7)."""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from gpic.credentials.ports import NotOnPds, Pds, PracticeFound
from gpic.nhs.answers import Unreachable
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import (
    AccountChanges,
    Allowances,
    CheckBegun,
    CheckOutcome,
    CheckWanted,
    IdentityChecks,
    NobodyChecks,
    NoChecks,
)
from gpic.provider.ports import Accounts

LOG: Final = logging.getLogger("gpic.provider")


class ChangingAccounts(Accounts, AccountChanges, Protocol):
    """Accounts that may also be changed on the basis of what they are."""


@dataclass(frozen=True, slots=True)
class Details:
    """What somebody says of themselves."""

    nhs_number: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: str = field(repr=False)  #: `yyyy-mm-dd`


class NotProved(StrEnum):
    """Why somebody stays at their level."""

    UNREADABLE = "unreadable"  #: not an NHS number, or not a date
    NO_MATCH = "no-match"  #: nobody is told which of the details was wrong
    TOO_OFTEN = "too-often"
    NOT_NOW = "not-now"  #: PDS does not answer, or nobody checks identities here
    FAILED = "failed"  #: the photo is of somebody else
    PENDING = "pending"  #: the check is not over yet


@dataclass(frozen=True, slots=True)
class Proved:
    """The account at its new level."""

    account: Account


@dataclass(frozen=True, slots=True)
class StepUp:
    """Both ways upwards. A level never sinks here."""

    accounts: ChangingAccounts
    pds: Pds
    allowances: Allowances
    checks: IdentityChecks = field(default_factory=NobodyChecks)
    clock: Clock = field(default_factory=SystemClock)  #: wire
    policy: IdentityPolicy = field(default_factory=IdentityPolicy)

    async def match(self, account: Account, given: Details) -> Proved | NotProved:
        """P0 → P5: the details are those of a living person on PDS."""
        try:
            number = NhsNumber(given.nhs_number)
        except NhsNumberInvalid:
            return NotProved.UNREADABLE
        if await self._too_often(account):
            return NotProved.TOO_OFTEN
        found = await self.pds.look_up(number)
        if isinstance(found, Unreachable):
            LOG.warning("PDS does not answer to somebody who proves who they are", extra={"detail": found.detail})
            return NotProved.NOT_NOW
        if isinstance(found, NotOnPds) or not is_the_person(given, found):
            return NotProved.NO_MATCH
        person = await self.accounts.person_of(found.nhs_number) or account.person
        changed = await self.accounts.change(
            account.subject, lambda known, secrets: (matched(replace(known, person=person), found), secrets)
        )
        return Proved(changed) if changed is not None else NotProved.NOT_NOW

    async def begin_check(self, account: Account, back: str) -> CheckBegun | NoChecks:
        """P5 → P9, elsewhere; *back* is where the browser returns to."""
        wanted = CheckWanted(account.subject, account.family_name, account.given_name, account.birth_date, back)
        return await self.checks.begin(wanted)

    async def finish_check(self, account: Account, check_id: str) -> Proved | NotProved:
        """What came of it."""
        match await self.checks.outcome(check_id, account.subject):
            case CheckOutcome.PASSED:
                changed = await self.accounts.change(account.subject, photo_matched)
                return Proved(changed) if changed is not None else NotProved.NOT_NOW
            case CheckOutcome.PENDING:
                return NotProved.PENDING
            case CheckOutcome.FAILED:
                return NotProved.FAILED

    async def _too_often(self, account: Account) -> bool:
        """Whoever guesses at somebody else's details would ask PDS about them again and again."""
        policy = self.policy
        what = f"details|{account.subject}"
        return await self.allowances.claim(what, policy.details_tried, policy.details_within, self.clock.now()) is not None


def is_the_person(given: Details, found: PracticeFound) -> bool:
    """Whether a person on PDS is the one that was described: alive, same birth date, same surname as people type it."""
    known = found.demographics
    if known is None or found.deceased:
        return False
    return known.birth_date == given.birth_date and folded(known.family_name) == folded(given.family_name) != ""


def folded(name: str) -> str:
    """A surname without what typing changes: case, accents, apostrophes, hyphens and spaces."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def matched(account: Account, found: PracticeFound) -> Account:
    """The account with what PDS knows of its person, at P5 or as high as it was."""
    known = found.demographics
    return replace(
        account,
        level=max(account.level, ProofingLevel.P5),
        nhs_number=found.nhs_number,
        family_name=known.family_name if known else account.family_name,
        given_name=found.given_name,
        birth_date=known.birth_date if known else account.birth_date,
        practice=found.practice,
    )


def photo_matched(account: Account, secrets: SignInSecrets) -> tuple[Account, SignInSecrets]:
    """At P9, where its details were matched before."""
    return (replace(account, level=ProofingLevel.P9) if account.level >= ProofingLevel.P5 else account), secrets


def date_of(day: str, month: str, year: str) -> str:
    """`yyyy-mm-dd` of three fields, "" where they make no date."""
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
