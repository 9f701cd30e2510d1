"""Attack 16: a token that brings the key that it is to be verified with, or a name that leads somewhere.

Without this in `src/gpic/jose/verify.py`:
    - candidates = keys.candidates(header.kid)
    + candidates = keys.candidates(header.kid)
    + candidates = KeySet.from_jwks(msgspec.json.encode({"keys": [header.jwk]})).keys if header.jwk else candidates
nor this in `src/gpic/jose/verify.py`:
    - kid: str = ""
    - crit: msgspec.Raw = msgspec.Raw()
    + kid: str = ""
    + jwk: dict = {}
    + crit: msgspec.Raw = msgspec.Raw()
"""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512

from gpic.jose.keys import SigningKey, base64url
from tests.attacks.conftest import Scene
from tests.conformance.op import Op

pytestmark = pytest.mark.anyio

OWN = SigningKey.generate()


def made(op: Op, **header: object) -> str:
    """An assertion in the client's name, with the attacker's key and this header."""
    now = int(time.time())
    claims = {"iss": op.client_id, "sub": op.client_id, "aud": f"{op.issuer}/token", "exp": now + 60, "jti": str(now)}
    parts = (json.dumps({"alg": "RS512"} | header), json.dumps(claims))
    text = ".".join(base64url(part.encode()) for part in parts)
    return f"{text}.{base64url(OWN.rsa.sign(text.encode(), PKCS1v15(), SHA512()))}"


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": OWN.public.published()},
        {"jwk": OWN.public.published(), "kid": OWN.kid},
        {"x5c": ["MIIB"]},
        {"kid": "../../../../dev/null"},
        {"kid": "x' UNION SELECT 'key"},
        {"kid": "k" * 4000},
        {"kid": ""},
    ],
    ids=["jwk", "jwk-and-kid", "x5c", "path", "sql", "endless", "empty"],
)
async def test_no_header_adds_a_key(scene: Scene, header: dict[str, object]) -> None:
    """invalid_client; the log says that no registered key made the signature; the code is not spent."""
    op = scene.op
    code = (await op.authorize()).code
    answer = await op.redeem(code, client_assertion=made(op, **header))

    assert (400, "invalid_client") == (answer.status_code, answer.json()["error"])
    assert f"SignatureWrong: no key made this signature (client {op.client_id})" in scene.log.details
    assert 200 == (await op.redeem(code)).status_code


async def test_no_address_in_a_header_is_ever_asked(scene: Scene) -> None:
    """Jku and x5u name a listener to which nobody comes."""
    came = asyncio.Event()

    async def visited(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        writer.close()

    async with await asyncio.start_server(visited, "127.0.0.1", 0) as listening:
        address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/keys.json"
        answers = [await scene.op.redeem("any", client_assertion=made(scene.op, **{name: address})) for name in ("jku", "x5u")]

    assert ["invalid_client"] * 2 == [answer.json()["error"] for answer in answers]
    assert not came.is_set()
