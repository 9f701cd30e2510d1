"""OpenID Foundation, OP plan, `oidcc-scope-profile`: scope `profile`."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_scope_profile_gives_the_claims_of_nhs_login(op: Op) -> None:
    """§4: number, family name, birth date and proofing level, at userinfo and in the ID token."""
    tokens = await op.tokens(await op.authorize(scope="openid profile"))
    claims = (await op.userinfo(tokens["access_token"])).json()
    wanted = {"nhs_number", "family_name", "birthdate", "identity_proofing_level"}

    assert {"iss", "sub", "aud"} | wanted == set(claims)
    assert wanted <= set(await op.read(tokens["id_token"]))
