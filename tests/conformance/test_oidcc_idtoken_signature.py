"""OpenID Foundation, OP plan, `oidcc-idtoken-signature`: the ID token is signed with a key of the published set."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op, header_of

pytestmark = pytest.mark.anyio


async def test_the_key_id_is_one_of_the_published(op: Op) -> None:
    """§6: and the signature verifies with it."""
    tokens = await op.tokens(await op.authorize())
    published = (await op.http.get(str((await op.discover())["jwks_uri"]))).json()["keys"]

    assert header_of(tokens["id_token"])["kid"] in {key["kid"] for key in published}
    assert op.issuer == (await op.read(tokens["id_token"]))["iss"]


async def test_published_keys_are_public_and_for_signatures(op: Op) -> None:
    """Attack 35 of partners: `use` is said; no private part is."""
    published = (await op.http.get(str((await op.discover())["jwks_uri"]))).json()["keys"]

    for key in published:
        assert {"kty", "kid", "use", "alg", "n", "e"} == set(key)
        assert ("RSA", "sig", "RS512") == (key["kty"], key["use"], key["alg"])
