"""The settings of proving who somebody is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """How long, how often, how well; every number is a default."""

    code_lifetime: timedelta = timedelta(minutes=10)
    code_tries: int = 5  #: wrong ones, then a code is gone
    codes_sent: int = 5  #: to one contact within `codes_within`
    codes_within: timedelta = timedelta(minutes=15)
    shortest_password: int = 8  #: characters; NIST SP 800-63B asks for no more than length and that it is not well known
    hashes_at_once: int = 4  #: of passwords; each takes 19 MiB and most of a core
    device_lifetime: timedelta = timedelta(days=30)  #: world clock: how long a browser is remembered
    passwords_tried: int = 5  #: wrong ones on the settings pages, within `passwords_within`
    passwords_within: timedelta = timedelta(minutes=15)  #: wire clock, as with all that is counted
    account_tries: int = 5  #: wrong passwords of one account that are free; then there are pauses, for everybody who tries
    account_pause: timedelta = timedelta(seconds=30)  #: the first; each further one is twice as long
    address_tries: int = 50  #: wrong passwords from one address that are free: a hospital has one for thousands of people
    address_pause: timedelta = timedelta(seconds=10)  #: the first for an address; each further one is twice as long
    longest_pause: timedelta = timedelta(minutes=15)  #: however many tries there were
    tries_forgotten: timedelta = timedelta(days=1)  #: after the last wrong password
    proxies: tuple[str, ...] = ()  #: networks of proxies in front of us, whose X-Forwarded-For is believed
    details_tried: int = 5  #: wrong details of an account within `details_within` before nobody asks PDS again
    details_within: timedelta = timedelta(days=1)
