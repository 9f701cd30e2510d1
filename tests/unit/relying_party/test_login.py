from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512

from gpic.nhs.credentials import Demographics
from gpic.relying_party.errors import TYPED, KitRefusal, Remedy, said_no
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle, ReturnToLogin, TryLater
from tests.unit.relying_party.world import BROWSER, CALLBACK, ISSUER, MARY, NOW, key, world

pytestmark = pytest.mark.anyio


def query(url: str) -> dict[str, str]:
    """The parameters of a URL."""
    return dict(parse_qsl(urlsplit(url).query))


async def test_the_way_there_carries_everything_that_nhs_login_wants() -> None:
    """R1: scopes, vectors, a fresh state and nonce; nothing else is asked for."""
    there = world()

    started = await there.party.start(BROWSER)

    asked = query(started.url)
    assert started.url.startswith(f"{ISSUER}/authorize?")
    assert ("openid profile gp_integration_credentials", '["P9.Cp.Cd","P9.Cp.Ck","P9.Cm"]') == (asked["scope"], asked["vtr"])
    assert ("code", "riverside", CALLBACK) == (asked["response_type"], asked["client_id"], asked["redirect_uri"])
    assert (started.attempt.state, started.attempt.nonce) == (asked["state"], asked["nonce"])
    assert {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "vtr"} == set(asked)


async def test_two_attempts_share_nothing() -> None:
    """R13: state and nonce are new each time, and long."""
    there = world()

    first, second = [query((await there.party.start(BROWSER)).url) for _ in range(2)]

    assert first["state"] != second["state"]
    assert first["nonce"] != second["nonce"]
    assert 43 <= min(len(second["state"]), len(second["nonce"]))


async def test_a_first_login_ends_connected() -> None:
    """R2: claims, one registration, one session."""
    there = world()

    outcome = await there.log_in()

    assert isinstance(outcome, Connected)
    assert ("A12345", "emis", "mary") == (str(outcome.practice), outcome.supplier, outcome.person.sub)
    assert ["link", "session"] == there.surgery.calls


async def test_a_callback_works_once() -> None:
    """R13: a used state is refused, and costs no further call."""
    there = world()
    back = there.nhs_login.authorize((await there.party.start(BROWSER)).url)
    await there.party.finish(BROWSER, back)
    calls = dict(there.nhs_login.calls)

    again = await there.party.finish(BROWSER, back)

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="state_unknown") == again
    assert calls == dict(there.nhs_login.calls)


async def test_a_callback_works_in_its_own_browser_only() -> None:
    """R13: a state that another browser brings is refused, and its owner may still use it."""
    there = world()
    back = there.nhs_login.authorize((await there.party.start(BROWSER)).url)

    stolen = await there.party.finish("another browser", back)

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="state_unknown") == stolen
    assert isinstance(await there.party.finish(BROWSER, back), Connected)


async def test_an_attempt_expires() -> None:
    """R13: a state that is too old is unknown."""
    there = world()
    back = there.nhs_login.authorize((await there.party.start(BROWSER)).url)
    there.clock.move(timedelta(hours=1))

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="state_unknown") == await there.party.finish(BROWSER, back)


@pytest.mark.parametrize(
    "bent",
    [
        lambda back: back + "&state=other",
        lambda back: back + "&code=other",
        lambda back: back.partition("?")[0],
        lambda back: back.replace("state=", "estate="),
        lambda back: back + "&error=access_denied",
        lambda back: back + "&iss=https://evil.example",
        lambda back: back.replace("code=", "node="),
        lambda back: back + "&x=" + "y" * 9000,
        lambda back: back + "&" + "&".join(f"p{number}=1" for number in range(40)),
    ],
)
async def test_a_malformed_callback_is_refused(bent: Callable[[str], str]) -> None:
    """R13: repeats, code beside error, a foreign iss, nothing at all: refused before any code is sent anywhere."""
    there = world()
    back = there.nhs_login.authorize((await there.party.start(BROWSER)).url)

    outcome = await there.party.finish(BROWSER, bent(back))

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="callback_malformed") == outcome
    assert 0 == there.nhs_login.calls["/token"]


