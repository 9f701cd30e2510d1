"""One-time codes: sent, awaited, good once; limited by contact, by code and by time (`attacks-and-interop.md`)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from gpic.nhs.clock import Clock, SystemClock
from gpic.provider.identity import letters
from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.identity.ports import (
    Allowances,
    AwaitedCode,
    CodeSent,
    CodeShelf,
    Courier,
    CourierAway,
    Letter,
    NotDelivered,
    TooManyCodes,
)

LOG: Final = logging.getLogger("gpic.provider")
DIGITS: Final = 6


def six_digits() -> str:
    """A fresh code."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


@dataclass(frozen=True, slots=True)
class SentCodes:
    """Implements the OneTimeCodes port."""

    shelf: CodeShelf
    allowances: Allowances
    courier: Courier
    clock: Clock = field(default_factory=SystemClock)  #: wire
    policy: IdentityPolicy = field(default_factory=IdentityPolicy)
    new_code: Callable[[], str] = six_digits

    async def send(self, to: Contact, about: str, *, instead: Letter | None = None) -> CodeSent | TooManyCodes | NotDelivered:
        """Send a fresh code, or *instead*, after which no code fits; an earlier one stops working."""
        now, policy = self.clock.now(), self.policy
        wait = await self.allowances.claim(what_of(to), policy.codes_sent, policy.codes_within, now)
        if wait is not None:
            return TooManyCodes(wait)
        code = self.new_code()
        lifetime = policy.code_lifetime if instead is None else timedelta(0)
        await self.shelf.lay(AwaitedCode(about, to, code, now + lifetime))
        try:
            await self.courier.deliver(to, instead or letters.code(code, policy.code_lifetime))
        except CourierAway as away:
            LOG.warning("a code could not be delivered", extra={"channel": to.channel, "detail": type(away.__cause__).__name__})
            return NotDelivered()
        return CodeSent()

    async def check(self, to: Contact, about: str, code: str) -> bool:
        """Whether this is the code that was sent there for this; True at most once per code."""
        return await self.shelf.take(AwaitedCode(about, to, code, self.clock.now()), self.policy.code_tries)


def what_of(to: Contact) -> str:
    """What is allowed so many times: codes to this contact, whatever they are for."""
    return f"code|{to.channel}|{to.address}"
