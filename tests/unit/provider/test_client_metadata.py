"""What a partner keeps with us about a person: PATCH /userinfo, and the claim."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA1
from hypothesis import given
from hypothesis import strategies as st

from gpic.jose.keys import SigningKey, base64url
from gpic.nhs.trust import ProofingLevel
from gpic.provider.errors import AccessTokenInvalid, UserinfoRequestInvalid, UserinfoScopeInsufficient
from gpic.provider.randomness import random_number
from gpic.provider.userinfo.client_metadata import LONGEST, asked_to_keep, to_keep
from tests.unit.provider.world import ALL_SCOPES, ISSUER, NOW, World

pytestmark = pytest.mark.anyio


@pytest.fixture
def sharing(world: World) -> World:
    """Alice shares everything with the partner."""
    world.let_alice_share()
    return world


async def token(world: World, scopes: str = "openid client_metadata") -> str:
    """A fresh access token."""
    return (await world.redeemed(scopes=frozenset(scopes.split()))).access_token


def patch(text: object) -> bytes:
    """The body of a PATCH."""
    return json.dumps({"client_user_metadata": text}).encode()


def read_by(key: SigningKey, text: str) -> bytes:
    """The number, as its owner reads it."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return key.rsa.decrypt(raw, OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None))  # noqa: S303 - the hash that OAEP means by default


@pytest.mark.parametrize("level", ProofingLevel)
async def test_a_text_is_kept_and_given_as_a_claim(sharing: World, level: ProofingLevel) -> None:
    """§4, §5: at every level; left out before there is one."""
    sharing.change_alice(level=level)
    access = await token(sharing)
    assert "client_user_metadata" not in await sharing.userinfo.answer(access)

    await sharing.userinfo.change(access, patch("an opaque text"))

    expected = {"iss": ISSUER, "sub": "alice", "aud": "partner", "client_user_metadata": "an opaque text"}
    assert expected == await sharing.userinfo.answer(access)
    assert {("alice", "partner"): "an opaque text"} == sharing.client_metadata.texts


async def test_an_empty_text_clears_it(sharing: World) -> None:
    """§5: and the claim is left out, not empty."""
    access = await token(sharing)
    await sharing.userinfo.change(access, patch("a text"))

    await sharing.userinfo.change(access, patch(""))

    assert "client_user_metadata" not in await sharing.userinfo.answer(access)


async def test_auto_makes_a_number_that_only_the_client_reads(sharing: World) -> None:
    """§5: PKCS1-OAEP with the client's key, base64url; each time anew, a fresh number."""
    access = await token(sharing)
    await sharing.userinfo.change(access, patch("auto"))
    first = str((await sharing.userinfo.answer(access))["client_user_metadata"])
    await sharing.userinfo.change(access, patch("auto"))
    second = str((await sharing.userinfo.answer(access))["client_user_metadata"])

    assert 32 == len(read_by(sharing.key, first))
    assert read_by(sharing.key, first) != read_by(sharing.key, second)


async def test_only_the_word_itself_asks_for_a_number(sharing: World) -> None:
    """Any other spelling is a text like others."""
    access = await token(sharing)
    for text in ("Auto", " auto", "automatic"):
        await sharing.userinfo.change(access, patch(text))
        assert text == (await sharing.userinfo.answer(access))["client_user_metadata"]


async def test_a_number_is_encrypted_with_the_newest_key(sharing: World) -> None:
    """The client will have it for longest."""
    newest = SigningKey.generate()
    sharing.change_client(keys=(sharing.key.public_pem, newest.public_pem))

    text = to_keep("auto", sharing.clients.by_id["partner"], lambda: b"7")

    assert b"7" == read_by(newest, text)


