"""Keys: read, named, published, rotated."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import LARGEST_KEY_SET, MOST_KEYS, KeyRing, KeySet, PublicKey, SigningKey, published


def pem_of(public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    """A public key in PEM."""
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_key_is_named_by_its_thumbprint(key: SigningKey) -> None:
    """Kid is the RFC 7638 thumbprint, as an independent library computes it."""
    assert RSAKey.import_key(key.public_pem).thumbprint() == key.kid


def test_a_private_key_survives_its_pem(key: SigningKey) -> None:
    """What is written to a file is the key that is read back."""
    assert key.kid == SigningKey.from_pem(key.private_pem).kid


def test_a_weak_key_is_refused() -> None:
    """Attacks 26: RSA keys under 2048 bits are not registered."""
    weak = rsa.generate_private_key(public_exponent=65_537, key_size=1024)  # noqa: S505 - the weak key that is refused

    with pytest.raises(KeyInvalid):
        PublicKey.from_pem(pem_of(weak.public_key()))
    with pytest.raises(KeyInvalid):
        SigningKey(weak)
    with pytest.raises(KeyInvalid):
        SigningKey.generate(1024)


def test_only_rsa_keys_are_read() -> None:
    """The protocol knows RS512 alone."""
    with pytest.raises(KeyInvalid):
        PublicKey.from_pem(pem_of(ec.generate_private_key(ec.SECP256R1()).public_key()))


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_pem_is_refused(text: str) -> None:
    """A slip at registration is told at once."""
    with pytest.raises(KeyInvalid):
        PublicKey.from_pem(text)
    with pytest.raises(KeyInvalid):
        SigningKey.from_pem(text)


def test_a_broken_private_key_stays_out_of_the_refusal(key: SigningKey) -> None:
    """No key material in exception texts, causes included."""
    broken = key.private_pem.replace("M", "N")

    with pytest.raises(KeyInvalid) as refusal:
        SigningKey.from_pem(broken)

    assert broken[40:80] not in str(refusal.value)
    assert None is refusal.value.__cause__


def test_a_private_key_does_not_print(key: SigningKey) -> None:
    """Its repr shows its name alone."""
    assert "rsa" not in repr(key)


def test_the_published_set_holds_all_keys_and_no_private_part(key: SigningKey, other_key: SigningKey) -> None:
    """JWKS: current and next key, each with use=sig, alg=RS512 and its kid."""
    published = KeyRing(key, other_key).published()["keys"]

    assert [key.kid, other_key.kid] == [entry["kid"] for entry in published]
    assert {"kty", "use", "alg", "kid", "n", "e"} == {name for entry in published for name in entry}
    assert {("RSA", "sig", "RS512")} == {(entry["kty"], entry["use"], entry["alg"]) for entry in published}


def test_a_key_for_two_algorithms_is_published_without_one(key: SigningKey) -> None:
    """RFC 7517 §4.4: optional; a verifier would hold the key to what stands there."""
    (entry,) = published(KeyRing(key), "")["keys"]

    assert {"kty", "use", "kid", "n", "e"} == set(entry)
    assert "RS512" == published(KeyRing(key))["keys"][0]["alg"]


def test_a_published_set_is_read_back(key: SigningKey, other_key: SigningKey) -> None:
    """A partner reads our JWKS and finds each key under its name."""
    read = KeySet.from_jwks(msgspec.json.encode(KeyRing(key, other_key).published()))

    assert [key.kid] == [candidate.kid for candidate in read.candidates(key.kid)]
    assert other_key.kid == read.candidates(other_key.kid)[0].thumbprint


def test_a_rotation_keeps_the_old_key_for_verifying(key: SigningKey, other_key: SigningKey) -> None:
    """Tokens that the retired key signed verify until they expire."""
    rotated = KeyRing(key, other_key).rotated()

    assert other_key.kid == rotated.current.kid
    assert {key.kid, other_key.kid} == {public.kid for public in rotated.key_set.keys}


def test_there_is_no_rotation_without_a_published_next_key(key: SigningKey) -> None:
    """A key that partners have not fetched yet must not sign."""
    with pytest.raises(KeyInvalid):
        KeyRing(key).rotated()


def test_a_retired_key_without_a_name_gets_its_thumbprint(key: SigningKey, other_key: SigningKey) -> None:
    """In our own ring no key answers to every name."""
    ring = KeyRing(key, retired=(PublicKey.from_pem(other_key.public_pem),))

    assert () == ring.key_set.candidates("something else")
    assert other_key.kid == ring.key_set.candidates(other_key.kid)[0].kid


def test_a_nameless_key_answers_to_any_name(key: SigningKey) -> None:
    """Partners register PEM and choose their kid themselves, or none."""
    registered = KeySet.from_pems([key.public_pem])

    assert 1 == len(registered.candidates("whatever")) == len(registered.candidates(""))


def test_a_key_set_passes_over_keys_that_do_not_sign(key: SigningKey) -> None:
    """Attacks 35: use=sig or no use; other types and uses are no business of ours."""
    ours = dict(key.public.published())
    del ours["use"]
    document = {"keys": [{"kty": "EC", "crv": "P-256"}, {**ours, "use": "enc"}, ours]}

    assert 1 == len(KeySet.from_jwks(msgspec.json.encode(document)).keys)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b'{"keys": 1}',
        b"[" * 5000,
        b'{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}',
        b'{"keys": [{"kty": "RSA", "n": "\\u00e9", "e": "AQAB"}]}',
        b" " * (LARGEST_KEY_SET + 1),
        b'{"keys": [' + b",".join([b'{"kty": "RSA"}'] * (MOST_KEYS + 1)) + b"]}",
    ],
)
def test_a_key_set_that_is_none_is_refused(document: bytes) -> None:
    """Size first, then shape, then each key."""
    with pytest.raises(KeyInvalid):
        KeySet.from_jwks(document)


@given(st.binary(max_size=200))
def test_no_document_breaks_the_reader(document: bytes) -> None:
    """Anything is a key set or KeyInvalid."""
    try:
        KeySet.from_jwks(document)
    except KeyInvalid:
        return
