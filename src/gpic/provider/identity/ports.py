"""What proving an identity needs of others. Each implementation passes the contract suite in tests/ports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.identity.contacts import Contact


class AccountChanges(Protocol):
    """Accounts that change while somebody else may change them, too."""

    async def change(
        self, subject: str, decide: Callable[[Account, SignInSecrets], tuple[Account, SignInSecrets]]
    ) -> Account | None:
        """Replace an account by what *decide* makes of it, in one transaction; what it made, None where there is no account.

        What *decide* raises leaves everything as it was; it may be called more than once. Raises EmailTaken (`accounts`).
        """
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail or a text message, which has no subject; the repr does not show what it says."""

    subject: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is on its way."""


@dataclass(frozen=True, slots=True)
class TooManyCodes:
    """Nothing was sent: this has had as many codes as it may. An earlier code works on."""

    wait: timedelta  #: until the next one may be sent


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """Nothing reaches this contact now; whoever waits may ask again."""


class OneTimeCodes(Protocol):
    """Six digits that prove that somebody holds a phone or reads a mailbox.

    *about* names what the code is for: `sign-in:<interaction id>`, or any other purpose with a random id or subject in it. A
    code for one purpose and contact serves for no other.
    """

    async def send(self, to: Contact, about: str, *, instead: Letter | None = None) -> CodeSent | TooManyCodes | NotDelivered:
        """Send a fresh code; an earlier one about the same thing stops working, wherever it went.

        With *instead* that letter goes in place of a code, by the same way and the same count, and no code will fit.
        """
        ...

    async def check(self, to: Contact, about: str, code: str) -> bool:
        """Whether this is the code that was sent there for this; True at most once per code. Wrong ones are counted."""
        ...


@dataclass(frozen=True, slots=True)
class AwaitedCode:
    """A code that was sent; the repr shows nothing of it."""

    about: str = field(repr=False)
    to: Contact
    code: str = field(repr=False)
    expires: datetime  #: wire clock


class CodeShelf(Protocol):
    """Where codes wait for whoever types them. At rest there is neither a code nor a contact that could be read."""

    async def lay(self, awaited: AwaitedCode) -> None:
        """Keep a code; an earlier one about the same thing is gone, and wrong tries are counted anew."""
        ...

    async def take(self, given: AwaitedCode, most_tries: int) -> bool:
        """Whether this code waits for this contact and purpose and lives beyond `given.expires`, in one transaction.

        True takes it away; so does the last of *most_tries* wrong ones.
        """
        ...


class Allowances(Protocol):
    """How often something may be done, counted for all hosts at once."""

    async def claim(self, what: str, most: int, within: timedelta, now: datetime) -> timedelta | None:
        """Do it once more: None where it is one of *most* times *within* the time before *now* (wire clock), which counts it.

        Otherwise how long until the next time, and nothing is counted. Of callers at one moment no more than *most* get None.
        *what* may name a person's contact: it is kept hashed.
        """
        ...


class CourierAway(Exception):
    """Nobody there takes letters now. Whether this one arrived is not known."""


class Courier(Protocol):
    """Brings letters to people."""

    async def deliver(self, to: Contact, letter: Letter) -> None:
        """Hand it over; raises CourierAway."""
        ...


@dataclass(frozen=True, slots=True)
class CheckWanted:
    """Whose face and document are to be compared, and where their browser goes afterwards."""

    subject: str
    family_name: str = field(repr=False)
    given_name: str = field(repr=False)
    birth_date: str = field(repr=False)  #: `yyyy-mm-dd`
    back: str  #: an address of ours; no result travels with the browser


@dataclass(frozen=True, slots=True)
class CheckBegun:
    """The person goes to *location*; *id* asks for the outcome."""

    id: str
    location: str


@dataclass(frozen=True, slots=True)
class NoChecks:
    """Nobody checks identities here, or not now."""


class CheckOutcome(StrEnum):
    """What came of an identity check."""

    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"


class IdentityChecks(Protocol):
    """Compares a person with the photo in their document (P9), somewhere else."""

    async def begin(self, wanted: CheckWanted) -> CheckBegun | NoChecks:
        """Begin one."""
        ...

    async def outcome(self, check_id: str, subject: str) -> CheckOutcome:
        """What came of it; PASSED only for the subject that it was begun for. An unknown one has FAILED."""
        ...


class NobodyChecks:
    """Implements the IdentityChecks port where there are none: people stay at the level that they have."""

    async def begin(self, wanted: CheckWanted) -> NoChecks:  # noqa: ARG002 - the port's signature
        """Never."""
        return NoChecks()

    async def outcome(self, check_id: str, subject: str) -> CheckOutcome:  # noqa: ARG002 - the port's signature
        """Nothing was begun."""
        return CheckOutcome.FAILED


@dataclass(frozen=True, slots=True)
class Device:
    """A browser in which somebody need not type a code (Cd). *token* is in its cookie; at rest only its hash is kept."""

    id: str  #: for the settings page
    subject: str
    name: str  #: as its owner knows it: `Firefox on Linux`
    since: datetime  #: world clock, as the others
    expires: datetime
    token: str = field(default="", repr=False)  #: "" for one that was listed


class Devices(Protocol):
    """Remembered devices."""

    async def remember(self, device: Device) -> None:
        """Keep it until it expires or is forgotten."""
        ...

    async def knows(self, token: str, subject: str, now: datetime) -> bool:
        """Whether this account is remembered in the browser that has this token."""
        ...

    async def of(self, subject: str, now: datetime) -> tuple[Device, ...]:
        """All that have not expired, the oldest first; without tokens."""
        ...

    async def forget(self, subject: str, device_id: str = "") -> None:
        """One of this account's, or all: from here on a code is asked there."""
        ...


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key pair of which we hold the public half; *id* is the credential id in base64url."""

    id: str
    subject: str
    public_key: bytes = field(repr=False)  #: COSE
    sign_count: int  #: 0 for authenticators that do not count
    name: str
    since: datetime  #: world clock


class Passkeys(Protocol):
    """Everybody's passkeys."""

    async def keep(self, passkey: Passkey) -> bool:
        """Add it; False, and nothing happens, where its id is known."""
        ...

    async def find(self, passkey_id: str) -> Passkey | None:
        """The passkey with this id."""
        ...

    async def note_use(self, passkey: Passkey, sign_count: int) -> bool:
        """Replace its count, atomically; False where the kept count is no longer *passkey*'s: another use came between."""
        ...

    async def of(self, subject: str) -> tuple[Passkey, ...]:
        """All of one account, the oldest first."""
        ...

    async def remove(self, subject: str, passkey_id: str) -> None:
        """One of this account's: nobody signs in with it any more."""
        ...
