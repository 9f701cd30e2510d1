"""Under which addresses a sandbox is known, and how its own clients get there."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from gpic.sandbox.authority import issue
from gpic.sandbox.reach import Connecting, Reach, ReachInvalid, Ways
from gpic.sandbox.servers import CannotListen, listen

PORTS = {"partner": 9400, "provider": 9401}


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (Reach(), {"partner": "http://localhost:9400", "provider": "http://localhost:9401"}),
        (Reach(tls=True), {"partner": "https://localhost:9400", "provider": "https://localhost:9401"}),
        (
            Reach(tls=True, public=("https://gpic",)),
            {"partner": "https://gpic:9400", "provider": "https://gpic:9401"},
        ),
        (
            Reach(public=("provider=https://abc.tunnel.example",)),
            {"partner": "http://localhost:9400", "provider": "https://abc.tunnel.example"},
        ),
        (
            Reach(public=("https://gpic", "provider=https://abc.tunnel.example:8443")),
            {"partner": "https://gpic:9400", "provider": "https://abc.tunnel.example:8443"},
        ),
        (
            Reach(public=("https://[::1]",)),
            {"partner": "https://[::1]:9400", "provider": "https://[::1]:9401"},
        ),
    ],
)
def test_roles_are_known_where_the_settings_say(reach: Reach, expected: dict[str, str]) -> None:
    """On this machine, from a container by its name, through a tunnel by the tunnel's."""
    assert expected == reach.addresses(PORTS)


@pytest.mark.parametrize(
    ("public", "sentence"),
    [
        ("gpic", "must be http or https and a host"),
        ("ftp://gpic", "must be http or https and a host"),
        ("https://", "must be http or https and a host"),
        ("https://gpic/", "without a path"),
        ("https://gpic/x", "without a path"),
        ("https://gpic?x=1", "without a path"),
        ("https://user@gpic", "without a path"),
        ("https://gpic:x", "cannot be read"),
        ("https://[gpic", "cannot be read"),
        ("https://gpic:9401", "say whose, as in provider=https://gpic:9401"),
        ("provider=gpic", "must be http or https and a host"),
    ],
)
def test_an_address_that_cannot_be_meant_is_one_sentence(public: str, sentence: str) -> None:
    """It names what was written."""
    with pytest.raises(ReachInvalid, match=sentence.replace("?", r"\?")) as told:
        Reach(public=(public,))
    assert public in str(told.value)


def test_a_role_that_there_is_not_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ReachInvalid, match="There is no role kitchen to give an address to; there are partner, provider"):
        Reach(public=("kitchen=https://gpic",)).addresses(PORTS)


@given(st.text())
def test_no_text_breaks_the_reading(public: str) -> None:
    """An address, or one sentence."""
    try:
        reach = Reach(public=(public,))
    except ReachInvalid:
        return
    try:
        assert PORTS.keys() == reach.addresses(PORTS).keys()
    except ReachInvalid:
        assert "=" in public


def test_nothing_listens_on_somebody_elses_address() -> None:
    """One sentence that says what --bind takes."""
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1"):
        listen(0, "192.0.2.1")


@pytest.mark.anyio
async def test_requests_go_straight_to_where_a_role_listens() -> None:
    """The way leads to this machine, the Host header stays; other addresses are left as they are."""
    seen: list[tuple[str, str]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append((str(request.url), request.headers["host"]))
        return httpx2.Response(200)

    transport = Connecting(httpx2.MockTransport(answer), {"https://gpic:9401": "http://localhost:9401"})
    async with httpx2.AsyncClient(transport=transport) as client:
        answered = await client.get("https://gpic:9401/token?x=1")
        await client.get("https://gpic/token")

    assert [("http://localhost:9401/token?x=1", "gpic:9401"), ("https://gpic/token", "gpic")] == seen
    assert "https://gpic:9401/token?x=1" == str(answered.url)


def test_without_public_addresses_nothing_is_carried() -> None:
    """The usual transport serves."""
    assert None is Ways.of({"partner": "http://localhost:1"}, {"partner": "http://localhost:1"}, None).transport()


@pytest.fixture
def papers(tmp_path: Path) -> tuple[x509.Certificate, x509.Certificate, Path]:
    """Authority, certificate and the key's file."""
    issued = issue(tmp_path, ("gpic", "10.0.0.7"))
    read = [x509.load_pem_x509_certificate(path.read_bytes()) for path in (issued.authority, issued.certificate)]
    return read[0], read[1], issued.key


def test_a_certificate_names_loopback_and_what_is_public(papers: tuple[x509.Certificate, x509.Certificate, Path]) -> None:
    """For servers alone, and for no authority."""
    _, certificate, key = papers
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert ["localhost", "gpic"] == names.get_values_for_type(x509.DNSName)
    assert ["127.0.0.1", "::1", "10.0.0.7"] == [str(one) for one in names.get_values_for_type(x509.IPAddress)]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert 0o600 == key.stat().st_mode & 0o777


def test_an_authority_signs_for_nothing_else(papers: tuple[x509.Certificate, x509.Certificate, Path], tmp_path: Path) -> None:
    """Who trusts it trusts it for these names; its own key was never written."""
    authority, certificate, _ = papers
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints)
    certificate.verify_directly_issued_by(authority)

    assert permitted.critical
    assert permitted.value.permitted_subtrees is not None
    assert 5 == len(permitted.value.permitted_subtrees)
    assert {"authority.pem", "certificate.pem", "key.pem", "callers-certificate.pem", "callers-key.pem"} == {
        path.name for path in tmp_path.iterdir()
    }
    assert 2 == sum(b"PRIVATE KEY" in path.read_bytes() for path in tmp_path.iterdir())
    assert ssl.create_default_context(cafile=tmp_path / "authority.pem").cert_store_stats()["x509_ca"] == 1
