"""Signing and verifying: nobody gets claims out of a token that does not deserve it."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from gpic.jose.errors import (
    AlgorithmRefused,
    AudienceWrong,
    ClaimsRefused,
    KeyUnknown,
    SignatureWrong,
    TokenExpired,
    TokenMalformed,
    TokenRefused,
)
from gpic.jose.keys import KeyRing, KeySet, SigningKey, base64url
from gpic.jose.sign import Claim, seconds, sign
from gpic.jose.verify import LONGEST_TOKEN, ClaimsPolicy, includes, only, unverified_issuer, verify

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = ClaimsPolicy(issuer="https://issuer.example", audience=only("us"), now=NOW)
GOOD: dict[str, Claim] = {
    "iss": "https://issuer.example",
    "sub": "somebody",
    "aud": "us",
    "exp": seconds(NOW) + 60,
    "iat": seconds(NOW),
    "jti": "1",
}


def forged(header: dict[str, object], signature: bytes = b"", claims: object = GOOD) -> str:
    """A token with any header, payload and signature."""
    return ".".join(base64url(part) for part in (msgspec.json.encode(header), msgspec.json.encode(claims), signature))


def signed(claims: object, key: SigningKey, **header: object) -> str:
    """A token with any claims and a sound signature by an independent library."""
    rsa = RSAKey.import_key(key.private_pem)
    read = msgspec.json.decode(msgspec.json.encode(claims), type=dict[str, object])
    return jwt.encode({"alg": "RS512", **header}, read, rsa, algorithms=["RS512", "RS256"])


@pytest.fixture(scope="session")
def keys(key: SigningKey) -> KeySet:
    """The signer's published keys."""
    return KeyRing(key).key_set


def test_what_is_signed_verifies(key: SigningKey, keys: KeySet) -> None:
    """Claims come back typed."""
    verified = verify(sign(GOOD, key), keys, POLICY)

    assert ("https://issuer.example", "somebody", ("us",), "1") == (
        verified.issuer,
        verified.subject,
        verified.audience,
        verified.jti,
    )
    assert NOW + timedelta(seconds=60) == verified.expires
    assert NOW == verified.issued_at == verified.moment("iat")


def test_another_library_reads_our_tokens(key: SigningKey) -> None:
    """RS512 compact JWS; the header holds alg, typ and kid, and never a key or an address of one (§6)."""
    token = jwt.decode(sign(GOOD, key), RSAKey.import_key(key.public_pem), algorithms=["RS512"])

    assert {"alg": "RS512", "typ": "JWT", "kid": key.kid} == token.header
    assert GOOD == token.claims


def test_the_algorithm_none_is_refused(keys: KeySet) -> None:
    """Attacks 15."""
    with pytest.raises(AlgorithmRefused):
        verify(forged({"alg": "none"}), keys, POLICY)


def test_a_public_key_is_no_shared_secret(key: SigningKey, keys: KeySet) -> None:
    """Attacks 15: HS256 and HS512 made with the public key."""
    for algorithm, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
        unsigned = forged({"alg": algorithm}).rstrip(".")
        mac = hmac.new(key.public_pem.encode(), unsigned.encode(), digest).digest()

        with pytest.raises(AlgorithmRefused):
            verify(f"{unsigned}.{base64url(mac)}", keys, POLICY)


def test_an_algorithm_off_the_list_is_refused_though_its_signature_holds(key: SigningKey, keys: KeySet) -> None:
    """Attacks 15: the list is the policy's, and RS256 is not on it."""
    token = signed(GOOD, key, alg="RS256")

    with pytest.raises(AlgorithmRefused):
        verify(token, keys, POLICY)
    verify(token, keys, ClaimsPolicy("https://issuer.example", only("us"), NOW, algorithms=frozenset({"RS256"})))


def test_a_policy_cannot_allow_what_nobody_verifies(keys: KeySet) -> None:
    """`none` on a list by mistake is refused all the same."""
    careless = ClaimsPolicy("https://issuer.example", only("us"), NOW, algorithms=frozenset({"none", "HS256"}))

    with pytest.raises(AlgorithmRefused):
        verify(forged({"alg": "none"}), keys, careless)


