"""Which client is calling, and who only says so."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from gpic.jose.assertions import AudiencePolicy
from gpic.jose.keys import SigningKey, base64url
from gpic.jose.registered import registered_keys
from gpic.jose.sign import Claim, seconds, sign
from gpic.provider.errors import ClientInvalid, TokenRequestInvalid
from gpic.provider.policy import ProviderPolicy
from gpic.provider.token.authentication import authenticate
from gpic.provider.token.form import TokenForm
from tests.unit.provider.world import ISSUER, NOW, World

pytestmark = pytest.mark.anyio

ENDPOINT = f"{ISSUER}/token"


def claims(**changes: Claim) -> dict[str, Claim]:
    """A good assertion's claims with changes."""
    return {"iss": "partner", "sub": "partner", "aud": ENDPOINT, "jti": "1", "exp": seconds(NOW) + 60, **changes}


async def refusal(world: World, **fields: str | None) -> ClientInvalid:
    """The refusal of a form with these fields."""
    with pytest.raises(ClientInvalid) as told:
        await authenticate(TokenForm(world.form(**fields)), world.clients, world.policy, NOW)
    return told.value


async def test_a_client_that_proves_itself_is_known(world: World) -> None:
    """§3; the jti is claimed later, with the redemption, until the assertion has expired for good."""
    assertion = sign(claims(), world.key)

    caller = await authenticate(TokenForm(world.form(client_assertion=assertion)), world.clients, world.policy, NOW)

    assert "partner" == caller.client.client_id
    assert ("partner", "1", NOW + timedelta(seconds=90)) == (caller.use.client_id, caller.use.jti, caller.use.expires)


async def test_the_client_id_in_the_form_may_stand_there(world: World) -> None:
    """§3: optional."""
    await authenticate(TokenForm(world.form(client_id="partner")), world.clients, world.policy, NOW)


FIELDS: list[dict[str, str | None]] = [
    {"client_assertion": None},
    {"client_assertion": ""},
    {"client_assertion": "nonsense"},
    {"client_assertion": "a" * 20_000},
    {"client_assertion_type": None},
    {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
    {"client_id": "somebody else"},
    {"client_assertion": None, "client_id": "partner", "client_secret": "a secret"},
]


@pytest.mark.parametrize("fields", FIELDS, ids=lambda fields: str(fields)[:60])
async def test_a_form_that_proves_nothing_is_refused(world: World, fields: dict[str, str | None]) -> None:
    """Attacks 19: private_key_jwt and nothing else."""
    await refusal(world, **fields)


CLAIMS: list[dict[str, Claim]] = [
    {"iss": "nobody", "sub": "nobody"},
    {"sub": "nobody"},
    {"sub": ""},
    {"iss": "nobody"},
    {"jti": ""},
    {"aud": ISSUER},
    {"aud": f"{ENDPOINT}/"},
    {"aud": [ENDPOINT, "https://evil.example"]},
    {"exp": seconds(NOW) - 31},
    {"exp": seconds(NOW) + 3600 + 31},
    {"nbf": seconds(NOW) + 31},
]


@pytest.mark.parametrize("change", CLAIMS, ids=str)
async def test_an_assertion_of_the_wrong_kind_is_refused(world: World, change: dict[str, Claim]) -> None:
    """Attacks 17, 19, 20, 21."""
    await refusal(world, client_assertion=sign(claims(**change), world.key))


async def test_every_refusal_sounds_the_same(world: World) -> None:
    """Attacks 25: one text outward; the reason is for the log and never quotes the assertion."""
    told = [await refusal(world, **fields) for fields in FIELDS]
    told += [await refusal(world, client_assertion=sign(claims(**change), world.key)) for change in CLAIMS]

    assert {("invalid_client", "Client authentication failed", 400)} == {(one.code, one.sentence, one.status) for one in told}
    assert all(one.detail and len(one.detail) < 80 for one in told)
    assert 8 < len({one.detail for one in told})


async def test_a_strangers_signature_is_refused(world: World) -> None:
    """Only a key that was given at onboarding counts."""
    await refusal(world, client_assertion=sign(claims(), SigningKey.generate()))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "RS256", "PS512"])
