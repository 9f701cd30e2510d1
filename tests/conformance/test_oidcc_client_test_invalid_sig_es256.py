"""OpenID Foundation, RP plan, `oidcc-client-test-invalid-sig-es256`: an algorithm that was not agreed on is refused."""

from __future__ import annotations

import pytest
from joserfc import jwk, jwt

from tests.conformance.rp import ISSUER, Rp

pytestmark = pytest.mark.anyio


async def test_another_kind_of_key_is_refused(rp: Rp) -> None:
    """R13: ES256 with a signature of the right length, and a key of that kind published."""
    curve = jwk.ECKey.generate_key("P-256")
    rp.suite.published = [{**curve.as_dict(private=False), "kid": "suite", "use": "sig"}, rp.suite.public("another")]
    claims = {"iss": ISSUER, "sub": "mary", "aud": "riverside"}
    rp.suite.bend = lambda _: jwt.encode({"alg": "ES256", "kid": "suite"}, claims, curve)

    await rp.refuses()
