"""Clause 6: what stands in the tokens (`nhs-login.md` §6)."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op, header_of

pytestmark = pytest.mark.anyio

OF_THE_PERSON = {"nhs_number", "family_name", "birthdate", "identity_proofing_level"}
OF_EVERY_ID_TOKEN = {"iss", "sub", "aud", "exp", "iat", "jti", "auth_time", "nonce", "vot", "vtm"}
OF_EVERY_ACCESS_TOKEN = {"iss", "sub", "aud", "exp", "iat", "jti", "scope", "auth_time", "vot", "vtm"}


@pytest.mark.parametrize(("scope", "more"), [("openid", set[str]()), ("openid profile", OF_THE_PERSON)])
async def test_the_id_token_holds_just_this(op: Op, scope: str, more: set[str]) -> None:
    """The person's claims with scope `profile` only."""
    claims = await op.read((await op.tokens(await op.authorize(scope=scope)))["id_token"])

    assert OF_EVERY_ID_TOKEN | more == set(claims)


@pytest.mark.parametrize(("scope", "more"), [("openid", set[str]()), ("openid profile", {"nhs_number"})])
async def test_the_access_token_holds_this(op: Op, scope: str, more: set[str]) -> None:
    """The NHS number with scope `profile` only."""
    claims = await op.read((await op.tokens(await op.authorize(scope=scope)))["access_token"])

    assert OF_EVERY_ACCESS_TOKEN | more <= set(claims)
    assert "nhs_number" in more or "nhs_number" not in claims


async def test_headers_name_no_key_but_by_id(op: Op) -> None:
    """Never jku, jwk, x5u, x5c."""
    tokens = await op.tokens(await op.authorize())

    for name in ("id_token", "access_token"):
        header = header_of(tokens[name])
        assert {"alg", "typ", "kid"} == set(header)
        assert "RS512" == header["alg"]


async def test_sub_is_short_ascii_and_tells_nothing(op: Op) -> None:
    """255 characters at most; N1: not the NHS number, nor derived from it by anything that anybody could see."""
    claims = await op.read((await op.tokens(await op.authorize(scope="openid profile")))["id_token"])
    sub = str(claims["sub"])

    assert sub.isascii()
    assert 16 <= len(sub) <= 255
    assert str(claims["nhs_number"]) not in sub


async def test_no_two_tokens_have_one_jti(op: Op) -> None:
    """ID and access tokens of two logins."""
    found = []
    for _ in range(2):
        tokens = await op.tokens(await op.authorize())
        found += [(await op.read(tokens[name]))["jti"] for name in ("id_token", "access_token")]

    assert 4 == len(set(found))


async def test_lifetimes_are_the_specifications(op: Op) -> None:
    """ID token 60 minutes, access token 5."""
    tokens = await op.tokens(await op.authorize())
    lives = []
    for name in ("id_token", "access_token"):
        claims = await op.read(tokens[name])
        lives.append(int(str(claims["exp"])) - int(str(claims["iat"])))

    assert [3600, 300] == lives
