"""Attacks by what NHS login seems to say: ID tokens, userinfo, keys and its description of itself (R13, attacks 32 to 36)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from gpic.examiner.between import DISCOVERY, JWKS, TOKEN, USERINFO, Alter
from gpic.examiner.case import SURGERIES, Case
from gpic.examiner.checks import Check
from gpic.examiner.forgery import ELSEWHERE, Forger, Rewrite, Words, in_id_token, in_json
from gpic.examiner.verdicts import Failed, NotSeen
from gpic.sandbox.browser import Page

Forge = Callable[[Forger, str], str]

OTHER_KID: Final = "examined"
PAUSE: Final = 2.0  #: seconds between two looks whether a service knows the new key
LOGINS: Final = 4


def refuses_a_token(forge: Forge) -> Callable[[Case], None]:
    """A check whether nobody is connected by an ID token like this, and no GP system asked on its word."""

    def run(case: Case) -> None:
        refuses(case, {TOKEN: in_id_token(lambda token: forge(case.forger, token))})

    return run


def refuses_claims(rewrite: Rewrite) -> Callable[[Case], None]:
    """As `refuses_a_token`, where the claims are others and the signature is right."""
    return refuses_a_token(lambda forger, token: forger.rewritten(token, rewrite))


def refuses(case: Case, bodies: dict[str, Alter]) -> None:
    """Nobody is connected, and nobody links, while NHS login answers so."""
    patient = case.somebody()
    with case.changing(bodies) as standing:
        page = case.log_in(patient)
        struck = standing.struck
    if not struck:
        raise NotSeen("the service did not ask for what was changed")
    must_not_believe(case, page)


def must_not_believe(case: Case, page: Page) -> None:
    """Raises Failed where somebody is connected, or a GP system was asked."""
    if case.is_connected(page):
        raise Failed("nobody to be connected", "the page of somebody who is connected")
    if asked := case.asked_a_surgery():
        raise Failed("no GP system to be asked", f"{asked[0].operation} at {asked[0].receiver}")


def refuses_userinfo_of_another(case: Case) -> None:
    """Attack 33."""
    refuses(case, {USERINFO: in_json(lambda fields: fields.update(sub="somebody-else"))})


def refuses_another_issuers_description(case: Case) -> None:
    """Attack 36: discovery names another issuer."""
    _refuses_description(case, lambda fields: fields.update(issuer=ELSEWHERE))


def refuses_endpoints_elsewhere(case: Case) -> None:
    """Attack 36: discovery names endpoints on another host, by the name of which the same machine answers here."""

    def elsewhere(fields: Words) -> None:
        for name, value in fields.items():
            if name.endswith(("_endpoint", "_uri")) and isinstance(value, str):
                fields[name] = value.replace("//localhost:", "//127.0.0.1:")

    _refuses_description(case, elsewhere)


def _refuses_description(case: Case, rewrite: Rewrite) -> None:
    patient = case.somebody()
    with case.changing({DISCOVERY: in_json(rewrite)}) as standing:
        page = case.log_in(patient)
        struck = standing.struck
    if not struck:
        raise NotSeen("the service read NHS login's description before: start it anew, and let it read at its first login")
    if case.authorizations or case.is_connected(page):
        raise Failed("nobody to be sent to NHS login on the word of such a description", "a request to /authorize")


def follows_a_rotated_key(case: Case) -> None:
    """Attack 35: a key that was published today, without `use`, as NHS login has published them."""
    patient = case.somebody()
    case.connect(patient)  # by the old key, which the service knows from now on
    until = time.monotonic() + case.among.patience
    signs = in_id_token(lambda token: case.forger.by_a_stranger(token, kid=OTHER_KID))
    with case.changing({TOKEN: signs, JWKS: in_json(lambda fields: _publish(case.forger, fields))}):
        while not case.is_connected(case.log_in(patient)):
            if time.monotonic() >= until:
                raise Failed(
                    f"somebody to be connected within {case.among.patience:.0f} seconds after NHS login signs with another key",
                    "every ID token by the new key refused",
                )
            case.wait(PAUSE)


def asks_for_keys_now_and_then(case: Case) -> None:
    """Attack 35: tokens with kids that nobody knows do not make a flood of requests."""
    numbers = iter(range(10_000))
    signs = in_id_token(lambda token: case.forger.by_a_stranger(token, kid=f"unknown-{next(numbers)}"))
    with case.changing({TOKEN: signs}):
        for _ in range(LOGINS):
            must_not_believe(case, case.log_in(case.somebody()))
    fetched = sum(one.operation == f"GET {JWKS}" and one.sender not in SURGERIES for one in case.messages)
    redeemed = len(case.redemptions)
    if fetched >= redeemed > 1:
        raise Failed("a pause between two looks for an unknown key", f"{fetched} requests for keys at {redeemed} tokens")


def _publish(forger: Forger, fields: Words) -> None:
    published = msgspec.to_builtins(forger.stranger.public.published())
    published.pop("use")
    listed = fields["keys"]
    fields["keys"] = [*(listed if isinstance(listed, list) else []), {**published, "kid": OTHER_KID}]


def _expired(claims: Words) -> None:
    now = int(datetime.now(UTC).timestamp())
    claims.update(iat=now - 7200, exp=now - 3600)


def _of_nobody(claims: Words) -> None:
    del claims["sub"]


def _of_two(claims: Words) -> None:
    claims["azp"] = "somebody-else"


KNOWN: Final = "OpenID Connect Core 3.1.3.7: ID token validation"
#: What is wrong, what must be done about it, and how it is forged.
TOKENS: Final[tuple[tuple[str, str, str, Callable[[Case], None]], ...]] = (
    (
        "nonce",
        "of another login",
        "Keep the nonce with the state, and compare it.",
        refuses_claims(lambda claims: claims.update(nonce="of-another-login")),
    ),
    (
        "iss",
        "of another issuer",
        "Compare iss with the issuer in your settings, character by character.",
        refuses_claims(lambda claims: claims.update(iss=ELSEWHERE)),
    ),
    (
        "aud",
        "for another partner",
        "Compare aud with your client_id.",
        refuses_claims(lambda claims: claims.update(aud="somebody-else")),
    ),
    ("azp", "that another partner asked for", "Where azp is present, compare it with your client_id.", refuses_claims(_of_two)),
    ("exp", "that has expired", "Refuse what has expired, with half a minute's tolerance.", refuses_claims(_expired)),
    ("sub", "that names nobody", "Refuse a token without sub.", refuses_claims(_of_nobody)),
    (
        "alg none",
        "without a signature",
        "Allow RS512 alone; never take the algorithm from the token.",
        refuses_a_token(lambda forger, token: forger.unsigned(token)),
    ),
    (
        "alg HS512",
        "signed with the public key for a secret",
        "Allow RS512 alone; never take the algorithm from the token.",
        refuses_a_token(lambda forger, token: forger.by_hmac(token)),
    ),
    (
        "signature",
        "signed by another key",
        "Verify the signature with the key of that kid in NHS login's JWKS.",
        refuses_a_token(lambda forger, token: forger.by_a_stranger(token)),
    ),
)
#: To be run before the service has read anything: a description is read once in a while.
AT_FIRST: Final = (
    Check(
        "attack 36 issuer",
        "Refuses a description of another issuer",
        "OpenID Connect Discovery 4.3",
        "Compare the issuer that the description names with the one in your settings before you use anything of it.",
        refuses_another_issuers_description,
    ),
    Check(
        "attack 36 endpoints",
        "Refuses endpoints on other hosts",
        "OAuth 2.0 Security BCP: mix-up; audience injection",
        "Refuse endpoints that are not on the issuer's host.",
        refuses_endpoints_elsewhere,
    ),
)
ATTACKS: Final = (
    *(
        Check(f"attack 32 {name}", f"Refuses an ID token {what}", KNOWN, mend, run, upholds="R13")
        for name, what, mend, run in TOKENS
    ),
    Check(
        "attack 33",
        "Refuses the userinfo of somebody else",
        "NHS login: check that sub equals that of the ID token",
        "Compare userinfo's sub with the ID token's before you read anything else of it.",
        refuses_userinfo_of_another,
        upholds="R13",
    ),
    Check(
        "attack 34 vot",
        "Refuses a login below what it asked for",
        "NHS login: test scenarios, the returned vot matches the vtr",
        "Compare the ID token's vot with the vectors that you asked for, component by component.",
        refuses_claims(lambda claims: claims.update(vot="P0.Cp")),
        upholds="R13",
    ),
    Check(
        "attack 34 vtm",
        "Refuses a vector whose meaning somebody else defines",
        "NHS login: vtm is the URL of its trustmark",
        "Compare vtm with NHS login's trustmark.",
        refuses_claims(lambda claims: claims.update(vtm=f"{ELSEWHERE}/trustmark")),
        upholds="R13",
    ),
)
#: To be run at the end: whoever has asked for keys does not ask again at once.
AT_LAST: Final = (
    Check(
        "attack 35 rotated",
        "Follows NHS login to another signing key",
        "OpenID Connect Core 10.1.1: rotation of signing keys",
        "At a kid that you do not know, fetch the JWKS once more; take keys whose use is sig, or not said.",
        follows_a_rotated_key,
    ),
    Check(
        "attack 35 unknown",
        "Asks for keys now and then only",
        "OAuth 2.0 Security BCP: do not let strangers make you fetch",
        "Leave a minute between two looks for an unknown kid.",
        asks_for_keys_now_and_then,
    ),
)
