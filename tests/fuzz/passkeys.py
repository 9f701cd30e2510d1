"""What an authenticator brings: CBOR in base64 in JSON, bent in its innermost."""

from __future__ import annotations

import asyncio
import json
from typing import Final

import cbor2
from hypothesis import strategies as st

from gpic.nhs.clock import Clocks
from gpic.provider.accounts import SignInSecrets
from gpic.provider.identity.passkeys import PasskeyDesk
from gpic.storage.provider import memory
from tests.fuzz.bending import any_of, bent_text
from tests.fuzz.target import Target
from tests.unit.provider.authenticator import Authenticator, bytes_of, text_of
from tests.unit.provider.world import ALICE, ISSUER

CHALLENGE: Final = bytes(32)
OPTIONS: Final = json.dumps({"user": {"id": text_of(ALICE.subject.encode())}, "challenge": text_of(CHALLENGE)})
GOOD: Final = Authenticator(ISSUER, "auth.example").create(OPTIONS)
#: Forms of attestation that nobody asked for, each of which a library reads in a way of its own.
STATEMENTS: Final[tuple[dict[str, object], ...]] = (
    {},
    {"alg": -7, "sig": b"x"},
    {"alg": -7, "sig": b"x", "x5c": [b"\x30\x03\x02\x01\x01"]},
    {"ver": "2.0", "alg": -257, "sig": b"x", "certInfo": b"x" * 40, "pubArea": b"x" * 40, "x5c": [b"x"]},
    {"response": b"a.b.c", "ver": "1"},
)
FORMATS: Final = ("none", "packed", "fido-u2f", "tpm", "android-key", "android-safetynet", "apple", "nobody")


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """A registration whose attestation, or one of whose parts, is bent."""
    whole = json.loads(GOOD)
    attestation = cbor2.loads(bytes_of(whole["response"]["attestationObject"]))
    attestation |= {"fmt": draw(st.sampled_from(FORMATS)), "attStmt": draw(st.sampled_from(STATEMENTS))}
    if draw(st.booleans()):
        attestation["authData"] = draw(bent_text([attestation["authData"]]))
    parts = {"attestationObject": cbor2.dumps(attestation), "clientDataJSON": bytes_of(whole["response"]["clientDataJSON"])}
    name = draw(st.sampled_from(sorted(parts)))
    parts[name] = draw(bent_text([parts[name]])) if draw(st.booleans()) else parts[name]
    whole["response"] |= {part: text_of(raw) for part, raw in parts.items()}
    return json.dumps(whole).encode()


def brought(data: bytes) -> None:
    """Once to make a passkey, once to sign in with it."""
    text = data.decode("utf-8", "replace")

    async def tried() -> None:
        cabinets = memory.cabinets(Clocks())
        await cabinets.accounts.put(ALICE, SignInSecrets("a hash"))
        desk = PasskeyDesk(ISSUER, cabinets.accounts, cabinets.passkeys)
        await desk.add(ALICE, CHALLENGE, text, "a device")
        await desk._owner(CHALLENGE, text)

    asyncio.run(tried())


TARGETS: Final = (Target("passkey", answers() | any_of(json.loads(GOOD)), brought),)
