"""Clause 5: the userinfo endpoint (`nhs-login.md` §5)."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def access_token(op: Op, scope: str = "openid client_metadata") -> str:
    """One that was just issued."""
    return (await op.tokens(await op.authorize(scope=scope)))["access_token"]


@pytest.mark.parametrize(
    ("authorization", "status", "error"),
    [
        ("", 401, ""),
        ("Bearer nonsense", 401, "invalid_token"),
        ("Bearer a.b.c", 401, "invalid_token"),
        ("Basic eDp5", 401, ""),
    ],
)
async def test_whoever_has_no_token_is_told_so(op: Op, authorization: str, status: int, error: str) -> None:
    """RFC 6750 §3: a challenge, which names an error only where a token was shown."""
    headers = {"Authorization": authorization} if authorization else {}
    response = await op.http.get(f"{op.issuer}/userinfo", headers=headers)
    challenge = response.headers["www-authenticate"]

    assert status == response.status_code
    assert challenge.startswith("Bearer")
    assert bool(error) == ("error=" in challenge)
    assert error in challenge


async def test_an_id_token_is_no_access_token(op: Op) -> None:
    """Both are signed with the same key."""
    tokens = await op.tokens(await op.authorize())

    assert 401 == (await op.userinfo(tokens["id_token"])).status_code


async def test_a_token_in_the_query_is_refused(op: Op) -> None:
    """Attack 24: alone or beside the header."""
    token = await access_token(op)
    alone = await op.http.get(f"{op.issuer}/userinfo", params={"access_token": token})
    both = await op.http.get(
        f"{op.issuer}/userinfo", params={"access_token": token}, headers={"Authorization": f"Bearer {token}"}
    )

    assert [400, 400] == [alone.status_code, both.status_code]
    assert "invalid_request" == both.json()["error"]


async def patch(op: Op, token: str, content: object) -> int:
    """Set what the partner keeps with NHS login."""
    response = await op.http.patch(
        f"{op.issuer}/userinfo",
        json={"client_user_metadata": content},
        headers={"Authorization": f"Bearer {token}"},
    )
    return response.status_code


async def metadata(op: Op, token: str) -> object:
    """What NHS login gives back of it."""
    return (await op.userinfo(token)).json().get("client_user_metadata")


async def test_metadata_is_kept_and_cleared(op: Op) -> None:
    """204; the empty string clears, and a cleared claim is left out."""
    token = await access_token(op)

    assert 204 == await patch(op, token, "opaque")
    assert "opaque" == await metadata(op, token)
    assert 204 == await patch(op, token, "")
    assert None is await metadata(op, token)


async def test_metadata_can_be_made_by_nhs_login(op: Op) -> None:
    """`auto`: a fresh secret each time, for the client's key alone."""
    token = await access_token(op)
    made = []
    for _ in range(2):
        assert 204 == await patch(op, token, "auto")
        made.append(await metadata(op, token))

    assert 2 == len(set(made))
    assert all(isinstance(one, str) and len(one) == 342 for one in made)  # 256 bytes in base64url without padding


@pytest.mark.parametrize(("content", "status"), [("x" * 1024, 204), ("x" * 1025, 400), (5, 400), (None, 400)])
async def test_metadata_has_its_bounds(op: Op, content: object, status: int) -> None:
    """1024 characters at most, and text."""
    assert status == await patch(op, await access_token(op), content)


async def test_metadata_needs_its_scope(op: Op) -> None:
    """403 insufficient_scope."""
    assert 403 == await patch(op, await access_token(op, "openid"), "x")


async def test_metadata_is_one_partners(op: Op) -> None:
    """Another client of the same person sees its own."""
    await patch(op, await access_token(op), "mine")
    op.client_id = "conformance-2"

    assert "mine" != await metadata(op, await access_token(op))
