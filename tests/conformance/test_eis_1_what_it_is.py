"""Clause 1: an OpenID Provider with the code flow only, at the paths that partners know (`nhs-login.md` §1)."""

from __future__ import annotations

import pytest

from tests.conformance.op import EVERY_SCOPE, Op

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("userinfo_endpoint", "/userinfo"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ],
)
async def test_endpoints_are_where_partners_expect_them(op: Op, name: str, path: str) -> None:
    """Below the issuer, which has no trailing slash."""
    assert f"{op.issuer}{path}" == (await op.discover())[name]


async def test_discovery_lists_what_the_real_service_lists(op: Op) -> None:
    """Exactly the values of the clause."""
    metadata = await op.discover()
    expected = {
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS512"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS512"],
    }

    assert expected == {name: metadata[name] for name in expected}


async def test_every_scope_is_listed(op: Op) -> None:
    """Those that exist here; `nhs_app_credentials` belongs to the NHS App alone."""
    listed = (await op.discover())["scopes_supported"]

    assert isinstance(listed, list)
    assert set(EVERY_SCOPE) <= set(listed)


async def test_no_fido_uaf_endpoint_is_advertised(op: Op) -> None:
    """They are not offered, so discovery does not name them."""
    assert not [name for name in await op.discover() if "fido" in name]


async def test_the_trustmark_is_served(op: Op) -> None:
    """JSON with the provider, its trustmark provider, and what the components of vectors mean; `vtm` leads there."""
    claims = await op.read((await op.tokens(await op.authorize()))["id_token"])
    response = await op.http.get(str(claims["vtm"]))
    document = response.json()

    assert 200 == response.status_code
    assert {"idp", "trustmark_provider", "P", "C"} <= set(document)


@pytest.mark.parametrize("response_type", ["token", "id_token", "code id_token", "none"])
async def test_no_other_flow_exists(op: Op, response_type: str) -> None:
    """No implicit and no hybrid."""
    assert "unsupported_response_type" == (await op.authorize(response_type=response_type)).error
