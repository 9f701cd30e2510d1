"""A small honest GP system and everything else that the engine needs, in memory, with its calls counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gpic.credentials.confirm import Confirm
from gpic.credentials.desk import Desk
from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.offer import Offer, Offered
from gpic.credentials.policy import CredentialsPolicy
from gpic.credentials.ports import (
    Applicant,
    AuditEvent,
    AuditRecord,
    Circumstances,
    NotOnPds,
    Person,
    PracticeFound,
    Saved,
    Stale,
    Surgery,
    Task,
    TaskKind,
    TaskOutcome,
)
from gpic.credentials.recheck import Recheck
from gpic.credentials.register import Register
from gpic.nhs.answers import (
    Accepted,
    AccountOpened,
    AlreadyLinked,
    CheckAnswer,
    Found,
    LinkAnswer,
    Linked,
    NoAccount,
    Opened,
    Reason,
    Refused,
    Rejected,
    Restricted,
    Retrieved,
    ShownPatient,
    Silence,
    Unreachable,
)
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.storage.provider.memory.holdings import MemoryHoldings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PERSON = PersonId("person-1")
NUMBER = NhsNumber("9990001138")
OTHER = NhsNumber("9000000009")
PRACTICE = OdsCode("A99901")
ELSEWHERE = OdsCode("B99901")
NAME = Demographics("Okafor", "1984-02-17")
DOWN = Unreachable(detail="down")
REGISTER = Task(TaskKind.REGISTER, PERSON)
RECHECK = Task(TaskKind.RECHECK, PERSON)
CONFIRM = Task(TaskKind.CONFIRM, PERSON)
ASKED = Circumstances(PERSON, "partner")


class Killed(BaseException):
    """The process died at this call."""


@dataclass
class Practice:
    """One patient's account at one system. EMIS tells the details of a new account only on a retrieve; TPP at once."""

    style: str = "emis"
    has_account: bool = True
    key: int = 1  #: the linkage key's generation
    tokens: dict[str, int] = field(default_factory=dict)  #: our tokens, and the key each was made from
    accounts_opened: int = 0
    number_shown: NhsNumber = NUMBER
    restricted: bool = False
    dead_tokens: set[str] = field(default_factory=set)
    relinking: str = "succeeds"  #: or "already-linked"
    answers: dict[str, list[object]] = field(default_factory=dict)  #: answers given instead, once each, by call
    calls: Counter[str] = field(default_factory=Counter)
    presented: list[str] = field(default_factory=list)  #: fingerprints of every secret that was shown to the system
    on_call: Callable[[str], None] = lambda _: None

    @property
    def details(self) -> GpCredentials:
        """The account's details as they are now."""
        return GpCredentials("2917340058", PRACTICE, Secret(f"key-{self.key}"))

    def new_token(self) -> Im1Token:
        """Another token of the present key."""
        text = f"token-{len(self.tokens) + 1}"
        self.tokens[text] = self.key
        return Im1Token(self.style, Secret(text))

    def instead(self, call: str) -> object | None:
        """Count a call; what is to be answered in place of the truth."""
        self.on_call(call)
        self.calls[call] += 1
        waiting = self.answers.get(call, [])
        return waiting.pop(0) if waiting else None

    def expect(self, applicant: Applicant) -> None:
        """Everything that any supplier wants to know is there (N9)."""
        known = (applicant.demographics, applicant.identity_token.reveal(), applicant.email, applicant.mobile)
        assert (NAME, "identity", "ada@example.test", "07700900101") == known
        assert applicant.nhs_number in {NUMBER, OTHER}
        assert applicant.practice in {PRACTICE, ELSEWHERE}

    async def retrieve(self, applicant: Applicant) -> Retrieved:
        """The details, if there is an account."""
        self.expect(applicant)
        if (answer := self.instead("retrieve")) is not None:
            return answer  # type: ignore[return-value]
        return Found(self.details) if self.has_account else NoAccount()

    async def verify_anew(self, applicant: Applicant) -> Retrieved:
        """Lifts a restriction."""
        self.expect(applicant)
        if (answer := self.instead("verify_anew")) is not None:
            return answer  # type: ignore[return-value]
        self.restricted = False
        return Found(self.details)

    async def open_account(self, applicant: Applicant) -> AccountOpened:
        """Creates at most one."""
        self.expect(applicant)
        if (answer := self.instead("create")) is not None:
            return answer  # type: ignore[return-value]
        if self.has_account:
            return Refused(Reason.ACCOUNT_EXISTS)
        self.has_account = True
        self.accounts_opened += 1
        return Opened(self.new_token(), self.details if self.style == "tpp" else None)

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """A token for the right key."""
        assert NAME == demographics
        answer = self.instead("link")
        self.presented.append(details.fingerprint)
        if answer is not None:
            return answer  # type: ignore[return-value]
        if details != self.details:
            return Rejected(Reason.KEY_INVALID)
        if self.relinking == "already-linked" and self.key in self.tokens.values():
            return AlreadyLinked()
        return Linked(self.new_token())

    async def check(self, token: Im1Token, practice: OdsCode) -> CheckAnswer:
        """Whom a session shows."""
        assert practice in {PRACTICE, ELSEWHERE}
        answer = self.instead("session")
        self.presented.append(token.fingerprint)
        if answer is not None:
            return answer  # type: ignore[return-value]
        text = token.text.reveal()
        if self.tokens.get(text) != self.key or text in self.dead_tokens:
            return Rejected(Reason.TOKEN_INVALID)
        return Restricted() if self.restricted else Accepted(ShownPatient(frozenset({self.number_shown})))


