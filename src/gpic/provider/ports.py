"""What the provider's protocol needs of others. Each implementation passes the contract suite in tests/ports.

Random one-time texts (codes, refresh tokens, session ids, interaction ids) come in whole and are kept as SHA-256 hashes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from gpic.provider.signing_keys import HeldKeys
from gpic.provider.stages import AuthorizeRequest, Interaction, Leniency


class CabinetSilent(Exception):
    """A store does not answer now: locked for too long, lost, or without a free connection. Nothing was decided."""


class Clients(Protocol):
    """The register of partners."""

    async def get(self, client_id: str) -> Client | None:
        """The client, disabled or not."""
        ...

    async def all(self) -> tuple[Client, ...]:
        """Every client, in the order of their ids."""
        ...

    async def put(self, *clients: Client) -> None:
        """Add clients or replace them whole: all of them in one transaction."""
        ...

    async def change(self, client_id: str, decide: Callable[[Client | None], Client]) -> Client:
        """Replace a client by what *decide* makes of it (None: there is none), in one transaction; what it made.

        What *decide* raises leaves everything as it was. It may be called more than once.
        """
        ...

    async def remove(self, client_id: str, at: datetime) -> bool:
        """Forget a client; False when there is none.

        In the same transaction its families are revoked, what people agreed to share with it is withdrawn, and what it kept
        about them is deleted: who is registered under this id later on is somebody else. Nobody hands over to it any more.
        """
        ...


class SigningKeys(Protocol):
    """Our signing keys, shared by all processes; private halves are sealed at rest."""

    async def all(self) -> HeldKeys:
        """Every key that is kept, the oldest first."""
        ...

    async def change(self, decide: Callable[[HeldKeys], HeldKeys]) -> HeldKeys:
        """Replace the keys by what *decide* makes of them, in one transaction; what it raises leaves them as they were.

        Of two changes at the same moment the second decides on what the first left. *decide* may be called more than once.
        """
        ...


class ClientMetadata(Protocol):
    """What a partner keeps with us about a person (`nhs-login.md` §5), sealed at rest."""

    async def of(self, subject: str, client_id: str) -> str:
        """The text, "" for none."""
        ...

    async def keep(self, subject: str, client_id: str, text: str) -> None:
        """Replace the text; "" deletes it."""
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

    async def end_all(self, subject: str, but: str) -> None:
        """Forget all of this account but the one of this id ("" for none): whoever else is signed in is so no more."""
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


@dataclass(frozen=True, slots=True)
class Sharing:
    """What somebody shares with one partner."""

    client_id: str
    scopes: frozenset[str]


class Consents(Protocol):
    """What people agreed to share with which partner."""

    async def all(self, subject: str) -> tuple[Sharing, ...]:
        """Everything that this person shares, by client id."""
        ...

    async def agreed(self, subject: str, client_id: str) -> frozenset[str]:
        """The scopes that this person shares with this partner."""
        ...

    async def agree(self, subject: str, client_id: str, scopes: frozenset[str], at: datetime) -> None:
        """Add scopes to what is shared."""
        ...

    async def withdraw(self, subject: str, client_id: str, at: datetime) -> None:
        """Share nothing any more, end every token that came of it, and write that down: one transaction (N6, N7)."""
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


@dataclass(frozen=True, slots=True)
class TooWide:
    """More was asked for than the login granted; the refresh token is as good as before."""


Rotation = Rotated | TooWide | Reused | Unknown | JtiReplayed


class Families(Protocol):
    """Refresh tokens and the families that tokens belong to."""

    async def rotate(
        self,
        refresh_token: str,
        client_id: str,
        use: JtiUse,
        now: datetime,
        *,
        asked: frozenset[str] = frozenset(),
        successor: str,
    ) -> Rotation:
        """Claim *use* and replace the latest refresh token by *successor*, in one transaction.

        The predecessor within 30 s of its replacement gets the same successor again (kept sealed for that time). Where the
        scopes *asked* go beyond the grant nothing is replaced, but a token that is reused ends its family all the same.
        """
        ...

    async def revoke(self, family: str) -> None:
        """No token of this family works any more, since whoever brought its code could not prove that it is theirs.

        As where a code or an older refresh token comes back, the trail says so, in the same transaction and once (N7).
        """
        ...

    async def is_alive(self, family: str) -> bool:
        """Whether tokens of this family still work."""
        ...


class AssertedIdentities(Protocol):
    """What the identities refer to that partners assert (`nhs-login.md` §7), and their one use."""

    async def login_of(self, client_id: str, id_token_jti: str) -> Grant | None:
        """The login in which this client got the ID token of this jti; None when it never did, or its tokens are revoked."""
        ...

    async def claim(self, use: JtiUse, now: datetime) -> bool:
        """Claim an asserted identity's one use, atomically: of all callers until *use* expires (wire clock) one gets True.

        It is no client assertion: both may carry the same jti.
        """
        ...


@dataclass(frozen=True, slots=True)
class SignInProof:
    """Somebody who signed in, and how: letters as in a vector, "p" and "d" for password and text-message code."""

    account: Account
    credentials_used: frozenset[str]


class SignInWithoutPages(Protocol):
    """Asked before anybody is shown a sign-in page. A provider for people has `OnlyByPages` behind it."""

    async def attempt(self, request: AuthorizeRequest) -> SignInProof | None:
        """Who signs in by what the request says in `ignored`; None for the page. Never asked with prompt=none."""
        ...


class Leniencies(Protocol):
    """Hears of everything that we let pass and the real NHS login would refuse."""

    def note(self, client_id: str, leniency: Leniency) -> None:
        """This client relied on it once more."""
        ...


class GpOffer(Protocol):
    """The engine as the provider's protocol uses it: what a person's practice holds for them."""

    async def prepare(self, circumstances: Circumstances) -> Offered:
        """Look after the details of this login; starts what is needed and never waits for a GP system."""
        ...

    async def progress(self, person: PersonId, left: timedelta | None = None) -> Offered:
        """How far that has come, for somebody who will wait so much longer (None: as long as ever); a local look."""
        ...

    async def release(self, person: PersonId, client_id: str, practice: OdsCode | None) -> GpCredentials | None:
        """The details and their release record in one transaction, or None.

        *practice* is what `gp_registration_details` names in the same answer: another one means None (N4).
        """
        ...

    async def withhold(self, person: PersonId, client_id: str, why: str) -> None:
        """Write down that nothing was released to somebody who may not have it (N5, N7); *why* is a stable code."""
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