async def test_a_weaker_algorithm_is_refused(world: World, algorithm: str) -> None:
    """Attacks 15."""
    parts = (msgspec.json.encode({"alg": algorithm}), msgspec.json.encode(claims()), b"x" * 256)

    await refusal(world, client_assertion=".".join(map(base64url, parts)))


async def test_a_disabled_client_is_refused(world: World) -> None:
    """N6: whatever it proves."""
    world.change_client(disabled=True)

    assert "disabled" in (await refusal(world)).detail


@pytest.mark.parametrize(
    ("policy", "audience", "is_accepted"),
    [
        (AudiencePolicy.NHS, ENDPOINT, True),
        (AudiencePolicy.NHS, ISSUER, False),
        (AudiencePolicy.STRICT, ISSUER, True),
        (AudiencePolicy.STRICT, ENDPOINT, False),
        (AudiencePolicy.LENIENT, ISSUER, True),
        (AudiencePolicy.LENIENT, ENDPOINT, True),
        (AudiencePolicy.LENIENT, "https://other.example", False),
    ],
)
async def test_a_client_has_its_own_audience_policy(
    world: World, policy: AudiencePolicy, audience: str, *, is_accepted: bool
) -> None:
    """Attacks 17: a switch per client."""
    world.change_client(audience_policy=policy)
    assertion = sign(claims(aud=audience), world.key)

    if is_accepted:
        await authenticate(TokenForm(world.form(client_assertion=assertion)), world.clients, world.policy, NOW)
    else:
        await refusal(world, client_assertion=assertion)


async def test_any_of_a_clients_keys_will_do(world: World) -> None:
    """A partner that changes its key registers both for a while."""
    second = SigningKey.generate()
    world.change_client(keys=(second.public_pem, world.key.public_pem))

    await authenticate(TokenForm(world.form()), world.clients, world.policy, NOW)


async def test_a_kid_of_the_clients_choice_does_no_harm(world: World) -> None:
    """Keys are registered as PEM, without names."""
    key = RSAKey.import_key(world.key.private_pem)
    assertion = jwt.encode({"alg": "RS512", "kid": "our first key"}, {**claims()}, key, algorithms=["RS512"])

    await authenticate(TokenForm(world.form(client_assertion=assertion)), world.clients, world.policy, NOW)


def named(key: SigningKey, name: str) -> str:
    """A key as a partner registers it in a JWK set."""
    return registered_keys(json.dumps({**key.public.published(), "kid": name}))[0]


def signed(key: SigningKey, **header: object) -> str:
    """A good assertion, signed by an independent library, with this header."""
    algorithm = str(header.get("alg", "RS512"))
    own = RSAKey.import_key(key.private_pem)
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    payload = msgspec.json.encode(claims())
    return jws.serialize_compact({"alg": algorithm, **header}, payload, own, registry=registry)


@pytest.mark.parametrize(
    ("kid", "is_known"), [("2026", True), ("2025", False), ("", True), ("../2026", False), ("' OR ''='", False)]
)
async def test_a_kid_is_looked_up_among_the_clients_keys_and_nowhere_else(world: World, kid: str, *, is_known: bool) -> None:
    """Attacks 16: keys of a JWK set have names; an assertion without one is tried with all of them."""
    world.change_client(keys=(named(SigningKey.generate(), "other"), named(world.key, "2026")))
    assertion = signed(world.key, kid=kid) if kid else signed(world.key)

    if is_known:
        await authenticate(TokenForm(world.form(client_assertion=assertion)), world.clients, world.policy, NOW)
    else:
        told = await refusal(world, client_assertion=assertion)
        assert "KeyUnknown: no key has this kid (client partner)" == told.detail


