"""Who may read /userinfo, and what it says."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.jose.keys import KeyRing, SigningKey
from gpic.jose.sign import Claim, seconds, sign
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.errors import (
    AccessTokenInvalid,
    UserinfoRefused,
    UserinfoRequestInvalid,
    UserinfoScopeInsufficient,
    UserinfoUnauthenticated,
)
from gpic.provider.policy import ProviderPolicy
from gpic.provider.scopes import SCOPES
from gpic.provider.userinfo.bearer import unverified_token
from tests.unit.provider.world import ALICE, ALL_SCOPES, ISSUER, NOW, NUMBER, World
from tests.unit.provider.world import DETAILS as DETAILS_HELD

pytestmark = pytest.mark.anyio

DETAILS = {"gp_user_id": "1000001", "gp_linkage_key": "a linkage key", "gp_ods_code": "A12345"}
P0, P5, P9 = ProofingLevel


@pytest.fixture
def sharing(world: World) -> World:
    """Alice shares everything with the partner."""
    world.let_alice_share()
    return world


async def answer(world: World, scopes: str, vot: str = "P9.Cp.Cd") -> dict[str, Claim]:
    """What a fresh access token with these scopes reads."""
    reply = await world.redeemed(scopes=frozenset(scopes.split()), vot=Vector.parse(vot))
    return await world.userinfo.answer(reply.access_token)


ALWAYS = {"iss": ISSUER, "sub": "alice", "aud": "partner"}
NAMES = {"family_name": "Example", "birthdate": "1990-02-03"}
EMAIL: dict[str, object] = {"email": "alice@mail.example", "email_verified": True}
PHONE: dict[str, object] = {"phone_number": "+447700900001", "phone_number_verified": True, "phone_number_pds_matched": False}
LANDLINE: dict[str, object] = {"landline_number": "+441632960001", "landline_number_verified": False}
PRACTICE: dict[str, object] = {"gp_registration_details": {"gp_ods_code": "A12345"}}

KEPT: dict[str, object] = {"client_user_metadata": "a text"}

#: §4, cell by cell: scope, then what it gives at P0, P5 and P9.
CELLS: list[tuple[str, dict[str, object], dict[str, object], dict[str, object]]] = [
    ("openid", {}, {}, {}),
    (
        "profile",
        {},
        {"nhs_number": NUMBER.digits, **NAMES, "identity_proofing_level": "P5"},
        {"nhs_number": NUMBER.digits, **NAMES, "identity_proofing_level": "P9"},
    ),
    ("basic_demographics", {}, {**NAMES, "identity_proofing_level": "P5"}, {**NAMES, "identity_proofing_level": "P9"}),
    ("profile_extended", {}, {"given_name": "Alice"}, {"given_name": "Alice"}),
    ("email", EMAIL, EMAIL, EMAIL),
    ("phone", PHONE, PHONE, PHONE),
    ("landline", LANDLINE, LANDLINE, LANDLINE),
    ("gp_registration_details", {}, PRACTICE, PRACTICE),
    ("gp_integration_credentials", {}, {}, {"gp_integration_credentials": DETAILS}),
    ("client_metadata", KEPT, KEPT, KEPT),
    ("nhs_app_credentials", {}, {}, {}),
]


@pytest.mark.parametrize(
    ("scope", "level", "given"),
    [(scope, level, cell) for scope, *cells in CELLS for level, cell in zip(ProofingLevel, cells, strict=True)],
)
async def test_a_scope_gives_its_claims_at_its_level(
    sharing: World, scope: str, level: ProofingLevel, given: dict[str, object]
) -> None:
    """§4: one cell of the table; iss, sub and aud always."""
    sharing.change_alice(level=level)
    sharing.client_metadata.texts["alice", "partner"] = "a text"

    assert {**ALWAYS, **given} == await answer(sharing, f"openid {scope}")


def test_the_table_is_whole() -> None:
    """§4: every scope has its row."""
    assert list(SCOPES) == [scope for scope, *_ in CELLS]


async def test_a_claim_that_says_nothing_is_left_out(sharing: World) -> None:
    """§5: never null or empty."""
    sharing.change_alice(
        family_name="", given_name="", email="", phone="", landline="", practice=None, nhs_number=None, birth_date=""
    )
    everything = " ".join(ALL_SCOPES - {"gp_integration_credentials"})

    assert {**ALWAYS, "identity_proofing_level": "P9"} == await answer(sharing, everything)


@pytest.mark.parametrize("vot", ["P9.Cp", "P9.Cd", "P5.Cp.Cd", "P0.Cp.Cd"])
async def test_gp_credentials_need_two_factors_and_p9(sharing: World, vot: str) -> None:
    """N5: decided again here; absent, never null, and the engine is not even asked."""
    assert ALWAYS == await answer(sharing, "openid gp_integration_credentials", vot)
    assert [] == sharing.offer.released


@pytest.mark.parametrize("vot", ["P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm"])
async def test_every_pair_of_factors_will_do(sharing: World, vot: str) -> None:
    """N5: password and device, password and key, or a passkey."""
    assert DETAILS == (await answer(sharing, "openid gp_integration_credentials", vot))["gp_integration_credentials"]
    assert [(ALICE.person, "partner", None)] == sharing.offer.released


async def test_the_practice_in_the_same_answer_is_told_to_the_engine(sharing: World) -> None:
    """N4: so that it can withhold details of another one."""
    both = await answer(sharing, "openid gp_registration_details gp_integration_credentials")

    assert {**ALWAYS, **PRACTICE, "gp_integration_credentials": DETAILS} == both
    assert [(ALICE.person, "partner", OdsCode("A12345"))] == sharing.offer.released


async def test_details_of_another_practice_are_withheld(sharing: World) -> None:
    """N4: beside gp_registration_details of another practice the GP claim is absent."""
    sharing.change_alice(practice=OdsCode("B67890"))

    both = await answer(sharing, "openid gp_registration_details gp_integration_credentials")

    assert {**ALWAYS, "gp_registration_details": {"gp_ods_code": "B67890"}} == both


@pytest.mark.parametrize("details", [DETAILS_HELD, None])
async def test_a_release_is_logged_without_a_name(
    sharing: World, details: GpCredentials | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Attacks 29: partner and outcome."""
    sharing.offer.details = details
    with caplog.at_level("INFO", logger="gpic.provider"):
        await answer(sharing, "openid gp_integration_credentials")

    records = [(record.message, vars(record)["client_id"], vars(record)["released"]) for record in caplog.records]
    assert [("GP credentials asked for", "partner", details is not None)] == records


