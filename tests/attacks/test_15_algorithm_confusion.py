"""Attack 15: a token that chooses how it is verified.

Without this in `src/gpic/jose/verify.py`:
    - if header.alg not in algorithms or header.alg not in HASHES:
    + if header.alg not in HASHES:
Without this in `src/gpic/jose/verify.py`:
    - if header.crit:
    + if False:
Without this in `src/gpic/jose/verify.py`:
    - raise SignatureWrong("no key made this signature")
    + return
"""

from __future__ import annotations

import base64
import hmac
import json
import time
import warnings
from collections.abc import Callable

import pytest
from joserfc import jwk, jwt
from joserfc.jws import JWSRegistry

from gpic.jose.keys import base64url
from tests.attacks.conftest import Scene
from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


def headed(op: Op, **header: object) -> str:
    """A good assertion under another header, its signature as it was."""
    head, payload, signature = op.assertion().split(".")
    changed = json.loads(base64.urlsafe_b64decode(head + "==")) | header
    return f"{base64url(json.dumps(changed).encode())}.{payload}.{signature}"


def claims_of(op: Op) -> dict[str, object]:
    """What a good assertion says."""
    now = int(time.time())
    return {"iss": op.client_id, "sub": op.client_id, "aud": f"{op.issuer}/token", "iat": now, "exp": now + 60, "jti": str(now)}


def signed(op: Op, algorithm: str, **header: object) -> str:
    """Signed with the right key in another way."""
    private = jwk.RSAKey.import_key(op.keys.partner.private_pem)
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jwt.encode({"alg": algorithm, **header}, claims_of(op), private, registry=registry)


def by_the_public_key(op: Op) -> str:
    """HS512, with the client's registered key as the shared secret."""
    head = base64url(json.dumps({"alg": "HS512"}).encode())
    text = f"{head}.{base64url(json.dumps(claims_of(op)).encode())}"
    return f"{text}.{base64url(hmac.digest(op.keys.partner.public_pem.encode(), text.encode(), 'sha512'))}"


def critical(op: Op) -> str:
    """A header that demands an extension, signed well."""
    private = op.keys.partner
    from gpic.jose.sign import sign

    head = base64url(json.dumps({"alg": "RS512", "crit": ["b64"], "b64": True}).encode())
    text = f"{head}.{base64url(json.dumps(claims_of(op)).encode())}"
    assert sign({"iss": "x"}, private)
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA512

    return f"{text}.{base64url(private.rsa.sign(text.encode(), PKCS1v15(), SHA512()))}"


FORGERIES: dict[str, Callable[[Op], str]] = {
    "none": lambda op: headed(op, alg="none").rpartition(".")[0] + ".",
    "NONE-with-signature": lambda op: headed(op, alg="None"),
    "hs512": by_the_public_key,
    "rs256": lambda op: signed(op, "RS256"),
    "rs384": lambda op: signed(op, "RS384"),
    "ps512": lambda op: signed(op, "PS512"),
    "renamed": lambda op: headed(op, alg="PS512"),
    "crit": critical,
    "other-header": lambda op: headed(op, typ="other"),
    "no-alg": lambda op: headed(op, alg=""),
    "alg-is-a-list": lambda op: headed(op, alg=["RS512"]),
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_only_the_registered_algorithm_is_admitted(scene: Scene, forgery: str) -> None:
    """invalid_client with the text of every other one; the reason stands in the log, the code is as good as before."""
    op, before = scene.op, await scene.releases()
    code = (await op.authorize()).code
    answer = await op.redeem(code, client_assertion=FORGERIES[forgery](op))

    assert (400, "invalid_client") == (answer.status_code, answer.json()["error"])
    assert scene.log.says("refused", code="invalid_client")
    assert 200 == (await op.redeem(code)).status_code
    assert before == await scene.releases()