@pytest.mark.parametrize(("bits", "is_kept"), [(6144, True), (6152, False)])
async def test_a_number_that_would_be_too_long_is_refused(sharing: World, bits: int, *, is_kept: bool) -> None:
    """1024 characters hold what a key of 6144 bits encrypts, and no more."""
    modulus = (1 << (bits - 1)) + 1  # nobody has its private half, and nobody needs it
    jwk = {"kty": "RSA", "kid": "large", "e": "AQAB", "n": base64url(modulus.to_bytes(bits // 8))}
    sharing.change_client(keys=(json.dumps(jwk),))
    client = sharing.clients.by_id["partner"]

    if is_kept:
        assert LONGEST == len(to_keep("auto", client, random_number))
    else:
        with pytest.raises(UserinfoRequestInvalid) as told:
            to_keep("auto", client, random_number)
        assert "The client's key is too large for a number encrypted with it to be kept" == told.value.sentence


@pytest.mark.parametrize("letter", ["a", "ä", "🙂", "\x00", '"'])
def test_a_text_has_1024_characters_at_most(letter: str) -> None:
    """§5: characters, not bytes."""
    assert letter * LONGEST == asked_to_keep(patch(letter * LONGEST))
    with pytest.raises(UserinfoRequestInvalid) as told:
        asked_to_keep(patch(letter * (LONGEST + 1)))

    assert ("invalid_request", 400) == (told.value.code, told.value.status)
    assert "client_user_metadata has more than 1024 characters" == told.value.sentence


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'"auto"',
        b"null",
        patch(None),
        patch(1),
        patch(["auto"]),
        b'{"client_user_metadata": "a", "nhs_number": "9990001138"}',
        b'{"client_user_metadata": "\\ud800"}',
        b'{"client_user_metadata": "\xff"}',
        b"[" * 5000,
        b'{"client_user_metadata": "a"',
    ],
    ids=lambda body: str(body[:40]),
)
def test_nothing_else_can_be_patched(body: bytes) -> None:
    """§5: JSON with one text; the refusal quotes nothing of it."""
    with pytest.raises(UserinfoRequestInvalid) as told:
        asked_to_keep(body)

    assert "The body must be JSON with client_user_metadata, a text, and nothing else" == told.value.sentence
    assert None is told.value.__cause__


@given(st.binary(max_size=80))
def test_no_body_breaks_the_reader(body: bytes) -> None:
    """Anything is a text or a refusal."""
    try:
        asked_to_keep(body)
    except UserinfoRequestInvalid:
        return


@given(st.text(max_size=LONGEST))
def test_every_text_of_that_length_is_taken(text: str) -> None:
    """Opaque: no character is special."""
    assert text == asked_to_keep(msgspec.json.encode({"client_user_metadata": text}))


@pytest.mark.parametrize("scopes", ["openid", "openid profile", "openid email phone"])
async def test_changing_needs_the_scope(sharing: World, scopes: str) -> None:
    """§5: 403, and nothing is kept."""
    with pytest.raises(UserinfoScopeInsufficient) as told:
        await sharing.userinfo.change(await token(sharing, scopes), patch("a text"))

    assert ("insufficient_scope", 403, "The access token lacks the scope client_metadata") == (
        told.value.code,
        told.value.status,
        told.value.sentence,
    )
    assert {} == sharing.client_metadata.texts


async def test_the_claim_needs_the_scope(sharing: World) -> None:
    """§4: what was kept is not given to a token without it."""
    await sharing.userinfo.change(await token(sharing), patch("a text"))

    assert "client_user_metadata" not in await sharing.userinfo.answer(await token(sharing, "openid"))


async def test_who_no_longer_shares_is_neither_read_nor_changed(sharing: World) -> None:
    """N6: at the next request, the live access token included; what was kept is there when the person agrees anew."""
    access = await token(sharing)
    await sharing.userinfo.change(access, patch("a text"))
    await sharing.consents.withdraw("alice", "partner", NOW)

    assert "client_user_metadata" not in await sharing.userinfo.answer(access)
    with pytest.raises(UserinfoScopeInsufficient):
        await sharing.userinfo.change(access, patch("another"))
    sharing.let_alice_share()
    assert "a text" == (await sharing.userinfo.answer(access))["client_user_metadata"]


async def test_a_scope_that_is_taken_from_the_client_is_gone_at_once(sharing: World) -> None:
    """N6: what an operator takes away ends with the next request, for reading and for changing, and in what is refreshed."""
    reply = await sharing.redeemed(scopes=frozenset({"openid", "email", "client_metadata"}))
    await sharing.userinfo.change(reply.access_token, patch("a text"))
    sharing.change_client(scopes=ALL_SCOPES - {"client_metadata", "email"})

    assert {"iss", "sub", "aud"} == set(await sharing.userinfo.answer(reply.access_token))
    with pytest.raises(UserinfoScopeInsufficient):
        await sharing.userinfo.change(reply.access_token, patch("another"))
    form = sharing.form(grant_type="refresh_token", code=None, refresh_token=reply.refresh_token)
    assert "openid" == (await sharing.token.grant(form)).scope


async def test_each_client_has_its_own_text(sharing: World) -> None:
    """§5: kept for a person and a client."""
    sharing.client_metadata.texts["alice", "other"] = "not yours"
    sharing.client_metadata.texts["bob", "partner"] = "not hers"

    assert "client_user_metadata" not in await sharing.userinfo.answer(await token(sharing))


async def test_a_bad_token_changes_nothing(sharing: World) -> None:
    """Nor does one of a client that is disabled."""
    with pytest.raises(AccessTokenInvalid):
        await sharing.userinfo.change("nonsense", patch("a text"))
    access = await token(sharing)
    sharing.change_client(disabled=True)
    with pytest.raises(AccessTokenInvalid):
        await sharing.userinfo.change(access, patch("a text"))

    assert {} == sharing.client_metadata.texts