@dataclass
class Records:
    """PDS, the accounts and the directory, for one person."""

    person: Person | None = field(
        default_factory=lambda: Person(PERSON, NUMBER, NAME, PRACTICE, "ada@example.test", "07700900101", NOW)
    )
    pds: PracticeFound | NotOnPds | Unreachable = field(default_factory=lambda: PracticeFound(NUMBER, PRACTICE, NAME))
    asked_pds: int = 0
    owner_of_new_number: PersonId | None = None

    async def find(self, person: PersonId) -> Person | None:
        """Who it is."""
        assert PERSON == person
        return self.person

    async def note_practice(self, person: PersonId, practice: OdsCode) -> None:
        """Remember it."""
        assert PERSON == person
        if self.person is not None:
            self.person = replace(self.person, practice=practice)

    async def note_number(self, person: PersonId, number: NhsNumber) -> PersonId:
        """Take it on; whoever has it already is the survivor."""
        if self.owner_of_new_number is not None:
            return self.owner_of_new_number
        if self.person is not None:
            self.person = replace(self.person, nhs_number=number, former_numbers=self.person.numbers)
        return person

    async def look_up(self, nhs_number: NhsNumber) -> PracticeFound | NotOnPds | Unreachable:
        """What PDS says."""
        assert self.person is not None
        assert nhs_number == self.person.nhs_number
        self.asked_pds += 1
        return self.pds

    def mint(self, person: Person) -> Secret:
        """An identity token."""
        assert person == self.person
        return Secret("identity")


@dataclass
class Watchful(MemoryHoldings):
    """The shipped cabinet, which can be made to die, and remembers what it was given."""

    now: Callable[[], datetime] = lambda: NOW
    on_call: Callable[[str], None] = lambda _: None
    saved: list[Holding] = field(default_factory=list)

    async def save(self, holding: Holding, *records: AuditRecord) -> Saved | Stale:
        """Die before or after, as told; what is written down is whole (N7)."""
        assert all(
            (now, PERSON, holding.version + 1) == (one.at, one.person, one.version) for now in [self.now()] for one in records
        )
        assert all(one.event in AuditEvent and one.why.replace("-", "").isalpha() for one in records)
        self.on_call("save")
        outcome = await MemoryHoldings.save(self, holding, *records)
        self.saved.append(holding)
        self.on_call("saved")
        return outcome

    def overtaken_by(self, holding: Holding) -> None:
        """Somebody else saves, at once."""
        self._holdings[holding.person] = replace(holding, version=holding.version + 1)


@dataclass
class Queue:
    """What was left to do."""

    waiting: dict[Task, datetime] = field(default_factory=dict)

    async def enqueue(self, task: Task, due: datetime) -> None:
        """At most once each, at the earlier moment."""
        self.waiting[task] = min(due, self.waiting.get(task, due))


@dataclass
class Bench:
    """The engine on all of this."""

    practice: Practice = field(default_factory=Practice)
    register: Records = field(default_factory=Records)
    holdings: Watchful = field(default_factory=Watchful)
    queue: Queue = field(default_factory=Queue)
    clock: MovableClock = field(default_factory=lambda: MovableClock(NOW))
    policy: CredentialsPolicy = field(default_factory=CredentialsPolicy)
    alarms: list[PersonId] = field(default_factory=list)
    supplier: str = "emis"

    def __post_init__(self) -> None:
        self.holdings.now = self.clock.now

    @property
    def clocks(self) -> Clocks:
        """Both stand still until they are moved."""
        return Clocks(self.clock, self.clock)

    def system_of(self, practice: OdsCode) -> Surgery | None:
        """The directory: one system everywhere."""
        assert practice in {PRACTICE, ELSEWHERE}
        return Surgery(self.supplier, self.practice) if self.supplier else None

    def wrong_patient(self, person: PersonId) -> None:
        """The alarm."""
        self.alarms.append(person)

    @property
    def desk(self) -> Desk:
        """The engine's desk."""
        return Desk(
            self.holdings, self.register, self.queue, self.register, self, self.register, self, self.clocks, self.policy
        )

    @property
    def offer(self) -> Offer:
        """What the provider calls."""
        return Offer(self.holdings, self.queue, self, self.clocks, self.policy)

    async def registered(self) -> TaskOutcome:
        """Run the registration once."""
        return await Register(self.desk).run(Task(TaskKind.REGISTER, PERSON))

    async def rechecked(self) -> TaskOutcome:
        """Run the check once."""
        return await Recheck(self.desk).run(Task(TaskKind.RECHECK, PERSON))

    async def confirmed(self) -> TaskOutcome:
        """Run the forced check once."""
        return await Confirm(self.desk).run(CONFIRM)

    async def signs_in(self) -> Offered:
        """A login with a real sign-in."""
        return await self.offer.prepare(replace(ASKED, signed_in_now=True))

    async def holding(self) -> Holding:
        """What is held now."""
        return await self.holdings.load(PERSON)

    async def events(self) -> list[AuditEvent]:
        """The audit trail."""
        return [record.event for record in await self.holdings.trail(PERSON)]

    async def trail(self) -> list[tuple[AuditEvent, str]]:
        """The audit trail with its reasons."""
        return [(record.event, record.why) for record in await self.holdings.trail(PERSON)]

    async def released(self) -> GpCredentials | None:
        """What a partner would get."""
        return await self.offer.release(PERSON, "partner", None)

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.clock.move(timedelta(**by))


Answer = Found | NoAccount | Refused | Rejected | Restricted | Silence
