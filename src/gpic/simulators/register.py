"""Who and what there is in the world, and how to find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Final

from gpic.nhs.clock import Clocks
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.simulators.accounts import Account, Link
from gpic.simulators.happenings import Bulletin, Happening, Lags, Listener, System, What
from gpic.simulators.ids import Mint
from gpic.simulators.people import Email, Listing, Patient, PdsRecord, Practice, Standing, Succession, Supplier

ACCOUNT_ID_DIGITS: Final = {Supplier.EMIS: 10, Supplier.TPP: 9, Supplier.MEDICUS: 8, Supplier.OTHER: 8}
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


@dataclass(slots=True)
class WorldSwitches:
    """What GP systems are taken to do where no source tells (G8). May be thrown at any time."""

    failures_until_locked: int | None = FAILURES_UNTIL_LOCKED  #: G5; None: never
    wrong_details_count: bool = False  #: linking with a wrong key is a failed login, too
    retrieve_renews: bool = True  #: a retrieve replaces an expired key; otherwise it shows the dead one again
    surnames_exact: bool = False  #: case and outer spaces matter
    archiving_ends_sessions: bool = True  #: sessions that are open when the record is archived
    restricted_are_signalled: bool = True  #: a restricted patient's change of practice raises a signal of PDS
    old_numbers_found: bool = True  #: PDS finds a patient by a number that was superseded


class Register:
    """Practices, patients, accounts and links, in memory; one process, one event loop, no awaiting."""

    def __init__(
        self, clocks: Clocks | None = None, *, seed: int = 1, failures_until_locked: int | None = FAILURES_UNTIL_LOCKED
    ) -> None:
        self.clocks = clocks or Clocks()
        self.random = Random(seed)  # noqa: S311 -- a world must be reproducible; nothing here protects anything
        self.mint = Mint(self.random)
        self.switches = WorldSwitches(failures_until_locked=failures_until_locked)
        self.practices: dict[OdsCode, Practice] = {}
        self.patients: dict[str, Patient] = {}
        self.outbox: list[Email] = []
        self.successions: list[Succession] = []
        self.lags = Lags()  #: of events from now on
        self.bulletin = Bulletin(self.clocks.world)
        self.events = 0  #: so many so far
        self._event: tuple[str, What] | None = None  #: correlation and cause of the event that is happening
        self._numbers: dict[NhsNumber, str] = {}  # former numbers included
        self._accounts: dict[tuple[Supplier, OdsCode, str], Account] = {}
        self._accounts_of: dict[str, list[Account]] = {}
        self._links: dict[str, Link] = {}

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """Everything that happened, in its order."""
        return self.bulletin.happenings

    def add_practice(self, code: str, name: str, supplier: str) -> Practice:
        """A practice; *supplier* as a mapping file names it: "EMIS", "TPP", "MEDICUS" in any case, or anybody else.

        Raises OdsCodeInvalid, AlreadyThere, ValueError (a blank supplier).
        """
        practice = Practice(OdsCode(code), name, Supplier.named(supplier), supplier_name=supplier.strip().upper())
        if practice.code in self.practices:
            raise AlreadyThere(f"practice {practice.code}")
        self.list_practice(practice)
        self.practices[practice.code] = practice
        return practice

    def list_practice(self, practice: Practice) -> None:
        """Tell the directory which system the practice has; it hears with its lag."""
        practice.listings.append(Listing(practice.supplier_name, self.now() + self.lags.directory))

    def mapping(self) -> tuple[tuple[str, str, str], ...]:
        """Code, supplier and name of every practice, as the directory knows them by now."""
        now = self.now()
        known = ((practice, [one for one in practice.listings if one.since <= now]) for practice in self.practices.values())
        return tuple((practice.code.code, lines[-1].supplier_name, practice.name) for practice, lines in known if lines)

    def now(self) -> datetime:
        """On the world clock."""
        return self.clocks.world.now()

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
            opened_at=self.now(),
        )
        self._accounts[supplier, account.practice, account.account_id] = account
        self._accounts_of.setdefault(slug, []).append(account)
        self._happened(What.ACCOUNT_OPENED, person=slug, practice=account.practice.code)
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
        """Whether this token is alive (G1) and the patient's record is not archived (G4)."""
        return link.works and self.patient(link.account.person).standing is not Standing.ARCHIVED

    def keeps_sessions(self, link: Link) -> bool:
        """Whether a session that this token opened goes on."""
        return self.opens_sessions(link) if self.switches.archiving_ends_sessions else link.works

    def is_surname_of(self, patient: Patient, given: str) -> bool:
        """Whether a GP system takes *given* for the patient's surname."""
        if self.switches.surnames_exact:
            return given == patient.family_name
        return given.strip().casefold() == patient.family_name.strip().casefold()

    def post(self, account: Account, application: str) -> None:
        """Put EMIS's confirmation into the outbox (G2), to the address that the account was created with."""
        patient = self.patient(account.person)
        subject = "An application was connected to your online account"
        stamps = (self.clocks.wire.now(), self.clocks.world.now())
        self.outbox.append(
            Email(len(self.outbox) + 1, account.email or patient.email, subject, patient.slug, application, *stamps)
        )

    def subscribe(self, listener: Listener, hears_as: System = System.GP) -> Callable[[], None]:
        """Call *listener* with everything from now on, as late as *hears_as* hears; returns how to stop that.

        What is late is told when somebody calls `catch_up`: stand-ins do with every call that they answer.
        """
        return self.bulletin.subscribe(listener, hears_as)

    def catch_up(self) -> None:
        """Tell listeners what they should have heard by now."""
        self.bulletin.catch_up()

    def heard_by(self, system: System, *, after: int = 0) -> tuple[Happening, ...]:
        """What that system knows by now, in the order of hearing; only numbers above *after*."""
        return self.bulletin.heard_by(system, after=after)

    def _is_served(self, account: Account) -> bool:
        """Whether the practice is still on the system where the account was opened."""
        return self.practice(account.practice).supplier is account.supplier

    @contextmanager
    def _one_event(self, what: What) -> Iterator[None]:
        """Whatever happens inside has one correlation and one cause, those of the outermost event."""
        if self._event is not None:
            yield
            return
        self.events, so_far = self.events + 1, len(self.bulletin)
        self._event = (f"event-{self.events:06}", what)
        try:
            yield
        finally:
            self._event = None
            if len(self.bulletin) == so_far:  # it was refused, and never happened
                self.events -= 1
        self.catch_up()

    def _happened(
        self,
        kind: What,
        *,
        person: str = "",
        practice: str = "",
        practices: tuple[str, str] = ("", ""),
        numbers: tuple[NhsNumber | None, NhsNumber | None] = (None, None),
        record_version: int = 0,
    ) -> None:
        """Write it down. *practices* and *numbers*: before and after."""
        with self._one_event(kind):
            correlation, cause = self._event or ("", kind)
            self.bulletin.append(
                Happening(
                    number=len(self.bulletin) + 1,
                    kind=kind,
                    person=person,
                    practice=practice or practices[1],
                    at_wire=self.clocks.wire.now(),
                    at_world=self.now(),
                    correlation=correlation,
                    cause=cause,
                    lags=self.lags,
                    old_practice=practices[0],
                    new_practice=practices[1],
                    nhs_number=numbers[0],
                    new_nhs_number=numbers[1],
                    record_version=record_version,
                )
            )
