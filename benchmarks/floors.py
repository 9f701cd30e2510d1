"""The least that each endpoint can do: the same server, the same cryptography, one durable transaction with the same rows.

Nothing of `gpic.provider` is used here, nor of its storage; `python -m benchmarks.floors PORT FOLDER KEY` serves it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import sqlite3
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode

import uvicorn
import uvloop
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

TABLES: Final = """
    CREATE TABLE sessions (id TEXT PRIMARY KEY, subject TEXT);
    CREATE TABLE families (family TEXT PRIMARY KEY, subject TEXT, sealed BLOB, expires INTEGER);
    CREATE TABLE codes (code TEXT PRIMARY KEY, family TEXT, expires INTEGER, spent INTEGER);
    CREATE TABLE uses (jti TEXT PRIMARY KEY, expires INTEGER);
    CREATE TABLE refresh_tokens (token TEXT PRIMARY KEY, family TEXT, expires INTEGER);
    CREATE TABLE releases (subject TEXT PRIMARY KEY, at INTEGER);
    CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, pseudonym TEXT, event TEXT);
"""
LIFE: Final = 3600


class Floor:
    """Three endpoints without a protocol."""

    def __init__(self, folder: Path, key: RSAPrivateKey) -> None:
        self.key, self.public, self.cipher = key, key.public_key(), AESGCM(os.urandom(32))
        self.rows = sqlite3.connect(folder / "floor.sqlite", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
            self.rows.execute(f"PRAGMA {pragma}")
        self.rows.executescript(TABLES)

    async def hello(self, _request: Request) -> Response:
        """Nothing at all."""
        return PlainTextResponse("hello")

    async def authorize(self, request: Request) -> Response:
        """A look at the session, a sealed grant, a code."""
        state = parse_qs(request.url.query)["state"][0]
        code, family, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32), os.urandom(12)
        sealed = nonce + self.cipher.encrypt(nonce, json.dumps({"state": state, "scopes": ["openid"] * 5}).encode(), None)
        expires = int(time.time()) + LIFE
        self.rows.execute("BEGIN IMMEDIATE")
        self.rows.execute("SELECT subject FROM sessions WHERE id = ?", (request.headers["cookie"][:64],)).fetchone()
        self.rows.execute("INSERT INTO families VALUES (?, ?, ?, ?)", (family, "subject", sealed, expires))
        self.rows.execute("INSERT INTO codes VALUES (?, ?, ?, NULL)", (code, family, expires))
        self.rows.execute("COMMIT")
        return RedirectResponse(f"https://bench.example/callback?{urlencode({'code': code, 'state': state})}", 303)

    async def token(self, request: Request) -> Response:
        """One verification, two signatures, and the rows of a redemption."""
        form = parse_qs((await request.body()).decode())
        signed, _, signature = form["client_assertion"][0].rpartition(".")
        self.public.verify(unpadded(signature), signed.encode(), PKCS1v15(), SHA512())
        claims, code, expires = json.loads(unpadded(signed.partition(".")[2])), form["code"][0], int(time.time()) + LIFE
        self.rows.execute("BEGIN IMMEDIATE")
        self.rows.execute("INSERT INTO uses VALUES (?, ?)", (claims["jti"], expires))
        self.rows.execute("UPDATE codes SET spent = ? WHERE code = ? AND spent IS NULL", (expires, code))
        self.rows.execute("SELECT sealed FROM families WHERE family = ?", (code,)).fetchone()
        self.rows.execute("INSERT INTO refresh_tokens VALUES (?, ?, ?)", (secrets.token_urlsafe(32), code, expires))
        self.rows.execute("UPDATE families SET expires = ? WHERE family = ?", (expires, code))
        self.rows.execute("COMMIT")
        tokens = {name: self.signed({"sub": "subject", "exp": expires, "for": name}) for name in ("access_token", "id_token")}
        return Response(json.dumps(tokens), media_type="application/json")

    async def userinfo(self, request: Request) -> Response:
        """One verification, and the rows of a release."""
        token = request.headers["authorization"].removeprefix("Bearer ")
        signed, _, signature = token.rpartition(".")
        self.public.verify(unpadded(signature), signed.encode(), PKCS1v15(), SHA512())
        claims, now = json.loads(unpadded(signed.partition(".")[2])), int(time.time())
        self.rows.execute("BEGIN IMMEDIATE")
        self.rows.execute("SELECT family FROM families WHERE family = ?", (claims["sub"],)).fetchone()
        self.rows.execute("INSERT INTO releases VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at", (claims["sub"], now))
        self.rows.execute("INSERT INTO audit (at, pseudonym, event) VALUES (?, ?, 'released')", (now, claims["sub"]))
        self.rows.execute("COMMIT")
        return Response(json.dumps({**claims, "gp_linkage_key": "key"}), media_type="application/json")

    def signed(self, claims: dict[str, object]) -> str:
        """A compact JWS."""
        said = f"{padless(json.dumps({'alg': 'RS512', 'typ': 'JWT'}).encode())}.{padless(json.dumps(claims).encode())}"
        return f"{said}.{padless(self.key.sign(said.encode(), PKCS1v15(), SHA512()))}"


def padless(data: bytes) -> str:
    """Base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    """Out of base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def serve(port: int, folder: Path, key_file: Path) -> None:
    """Until it is told to stop."""
    key = load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - the key is the benchmark's own
    floor = Floor(folder, key)
    app = Starlette(
        routes=[
            Route("/hello", floor.hello),
            Route("/authorize", floor.authorize),
            Route("/token", floor.token, methods=["POST"]),
            Route("/userinfo", floor.userinfo),
        ]
    )
    config = uvicorn.Config(app, port=port, host="127.0.0.1", log_config=None, access_log=False, lifespan="off")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