async def test_without_details_the_claim_is_absent(sharing: World) -> None:
    """N4: never null."""
    sharing.offer.details = None

    assert ALWAYS == await answer(sharing, "openid gp_integration_credentials")


async def test_a_live_token_loses_the_claim_with_the_consent(sharing: World) -> None:
    """N6, J25: gone at the next call."""
    token = (await sharing.redeemed()).access_token
    assert DETAILS == (await sharing.userinfo.answer(token))["gp_integration_credentials"]

    await sharing.consents.withdraw("alice", "partner", NOW)

    assert ALWAYS == await sharing.userinfo.answer(token)


async def test_a_live_token_loses_the_claim_with_the_im1_mark(sharing: World) -> None:
    """N6: where require_im1 holds, at the next call; the rest of the answer stays."""
    sharing.policy = ProviderPolicy(ISSUER, require_im1=True)
    token = (await sharing.redeemed()).access_token
    assert "gp_integration_credentials" in await sharing.userinfo.answer(token)

    sharing.change_client(im1_enabled=False)

    assert "gp_integration_credentials" not in await sharing.userinfo.answer(token)
    assert "nhs_number" in await sharing.userinfo.answer(token)


async def test_a_live_token_dies_with_its_client_its_family_or_its_account(sharing: World) -> None:
    """N6, attacks 13."""
    token = (await sharing.redeemed()).access_token
    client = sharing.clients.by_id.pop("partner")
    await refused(sharing, token, "the client is unknown")

    sharing.clients.by_id["partner"] = client
    sharing.change_client(disabled=True)
    await refused(sharing, token, "the client is disabled")

    sharing.change_client(disabled=False)
    await sharing.userinfo.answer(token)
    sharing.tokens.revoked.add("family")
    await refused(sharing, token, "the family is revoked")

    sharing.tokens.revoked.clear()
    sharing.accounts.accounts.clear()
    await refused(sharing, token, "the account is gone")


async def refused(world: World, token: str, reason: str = "") -> None:
    """It must be invalid_token with the one public text; the reason is for the log."""
    with pytest.raises(AccessTokenInvalid) as told:
        await world.userinfo.answer(token)
    assert reason in {"", told.value.detail}
    assert ("invalid_token", 401, "The access token is not valid") == (told.value.code, told.value.status, told.value.sentence)


