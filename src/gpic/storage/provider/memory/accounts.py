"""The register of accounts, and the persons behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Person
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, EmailTaken, SignInSecrets
from gpic.storage.provider.persons import KeptAccount, joined


@dataclass(frozen=True, slots=True)
class TakenOn:
    """A person's number from a moment on (world clock)."""

    person: PersonId
    number: NhsNumber
    since: datetime


@dataclass(slots=True)
class MemoryAccounts:
    """Accounts by their subject, and the numbers of persons in the order in which they were taken on."""

    clock: Clock = field(default_factory=SystemClock)
    kept: dict[str, KeptAccount] = field(default_factory=dict)
    _secrets: dict[str, SignInSecrets] = field(default_factory=dict)
    _numbers: list[TakenOn] = field(default_factory=list)

    async def by_subject(self, subject: str) -> Account | None:
        """The account with this `sub`."""
        kept = self.kept.get(subject)
        return kept.account if kept else None

    async def by_email(self, email: str) -> tuple[Account, SignInSecrets] | None:
        """The account that signs in with this address, whatever its case, and what proves its owner."""
        for one in self.kept.values():
            if one.account.email.lower() == email.lower():
                return one.account, self._secrets[one.account.subject]
        return None

    async def put(self, account: Account, secrets: SignInSecrets) -> None:
        """Add an account or replace it whole; raises EmailTaken."""
        owner = await self.by_email(account.email)
        if owner and owner[0].subject != account.subject:
            raise EmailTaken
        before, now = self.kept.get(account.subject), self.clock.now()
        self.kept[account.subject] = KeptAccount(account, before.signed_in_at if before else None, now)
        self._secrets[account.subject] = secrets
        number, former = account.nhs_number, before.account.nhs_number if before else None
        if number and number not in {former, self.number_of(account.person)}:
            self._numbers.append(TakenOn(account.person, number, now))

    async def change(
        self, subject: str, decide: Callable[[Account, SignInSecrets], tuple[Account, SignInSecrets]]
    ) -> Account | None:
        """Replace an account by what *decide* makes of it; None where there is none. Raises EmailTaken."""
        kept = self.kept.get(subject)
        if kept is None:
            return None
        account, secrets = decide(kept.account, self._secrets[subject])
        await self.put(account, secrets)
        return account

    async def person_of(self, nhs_number: NhsNumber) -> PersonId | None:
        """Whose number this is or was; None when nobody here has it."""
        return next((taken.person for taken in reversed(self._numbers) if taken.number == nhs_number), None)

    async def note_sign_in(self, subject: str, auth_time: datetime) -> None:
        """Remember the last real sign-in (wire clock)."""
        if subject in self.kept:
            self.kept[subject] = replace(self.kept[subject], signed_in_at=auth_time)

    def number_of(self, person: PersonId) -> NhsNumber | None:
        """The person's present number."""
        return next(reversed(self.history_of(person)), None)

    def history_of(self, person: PersonId) -> list[NhsNumber]:
        """The person's numbers, the present one last."""
        return [taken.number for taken in self._numbers if taken.person == person]

    def take_on(self, person: PersonId, number: NhsNumber) -> None:
        """Add a number to the person's history, unless it is their present one."""
        if self.number_of(person) != number:
            self._numbers.append(TakenOn(person, number, self.clock.now()))


@dataclass(frozen=True, slots=True)
class MemoryPeople:
    """Persons, joined over their accounts."""

    accounts: MemoryAccounts

    async def find(self, person: PersonId) -> Person | None:
        """The person as last known."""
        theirs = [one for one in self.accounts.kept.values() if one.account.person == person]
        return joined(person, self.accounts.history_of(person), theirs)

    async def note_practice(self, person: PersonId, practice: OdsCode) -> None:
        """Remember the practice that PDS names, on every account that is matched to PDS."""
        for subject, one in self.accounts.kept.items():
            if one.account.person == person and one.account.level >= ProofingLevel.P5:
                self.accounts.kept[subject] = replace(one, account=replace(one.account, practice=practice))

    async def note_number(self, person: PersonId, number: NhsNumber) -> PersonId:
        """Take on the number that PDS gives; the accounts go over to whoever has or had it (N1)."""
        survivor = await self.accounts.person_of(number) or person
        if survivor != person:
            for former in self.accounts.history_of(person):
                self.accounts.take_on(survivor, former)
        self.accounts.take_on(survivor, number)
        for subject, one in self.accounts.kept.items():
            if one.account.person == person and one.account.nhs_number is not None:
                self.accounts.kept[subject] = replace(one, account=replace(one.account, person=survivor, nhs_number=number))
        return survivor
