"""Which client is calling, and who only says so."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from gpic.jose.assertions import AudiencePolicy
from gpic.jose.keys import SigningKey, base64url
from gpic.jose.sign import Claim, seconds, sign
from gpic.provider.errors import ClientInvalid, TokenRequestInvalid
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


async def test_a_repeated_field_is_refused(world: World) -> None:
    """RFC 6749 §3.2."""
    with pytest.raises(TokenRequestInvalid):
        TokenForm((*world.form(), ("code", "other")))


async def test_a_form_does_not_print(world: World) -> None:
    """Codes and assertions stay out of reprs."""
    assert "code" not in repr(TokenForm(world.form()))
