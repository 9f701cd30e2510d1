"""Client assertions, made and checked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gpic.jose.assertions import Addressee, AudiencePolicy, assertion, assertion_policy
from gpic.jose.errors import AudienceWrong, ClaimsRefused, TokenExpired
from gpic.jose.keys import KeySet, SigningKey
from gpic.jose.sign import Claim, seconds, sign
from gpic.jose.verify import verify

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SKEW = timedelta(seconds=30)
ISSUER = "https://auth.example"
ENDPOINT = "https://auth.example/token"
TO = Addressee(ISSUER, ENDPOINT)
NHS, STRICT, LENIENT = AudiencePolicy


def checked(claims: dict[str, Claim], key: SigningKey, audience: AudiencePolicy = NHS) -> str:
    """The jti of an assertion with these claims over the good ones; raises TokenRefused."""
    good: dict[str, Claim] = {"iss": "rp", "sub": "rp", "aud": ENDPOINT, "jti": "1", "exp": seconds(NOW) + 60}
    token = sign({name: value for name, value in (good | claims).items() if value != ""}, key)
    policy = assertion_policy("rp", audience, TO, NOW, SKEW)
    return verify(token, KeySet.from_pems([key.public_pem]), policy).jti


def test_what_we_make_is_what_we_accept(key: SigningKey) -> None:
    """RFC 7523 §3: iss = sub = client_id, one audience, jti, exp."""
    token = assertion("rp", ENDPOINT, key, jti="7", now=NOW, life=timedelta(minutes=1))

    verified = verify(token, KeySet.from_pems([key.public_pem]), assertion_policy("rp", NHS, TO, NOW, SKEW))

    assert ("7", "rp", "rp", (ENDPOINT,)) == (verified.jti, verified.issuer, verified.subject, verified.audience)
    assert (NOW, NOW + timedelta(minutes=1)) == (verified.issued_at, verified.expires)


AUDIENCES: list[tuple[str | list[str], set[AudiencePolicy]]] = [
    (ENDPOINT, {NHS, LENIENT}),
    (ISSUER, {STRICT, LENIENT}),
    ([ENDPOINT], {NHS, LENIENT}),
    ([ISSUER, ENDPOINT], {NHS, LENIENT}),
    ([ENDPOINT, "https://evil.example"], set()),
    ([ISSUER, "https://evil.example"], set()),
    ("https://auth.example/token/", set()),
    ("https://auth.example/token?x", set()),
    ("https://auth.example.evil.example/token", set()),
    ("https://auth.example/", set()),
    ("HTTPS://AUTH.EXAMPLE", set()),
]


@pytest.mark.parametrize("policy", AudiencePolicy)
@pytest.mark.parametrize(
    ("audience", "accepted_by"), AUDIENCES, ids=lambda value: None if isinstance(value, set) else str(value)
)
def test_an_audience_is_judged_by_its_policy(
    key: SigningKey, audience: str | list[str], accepted_by: set[AudiencePolicy], policy: AudiencePolicy
) -> None:
    """Attacks 17: whole strings, and no list with a foreign value."""
    if policy in accepted_by:
        assert "1" == checked({"aud": audience}, key, policy)
    else:
        with pytest.raises(AudienceWrong):
            checked({"aud": audience}, key, policy)


@pytest.mark.parametrize("change", [{"jti": ""}, {"sub": "other"}, {"iss": "other"}, {"sub": ""}, {"exp": ""}], ids=str)
def test_an_assertion_without_its_claims_is_refused(key: SigningKey, change: dict[str, Claim]) -> None:
    """Attacks 19, 20: iss = sub = client_id, and a jti."""
    with pytest.raises(ClaimsRefused):
        checked(change, key)


@pytest.mark.parametrize(
    ("policy", "audience", "bound"), [(NHS, ENDPOINT, 3600), (STRICT, ISSUER, 300), (LENIENT, ISSUER, 3600)]
)
def test_an_assertion_may_not_live_long(key: SigningKey, policy: AudiencePolicy, audience: str, bound: int) -> None:
    """Attacks 21: one hour, five minutes under strict; beyond the skew."""
    assert "1" == checked({"aud": audience, "exp": seconds(NOW) + bound + 30}, key, policy)
    with pytest.raises(ClaimsRefused):
        checked({"aud": audience, "exp": seconds(NOW) + bound + 31}, key, policy)


def test_the_skew_is_the_policys(key: SigningKey) -> None:
    """How far a client's clock may be off is a setting."""
    late = assertion("rp", ENDPOINT, key, jti="7", now=NOW - timedelta(minutes=2), life=timedelta(minutes=1))
    keys = KeySet.from_pems([key.public_pem])

    verify(late, keys, assertion_policy("rp", NHS, TO, NOW, timedelta(seconds=61)))
    with pytest.raises(TokenExpired):
        verify(late, keys, assertion_policy("rp", NHS, TO, NOW, timedelta(seconds=60)))


def test_iat_may_be_missing_but_not_in_the_future(key: SigningKey) -> None:
    """Clients in the field send none."""
    with pytest.raises(ClaimsRefused):
        checked({"iat": seconds(NOW) + 31}, key)
