"""OpenID Foundation, RP plan, `oidcc-client-test-idtoken-sig-none`: an ID token that nobody signed is refused."""

from __future__ import annotations

from functools import partial

import pytest

from tests.conformance.rp import Rp, encoded, signed_input

pytestmark = pytest.mark.anyio


async def test_an_unsigned_id_token_is_refused(rp: Rp) -> None:
    """R13: alg none, with and without what would be a signature."""
    for signature in ("", encoded(b"signature")):
        rp.suite.bend = partial(unsigned, signature=signature)

        await rp.refuses()


def unsigned(token: str, signature: str) -> str:
    """The same claims under alg none."""
    return f"{signed_input(token, 'none')}.{signature}"
