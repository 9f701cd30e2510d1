"""OpenID Foundation, RP plan, `oidcc-client-test-discovery-issuer-mismatch`: metadata of another issuer is refused."""

from __future__ import annotations

import pytest

from gpic.relying_party.errors import DiscoveryRefused
from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_metadata_of_another_issuer_is_refused(rp: Rp) -> None:
    """`attacks-and-interop.md` 36: nobody is sent anywhere."""
    rp.suite.metadata = {"issuer": "https://suite.example/test/a/another/"}
    with pytest.raises(DiscoveryRefused):
        await rp.log_in()

    assert [".well-known/openid-configuration"] == rp.suite.seen