async def test_a_removed_key_counts_no_more(world: World) -> None:
    """A partner that changed its key: the old one is out with the next request."""
    old, new = world.key, SigningKey.generate()
    world.change_client(keys=(old.public_pem, new.public_pem))
    await authenticate(TokenForm(world.form(client_assertion=signed(old))), world.clients, world.policy, NOW)
    world.change_client(keys=(new.public_pem,))

    await refusal(world, client_assertion=signed(old))
    await authenticate(TokenForm(world.form(client_assertion=signed(new))), world.clients, world.policy, NOW)


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
async def test_a_key_in_the_header_is_ignored(world: World, member: str) -> None:
    """Attacks 16: neither used nor fetched, be the assertion good or a stranger's."""
    stranger = SigningKey.generate()
    values = {"jwk": dict(stranger.public.published()), "x5c": ["MIIB"]}
    header = {member: values.get(member, "https://evil.example/keys")}

    await authenticate(TokenForm(world.form(client_assertion=signed(world.key, **header))), world.clients, world.policy, NOW)
    assert "SignatureWrong" in (await refusal(world, client_assertion=signed(stranger, **header))).detail


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "PS256", "PS384", "PS512"])
async def test_a_good_signature_of_another_algorithm_is_refused(world: World, algorithm: str) -> None:
    """Attacks 15: the client's registered algorithm alone, whatever its key could make."""
    assertion = signed(world.key, alg=algorithm)

    expected = "AlgorithmRefused: the algorithm is not allowed (client partner)"
    assert expected == (await refusal(world, client_assertion=assertion)).detail


async def test_a_public_key_is_no_shared_secret(world: World) -> None:
    """Attacks 15: HS512 with the client's own PEM."""
    header, payload = (base64url(msgspec.json.encode(part)) for part in ({"alg": "HS512"}, claims()))
    mac = hmac.new(world.key.public_pem.encode(), f"{header}.{payload}".encode(), hashlib.sha512).digest()

    await refusal(world, client_assertion=f"{header}.{payload}.{base64url(mac)}")


@pytest.mark.parametrize("crit", [["b64"], ["exp"], []])
async def test_an_unknown_crit_is_refused(world: World, crit: list[str]) -> None:
    """Attacks 15: under a good signature, too."""
    header, payload = (base64url(msgspec.json.encode(part)) for part in ({"alg": "RS512", "crit": crit}, claims()))
    signature = world.key.rsa.sign(f"{header}.{payload}".encode(), PKCS1v15(), SHA512())

    assert "extensions" in (await refusal(world, client_assertion=f"{header}.{payload}.{base64url(signature)}")).detail


async def test_rs256_is_for_clients_registered_with_it_where_it_is_allowed(world: World) -> None:
    """A setting for test suites: per client, and not once the setting is off again."""
    allowed, rs256 = ProviderPolicy(ISSUER, rs256_allowed=True), signed(world.key, alg="RS256")
    forms = [TokenForm(world.form(client_assertion=assertion)) for assertion in (rs256, signed(world.key))]

    with pytest.raises(ClientInvalid):  # registered with RS512
        await authenticate(forms[0], world.clients, allowed, NOW)
    world.change_client(algorithm="RS256")
    await authenticate(forms[0], world.clients, allowed, NOW)
    with pytest.raises(ClientInvalid):
        await authenticate(forms[1], world.clients, allowed, NOW)
    with pytest.raises(ClientInvalid, match=r"RS256 is not allowed here any more \(client partner\)$"):
        await authenticate(forms[0], world.clients, world.policy, NOW)


LIVES = [
    (AudiencePolicy.NHS, ENDPOINT, timedelta(hours=1)),
    (AudiencePolicy.LENIENT, ENDPOINT, timedelta(hours=1)),
    (AudiencePolicy.STRICT, ISSUER, timedelta(minutes=5)),
]


