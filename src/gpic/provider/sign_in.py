"""Signing in: a password, then a one-time code. Uniform refusals, bounded attempts, no hint whether an account exists."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import anyio
from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from gpic.provider.accounts import Account
from gpic.provider.ports import Accounts, OneTimeCodes
from gpic.provider.stages import Interaction

#: Characters that count; what is longer is cut, when it is set and when it is tried.
LONGEST_PASSWORD: Final = 1024
#: OWASP's minimum: argon2id, 19 MiB, two passes, one lane. Parameters travel in each hash, so they can be raised later.
HASHER: Final = PasswordHasher.from_parameters(replace(RFC_9106_LOW_MEMORY, memory_cost=19 * 1024, time_cost=2, parallelism=1))


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """The settings of signing in."""

    most_attempts: int = 5  #: wrong passwords and codes in one interaction
    hashes_at_once: int = 4  #: each takes 19 MiB and most of a core


@dataclass(frozen=True, slots=True)
class PasswordAccepted:
    """The password is right; a code was sent. The interaction remembers for whom."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Both factors are proved."""

    interaction: Interaction
    account: Account
    credentials_used: frozenset[str] = frozenset("pd")


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Something was wrong; nobody is told what. The interaction has counted it."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    """This interaction admits no further attempt."""

    interaction: Interaction


def hash_password(password: str) -> str:
    """An argon2id hash in PHC form, with a salt of its own."""
    return HASHER.hash(password[:LONGEST_PASSWORD])


#: What a password is compared with where there is no account: the answer takes as long as ever.
NOBODY: Final = hash_password("nobody has this password")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Both steps. Whoever calls saves the interaction that comes back."""

    accounts: Accounts
    codes: OneTimeCodes
    policy: SignInPolicy = field(default_factory=SignInPolicy)
    _hashing: anyio.CapacityLimiter = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hashing", anyio.CapacityLimiter(self.policy.hashes_at_once))

    async def password(
        self, interaction: Interaction, email: str, password: str
    ) -> PasswordAccepted | SignInRefused | TooManyAttempts:
        """The first factor; sends the code of the second."""
        if self.is_over(interaction):
            return TooManyAttempts(interaction)
        found = await self.accounts.by_email(email.strip().lower())
        account, password_hash = (found[0], found[1].password_hash) if found is not None else (None, NOBODY)
        is_right = await to_thread.run_sync(matches, password_hash, password, limiter=self._hashing)
        if account is None or not is_right:
            return self._refused(interaction)
        await self.codes.send(account, interaction.id)
        return PasswordAccepted(replace(interaction, half_signed_in=account.subject))

    async def code(self, interaction: Interaction, code: str) -> SignedIn | SignInRefused | TooManyAttempts:
        """The second factor, of whoever gave the first in this interaction."""
        if self.is_over(interaction):
            return TooManyAttempts(interaction)
        account = await self.accounts.by_subject(interaction.half_signed_in) if interaction.half_signed_in else None
        if account is None or not await self.codes.check(account, interaction.id, code.strip()):
            return self._refused(interaction)
        return SignedIn(interaction, account)

    def is_over(self, interaction: Interaction) -> bool:
        """Whether this interaction admits no further attempt."""
        return interaction.attempts >= self.policy.most_attempts

    def _refused(self, interaction: Interaction) -> SignInRefused | TooManyAttempts:
        counted = replace(interaction, attempts=interaction.attempts + 1)
        return TooManyAttempts(counted) if self.is_over(counted) else SignInRefused(counted)


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password; takes as long for a wrong one."""
    try:
        return HASHER.verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
