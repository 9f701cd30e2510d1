"""Clause 4: which claims each scope gives at each level, cell by cell (`nhs-login.md` §4)."""

from __future__ import annotations

import pytest

from gpic.sandbox.browser import browser
from tests.conformance.op import Op

pytestmark = pytest.mark.anyio

#: Who has which level in the sandbox.
PEOPLE = {"P0": "jon", "P5": "ivy", "P9": "ada"}
DEMOGRAPHICS = {"family_name", "birthdate", "identity_proofing_level"}
#: Scope, its claims, and the lowest level at which they are given.
TABLE = {
    "openid": (set[str](), "P0"),
    "profile": ({"nhs_number"} | DEMOGRAPHICS, "P5"),
    "basic_demographics": (DEMOGRAPHICS, "P5"),
    "profile_extended": ({"given_name"}, "P5"),
    "email": ({"email", "email_verified"}, "P0"),
    "phone": ({"phone_number", "phone_number_verified", "phone_number_pds_matched"}, "P0"),
    "gp_registration_details": ({"gp_registration_details"}, "P5"),
    "gp_integration_credentials": ({"gp_integration_credentials"}, "P9"),
}


@pytest.mark.parametrize("level", PEOPLE)
@pytest.mark.parametrize("scope", TABLE)
async def test_each_cell(op: Op, scope: str, level: str) -> None:
    """A claim is given or left out; never null, never empty."""
    claims_of_scope, lowest = TABLE[scope]
    op.slug = PEOPLE[level]
    vector = f'["{level}.Cp.Cd"]'
    tokens = await op.tokens(await op.authorize(scope=f"openid {scope}", vtr=vector))
    claims = (await op.userinfo(tokens["access_token"])).json()

    given = claims_of_scope if level >= lowest else set()
    assert {"iss", "sub", "aud"} | given == set(claims)
    assert all(value not in (None, "", {}, []) for value in claims.values())


async def test_the_level_is_the_highest_reached(op: Op) -> None:
    """§7: whatever the request asked for."""
    tokens = await op.tokens(await op.authorize(scope="openid profile", vtr='["P5.Cp.Cd"]'))

    assert "P9" == (await op.userinfo(tokens["access_token"])).json()["identity_proofing_level"]


async def test_gp_claims_have_the_shape_of_the_example(op: Op) -> None:
    """§5: an object of three for the credentials, of one for the registration, naming one practice (N4)."""
    scope = "openid profile gp_registration_details gp_integration_credentials"
    tokens = await op.tokens(await op.authorize(scope=scope))
    claims = (await op.userinfo(tokens["access_token"])).json()

    assert {"gp_user_id", "gp_linkage_key", "gp_ods_code"} == set(claims["gp_integration_credentials"])
    assert {"gp_ods_code"} == set(claims["gp_registration_details"])
    assert claims["gp_registration_details"]["gp_ods_code"] == claims["gp_integration_credentials"]["gp_ods_code"]


async def test_two_kinds_of_demographics_never_come_together(op: Op) -> None:
    """`basic_demographics` never together with `profile`."""
    assert "invalid_scope" == (await op.authorize(scope="openid profile basic_demographics")).error


async def test_no_claim_at_lower_vectors_even_for_who_has_more(op: Op) -> None:
    """N5: with P0.Cp.Cd there is no GP claim, whoever signed in."""
    scope = "openid gp_integration_credentials"
    tokens = await op.tokens(await op.authorize(scope=scope, vtr='["P0.Cp.Cd"]'))

    assert "gp_integration_credentials" not in (await op.userinfo(tokens["access_token"])).json()


async def test_sub_is_the_same_for_every_partner_visit(op: Op) -> None:
    """N1: in another browser too."""
    first = (await op.read((await op.tokens(await op.authorize()))["id_token"]))["sub"]
    async with browser() as elsewhere:
        op.browser = elsewhere
        assert first == (await op.read((await op.tokens(await op.authorize()))["id_token"]))["sub"]