@pytest.mark.parametrize(("policy", "audience", "longest"), LIVES)
async def test_an_assertion_lives_as_long_as_its_clients_policy_lets_it(
    world: World, policy: AudiencePolicy, audience: str, longest: timedelta
) -> None:
    """Attacks 21: an hour, five minutes under `strict`, 30 s of skew; a long life is no shorter at its end."""
    world.change_client(audience_policy=policy)
    bound = int(longest.total_seconds()) + 30
    good = (
        claims(aud=audience, exp=seconds(NOW) + bound),
        claims(aud=audience, exp=seconds(NOW) + 9, iat=seconds(NOW) + 9 - bound),
    )
    bad = (
        claims(aud=audience, exp=seconds(NOW) + bound + 1),
        claims(aud=audience, exp=seconds(NOW) + 9, iat=seconds(NOW) + 8 - bound),
    )

    for one in good:
        form = TokenForm(world.form(client_assertion=sign(one, world.key)))
        await authenticate(form, world.clients, world.policy, NOW)
    told = [(await refusal(world, client_assertion=sign(one, world.key))).detail for one in bad]
    assert "ClaimsRefused: exp lies too far ahead (client partner)" == told[0]
    assert "ClaimsRefused: the time between iat and exp is too long (client partner)" == told[1]


AUDIENCES = [ENDPOINT, ISSUER, f"{ENDPOINT}/", ISSUER.upper(), "https://evil.example", f"{ENDPOINT}?a", "auth.example", ""]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    listed=st.one_of(st.sampled_from(AUDIENCES), st.lists(st.sampled_from(AUDIENCES), max_size=4)),
    policy=st.sampled_from(AudiencePolicy),
)
async def test_an_audience_holds_nothing_foreign(world: World, listed: str | list[str], policy: AudiencePolicy) -> None:
    """Attacks 17: whole strings, judged all together, by the client's policy."""
    world.change_client(audience_policy=policy)
    said = [listed] if isinstance(listed, str) else listed
    is_good = {
        AudiencePolicy.NHS: ENDPOINT in said and set(said) <= {ENDPOINT, ISSUER},
        AudiencePolicy.STRICT: said == [ISSUER],
        AudiencePolicy.LENIENT: bool(said) and set(said) <= {ENDPOINT, ISSUER},
    }[policy]
    form = TokenForm(world.form(client_assertion=sign(claims(aud=listed), world.key)))

    if is_good:
        await authenticate(form, world.clients, world.policy, NOW)
    else:
        with pytest.raises(ClientInvalid):
            await authenticate(form, world.clients, world.policy, NOW)


WORDS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.text(max_size=8)))
CHANGES = st.dictionaries(st.sampled_from(["iss", "sub", "aud", "jti", "exp", "iat", "nbf", "x"]), WORDS, max_size=4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=CHANGES)
async def test_no_claim_breaks_the_authentication(world: World, changes: dict[str, object]) -> None:
    """Any JSON under a good signature is the client or invalid_client; what is accepted says what it must."""
    said = {**claims(), **changes}
    payload = base64url(msgspec.json.encode(said))
    header = base64url(b'{"alg":"RS512"}')
    signature = base64url(world.key.rsa.sign(f"{header}.{payload}".encode(), PKCS1v15(), SHA512()))
    form = TokenForm(world.form(client_assertion=f"{header}.{payload}.{signature}"))

    try:
        caller = await authenticate(form, world.clients, world.policy, NOW)
    except ClientInvalid:
        return
    kept = msgspec.json.decode(msgspec.json.encode(said))
    assert ("partner", "partner", ENDPOINT, caller.use.jti) == (kept["iss"], kept["sub"], kept["aud"], kept["jti"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(max_size=60), st.from_regex(r"[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,8}")))
async def test_no_text_breaks_the_authentication(world: World, text: str) -> None:
    """Anything that is no assertion is invalid_client."""
    assert "invalid_client" == (await refusal(world, client_assertion=text)).code


async def test_a_repeated_field_is_refused(world: World) -> None:
    """RFC 6749 §3.2."""
    with pytest.raises(TokenRequestInvalid):
        TokenForm((*world.form(), ("code", "other")))


async def test_a_form_does_not_print(world: World) -> None:
    """Codes and assertions stay out of reprs."""
    assert "code" not in repr(TokenForm(world.form()))
