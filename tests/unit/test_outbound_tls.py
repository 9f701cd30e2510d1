"""Certificates: whom we trust, and how we show who we are (TPP wants a client certificate, `gp-systems.md` §3.1)."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gpic.nhs.answers import Silence, Unreachable
from gpic.outbound import Reply, ask, open_client, trust

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Papers:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates for loopback."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._key = generate_private_key(SECP256R1())
        self.papers = self._write(name, self._certificate(name, self._key, is_authority=True), self._key)

    def issue(self, name: str) -> Papers:
        """A certificate for 127.0.0.1."""
        key = generate_private_key(SECP256R1())
        return self._write(name, self._certificate(name, key, is_authority=False), key)

    def _certificate(self, name: str, key: EllipticCurvePrivateKey, *, is_authority: bool) -> x509.Certificate:
        subject, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, self._name))
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(hours=1))
            .not_valid_after(NOW + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(address, critical=False)
            .sign(self._key, SHA256())
        )

    def _write(self, name: str, certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> Papers:
        papers = Papers(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        papers.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        papers.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return papers


@asynccontextmanager
async def supplier(authority: Authority, *, wants_certificate: bool) -> AsyncIterator[str]:
    """A supplier on loopback that says yes to everybody whom it lets in; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    papers = authority.issue("supplier")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.certificate, papers.key)
    if wants_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.papers.certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def knock(address: str, tls: ssl.SSLContext | None) -> Reply | Silence:
    """One question."""
    async with open_client(address, tls=tls) as client:
        return await ask(client, client.build_request("GET", "x"))


async def test_a_supplier_of_our_authority_is_trusted(tmp_path: Path) -> None:
    """The authority of a sandbox or an HSCN network is a file."""
    authority = Authority(tmp_path, "authority")
    async with supplier(authority, wants_certificate=False) as address:
        assert isinstance(await knock(address, trust(authority.papers.certificate)), Reply)


async def test_a_supplier_of_nobodys_is_not(tmp_path: Path) -> None:
    """N12: a certificate that does not verify is no answer; there is no switch that lets it through."""
    async with supplier(Authority(tmp_path, "nobody"), wants_certificate=False) as address:
        assert isinstance(await knock(address, None), Unreachable)


async def test_we_show_our_certificate_where_it_is_wanted(tmp_path: Path) -> None:
    """TPP: on every connection."""
    authority = Authority(tmp_path, "authority")
    ours = authority.issue("application")
    async with supplier(authority, wants_certificate=True) as address:
        assert isinstance(await knock(address, trust(authority.papers.certificate, ours.certificate, ours.key)), Reply)


async def test_being_turned_away_for_want_of_a_certificate_is_no_answer(tmp_path: Path) -> None:
    """N12: with TLS 1.3 the refusal comes only with the first read, and still raises nothing."""
    authority = Authority(tmp_path, "authority")
    async with supplier(authority, wants_certificate=True) as address:
        assert isinstance(await knock(address, trust(authority.papers.certificate)), Unreachable)