def test_a_pss_signature_is_no_rs512(key: SigningKey, keys: KeySet) -> None:
    """Attacks 15: RS and PS are not swapped."""
    unsigned = forged({"alg": "RS512"}).rstrip(".")
    pss = key.rsa.sign(unsigned.encode(), PSS(MGF1(SHA512()), PSS.DIGEST_LENGTH), SHA512())

    with pytest.raises(SignatureWrong):
        verify(f"{unsigned}.{base64url(pss)}", keys, POLICY)


@pytest.mark.parametrize("crit", [["b64"], ["exp"], [], None, "x"])
def test_any_crit_is_refused(key: SigningKey, keys: KeySet, crit: object) -> None:
    """Attacks 15: we know no extension, so none may be critical."""
    unsigned = forged({"alg": "RS512", "crit": crit}).rstrip(".")
    token = f"{unsigned}.{base64url(key.rsa.sign(unsigned.encode(), PKCS1v15(), SHA512()))}"

    with pytest.raises(AlgorithmRefused):
        verify(token, keys, POLICY)


def test_a_key_in_the_header_is_never_used(other_key: SigningKey, keys: KeySet) -> None:
    """Attacks 16: jwk, jku, x5u and x5c are not looked at."""
    token = signed(GOOD, other_key, jwk=dict(other_key.public.published()), jku="https://evil.example/jwks")

    with pytest.raises(SignatureWrong):
        verify(token, keys, POLICY)


@pytest.mark.parametrize("kid", ["unknown", "../../etc/passwd", "' OR 1=1 --"])
def test_an_unknown_kid_is_told_apart(key: SigningKey, keys: KeySet, kid: str) -> None:
    """Attacks 16, 35: kid is only a look-up; a relying party may fetch the keys once more."""
    with pytest.raises(KeyUnknown):
        verify(signed(GOOD, key, kid=kid), keys, POLICY)


def test_somebody_elses_kid_does_not_lend_his_key(key: SigningKey, other_key: SigningKey) -> None:
    """The named key alone is tried."""
    both = KeyRing(key, other_key).key_set

    with pytest.raises(SignatureWrong):
        verify(signed(GOOD, key, kid=other_key.kid), both, POLICY)


def test_a_token_without_kid_is_tried_with_all_keys(key: SigningKey, other_key: SigningKey) -> None:
    """Clients in the field send none."""
    assert "1" == verify(signed(GOOD, key), KeyRing(other_key, key).key_set, POLICY).jti


def test_a_changed_token_is_refused(key: SigningKey, keys: KeySet) -> None:
    """Header, payload and signature are all bound."""
    header, payload, signature = sign(GOOD, key).split(".")
    richer = base64url(msgspec.json.encode({**GOOD, "sub": "somebody else"}))

    with pytest.raises(SignatureWrong):
        verify(f"{header}.{richer}.{signature}", keys, POLICY)
    with pytest.raises(SignatureWrong):
        verify(f"{header}.{payload}.{base64url(b'x' * 256)}", keys, POLICY)


def test_a_token_has_one_spelling(key: SigningKey, keys: KeySet) -> None:
    """Spare bits and padding would give one assertion several texts."""
    token = sign(GOOD, key)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spare = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]

    for other in (spare, token + "=", token + "\n"):
        with pytest.raises(TokenMalformed):
            verify(other, keys, POLICY)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "é.é.é",
        "a" * (LONGEST_TOKEN + 1),
        forged({"alg": 1}),
        forged({}),
        ".".join([base64url(b"[" * 6000), "e30", ""]),
    ],
)
def test_what_is_no_token_is_malformed(keys: KeySet, token: str) -> None:
    """Attacks 26: sizes and shapes before anything is parsed."""
    with pytest.raises(TokenMalformed):
        verify(token, keys, POLICY)


