"""Who and what there is in the world, and how to find it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Final

from gpic.nhs.clock import Clocks
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.simulators.accounts import Account, Link
from gpic.simulators.ids import Mint
from gpic.simulators.people import Email, Happening, Patient, PdsRecord, Practice, Standing, Supplier

ACCOUNT_ID_DIGITS: Final = {Supplier.EMIS: 10, Supplier.TPP: 9}
FAILURES_UNTIL_LOCKED: Final = 5


class NotSynthetic(ValueError):
    """This NHS number may belong to somebody: only numbers of the 9xx range, which is never issued, enter the world."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class AlreadyThere(ValueError):
    """The world has a practice, a patient or an NHS number of that name already."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is already there")


class Unheard(KeyError):
    """The world knows no such patient, practice or account."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the world knows no {what}")


class Register:
    """Practices, patients, accounts and links, in memory; one process, one event loop, no awaiting."""

    def __init__(
        self, clocks: Clocks | None = None, *, seed: int = 1, failures_until_locked: int | None = FAILURES_UNTIL_LOCKED
    ) -> None:
        self.clocks = clocks or Clocks()
        self.random = Random(seed)  # noqa: S311 -- a world must be reproducible; nothing here protects anything
        self.mint = Mint(self.random)
        self.failures_until_locked = failures_until_locked
        self.practices: dict[OdsCode, Practice] = {}
        self.patients: dict[str, Patient] = {}
        self.outbox: list[Email] = []
        self.happenings: list[Happening] = []
        self._numbers: dict[NhsNumber, str] = {}  # former numbers included
        self._accounts: dict[tuple[Supplier, OdsCode, str], Account] = {}
        self._accounts_of: dict[str, list[Account]] = {}
        self._links: dict[str, Link] = {}
        self._listeners: list[Callable[[Happening], None]] = []

    def add_practice(self, code: str, name: str, supplier: str) -> Practice:
        """A practice; *supplier* is "emis" or "tpp". Raises OdsCodeInvalid, AlreadyThere."""
        practice = Practice(OdsCode(code), name, Supplier(supplier))
        if practice.code in self.practices:
            raise AlreadyThere(f"practice {practice.code}")
        self.practices[practice.code] = practice
        return practice

    def add_patient(self, patient: Patient, *, account: bool = False) -> Patient:
        """A patient, with an online account or without. PDS names the same practice unless it was told another.

        Raises NotSynthetic, AlreadyThere, Unheard (the practice), ValueError (the birth date).
        """
        if not patient.number.is_synthetic:
            raise NotSynthetic
        date.fromisoformat(patient.birth_date)
        if patient.slug in self.patients:
            raise AlreadyThere(patient.slug)
        if patient.number in self._numbers:
            raise AlreadyThere(f"the NHS number of {patient.slug}")
        if patient.practice is not None:
            self.practice(patient.practice)
            if patient.pds == PdsRecord():
                patient.pds = PdsRecord(practice=patient.practice.code)
        self.patients[patient.slug] = patient
        self._numbers[patient.number] = patient.slug
        if account:
            self.open_account(patient.slug)
        return patient

    def practice(self, code: OdsCode | str) -> Practice:
        """The practice of this code; raises Unheard."""
        found = self.practices.get(OdsCode(code) if isinstance(code, str) else code)
        if found is None:
            raise Unheard(f"practice {code}")
        return found

    def practice_of(self, supplier: Supplier, code: str) -> Practice | None:
        """The practice of this code, if that supplier serves it. *code* may be any text."""
        found = self.practices.get(OdsCode(code)) if code.isalnum() and 3 <= len(code) <= 12 and code.isascii() else None  # noqa: PLR2004 -- the shape of a code
        return found if found is not None and found.supplier is supplier else None

    def patient(self, slug: str) -> Patient:
        """The patient of this slug; raises Unheard."""
        if slug not in self.patients:
            raise Unheard(f"patient {slug}")
        return self.patients[slug]

    def holder_of(self, number: NhsNumber) -> Patient | None:
        """The patient who has this number now, or had it once."""
        slug = self._numbers.get(number)
        return self.patients[slug] if slug is not None else None

    def bearer_of(self, number: NhsNumber) -> Patient | None:
        """The patient who has this number now: all that a GP system knows."""
        holder = self.holder_of(number)
        return holder if holder is not None and holder.number == number else None

    def shown_for(self, patient: Patient) -> Patient:
        """Whom a GP system shows for this patient: themselves, unless the world says otherwise (J23)."""
        return self.patients[patient.shown_as] if patient.shown_as else patient

    def account_of(self, slug: str) -> Account | None:
        """The account at the practice where the patient is registered, or None."""
        patient = self.patient(slug)
        return next(
            (
                account
                for account in reversed(self._accounts_of.get(slug, []))
                if not account.is_gone and account.practice == patient.practice and self._is_served(account)
            ),
            None,
        )

    def accounts_of(self, slug: str) -> tuple[Account, ...]:
        """All accounts that the patient ever had, in their order; what is gone says so."""
        return tuple(self._accounts_of.get(self.patient(slug).slug, ()))

    def account_numbered(self, supplier: Supplier, practice: OdsCode, account_id: str) -> Account | None:
        """The account of this number, a closed one included."""
        return self._accounts.get((supplier, practice, account_id))

    def open_account(self, slug: str) -> Account:
        """A fresh account at the patient's practice; raises Unheard where they are registered nowhere."""
        patient = self.patient(slug)
        if patient.practice is None:
            raise Unheard(f"practice of {slug}")
        supplier = self.practice(patient.practice).supplier
        account = Account(
            person=slug,
            practice=patient.practice,
            supplier=supplier,
            account_id=self.mint.account_id(ACCOUNT_ID_DIGITS[supplier]),
            linkage_key=self.new_key(supplier),
            identity_id=self.mint.opaque("ID-", 8),
        )
        self._accounts[supplier, account.practice, account.account_id] = account
        self._accounts_of.setdefault(slug, []).append(account)
        return account

    def new_key(self, supplier: Supplier) -> str:
        """A linkage key in that supplier's shape."""
        return self.mint.linkage_key() if supplier is Supplier.EMIS else self.mint.passphrase()

    def link(self, account: Account, application: str) -> Link:
        """A new token of *application* for this account; it takes the place of an earlier one."""
        if (earlier := account.links.get(application)) is not None:
            earlier.dropped = True
        token = self.mint.guid() if account.supplier is Supplier.EMIS else self.mint.opaque(length=20)
        made = Link(account, application, token, account.linkage_key)
        account.links[application] = made
        self._links[token] = made
        return made

    def link_of(self, token: str) -> Link | None:
        """What was made under this token, dead or alive."""
        return self._links.get(token)

    def opens_sessions(self, link: Link) -> bool:
        """Whether this token is alive (G1) and the patient's record is not archived (G4); open sessions end with it."""
        return link.works and self.patient(link.account.person).standing is not Standing.ARCHIVED

    def failed_login(self, account: Account) -> None:
        """Count one (G5); too many lock the account."""
        account.failed_logins += 1
        if self.failures_until_locked is not None and account.failed_logins >= self.failures_until_locked:
            account.locked = True

    def post(self, patient: Patient, application: str) -> None:
        """Put EMIS's confirmation into the outbox (G2)."""
        subject = "An application was connected to your online account"
        stamps = (self.clocks.wire.now(), self.clocks.world.now())
        self.outbox.append(Email(len(self.outbox) + 1, patient.email, subject, patient.slug, application, *stamps))

    def subscribe(self, listener: Callable[[Happening], None]) -> Callable[[], None]:
        """Call *listener* with everything that happens from now on; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _is_served(self, account: Account) -> bool:
        """Whether the practice is still on the system where the account was opened."""
        return self.practice(account.practice).supplier is account.supplier

    def _happened(self, kind: str, *, person: str = "", practice: str = "") -> None:
        stamps = (self.clocks.wire.now(), self.clocks.world.now())
        happening = Happening(len(self.happenings) + 1, kind, person, practice, *stamps)
        self.happenings.append(happening)
        for listener in tuple(self._listeners):
            listener(happening)
