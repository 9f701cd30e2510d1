"""How often a password may be tried, for one account and from one address: first freely, then after pauses that grow.

The account is counted by the address that somebody types, whether anybody has it or not, so that a pause tells nothing.
Nobody is locked out for good, or anybody could lock anybody out for good.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, Self

from gpic.nhs.clock import Clock
from gpic.provider.identity.policy import IdentityPolicy

LOG: Final = logging.getLogger("gpic.provider")
#: Doublings beyond which every pause is the longest.
MOST_DOUBLINGS: Final = 32
#: One household or mobile phone has a whole IPv6 network of this length.
IPV6_NETWORK: Final = 64
LONGEST_FORWARDED: Final = 1024


@dataclass(frozen=True, slots=True)
class Limit:
    """So many wrong tries are free; then each makes the pause before the next twice as long."""

    free: int
    first_pause: timedelta
    longest_pause: timedelta
    forgotten_after: timedelta  #: without a try in between


@dataclass(frozen=True, slots=True)
class Tries:
    """Tries that were not followed by a success, and when the latest was (wire clock)."""

    count: int
    last: datetime


def pause_after(count: int, limit: Limit) -> timedelta:
    """How long nobody may try after so many tries."""
    over = count - limit.free
    if over < 0:
        return timedelta()
    doubled = limit.first_pause * (1 << min(over, MOST_DOUBLINGS))
    return min(doubled, limit.longest_pause)


def wait(tries: Tries | None, limit: Limit, now: datetime) -> timedelta:
    """How long until the next try; nothing where it may be now."""
    if tries is None:
        return timedelta()
    return max(tries.last + pause_after(tries.count, limit) - now, timedelta())


def counted(tries: Tries | None, limit: Limit, now: datetime) -> Tries:
    """The same with one try more; what lies long ago is forgotten."""
    lasts = tries is not None and now - tries.last < limit.forgotten_after
    return Tries(tries.count + 1 if tries is not None and lasts else 1, now)


class TriedPasswords(Protocol):
    """How often passwords were tried, counted for all hosts at once. What is counted is kept hashed."""

    async def begin(self, limits: Sequence[tuple[str, Limit]], now: datetime) -> timedelta | None:
        """Count one try at each of these, before the password is looked at; one transaction.

        Where one of them has a pause that lasts, nothing is counted: how long it lasts. Of callers at one moment none gets
        in beyond the free tries.
        """
        ...

    async def forget(self, what: str) -> None:
        """Whoever tried was right: nothing is counted there any more."""
        ...

    async def take_back(self, what: str) -> None:
        """Whoever tried was right: one try less there."""
        ...


@dataclass(frozen=True, slots=True)
class PasswordLimits:
    """Both limits, as sign-in asks for them."""

    tried: TriedPasswords
    account: Limit
    address: Limit
    clock: Clock  #: wire

    @classmethod
    def of(cls, tried: TriedPasswords, policy: IdentityPolicy, clock: Clock) -> Self:
        """As they are set."""
        longest, forgotten = policy.longest_pause, policy.tries_forgotten
        account = Limit(policy.account_tries, policy.account_pause, longest, forgotten)
        return cls(tried, account, Limit(policy.address_tries, policy.address_pause, longest, forgotten), clock)

    async def begin(self, email: str, address: str) -> timedelta | None:
        """A try for this account (the e-mail as one signs in with it) from this address ("" unknown); how long to wait."""
        limits = [(of_account(email), self.account), *(((of_address(address), self.address),) if address else ())]
        pause = await self.tried.begin(limits, self.clock.now())
        if pause is not None:
            LOG.warning("refused", extra={"code": "sign_in_paused", "detail": f"for {pause.total_seconds():.0f} s"})
        return pause

    async def succeeded(self, email: str, address: str) -> None:
        """The password was right. The address may try others' passwords as before, so it only gets this try back."""
        await self.tried.forget(of_account(email))
        if address:
            await self.tried.take_back(of_address(address))


def of_account(email: str) -> str:
    """What is counted of an account."""
    return f"account:{email}"


def of_address(address: str) -> str:
    """What is counted of an address: an IPv4 address, or the network of an IPv6 one."""
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address}"
    if isinstance(there, ipaddress.IPv6Address):
        if there.ipv4_mapped is not None:
            return f"address:{there.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((there, IPV6_NETWORK), strict=False)}"
    return f"address:{there}"


def caller(peer: str, forwarded: str, proxies: Iterable[str]) -> str:
    """Whose request it is: *peer*'s own, or where that is a proxy of ours the nearest in X-Forwarded-For that is none.

    What stands further left was written by whoever called, and is never believed (`attacks-and-interop.md` 27).
    """
    networks = [ipaddress.ip_network(one, strict=False) for one in proxies]
    hops = [hop.strip() for hop in forwarded[-LONGEST_FORWARDED:].split(",") if hop.strip()]
    nearest = peer
    while _is_in(nearest, networks) and hops:
        nearest = hops.pop()
    return nearest


def _is_in(address: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(there in network for network in networks)