async def test_the_issuer_in_a_callback_may_be_ours() -> None:
    """RFC 9207: iss is compared where it is present."""
    there = world()
    back = there.nhs_login.authorize((await there.party.start(BROWSER)).url)

    assert isinstance(await there.party.finish(BROWSER, f"{back}&iss={ISSUER}"), Connected)


async def test_pairs_will_do_for_a_callback() -> None:
    """A framework may hand over what it parsed."""
    there = world()
    back = there.nhs_login.authorize((await there.party.start(BROWSER)).url)

    assert isinstance(await there.party.finish(BROWSER, parse_qsl(urlsplit(back).query)), Connected)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("access_denied", CannotConnect(Obstacle.CONSENT_REFUSED, code="access_denied")),
        ("invalid_scope", CannotConnect(Obstacle.NOT_ADMITTED, code="invalid_scope")),
        ("unauthorized_client", CannotConnect(Obstacle.NOT_ADMITTED, code="unauthorized_client")),
        ("invalid_request", CannotConnect(Obstacle.LOGIN_FAILED, code="invalid_request")),
        ("<script>alert(1)</script>", CannotConnect(Obstacle.LOGIN_FAILED, code="unknown_error")),
        ("server_error", TryLater(timedelta(minutes=1))),
        ("temporarily_unavailable", TryLater(timedelta(minutes=1))),
    ],
)
async def test_what_nhs_login_refuses_is_typed(error: str, expected: object) -> None:
    """Errors have our codes; no text of theirs comes through (`attacks-and-interop.md` 38)."""
    there = world()
    there.nhs_login.error = error

    assert expected == await there.log_in()


@pytest.mark.parametrize("error", ["login_required", "sso_login_required", "interaction_required", "consent_required"])
async def test_a_login_that_may_not_ask_is_repeated_with_asking(error: str) -> None:
    """R9: what prompt=none cannot do, an ordinary login can; that return is automatic, and counted by browser."""
    there = world()
    there.nhs_login.error = error

    outcome = await there.log_in(prompt="none")

    assert isinstance(outcome, Connected)
    assert [Obstacle.SIGN_IN_NEEDED] == [one.why for one in there.returns]
    assert "prompt" not in there.nhs_login.asked[-1]


async def test_returns_before_anybody_is_known_are_counted_by_browser() -> None:
    """R9: the third failure in a row is explained, in another browser too only after two of its own."""
    there = world()
    outcomes = []
    for _ in range(3):
        there.nhs_login.error = "login_required"
        outcomes.append(await there.press_the_button())

    assert [ReturnToLogin, ReturnToLogin, CannotConnect] == [type(outcome) for outcome in outcomes]
    assert CannotConnect(Obstacle.SIGN_IN_NEEDED, None, timedelta(minutes=15), code="login_required") == outcomes[-1]


async def test_an_expired_code_leads_back_once_more() -> None:
    """invalid_grant is not the person's fault; the return is counted."""
    there = world()
    there.nhs_login.spent.add("code-1")

    outcome = await there.log_in()

    assert isinstance(outcome, Connected)
    assert [Obstacle.SIGN_IN_NEEDED] == [one.why for one in there.returns]


@pytest.mark.parametrize("path", ["/token", "/userinfo", "/.well-known/jwks.json"])
async def test_a_silent_nhs_login_is_waited_for(path: str) -> None:
    """R10: no answer is no refusal."""
    there = world()
    there.nhs_login.down.add(path)

    assert TryLater(timedelta(minutes=1)) == await there.log_in()


async def test_a_client_that_is_not_admitted_hears_it() -> None:
    """invalid_client at the token endpoint is the service's to mend; no return helps."""
    there = world()
    started = await there.party.start(BROWSER)
    there.nhs_login.refuse_client = True

    outcome = await there.party.finish(BROWSER, there.nhs_login.authorize(started.url))

    assert CannotConnect(Obstacle.NOT_ADMITTED, code="client_refused") == outcome


