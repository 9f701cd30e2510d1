"""Attack 26: input so large, so deep or so weak that working on it is the harm.

Without this in `src/gpic/provider/endpoints.py`:
    - if len(body) > self.provider.policy.largest_form:
    + if False:
nor this in `src/gpic/provider/endpoints.py`:
    - if len(text) > self.provider.policy.largest_form:
    + if False:
Without this in `src/gpic/jose/verify.py`:
    - if len(token) > LONGEST_TOKEN:
    + if False:
Without this in `src/gpic/jose/keys.py`:
    - if not SMALLEST_KEY <= self.rsa.key_size <= LARGEST_KEY or self.rsa.public_numbers().e > LARGEST_EXPONENT:
    + if False:
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import base64url
from gpic.jose.registered import registered_keys
from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("path", ["/token", "/userinfo", "/authorize"])
async def test_a_giant_form_is_refused_before_it_is_read(scene: Scene, path: str) -> None:
    """400 (a page at /authorize), and one line in the log."""
    answer = await scene.op.http.post(scene.op.issuer + path, content=b"a=" + b"x" * 100_000, headers=FORM)

    assert 400 == answer.status_code
    assert "the body is too large" in scene.log.details


async def test_too_many_fields_are_refused(scene: Scene) -> None:
    """129 of them."""
    form = b"&".join(b"a%d=1" % number for number in range(129))
    answer = await scene.op.http.post(f"{scene.op.issuer}/token", content=form, headers=FORM)

    assert (400, "invalid_request") == (answer.status_code, answer.json()["error"])
    assert "there are too many fields" in scene.log.details


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("e30." + "A" * 20_000 + ".AAAA", "TokenMalformed: the token is too long"),
        (base64url(b"{}") + "." + base64url(b"[" * 12_000) + ".AAAA", "TokenMalformed: "),
        (base64url(b'{"alg":' + b"[" * 9_000) + ".e30.AAAA", "TokenMalformed: "),
        (base64url(b'{"alg":"RS512"}') + "." + base64url(b'{"a":' * 2_400) + ".AAAA", "TokenMalformed: the payload is not"),
        ("." * 10_000, "TokenMalformed: the token is not a compact JWS"),
    ],
    ids=["long", "deep-payload", "deep-header", "deep-objects", "dots"],
)
async def test_a_token_that_is_too_long_or_too_deep_is_refused(scene: Scene, token: str, reason: str) -> None:
    """invalid_client; nothing recurses to its end."""
    answer = await scene.op.redeem("no code", client_assertion=token)

    assert (400, "invalid_client") == (answer.status_code, answer.json()["error"])
    assert any(str(detail).startswith(reason) for detail in scene.log.details)


def test_weak_and_giant_keys_are_not_registered() -> None:
    """1024 bits are soon broken; an exponent of 2^33 or more is slow to verify with."""
    for key in (generate_private_key(65_537, 1024),):  # noqa: S505 - weak is what it is about
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(KeyInvalid, match="2048 to 8192 bits"):
            registered_keys(pem)
