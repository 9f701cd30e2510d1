"""Passwords as they are kept: argon2id, in threads, so many at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import anyio
from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

#: Characters that count; what is longer is cut, when it is set and when it is tried.
LONGEST_PASSWORD: Final = 1024
#: OWASP's minimum: argon2id, 19 MiB, two passes, one lane. Parameters travel in each hash, so they can be raised later.
HASHER: Final = PasswordHasher.from_parameters(replace(RFC_9106_LOW_MEMORY, memory_cost=19 * 1024, time_cost=2, parallelism=1))


def hash_password(password: str) -> str:
    """An argon2id hash in PHC form, with a salt of its own."""
    return HASHER.hash(password[:LONGEST_PASSWORD])


#: What a password is compared with where there is no account: the answer takes as long as ever.
NOBODY: Final = hash_password("nobody has this password")


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password; takes as long for a wrong one."""
    try:
        return HASHER.verify(password_hash, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


class Hashing:
    """Argon2 in threads, so many at once: whoever shares this shares the bound."""

    def __init__(self, at_once: int = 4) -> None:
        self.limiter = anyio.CapacityLimiter(at_once)

    async def hashed(self, password: str) -> str:
        """As `hash_password`."""
        return await to_thread.run_sync(hash_password, password, limiter=self.limiter)

    async def matches(self, password_hash: str, password: str) -> bool:
        """As `matches`."""
        return await to_thread.run_sync(matches, password_hash, password, limiter=self.limiter)
