"""Settings that do not go together are refused; cookies follow the issuer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.provider.cookies import Cookies
from gpic.provider.policy import Environment, PolicyInvalid, Profile, ProviderPolicy, is_loopback
from tests.unit.provider.world import ISSUER

STRICT, COMPAT, LENIENT = Profile


@pytest.mark.parametrize(
    "issuer", [ISSUER, "https://auth.example:8443", "http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9"]
)
def test_an_issuer_is_https_or_loopback(issuer: str) -> None:
    """§1."""
    assert f"{issuer}/token" == ProviderPolicy(issuer).token_endpoint


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "auth.example",
        "http://auth.example",
        "https://auth.example/",
        "https://auth.example/x",
        "https://auth.example?x",
        "https://auth.example#x",
        "https://user@auth.example",
        "https://",
        "ftp://localhost",
        "http://127.0.0.1.evil.example",
    ],
)
def test_an_issuer_has_one_form(issuer: str) -> None:
    """No trailing slash and nothing after the host."""
    with pytest.raises(PolicyInvalid):
        ProviderPolicy(issuer)


def test_production_requires_im1() -> None:
    """N5: forced on."""
    assert ProviderPolicy(ISSUER, Environment.PRODUCTION, require_im1=False).require_im1
    assert not ProviderPolicy(ISSUER, Environment.INTEGRATION, require_im1=False).require_im1


def test_rs256_is_for_test_suites() -> None:
    """Beside RS512 and by a setting, which production refuses."""
    assert ("RS512",) == ProviderPolicy(ISSUER).algorithms
    assert ("RS512", "RS256") == ProviderPolicy(ISSUER, Environment.INTEGRATION, rs256_allowed=True).algorithms
    with pytest.raises(PolicyInvalid, match="rs256_allowed"):
        ProviderPolicy(ISSUER, Environment.PRODUCTION, rs256_allowed=True)


def test_keys_are_read_again_after_some_time() -> None:
    """Without a pause a process would do nothing else."""
    assert timedelta(microseconds=1) == ProviderPolicy(ISSUER, keys_read_every=timedelta(microseconds=1)).keys_read_every
    with pytest.raises(PolicyInvalid, match="keys_read_every"):
        ProviderPolicy(ISSUER, keys_read_every=timedelta(0))


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("profile", Profile)
def test_a_tolerant_profile_is_for_the_sandpit(environment: Environment, profile: Profile) -> None:
    """Strict is the only profile outside of it."""
    if profile is STRICT or environment is Environment.SANDPIT:
        ProviderPolicy(ISSUER, environment, profile=profile)
    else:
        with pytest.raises(PolicyInvalid):
            ProviderPolicy(ISSUER, environment, profile=profile)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("192.0.2.1", False),
        ("example", False),
        ("", False),
    ],
)
def test_loopback_is_known_by_its_address(host: str, *, expected: bool) -> None:
    """Names do not count, localhost excepted."""
    assert expected == is_loopback(host)


def test_cookies_under_https_are_bound_to_the_host() -> None:
    """Attacks 6: __Host- wants Secure, path / and no domain."""
    cookies = Cookies.of(ProviderPolicy(ISSUER))

    assert ("__Host-gpic-session", "__Host-gpic-browser") == (cookies.session, cookies.browser)
    assert {"path": "/", "httponly": True, "samesite": "lax", "secure": True} == cookies.attributes


def test_cookies_on_loopback_carry_role_and_port() -> None:
    """Attacks 6: cookies ignore ports, so the name tells them apart."""
    cookies = Cookies.of(ProviderPolicy("http://localhost:9000"))

    assert ("gpic-provider-9000-session", "gpic-provider-9000-browser") == (cookies.session, cookies.browser)
    assert not cookies.attributes["secure"]


@pytest.mark.parametrize(("issuer", "port"), [(ISSUER, 443), ("http://localhost", 80), ("http://localhost:1", 1)])
def test_the_port_is_the_one_that_partners_see(issuer: str, port: int) -> None:
    """Also where it is not written."""
    assert port == ProviderPolicy(issuer).port
