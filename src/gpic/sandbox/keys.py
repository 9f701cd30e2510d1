"""The keys of one sandbox, made when it starts and gone with it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from gpic.jose.keys import SigningKey


@dataclass(frozen=True, slots=True)
class SandboxKeys:
    """RSA keys of the provider, of the sample partner, and of the provider as a client of PDS."""

    provider: SigningKey = field(default_factory=SigningKey.generate)
    partner: SigningKey = field(default_factory=SigningKey.generate)
    pds: SigningKey = field(default_factory=SigningKey.generate)


def made_meanwhile() -> Callable[[], SandboxKeys]:
    """Begin to make keys, in threads of their own; what is returned waits for them."""
    threads = ThreadPoolExecutor(3, thread_name_prefix="keys")
    provider, partner, pds = (threads.submit(SigningKey.generate) for _ in range(3))
    threads.shutdown(wait=False)
    return lambda: SandboxKeys(provider.result(), partner.result(), pds.result())
