"""A certificate authority of one sandbox's own, for https without anybody else (`--tls`)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME: Final = "gpic sandbox authority (synthetic people only)"
LIFE: Final = timedelta(days=90)
#: Clocks of containers and phones may be behind.
BEFOREHAND: Final = timedelta(days=1)
LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")
OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class Papers:
    """PEM files: what others must trust, what the servers show, and what callers of TPP show of themselves."""

    authority: Path
    certificate: Path
    key: Path
    callers_certificate: Path
    callers_key: Path


def issue(folder: Path, hosts: Iterable[str] = ()) -> Papers:
    """An authority for loopback and *hosts* alone, and two certificates of it: for all servers, and for their callers.

    The authority's own key is never written and is gone when this returns: who trusts it trusts this sandbox and no other.
    """
    names = [_general(host) for host in dict.fromkeys((*LOOPBACK_NAMES, *hosts))]
    names_of_files = ("authority.pem", "certificate.pem", "key.pem", "callers-certificate.pem", "callers-key.pem")
    papers = Papers(*(folder / name for name in names_of_files))
    authority_key, key, callers_key = (generate_private_key(SECP256R1()) for _ in range(3))
    authority = _authority(authority_key, names)
    papers.authority.write_bytes(authority.public_bytes(Encoding.PEM))
    papers.certificate.write_bytes(_certificate(authority, authority_key, key, names).public_bytes(Encoding.PEM))
    papers.callers_certificate.write_bytes(_certificate(authority, authority_key, callers_key).public_bytes(Encoding.PEM))
    for path, private in ((papers.key, key), (papers.callers_key, callers_key)):
        path.touch(mode=OWNER_ONLY)
        path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return papers


def _authority(key: EllipticCurvePrivateKey, names: list[x509.GeneralName]) -> x509.Certificate:
    """Signs for nothing but *names*: a browser that trusts it trusts it for nothing else."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    may_sign = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(may_sign, critical=True)
        .add_extension(x509.NameConstraints([_permitted(one) for one in names], None), critical=True)
        .sign(key, SHA256())
    )


def _certificate(
    authority: x509.Certificate,
    authority_key: EllipticCurvePrivateKey,
    key: EllipticCurvePrivateKey,
    names: list[x509.GeneralName] | None = None,
) -> x509.Certificate:
    """For servers of these names; without any, for callers. Neither does for the other."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gpic sandbox" if names else "gpic sandbox caller")])
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    usage = ExtendedKeyUsageOID.SERVER_AUTH if names else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = _builder(subject, authority.subject, key)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(signer, critical=False)
        .sign(authority_key, SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFOREHAND)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _permitted(name: x509.GeneralName) -> x509.GeneralName:
    """The same as a constraint: an address is a network of one."""
    return x509.IPAddress(ipaddress.ip_network(name.value)) if isinstance(name, x509.IPAddress) else name