def test_every_typed_refusal_has_its_own_code() -> None:
    """The table is complete and speaks with our codes."""
    assert all(code == said_no(code).code for code in TYPED)
    assert Remedy.TELL is said_no("never heard of").remedy


def kinds(of: type[KitRefusal]) -> list[type[KitRefusal]]:
    """A part of the tree, its root first."""
    return [of, *(kind for below in of.__subclasses__() for kind in kinds(below))]


def test_every_refusal_of_the_kit_hangs_on_one_tree() -> None:
    """Each leaf has a code of its own, a sentence for the person, and a detail that shows in the log."""
    leaves = [kind for kind in kinds(KitRefusal) if "code" in vars(kind)]

    assert len(leaves) == len({kind.code for kind in leaves}) > 20
    assert all(kind.sentence.endswith((".", "!")) for kind in leaves)
    assert all("what it was" in str(kind("what it was")) for kind in leaves)


def test_a_refusal_never_repeats_what_it_does_not_know() -> None:
    """Foreign text stays out of exceptions, and so out of logs."""
    assert "evil" not in repr(said_no("evil")) + str(said_no("evil"))


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"sub": "somebody-else"}, "sub is not the ID token's"),
        ({"sub": None}, "sub is not the ID token's"),
        ({"sub": ["mary"]}, "sub is not the ID token's"),
        ({"iss": "https://evil.example"}, "iss is somebody else"),
        ({"aud": "somebody-else"}, "aud is somebody else"),
        ({"aud": "not-riverside-at-all"}, "aud is somebody else"),
        ({"aud": ["somebody-else"]}, "aud is somebody else"),
        ({"nhs_number": "9990002223"}, "nhs_number is not the ID token's"),
        ({"nhs_number": "123"}, "nhs_number is none"),
        ({"family_name": None}, "GP details came without the claims that prove the right patient"),
        ({"birthdate": None}, "GP details came without the claims that prove the right patient"),
        ({"family_name": 7}, "a claim has another type than promised"),
        ({"birthdate": "17 February"}, "a claim has another type than promised"),
    ],
)
async def test_userinfo_of_somebody_else_reaches_no_gp_system(
    said: dict[str, object], detail: str, caplog: pytest.LogCaptureFixture
) -> None:
    """R13: sub first, and whatever proves the right patient must be there and agree; the log says what was wrong."""
    caplog.set_level("INFO", "gpic.relying_party")
    there = world()
    there.nhs_login.claims = {"nhs_number": "9990001111"}
    there.nhs_login.said = said

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="userinfo_invalid") == await there.log_in()
    assert [] == there.surgery.calls
    assert [f"login refused: userinfo_invalid: {detail}"] == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    "said", [{"aud": ["riverside", "another"]}, {"aud": None}, {"iss": None}, {"family_name": "O'Neil-Żak"}]
)
async def test_userinfo_may_say_less_or_more(said: dict[str, object]) -> None:
    """R13: iss and aud are compared where they are given."""
    there = world()
    there.nhs_login.said = said
    there.surgery.person = Demographics(str(said.get("family_name", MARY.family_name)), MARY.birth_date)

    assert isinstance(await there.log_in(), Connected)


@pytest.mark.parametrize("tokens", [{"token_type": "mac"}, {"access_token": ""}, {"id_token": None}, {"access_token": 7}])
async def test_tokens_that_were_not_promised_are_refused(tokens: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    """R13: bearer, an access token and an ID token, or nothing."""
    caplog.set_level("INFO", "gpic.relying_party")
    there = world()
    there.nhs_login.tokens = tokens

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="id_token_invalid") == await there.log_in()
    assert "id_token_invalid: the token endpoint's answer is not what was promised" in caplog.text


