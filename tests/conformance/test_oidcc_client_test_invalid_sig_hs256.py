"""OpenID Foundation, RP plan, `oidcc-client-test-invalid-sig-hs256`: a shared secret signs nothing."""

from __future__ import annotations

import hmac
from functools import partial

import pytest

from tests.conformance.rp import Rp, encoded, signed_input
from tests.unit.relying_party.world import key

pytestmark = pytest.mark.anyio


async def test_a_public_key_is_no_shared_secret(rp: Rp) -> None:
    """R13: HS256 under the published key, and under the client id."""
    for secret in (key("suite").public_pem, "riverside"):
        rp.suite.bend = partial(signed_by_secret, secret=secret.encode())

        await rp.refuses()


def signed_by_secret(token: str, secret: bytes) -> str:
    """The same claims, under a secret."""
    told = signed_input(token, "HS256")
    return f"{told}.{encoded(hmac.digest(secret, told.encode(), 'sha256'))}"
