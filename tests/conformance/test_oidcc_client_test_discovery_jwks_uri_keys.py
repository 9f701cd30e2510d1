"""OpenID Foundation, RP plan, `oidcc-client-test-discovery-jwks-uri-keys`: keys are found by discovery."""

from __future__ import annotations

import pytest
from joserfc import jwk

from tests.conformance.rp import Claims, Rp

pytestmark = pytest.mark.anyio


async def test_keys_are_found_by_discovery(rp: Rp) -> None:
    """The set at `jwks_uri`, whatever else lies in it: keys for encryption, of other kinds, unknown members."""
    curve = jwk.ECKey.generate_key("P-256").as_dict(private=False)
    others: list[Claims] = [
        {**curve, "kid": "suite"},
        rp.suite.public("another", use="enc", kid="suite"),
        {"kty": "oct", "kid": "x"},
    ]
    rp.suite.published = [*others, rp.suite.public("suite", x5c=["x"], alg=rp.suite.algorithm)]

    await rp.accepts()