@pytest.mark.parametrize("kind", ["bearer", "BEARER"])
async def test_bearer_is_spelt_in_any_case(kind: str) -> None:
    """RFC 6749 §5.1: token_type is case insensitive."""
    there = world()
    there.nhs_login.tokens = {"token_type": kind}

    assert isinstance(await there.log_in(), Connected)


async def test_the_number_of_the_id_token_serves_where_userinfo_is_silent() -> None:
    """R5: both places tell the NHS number; either will do."""
    there = world()
    there.nhs_login.claims = {"nhs_number": "9990001111"}
    there.nhs_login.said = {"nhs_number": None}

    assert isinstance(await there.log_in(), Connected)


async def test_without_a_number_scope_profile_proves_nothing() -> None:
    """R5: with scope profile a login that tells no number is no proof."""
    there = world()
    there.nhs_login.said = {"nhs_number": None}

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="userinfo_invalid") == await there.log_in()


@pytest.mark.parametrize(
    "claim",
    [
        None,
        {},
        {"gp_user_id": "1", "gp_ods_code": "A12345"},
        {"gp_user_id": "1", "gp_ods_code": "A12345", "gp_linkage_key": ""},
        {"gp_user_id": "1", "gp_ods_code": "A12345", "gp_linkage_key": "  "},
        {"gp_user_id": "1", "gp_ods_code": "A12345", "gp_linkage_key": None},
        {"gp_user_id": 1, "gp_ods_code": "A12345", "gp_linkage_key": "k"},
        {"gp_user_id": "1", "gp_ods_code": "no code", "gp_linkage_key": "k"},
        [],
        "text",
    ],
)
async def test_half_a_claim_is_none(claim: object) -> None:
    """R8: all three or nothing; then one return and an explanation."""
    there = world()
    there.nhs_login.said = {"gp_integration_credentials": claim}

    outcome = await there.log_in()

    assert isinstance(outcome, CannotConnect)
    assert (Obstacle.CLAIM_ABSENT, 1, []) == (outcome.reason, len(there.returns), there.surgery.calls)


async def test_nothing_of_a_login_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither codes nor tokens, keys or numbers get into a log at any level (`attacks-and-interop.md` 29)."""
    caplog.set_level(0)
    there = world()
    await there.log_in()
    there.nhs_login.claims = {"nonce": "other"}
    await there.log_in()

    secrets = ("code-1", "9990001111", "kT4m9XqZ2bLp", "token-1", there.nhs_login.asked[0]["state"], "Ashworth")
    assert [] == [secret for secret in secrets if secret in caplog.text]


async def test_an_asserted_identity_names_the_login_that_it_continues() -> None:
    """R14: signed with our key, code = jti of the ID token, 60 s, another jti each time."""
    there = world()
    connected = await there.log_in()
    assert isinstance(connected, Connected)

    first, second = (claims_of(there.party.assert_identity(connected)) for _ in range(2))

    assert ("jti-1", NOW + timedelta(seconds=60)) == (first["code"], datetime.fromtimestamp(float(str(first["exp"])), UTC))
    assert {"iss", "code", "jti", "iat", "exp"} == set(first)
    assert first["jti"] != second["jti"]


def claims_of(token: str) -> dict[str, object]:
    """The claims of a token that the partner's key signed; an assertion has no aud, so the signature is checked by hand."""
    head, payload, signature = (base64.urlsafe_b64decode(part + "==") for part in token.split("."))
    key("client").public.rsa.verify(signature, token.rpartition(".")[0].encode(), PKCS1v15(), SHA512())
    assert {"alg": "RS512", "typ": "JWT", "kid": key("client").kid} == json.loads(head)
    claims: dict[str, object] = json.loads(payload)
    assert "riverside" == claims["iss"]
    return claims


async def test_another_partners_assertion_is_passed_on() -> None:
    """R14: who comes with an asserted identity is sent to NHS login with it."""
    there = world()

    started = await there.party.start(BROWSER, asserted_identity="signed.by.another")

    assert "signed.by.another" == query(started.url)["asserted_login_identity"]
    assert query(started.url)["redirect_uri"] == CALLBACK