async def test_a_token_expires(sharing: World) -> None:
    """§3: five minutes, to the second."""
    token = (await sharing.redeemed()).access_token
    sharing.wire.move(timedelta(minutes=5, seconds=-1))
    await sharing.userinfo.answer(token)
    sharing.wire.move(timedelta(seconds=1))

    await refused(sharing, token, "TokenExpired: exp has passed")


async def test_an_id_token_is_no_access_token(sharing: World) -> None:
    """Both are signed with the same key."""
    await refused(sharing, (await sharing.redeemed()).id_token)


def claims() -> dict[str, Claim]:
    """A good access token's claims."""
    return {
        "iss": ISSUER, "sub": "alice", "aud": "partner", "iat": seconds(NOW), "exp": seconds(NOW) + 300, "jti": "1",
        "scope": "openid", "family": "family", "vot": "P9.Cp.Cd",
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://other.example"},
        {"aud": "nobody"},
        {"aud": ["partner", "other"]},
        {"sub": "nobody"},
        {"sub": ""},
        {"scope": ""},
        {"family": ""},
        {"vot": ""},
    ],
    ids=str,
)
async def test_a_token_with_other_claims_is_refused(sharing: World, change: dict[str, Claim]) -> None:
    """Even under our own signature."""
    assert ALWAYS == await sharing.userinfo.answer(sign(claims(), sharing.ring.current))

    await refused(sharing, sign({**claims(), **change}, sharing.ring.current))


async def test_a_token_that_we_did_not_sign_is_refused(sharing: World) -> None:
    """A partner's key, a stranger's key, no key."""
    for token in (sign(claims(), sharing.key), sign(claims(), SigningKey.generate()), "nonsense", "a.b.c"):
        await refused(sharing, token)


async def test_a_retired_key_still_verifies(sharing: World) -> None:
    """Rotation ends no token early."""
    token = sign(claims(), sharing.ring.current)
    sharing.ring = replace(sharing.ring, following=SigningKey.generate()).rotated()

    assert ALWAYS == await sharing.userinfo.answer(token)
    sharing.ring = KeyRing(sharing.ring.current)
    await refused(sharing, token)


async def test_a_token_without_openid_is_insufficient(sharing: World) -> None:
    """§5: 403."""
    token = sign({**claims(), "scope": "profile"}, sharing.ring.current)

    with pytest.raises(UserinfoScopeInsufficient) as told:
        await sharing.userinfo.answer(token)

    assert ("insufficient_scope", 403) == (told.value.code, told.value.status)


@pytest.mark.parametrize(
    ("authorizations", "elsewhere", "refusal"),
    [
        ([], False, UserinfoUnauthenticated),
        ([""], False, UserinfoUnauthenticated),
        (["Basic abc"], False, UserinfoUnauthenticated),
        (["Bearer"], False, UserinfoUnauthenticated),
        (["Bearer  "], False, UserinfoUnauthenticated),
        ([], True, UserinfoRequestInvalid),
        (["Bearer abc"], True, UserinfoRequestInvalid),
        (["Bearer abc", "Bearer abc"], False, UserinfoRequestInvalid),
    ],
)
async def test_a_token_comes_once_and_in_its_header(
    authorizations: list[str], refusal: type[UserinfoRefused], *, elsewhere: bool
) -> None:
    """Attacks 24: a token in the query is refused, two transports at once are, too."""
    with pytest.raises(refusal):
        unverified_token(authorizations, is_sent_elsewhere=elsewhere)


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc "])
async def test_the_scheme_has_no_case(header: str) -> None:
    """RFC 9110 §11.1."""
    assert "abc" == unverified_token([header], is_sent_elsewhere=False)


async def test_what_is_not_given_is_written_down_and_logged(sharing: World, caplog: pytest.LogCaptureFixture) -> None:
    """N5, N7: whose, for whom and why; never more than that."""
    caplog.set_level(logging.INFO, "gpic.provider")
    await answer(sharing, "openid gp_integration_credentials", "P9.Cp")

    assert [(ALICE.person, "partner", "not-entitled")] == sharing.offer.withheld
    [record] = [one for one in caplog.records if one.message == "GP credentials withheld"]
    assert {"client_id": "partner", "detail": "not-entitled"} == {name: vars(record)[name] for name in ("client_id", "detail")}


async def test_whoever_does_not_ask_is_refused_nothing(sharing: World) -> None:
    """N7: a login without the scope leaves no trace of a refusal."""
    await answer(sharing, "openid", "P9.Cp")

    assert [] == sharing.offer.withheld
