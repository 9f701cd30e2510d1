"""OpenID Foundation, OP plan, `oidcc-discovery-endpoint-verification`: the metadata is complete and says only what is so."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_the_metadata_is_complete(op: Op) -> None:
    """§1: the issuer is the address without a slash; every address is under it."""
    metadata = await op.discover()

    assert op.issuer == metadata["issuer"]
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        assert str(metadata[name]).startswith(f"{op.issuer}/")
    assert (["code"], ["public"], ["RS512"], ["private_key_jwt"]) == (
        metadata["response_types_supported"],
        metadata["subject_types_supported"],
        metadata["id_token_signing_alg_values_supported"],
        metadata["token_endpoint_auth_methods_supported"],
    )
    assert not [name for name in metadata if name.startswith("fido_uaf")]


async def test_both_paths_say_the_same(op: Op) -> None:
    """Interoperability: some clients try OAuth's path first."""
    assert await op.discover() == await op.discover("/.well-known/oauth-authorization-server")
