"""What no provider can beat: RSA-2048 by the library alone, on one processor, and the server that says hello."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512

from benchmarks.frame import ROUNDS, Figure, main, medians, processors
from benchmarks.load import Load, get
from benchmarks.town import Town, floor, free_port
from gpic.jose.keys import SigningKey

MESSAGE: Final = b"x" * 512
HELLOS: Final = 4000


def signatures(key: SigningKey, count: int = 400) -> float:
    """RS512 signatures per second."""
    began = time.perf_counter()
    for _ in range(count):
        key.rsa.sign(MESSAGE, PKCS1v15(), SHA512())
    return count / (time.perf_counter() - began)


def verifications(key: SigningKey, count: int = 4000) -> float:
    """RS512 verifications per second."""
    public, signature = key.rsa.public_key(), key.rsa.sign(MESSAGE, PKCS1v15(), SHA512())
    began = time.perf_counter()
    for _ in range(count):
        public.verify(signature, MESSAGE, PKCS1v15(), SHA512())
    return count / (time.perf_counter() - began)


def tokens(key: SigningKey) -> float:
    """How often per second two signatures and a verification can be made: the limit of `/token`."""
    return 1 / (2 / signatures(key) + 1 / verifications(key))


async def limits() -> Sequence[Figure]:
    """The limit of `/token` against a bare signature, and hello against that limit."""
    mine, others = processors()
    key, pairs, hellos = SigningKey.generate(), [], []
    with tempfile.TemporaryDirectory(prefix="gpic-bench-") as folder:
        town = Town(Path(folder), free_port(), key, 0)
        async with floor(town):
            for _ in range(ROUNDS):
                os.sched_setaffinity(0, mine)
                pairs.append((await asyncio.to_thread(tokens, key), await asyncio.to_thread(signatures, key)))
                os.sched_setaffinity(0, others)
                hello = await Load(town.issuer, repeat(get("/hello"))).per_second(HELLOS)
                hellos.append((hello, pairs[-1][0]))
    return Figure("limit.token", *medians(pairs)), Figure("limit.hello", *medians(hellos))


if __name__ == "__main__":
    main(limits)
