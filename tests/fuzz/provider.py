"""What browsers and partners send to the provider: queries, forms, headers, JWTs, whatever stands in them."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512
from starlette.applications import Starlette

from gpic.jose.assertions import ASSERTION_TYPE
from gpic.jose.errors import KeyInvalid, TokenRefused
from gpic.jose.keys import KeyRing, KeySet, SigningKey, base64url
from gpic.jose.registered import registered_keys
from gpic.jose.sign import seconds
from gpic.jose.verify import ClaimsPolicy, includes, unverified_issuer, verify
from gpic.nhs.trust import VectorInvalid, parse_vtr
from gpic.provider.cookies import Cookies
from gpic.provider.endpoints import routes
from gpic.provider.policy import ProviderPolicy
from gpic.provider.sign_in_limits import caller
from tests.fuzz.bending import any_of, queries, texts_like
from tests.fuzz.target import Target
from tests.unit.provider.world import BROWSER, CALLBACK, GOOD, ISSUER, NOW, World

KEY, RING = SigningKey.generate(), KeyRing(SigningKey.generate())
FORM: Final = b"application/x-www-form-urlencoded"
COOKIES: Final = Cookies.of(ProviderPolicy(ISSUER))
#: Alice's browser: she is signed in and shares everything, so that most of a request's way is walked.
COOKIE: Final = f"{COOKIES.session}=session; {COOKIES.browser}={BROWSER}".encode()
ASKED: Final = (
    "prompt", "vtr", "display", "max_age", "login_hint", "ui_locales", "id_token_hint", "acr_values", "claims", "request",
    "request_uri", "response_mode", "registration", "code_challenge", "code_challenge_method", "asserted_login_identity",
    "resource", "dpop_jkt", "response_type", "scope", "allow_registration", "fidoUafMinorVersion",
)  # fmt: skip
CLAIMS: Final[dict[str, object]] = {
    "iss": "partner",
    "sub": "partner",
    "aud": f"{ISSUER}/token",
    "jti": "jti-1",
    "iat": seconds(NOW),
    "nbf": seconds(NOW),
    "exp": seconds(NOW) + 60,
    "code": "family",
}
HEAD: Final[dict[str, object]] = {
    "alg": "RS512",
    "typ": "JWT",
    "kid": KEY.kid,
    "crit": [],
    "jwk": {},
    "x5u": "https://evil.example",
}


class ServerError(AssertionError):
    """The provider answered 5xx."""


def called(method: str, path: str, *, query: bytes = b"", body: bytes = b"", headers: dict[bytes, bytes] | None = None) -> int:
    """What a provider of its own answers to bytes as they are; no client stands between that would make them better."""
    world = World(KEY, RING)
    world.sign_alice_in()
    world.let_alice_share()
    status = asyncio.run(_called(world, method, path, query, body, headers or {}))
    if status >= 500:
        raise ServerError(f"{method} {path}: {status}")
    return status


async def _called(world: World, method: str, path: str, query: bytes, body: bytes, headers: dict[bytes, bytes]) -> int:
    await world.keep_code()
    sent: list[int] = []
    whole: dict[str, object] = {"type": "http.request", "body": body, "more_body": False}
    gone: dict[str, object] = {"type": "http.disconnect"}
    parts = iter((whole, gone))

    async def receive() -> dict[str, object]:
        return next(parts)

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            sent.append(int(str(message["status"])))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "https", "path": path,
        "raw_path": path.encode(), "query_string": query, "root_path": "", "client": ("203.0.113.9", 1), "server": ("h", 443),
        "headers": [(b"host", b"auth.example"), *({b"content-type": FORM, b"cookie": COOKIE} | headers).items()],
    }  # fmt: skip
    await Starlette(routes=list(routes(world.provider)))(scope, receive, send)  # type: ignore[arg-type] # a scope is a dictionary
    return sent[0]


def signed(head: bytes, payload: bytes) -> str:
    """Any two texts under the partner's own signature: behind it nothing may be believed either."""
    text = f"{base64url(head)}.{base64url(payload)}"
    return f"{text}.{base64url(KEY.rsa.sign(text.encode(), PKCS1v15(), SHA512()))}"