@pytest.mark.parametrize("payload", [[], "text", 1, None])
def test_a_payload_that_is_no_object_is_malformed(key: SigningKey, keys: KeySet, payload: object) -> None:
    """Even under a sound signature."""
    unsigned = forged({"alg": "RS512"}, claims=payload).rstrip(".")
    token = f"{unsigned}.{base64url(key.rsa.sign(unsigned.encode(), PKCS1v15(), SHA512()))}"

    with pytest.raises(TokenMalformed):
        verify(token, keys, POLICY)


BAD_CLAIMS: list[tuple[dict[str, object], type[TokenRefused]]] = [
    ({"iss": "https://issuer.example/"}, ClaimsRefused),
    ({"iss": None}, ClaimsRefused),
    ({"iss": 1}, ClaimsRefused),
    ({"aud": "them"}, AudienceWrong),
    ({"aud": "us "}, AudienceWrong),
    ({"aud": ["us", "them"]}, AudienceWrong),
    ({"aud": []}, ClaimsRefused),
    ({"aud": None}, ClaimsRefused),
    ({"aud": ["us", 1]}, ClaimsRefused),
    ({"aud": {"us": 1}}, ClaimsRefused),
    ({"exp": seconds(NOW) - 30}, TokenExpired),
    ({"exp": None}, ClaimsRefused),
    ({"exp": "tomorrow"}, ClaimsRefused),
    ({"exp": True}, ClaimsRefused),
    ({"exp": 1e300}, ClaimsRefused),
    ({"exp": -1}, ClaimsRefused),
    ({"exp": 2**70}, ClaimsRefused),
    ({"nbf": seconds(NOW) + 31}, ClaimsRefused),
    ({"iat": seconds(NOW) + 31}, ClaimsRefused),
    ({"iat": []}, ClaimsRefused),
    ({"jti": 7}, ClaimsRefused),
    ({"jti": "x" * 2000}, ClaimsRefused),
    ({"sub": ["somebody"]}, ClaimsRefused),
]


@pytest.mark.parametrize(("change", "refusal"), BAD_CLAIMS, ids=str)
def test_a_claim_that_does_not_hold_is_refused(
    key: SigningKey, keys: KeySet, change: dict[str, object], refusal: type[TokenRefused]
) -> None:
    """Each registered claim is typed and compared whole."""
    with pytest.raises(refusal):
        verify(signed({**GOOD, **change}, key), keys, POLICY)


@pytest.mark.parametrize(
    "change", [{"exp": seconds(NOW) - 29}, {"nbf": seconds(NOW) + 30}, {"iat": seconds(NOW) + 30}], ids=str
)
def test_a_clock_may_be_a_little_off(key: SigningKey, keys: KeySet, change: dict[str, object]) -> None:
    """Thirty seconds of skew, to the second."""
    assert "1" == verify(signed({**GOOD, **change}, key), keys, POLICY).jti


def test_a_life_that_is_too_long_is_refused(key: SigningKey, keys: KeySet) -> None:
    """Attacks 21: exp has an upper bound where the policy says so."""
    short = ClaimsPolicy("https://issuer.example", only("us"), NOW, longest_life=timedelta(minutes=1))

    assert "1" == verify(signed({**GOOD, "exp": seconds(NOW) + 90}, key), keys, short).jti
    with pytest.raises(ClaimsRefused):
        verify(signed({**GOOD, "exp": seconds(NOW) + 91}, key), keys, short)


def test_a_long_life_is_refused_in_its_last_minute_too(key: SigningKey, keys: KeySet) -> None:
    """Attacks 21: iat, where there is one, tells how long a token was made to live; skew forgiven, to the second."""
    short = ClaimsPolicy("https://issuer.example", only("us"), NOW, longest_life=timedelta(minutes=1))
    expires = seconds(NOW) + 10

    assert "1" == verify(signed({**GOOD, "exp": expires, "iat": expires - 90}, key), keys, short).jti
    with pytest.raises(ClaimsRefused, match="the time between iat and exp is too long"):
        verify(signed({**GOOD, "exp": expires, "iat": expires - 91}, key), keys, short)
    assert "1" == verify(signed({**GOOD, "exp": expires, "iat": expires - 91}, key), keys, POLICY).jti


