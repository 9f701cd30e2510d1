"""What the provider says of itself."""

from __future__ import annotations

from gpic.provider.claims import CLAIMS
from gpic.provider.discovery import Discovery
from gpic.provider.policy import ProviderPolicy
from gpic.provider.scopes import GP_CREDENTIALS, OPENID, SCOPES
from tests.unit.provider.world import ISSUER, World


def test_metadata_lists_exactly_what_is_supported(world: World) -> None:
    """§1 and `attacks-and-interop.md`: discovery lists only what is supported."""
    document = Discovery(world.ring, world.policy).metadata()
    claims = document.pop("claims_supported")

    expected = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "userinfo_endpoint": f"{ISSUER}/userinfo",
        "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
        "scopes_supported": [
            "openid", "profile", "basic_demographics", "profile_extended", "email", "phone", "landline",
            "gp_registration_details", "gp_integration_credentials", "client_metadata",
        ],
        "claim_types_supported": ["normal"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS512"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS512"],
        "code_challenge_methods_supported": ["S256"],
        "display_values_supported": ["page", "touch"],
        "prompt_values_supported": ["none", "login"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }  # fmt: skip
    assert expected == document
    assert isinstance(claims, list)
    assert sorted(set(claims)) == sorted(claims)
    assert {"iss", "sub", "aud", "auth_time", "vot", "vtm", "nhs_number", "gp_integration_credentials"} <= set(claims)
    assert not {"family", "scope"} & set(claims)


def test_every_claim_that_is_promised_can_be_given() -> None:
    """An offered scope has no claim that nobody reads; the login's own, the GP claim and the partner's are made elsewhere."""
    promised = {claim for scope in SCOPES.values() if scope.offered for claim in scope.claims}

    assert set(SCOPES[OPENID].claims) | {GP_CREDENTIALS, "client_user_metadata"} == promised - CLAIMS.keys()
    assert set(CLAIMS) <= promised


def test_the_issuer_parameter_is_advertised_only_when_it_is_sent(world: World) -> None:
    """Attacks 9."""
    name = "authorization_response_iss_parameter_supported"

    assert name not in Discovery(world.ring, world.policy).metadata()
    assert True is Discovery(world.ring, ProviderPolicy(ISSUER, sends_issuer=True)).metadata()[name]


def test_rs256_is_advertised_only_where_it_is_allowed(world: World) -> None:
    """Its keys are published without an algorithm then, since they sign with either."""
    discovery = Discovery(world.ring, ProviderPolicy(ISSUER, rs256_allowed=True))
    metadata = discovery.metadata()

    assert ["RS512", "RS256"] == metadata["id_token_signing_alg_values_supported"]
    assert ["RS512", "RS256"] == metadata["token_endpoint_auth_signing_alg_values_supported"]
    assert [None] == [key.get("alg") for key in discovery.key_set()["keys"]]
    assert ["RS512"] == [key.get("alg") for key in Discovery(world.ring, world.policy).key_set()["keys"]]


def test_a_trustmark_says_what_vectors_mean_here(world: World) -> None:
    """§6: levels and credentials; another host's is not ours to give."""
    discovery = Discovery(world.ring, world.policy)

    expected = {"idp": ISSUER, "trustmark_provider": ISSUER, "P": ["P0", "P5", "P9"], "C": ["Cp", "Cd", "Cm"]}
    assert expected == discovery.trustmark("auth.example")
    assert None is discovery.trustmark("other.example")
