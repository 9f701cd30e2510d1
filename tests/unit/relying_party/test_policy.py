from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.relying_party.errors import SettingsInvalid
from gpic.relying_party.policy import GP_SCOPE, ISSUERS
from tests.unit.relying_party.world import ISSUER, settings


@pytest.mark.parametrize("naming", ["profile", "basic_demographics"])
def test_a_partner_asks_for_names_beside_the_gp_scope(naming: str) -> None:
    """R1: profile or basic_demographics beside the GP scope will do."""
    assert ("openid", naming, GP_SCOPE) == settings(scopes=("openid", naming, GP_SCOPE)).scopes


def test_without_a_naming_scope_the_start_fails_with_one_sentence() -> None:
    """R1: linking needs surname and birth date, so a partner that asks for neither does not start."""
    with pytest.raises(SettingsInvalid, match=r"must hold profile or basic_demographics.*\.$"):
        settings(scopes=("openid", GP_SCOPE))


@given(st.sets(st.sampled_from(["openid", "profile", "basic_demographics", "email", GP_SCOPE])))
def test_scopes_are_all_right_or_refused(scopes: set[str]) -> None:
    """R1: exactly the sets with openid, the GP scope and one of the two naming scopes are accepted."""
    right = {"openid", GP_SCOPE} <= scopes and ("profile" in scopes) != ("basic_demographics" in scopes)

    if right:
        assert scopes == set(settings(scopes=tuple(scopes)).scopes)
    else:
        with pytest.raises(SettingsInvalid):
            settings(scopes=tuple(scopes))


@pytest.mark.parametrize("name", ["sandpit", "integration", "production"])
def test_issuers_have_names(name: str) -> None:
    """The three environments of NHS login are known by name."""
    assert ISSUERS[name] == settings(issuer=name).issuer


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://auth.sandpit.example"},
        {"issuer": "https://auth.sandpit.example?x=1"},
        {"issuer": "https://somebody@auth.sandpit.example"},
        {"issuer": "nowhere"},
        {"redirect_uri": "http://riverside.example/callback"},
        {"redirect_uri": "https://riverside.example/callback#here"},
        {"redirect_uri": "https://[broken"},
        {"client_id": ""},
        {"vectors": ()},
        {"algorithms": ()},
        {"most_returns": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, object]) -> None:
    """A mistake is found at the start, not at the first login."""
    with pytest.raises(SettingsInvalid):
        settings(**changes)


def test_http_is_for_loopback() -> None:
    """A sandbox has no certificates."""
    loopback = settings(issuer="http://localhost:9000", redirect_uri="http://127.0.0.1:9001/callback")

    assert (False, 9001, "/callback") == (loopback.is_secure, loopback.port, loopback.callback_path)


def test_what_is_pinned_derives_from_the_issuer() -> None:
    """Token endpoint, trustmark and discovery lie below the issuer unless they are named."""
    ours = settings()

    assert (f"{ISSUER}/token", f"{ISSUER}/trustmark/auth.sandpit.example", f"{ISSUER}/.well-known/openid-configuration") == (
        ours.token_endpoint,
        ours.trustmark,
        ours.discovery,
    )


def test_the_key_is_not_shown() -> None:
    """A private key never gets into a log by way of the settings' repr."""
    assert "SigningKey" not in repr(settings())