@pytest.mark.parametrize("missing", ["jti", "sub", "iat"])
def test_a_required_claim_must_say_something(key: SigningKey, keys: KeySet, missing: str) -> None:
    """Absent, null and empty are all refused."""
    policy = ClaimsPolicy("https://issuer.example", only("us"), NOW, required=frozenset({missing}))

    for value in (None, ""):
        with pytest.raises(ClaimsRefused):
            verify(signed({**GOOD, missing: value}, key), keys, policy)


def test_the_wanted_subject_is_compared(key: SigningKey, keys: KeySet) -> None:
    """Attacks 19, 33."""
    policy = ClaimsPolicy("https://issuer.example", only("us"), NOW, subject="somebody")

    assert "somebody" == verify(sign(GOOD, key), keys, policy).subject
    with pytest.raises(ClaimsRefused):
        verify(signed({**GOOD, "sub": "somebody else"}, key), keys, policy)


def test_an_audience_may_be_one_of_several_where_the_policy_says_so(key: SigningKey, keys: KeySet) -> None:
    """The rule is the policy's, whole strings its measure."""
    policy = ClaimsPolicy("https://issuer.example", includes("us"), NOW)

    assert ("us", "them") == verify(signed({**GOOD, "aud": ["us", "them"]}, key), keys, policy).audience
    with pytest.raises(AudienceWrong):
        verify(signed({**GOOD, "aud": ["usual"]}, key), keys, policy)


def test_a_further_claim_is_read_by_type(key: SigningKey, keys: KeySet) -> None:
    """A text is a text and a moment a moment, or the token is refused."""
    verified = verify(signed({**GOOD, "vot": "P9.Cp.Cd", "auth_time": seconds(NOW), "odd": 1}, key), keys, POLICY)

    assert ("P9.Cp.Cd", NOW) == (verified.text("vot"), verified.moment("auth_time"))
    for name in ("odd", "absent"):
        with pytest.raises(ClaimsRefused):
            verified.text(name)
    with pytest.raises(ClaimsRefused):
        verified.moment("absent")


def test_private_claims_do_not_print(key: SigningKey, keys: KeySet) -> None:
    """An NHS number in a token stays out of every repr."""
    verified = verify(signed({**GOOD, "nhs_number": "9990001138"}, key), keys, POLICY)

    assert "9990001138" not in repr(verified)


def test_an_unverified_issuer_is_only_found() -> None:
    """It says whose keys to look for, before anything is proved."""
    assert "https://issuer.example" == unverified_issuer(forged({"alg": "none"}))
    with pytest.raises(TokenRefused):
        unverified_issuer(forged({"alg": "none"}, claims={}))


@given(
    st.text(max_size=300) | st.lists(st.binary(max_size=60), min_size=3, max_size=3).map(lambda p: ".".join(map(base64url, p)))
)
def test_no_text_breaks_the_verifier(token: str) -> None:
    """Anything is verified or TokenRefused; and nothing random verifies."""
    with pytest.raises(TokenRefused):
        verify(token, KeySet(()), POLICY)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "sub", "jti"]),
        st.none()
        | st.booleans()
        | st.floats()
        | st.integers()
        | st.text(max_size=5)
        | st.lists(st.text(max_size=3), max_size=3),
    )
)
def test_no_claims_break_the_verifier(key: SigningKey, claims: dict[str, object]) -> None:
    """The issuer is wrong or a claim is malformed, though the signature holds."""
    unsigned = forged({"alg": "RS512"}, claims=claims).rstrip(".")
    token = f"{unsigned}.{base64url(key.rsa.sign(unsigned.encode(), PKCS1v15(), SHA512()))}"

    with pytest.raises(TokenRefused):
        verify(token, KeyRing(key).key_set, POLICY)


def test_rs256_is_signed_where_it_is_asked_for(key: SigningKey) -> None:
    """For test suites that insist on it; an independent library agrees."""
    token = jwt.decode(sign(GOOD, key, "RS256"), RSAKey.import_key(key.public_pem), algorithms=["RS256"])

    assert {"alg": "RS256", "typ": "JWT", "kid": key.kid} == token.header
