"""What an attempt to sign in comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from gpic.provider.accounts import Account
from gpic.provider.stages import Interaction


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Both factors are proved."""

    interaction: Interaction
    account: Account
    credentials_used: frozenset[str]  #: letters as in a vector: "p", "d", "k", "m"


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Something was wrong; nobody is told what. The interaction has counted it."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class SignInPaused:
    """There were too many wrong passwords for this account or from this address; nothing was looked at."""

    interaction: Interaction
    wait: timedelta  #: until the next try


@dataclass(frozen=True, slots=True)
class TooManyAttempts:
    """This interaction admits no further attempt."""

    interaction: Interaction
