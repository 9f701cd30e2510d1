"""Changes that an operator makes to a client."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from gpic.jose.keys import SigningKey
from gpic.jose.registered import as_kept, registered_keys
from gpic.nhs.trust import Vector
from gpic.provider.amendment import Amendment, Change, amended, names_of
from gpic.provider.clients import AudiencePolicy, Client
from gpic.provider.registration import RegistrationInvalid

URI = "https://partner.example/callback"


@pytest.fixture(scope="module")
def named() -> SigningKey:
    """A key with a name of its own."""
    return SigningKey.generate()


@pytest.fixture(scope="module")
def client(partner_key: SigningKey, named: SigningKey) -> Client:
    """A client with two keys: one from PEM, one with the name `old`."""
    (jwk,) = registered_keys(json.dumps({**named.public.published(), "kid": "old"}))
    return Client(
        client_id="partner",
        name="A partner",
        redirect_uris=frozenset({URI}),
        scopes=frozenset({"openid", "email"}),
        keys=(partner_key.public_pem, jwk),
        hands_over_to=frozenset({"other"}),
    )


def refused(client: Client, amendment: Amendment) -> tuple[str, ...]:
    """Why it is."""
    with pytest.raises(RegistrationInvalid) as told:
        amended(client, amendment)
    return told.value.reasons


def test_nothing_said_changes_nothing(client: Client) -> None:
    """None is not False, and "" is not None."""
    assert client == amended(client, Amendment())
    marked = replace(client, im1_enabled=True, disabled=True)
    assert marked == amended(marked, Amendment())


@pytest.mark.parametrize(
    ("amendment", "changes"),
    [
        (Amendment(name=""), {"name": ""}),
        (Amendment(name="Another"), {"name": "Another"}),
        (Amendment(redirect_uris=Change(frozenset({"https://b.example"}))), {"redirect_uris": frozenset({URI, "https://b.example"})}),
        (Amendment(redirect_uris=Change(remove=frozenset({URI}))), {"redirect_uris": frozenset()}),
        (Amendment(scopes=Change(frozenset({"phone"}), frozenset({"email"}))), {"scopes": frozenset({"openid", "phone"})}),
        (Amendment(scopes=Change(frozenset({"email"}), frozenset({"email"}))), {}),
        (Amendment(vectors=("P5", "P0.Cp")), {"vectors": (Vector.parse("P5"), Vector.parse("P0.Cp"))}),
        (Amendment(im1_enabled=True), {"im1_enabled": True}),
        (Amendment(disabled=True), {"disabled": True}),
        (Amendment(audience_policy=AudiencePolicy.STRICT), {"audience_policy": AudiencePolicy.STRICT}),
        (Amendment(algorithm="RS256"), {"algorithm": "RS256"}),
        (Amendment(hands_over_to=Change(frozenset({"third", "partner"}))), {"hands_over_to": frozenset({"other", "third"})}),
        (Amendment(hands_over_to=Change(remove=frozenset({"other"}))), {"hands_over_to": frozenset()}),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_is_said_changes_and_nothing_else(client: Client, amendment: Amendment, changes: dict[str, object]) -> None:
    """Field by field; where something is added and removed at once it stays."""
    assert replace(client, **changes) == amended(client, amendment)  # type: ignore[arg-type]


def test_a_mark_is_taken_away(client: Client) -> None:
    """N6: False counts."""
    marked = replace(client, im1_enabled=True, disabled=True)

    assert client == amended(marked, Amendment(im1_enabled=False, disabled=False))


def test_every_field_can_be_changed_but_the_id(client: Client) -> None:
    """Nobody forgets a field that is new."""
    changeable = {field.name for field in fields(Amendment)} - {"keys_to_add", "keys_to_remove"} | {"keys"}

    assert {field.name for field in fields(Client)} - {"client_id"} == changeable


def test_a_key_is_added_behind_the_others(client: Client) -> None:
    """The newest last."""
    new = SigningKey.generate()

    assert (*client.keys, new.public_pem) == amended(client, Amendment(keys_to_add=(new.public_pem,))).keys


def test_a_key_is_removed_by_its_name_or_its_thumbprint(client: Client, partner_key: SigningKey, named: SigningKey) -> None:
    """A key from PEM has no name but its thumbprint."""
    assert frozenset({"old", named.kid}) == names_of(client.key_set.keys[1])
    assert frozenset({partner_key.kid}) == names_of(client.key_set.keys[0])
    for name in ("old", named.kid):
        assert client.keys[:1] == amended(client, Amendment(keys_to_remove=frozenset({name}))).keys
    assert client.keys[1:] == amended(client, Amendment(keys_to_remove=frozenset({partner_key.kid}))).keys


def test_a_key_is_exchanged_in_one_step(client: Client, partner_key: SigningKey) -> None:
    """The same key under another name, too."""
    renamed = json.dumps({**partner_key.public.published(), "kid": "new"})
    exchange = Amendment(keys_to_add=(renamed,), keys_to_remove=frozenset({partner_key.kid}))

    assert ["old", "new"] == [key.kid for key in amended(client, exchange).key_set.keys]


def test_what_is_not_there_is_not_removed_silently(client: Client) -> None:
    """All mistakes at once, each by its kind; nothing private is quoted."""
    slip = Change(remove=frozenset({"x"}))
    amendment = Amendment(
        redirect_uris=slip,
        scopes=slip,
        keys_to_remove=frozenset({"x"}),
        keys_to_add=("nonsense",),
        vectors=("P8",),
        hands_over_to=slip,
    )

    expected = (
        "partner: redirect URI 'x' is not registered.",
        "partner: scope 'x' is not registered.",
        "partner: there is no key 'x'.",
        "partner: a key cannot be used: this is neither a public key in PEM nor a JWK or JWK set.",
        "partner: a vector is none, such as P9.Cp.Cd is.",
        "partner: handing over to 'x' is not registered.",
    )
    assert expected == refused(client, amendment)


def test_long_slips_are_quoted_in_part(client: Client) -> None:
    """A sentence stays one."""
    told = refused(client, Amendment(scopes=Change(remove=frozenset({"x" * 201})), keys_to_remove=frozenset({"y" * 65})))

    assert (f"partner: scope {'x' * 200!a} is not registered.", f"partner: there is no key {'y' * 64!a}.") == told


def test_a_private_key_is_refused(client: Client) -> None:
    """Whoever adds one is told."""
    (reason,) = refused(client, Amendment(keys_to_add=(SigningKey.generate().private_pem,)))

    assert reason.startswith("partner: a key cannot be used: this is a private key")


def test_what_is_kept_in_one_spelling_is_found_again(client: Client) -> None:
    """Adding a kept key again would be told by the rules, since the spelling is one."""
    again = amended(client, Amendment(keys_to_add=(client.keys[0],)))

    assert client.keys[0] == again.keys[2] == as_kept(again.key_set.keys[0])