def token_form(assertion: str) -> bytes:
    """A redemption with this assertion."""
    from urllib.parse import urlencode

    form = {"grant_type": "authorization_code", "code": "code", "redirect_uri": CALLBACK}
    return urlencode(form | {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}).encode()


def redeems(made: Callable[[bytes], str]) -> Callable[[bytes], int]:
    """/token with the assertion that is made of the input."""
    return lambda data: called("POST", "/token", body=token_form(made(data)))


def asserted(data: bytes) -> int:
    """/authorize with an identity that a partner asserts, well signed."""
    from urllib.parse import urlencode

    query = urlencode([*GOOD.items(), ("prompt", "none"), ("asserted_login_identity", signed(json.dumps(HEAD).encode(), data))])
    return called("GET", "/authorize", query=query.encode())


def verified(data: bytes) -> object:
    """Any text as a token."""
    text = data.decode("latin-1")
    policy = ClaimsPolicy(issuer="partner", audience=includes(f"{ISSUER}/token"), now=NOW)
    unverified_issuer(text)
    return verify(text, KeySet((KEY.public,)), policy)


GOOD_TOKEN: Final = signed(json.dumps(HEAD).encode(), json.dumps(CLAIMS).encode()).encode()
JWK: Final[object] = {"keys": [KEY.public.published()]}

TARGETS: Final = (
    Target("authorize-query", queries(tuple(GOOD.items()), ASKED), lambda data: called("GET", "/authorize", query=data)),
    Target("authorize-form", queries(tuple(GOOD.items()), ASKED), lambda data: called("POST", "/authorize", body=data)),
    Target(
        "token-form",
        queries(
            (("grant_type", "authorization_code"), ("code", "code"), ("redirect_uri", CALLBACK), ("client_assertion", "x")),
            ("client_id", "refresh_token", "scope", "code_verifier", "client_assertion_type", "grant_type", "client_secret"),
        ),
        lambda data: called("POST", "/token", body=data),
    ),
    Target("assertion-claims", any_of(CLAIMS), redeems(functools.partial(signed, json.dumps(HEAD).encode()))),
    Target("assertion-header", any_of(HEAD), redeems(lambda data: signed(data, json.dumps(CLAIMS).encode()))),
    Target("asserted-identity", any_of(CLAIMS), asserted),
    Target("jwt", texts_like(GOOD_TOKEN, b"a.b.c", b"." * 9_000), verified, (TokenRefused,)),
    Target(
        "vtr", any_of(["P9.Cp.Cd", "P5.Cm", "P0.Cp"]), lambda data: parse_vtr(data.decode("utf-8", "replace")), (VectorInvalid,)
    ),
    Target(
        "userinfo-header",
        texts_like(b"Bearer " + GOOD_TOKEN, b"bearer x", b"Basic eDp5", b"DPoP x"),
        lambda data: called("GET", "/userinfo", headers={b"authorization": data}),
    ),
    Target(
        "userinfo-change",
        any_of({"client_user_metadata": "x"}, {"client_user_metadata": "auto"}),
        lambda data: called("PATCH", "/userinfo", body=data, headers={b"content-type": b"application/json"}),
    ),
    Target("cookie", texts_like(COOKIE), lambda data: called("GET", "/authorize", query=b"x=1", headers={b"cookie": data})),
    Target(
        "forwarded-for",
        texts_like(b"203.0.113.9, 10.0.0.1, ::ffff:10.0.0.2, [::1]:8080, unknown"),
        lambda data: caller("10.0.0.1", data.decode("latin-1"), ("10.0.0.0/8", "::/0")),
    ),
    Target(
        "client-keys",
        any_of(JWK) | texts_like(KEY.public_pem.encode(), KEY.private_pem.encode()),
        lambda data: registered_keys(data.decode("utf-8", "replace")),
        (KeyInvalid,),
    ),
)
