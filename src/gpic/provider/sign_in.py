"""Signing in: a password, then a one-time code. Uniform refusals, bounded attempts, no hint whether an account exists."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gpic.nhs.clock import Clock, SystemClock
from gpic.provider.accounts import Account
from gpic.provider.identity.attempts import SignedIn, SignInPaused, SignInRefused, TooManyAttempts
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.ports import CodeSent, Devices, NotDelivered, OneTimeCodes, TooManyCodes
from gpic.provider.passwords import NOBODY, Hashing
from gpic.provider.ports import Accounts
from gpic.provider.sign_in_limits import PasswordLimits
from gpic.provider.stages import Interaction


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """The settings of signing in."""

    most_attempts: int = 5  #: wrong passwords and codes in one interaction


@dataclass(frozen=True, slots=True)
class Came:
    """How somebody came to the page: from which address, and with which token of a device; "" for unknown and for none."""

    address: str = ""
    device: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PasswordAccepted:
    """The password is right; a code was sent. The interaction remembers for whom."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class SignIn:
    """Both steps. Whoever calls saves the interaction that comes back."""

    accounts: Accounts
    codes: OneTimeCodes
    devices: Devices
    limits: PasswordLimits
    clock: Clock = field(default_factory=SystemClock)  #: world
    policy: SignInPolicy = field(default_factory=SignInPolicy)
    hashing: Hashing = field(default_factory=Hashing)

    async def password(
        self, interaction: Interaction, email: str, password: str, came: Came | None = None
    ) -> PasswordAccepted | SignedIn | SignInRefused | SignInPaused | TooManyAttempts:
        """The first factor; sends the code of the second, unless the browser that *came* stands for it (Cd)."""
        if self.is_over(interaction):
            return TooManyAttempts(interaction)
        email, came = email.strip().lower(), came or Came()
        if (pause := await self.limits.begin(email, came.address)) is not None:
            return SignInPaused(interaction, pause)
        account = await self._owner(email, password)
        if account is None:
            return self._refused(interaction)
        await self.limits.succeeded(email, came.address)
        if came.device and await self.devices.knows(came.device, account.subject, self.clock.now()):
            return SignedIn(interaction, account, frozenset("pd"))
        await self.codes.send(Contact.phone(account.phone), about(interaction))
        return PasswordAccepted(replace(interaction, half_signed_in=account.subject, credentials_used=frozenset("p")))

    async def _owner(self, email: str, password: str) -> Account | None:
        """Whose e-mail and password this is; takes as long where nobody has that address."""
        found = await self.accounts.by_email(email)
        account, password_hash = (found[0], found[1].password_hash) if found is not None else (None, NOBODY)
        is_right = await self.hashing.matches(password_hash, password)
        return account if is_right else None

    async def code(self, interaction: Interaction, code: str) -> SignedIn | SignInRefused | TooManyAttempts:
        """The second factor, of whoever gave the first in this interaction."""
        if self.is_over(interaction):
            return TooManyAttempts(interaction)
        account = await self.accounts.by_subject(interaction.half_signed_in) if interaction.half_signed_in else None
        if account is None or not await self.codes.check(Contact.phone(account.phone), about(interaction), code.strip()):
            return self._refused(interaction)
        return SignedIn(interaction, account, interaction.credentials_used | {"d"})

    async def send_again(self, interaction: Interaction) -> CodeSent | TooManyCodes | NotDelivered:
        """A fresh code for whoever gave the first factor in this interaction."""
        account = await self.accounts.by_subject(interaction.half_signed_in) if interaction.half_signed_in else None
        return await self.codes.send(Contact.phone(account.phone), about(interaction)) if account is not None else CodeSent()

    def is_over(self, interaction: Interaction) -> bool:
        """Whether this interaction admits no further attempt."""
        return interaction.attempts >= self.policy.most_attempts

    def _refused(self, interaction: Interaction) -> SignInRefused | TooManyAttempts:
        counted = replace(interaction, attempts=interaction.attempts + 1)
        return TooManyAttempts(counted) if self.is_over(counted) else SignInRefused(counted)


def about(interaction: Interaction) -> str:
    """What a code for this sign-in is about."""
    return f"sign-in:{interaction.id}"
