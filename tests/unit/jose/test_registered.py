"""Keys as partners hand them in."""

from __future__ import annotations

import json

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import LARGEST_KEY_SET, SigningKey, base64url
from gpic.jose.registered import as_kept, registered_key_set, registered_keys


def jwk_of(key: SigningKey, **members: object) -> dict[str, object]:
    """A public JWK, as an independent library makes it, with further members."""
    return {**RSAKey.import_key(key.public_pem).as_dict(private=False), **members}


def test_a_pem_is_kept_as_it_is(key: SigningKey) -> None:
    """Whatever stands around it is not."""
    assert (key.public_pem,) == registered_keys(f"our key:\n{key.public_pem}\n\n")


def test_a_file_may_hold_several_pems(key: SigningKey, other_key: SigningKey) -> None:
    """A partner that changes its key sends both, in the order in which they count."""
    assert (key.public_pem, other_key.public_pem) == registered_keys(key.public_pem + other_key.public_pem)


def test_a_pkcs1_pem_is_the_same_key(key: SigningKey) -> None:
    """`BEGIN RSA PUBLIC KEY`, as some tools write it, is kept in the one spelling."""
    pem = key.public.rsa.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1).decode()

    assert (key.public_pem,) == registered_keys(pem)


def test_a_jwk_keeps_its_name_and_nothing_that_we_do_not_read(key: SigningKey) -> None:
    """A key with a kid is found by it, and by no other."""
    (kept,) = registered_keys(json.dumps(jwk_of(key, kid="2026", x5u="https://evil.example", key_ops=["verify"])))

    assert {"kty", "use", "kid", "n", "e"} == json.loads(kept).keys()
    assert "2026" == json.loads(kept)["kid"]
    assert ["2026"] == [one.kid for one in registered_key_set([kept]).candidates("2026")]
    assert () == registered_key_set([kept]).candidates("2025")
    assert key.kid == registered_key_set([kept]).keys[0].thumbprint


def test_a_jwk_without_a_name_is_kept_as_a_pem(key: SigningKey) -> None:
    """It answers to any name, as PEM does."""
    assert (key.public_pem,) == registered_keys(json.dumps(jwk_of(key)))


def test_a_jwk_set_is_kept_key_by_key(key: SigningKey, other_key: SigningKey) -> None:
    """As a library exports it; keys for other purposes are passed over."""
    elliptic = ECKey.generate_key("P-256").as_dict(private=False)
    document = {
        "keys": [jwk_of(key, kid="old"), elliptic, jwk_of(other_key, use="enc"), jwk_of(other_key, kid="new", use="sig")]
    }

    kept = registered_keys(json.dumps(document))

    assert ["old", "new"] == [json.loads(text)["kid"] for text in kept]
    assert [key.kid, other_key.kid] == [one.thumbprint for one in registered_key_set(kept).keys]


def private_forms(key: SigningKey) -> list[str]:
    """A private key in every dress."""
    own = RSAKey.import_key(key.private_pem)
    pkcs1 = key.rsa.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    encrypted = key.rsa.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    return [
        key.private_pem,
        pkcs1.decode(),
        encrypted.decode(),
        key.public_pem + key.private_pem,
        json.dumps(own.as_dict(private=True)),
        json.dumps(KeySet([own]).as_dict(private=True)),
        json.dumps({"keys": [OctKey.generate_key().as_dict(private=True)]}),
    ]


def test_a_private_key_is_refused_and_not_quoted(key: SigningKey) -> None:
    """Whoever hands one in is told, and nothing of it is kept, not even its public half."""
    for text in private_forms(key):
        with pytest.raises(KeyInvalid, match="this is a private key") as told:
            registered_keys(text)
        assert None is told.value.__cause__


def weak() -> rsa.RSAPublicKey:
    """A key of 1024 bits."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=1024).public_key()  # noqa: S505 - the weak key that is refused


def pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    """A public key in PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_weak_key_is_refused_in_every_dress() -> None:
    """Attacks 26: RSA under 2048 bits, as PEM, JWK and in a set beside a good one."""
    short = weak()
    numbers = short.public_numbers()
    jwk = {"kty": "RSA", "n": base64url(numbers.n.to_bytes(128)), "e": base64url(numbers.e.to_bytes(3))}

    for text in (pem(short), json.dumps(jwk), json.dumps({"keys": [jwk]})):
        with pytest.raises(KeyInvalid, match="2048"):
            registered_keys(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "{",
        "{}",
        '{"keys": []}',
        '{"keys": {}}',
        '{"keys": [1]}',
        '{"kty": "oct"}',
        '{"kty": "RSA", "n": "", "e": ""}',
        '{"keys": ' + "[" * 5000,
        "{" + " " * LARGEST_KEY_SET + "}",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        pem(ec.generate_private_key(ec.SECP256R1()).public_key()),
        '{"jwks_uri": "https://partner.example/jwks"}',
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    """And nothing is fetched (attacks 23)."""
    with pytest.raises(KeyInvalid):
        registered_keys(text)


def test_a_set_of_exactly_the_largest_size_is_read(key: SigningKey) -> None:
    """One character more is not."""
    document = json.dumps(jwk_of(key))

    assert 1 == len(registered_keys(document.ljust(LARGEST_KEY_SET)))
    with pytest.raises(KeyInvalid, match="too large"):
        registered_keys(document.ljust(LARGEST_KEY_SET + 1))


@given(st.one_of(st.text(max_size=200), st.text(max_size=200).map(lambda text: "{" + text), st.binary(max_size=60).map(str)))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Anything is keys or KeyInvalid."""
    try:
        registered_keys(text)
    except KeyInvalid:
        return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["keys", "kty", "n", "e", "kid", "d"]), below),
    max_leaves=8,
)


@given(JSON)
def test_no_document_breaks_the_reader(document: object) -> None:
    """Any JSON is keys or KeyInvalid."""
    try:
        registered_keys(msgspec.json.encode(document).decode())
    except KeyInvalid:
        return


def test_what_is_kept_is_read_as_the_same_key(key: SigningKey) -> None:
    """Both spellings."""
    named = registered_key_set(registered_keys(json.dumps(jwk_of(key, kid="a name")))).keys[0]

    assert ("a name", key.kid) == (named.kid, named.thumbprint)
    assert (as_kept(named),) == registered_keys(as_kept(named))
