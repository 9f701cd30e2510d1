"""An authenticator in software, as a browser would bring its answers (WebAuthn level 2); written from the standard."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

UP, UV, AT = 0x01, 0x04, 0x40


def text_of(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """What such a text stands for."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One key pair; each field may be bent to see who notices."""

    origin: str
    rp_id: str
    flags: int = UP | UV
    count: int = 0
    user: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: str) -> str:
        """The answer to `navigator.credentials.create`, as JSON."""
        asked = json.loads(options)
        self.user = bytes_of(asked["user"]["id"])
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(self._cose())
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(AT) + attested}
        return self._answer(
            clientDataJSON=self._client("webauthn.create", asked["challenge"]), attestationObject=cbor2.dumps(attestation)
        )

    def get(self, options: str) -> str:
        """The answer to `navigator.credentials.get`, as JSON; the count rises."""
        asked = json.loads(options)
        self.count += 1
        client, data = self._client("webauthn.get", asked["challenge"]), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=self.user)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, more: int) -> bytes:
        hashed = hashlib.sha256(self.rp_id.encode()).digest()
        return hashed + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _cose(self) -> dict[int, int | bytes]:
        numbers = self.key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def _answer(self, **response: bytes) -> str:
        parts = {name: text_of(raw) for name, raw in response.items()}
        return json.dumps({"id": text_of(self.id), "rawId": text_of(self.id), "type": "public-key", "response": parts})
