"""What the provider's protocol needs of others. Each implementation passes the contract suite in tests/ports.

Random one-time texts (codes, refresh tokens, session ids, interaction ids) come in whole and are kept as SHA-256 hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gpic.credentials.holding import PersonId
from gpic.credentials.offer import Offered
from gpic.credentials.ports import Circumstances
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import Vector
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.clients import Client
from gpic.provider.sessions import Session
from gpic.provider.stages import Interaction


class Clients(Protocol):
    """The register of partners."""

    async def get(self, client_id: str) -> Client | None:
        """The client, disabled or not."""
        ...

    async def put(self, client: Client) -> None:
        """Add a client or replace it whole."""
        ...


class Accounts(Protocol):
    """The register of accounts. Names, numbers and contacts are sealed at rest; e-mail and number are found by keyed hash."""

    async def by_subject(self, subject: str) -> Account | None:
        """The account with this `sub`."""
        ...

    async def by_email(self, email: str) -> tuple[Account, SignInSecrets] | None:
        """The account that signs in with this address, whatever its case, and what proves its owner."""
        ...

    async def put(self, account: Account, secrets: SignInSecrets) -> None:
        """Add an account or replace it whole; raises EmailTaken (`accounts`) where another account has its address.

        Its NHS number, if any, joins the dated history of its person (N1).
        """
        ...

    async def person_of(self, nhs_number: NhsNumber) -> PersonId | None:
        """Whose number this is or was; None when nobody here has it."""
        ...

    async def note_sign_in(self, subject: str, auth_time: datetime) -> None:
        """Remember the last real sign-in (wire clock), for identity tokens (N9)."""
        ...


class Sessions(Protocol):
    """Browser sessions."""

    async def save(self, session: Session) -> None:
        """Keep a session until it expires."""
        ...

    async def get(self, session_id: str, now: datetime) -> Session | None:
        """The session, unless it is unknown or expired at *now* (world clock)."""
        ...

    async def end(self, session_id: str) -> None:
        """Forget it."""
        ...


class Interactions(Protocol):
    """Requests that wait for their person."""

    async def save(self, interaction: Interaction) -> None:
        """Keep it, replacing an earlier state of the same id."""
        ...

    async def get(self, interaction_id: str, now: datetime) -> Interaction | None:
        """The interaction, unless unknown, finished or expired at *now* (wire clock)."""
        ...

    async def finish(self, interaction_id: str) -> bool:
        """End it; True for exactly one caller."""
        ...


class Consents(Protocol):
    """What people agreed to share with which partner."""

    async def agreed(self, subject: str, client_id: str) -> frozenset[str]:
        """The scopes that this person shares with this partner."""
        ...

    async def agree(self, subject: str, client_id: str, scopes: frozenset[str], at: datetime) -> None:
        """Add scopes to what is shared."""
        ...

    async def withdraw(self, subject: str, client_id: str, at: datetime) -> None:
        """Share nothing any more (N6)."""
        ...


@dataclass(frozen=True, slots=True)
class Binding:
    """What a code is bound to; a wrong binding neither consumes nor revokes."""

    client_id: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What one login allows one partner. *family* joins all tokens that descend from it; times are of the wire clock."""

    family: str
    client_id: str
    subject: str
    scopes: frozenset[str]
    nonce: str
    vot: Vector
    auth_time: datetime
    session_id: str
    code_challenge: str = ""


@dataclass(frozen=True, slots=True)
class JtiUse:
    """A client assertion's one use: `(client_id, jti)` may be claimed once, and is remembered until *expires*."""

    client_id: str
    jti: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The code was good and is now spent."""

    grant: Grant


@dataclass(frozen=True, slots=True)
class AlreadyUsed:
    """The code was spent before; its family is now revoked."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Never issued, expired, or asked for by somebody else."""


@dataclass(frozen=True, slots=True)
class JtiReplayed:
    """The assertion was used before; nothing was looked up."""


Redemption = Redeemed | AlreadyUsed | Unknown | JtiReplayed


class Codes(Protocol):
    """Authorization codes."""

    async def save(self, code: str, binding: Binding, grant: Grant, expires: datetime) -> None:
        """Keep a code until it is redeemed or expires (wire clock), and for recognition of reuse a day longer."""
        ...

    async def redeem(self, code: str, binding: Binding, use: JtiUse, now: datetime, *, refresh_token: str) -> Redemption:
        """Claim *use*, spend the code and keep *refresh_token* (30 days) for its family: one transaction, exactly once.

        Of two callers at the same moment one gets Redeemed, the other AlreadyUsed, and AlreadyUsed revokes the family.
        The jti stays claimed whatever the answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Rotated:
    """The refresh token was the latest; *successor* is what the partner gets now (again, within the grace)."""

    grant: Grant
    successor: str


@dataclass(frozen=True, slots=True)
class Reused:
    """An older refresh token came back; its family is now revoked."""


class Families(Protocol):
    """Refresh tokens and the families that tokens belong to."""

    async def rotate(
        self, refresh_token: str, client_id: str, use: JtiUse, now: datetime, *, successor: str
    ) -> Rotated | Reused | Unknown | JtiReplayed:
        """Claim *use* and replace the latest refresh token by *successor*, in one transaction.

        The predecessor within 30 s of its replacement gets the same successor again (kept sealed for that time).
        """
        ...

    async def revoke(self, family: str) -> None:
        """No token of this family works any more."""
        ...

    async def is_alive(self, family: str) -> bool:
        """Whether tokens of this family still work."""
        ...


class GpOffer(Protocol):
    """The engine as the provider's protocol uses it: what a person's practice holds for them."""

    async def prepare(self, circumstances: Circumstances) -> Offered:
        """Look after the details of this login; starts what is needed and never waits for a GP system."""
        ...

    async def progress(self, person: PersonId) -> Offered:
        """How far that has come; a local look."""
        ...

    async def release(self, person: PersonId, client_id: str, practice: OdsCode | None) -> GpCredentials | None:
        """The details and their release record in one transaction, or None.

        *practice* is what `gp_registration_details` names in the same answer: another one means None (N4).
        """
        ...


class Pages(Protocol):
    """Shows what cannot be answered to a partner. The only pages that the protocol itself asks for."""

    def unaddressable(self, sentence: str) -> str:
        """A whole HTML page that says in *sentence* why this request leads nowhere."""
        ...


class PracticeNames(Protocol):
    """Names of practices, for pages."""

    def name_of(self, practice: OdsCode) -> str:
        """The practice's name, or its code when nobody knows a name."""
        ...


class OneTimeCodes(Protocol):
    """The second factor: six digits to the account's phone."""

    async def send(self, account: Account, interaction_id: str) -> None:
        """Send a fresh code for this interaction; the earlier one stops working."""
        ...

    async def check(self, account: Account, interaction_id: str, code: str) -> bool:
        """Whether this is the code that was sent; True at most once per code."""
        ...
