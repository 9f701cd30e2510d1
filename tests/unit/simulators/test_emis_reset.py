"""A reset EMIS account: Restricted for everybody, until a fresh sign-in (G3). Dead keys and their tokens (G1, G5)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Final

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from gpic.simulators.emis import RestrictedShownAs, SessionShape
from gpic.simulators.people import Patient
from tests.unit.simulators.town import EMIS_PRACTICE, NUMBERS, TODAY, Emis, Town

pytestmark = pytest.mark.anyio

KEY: Final = RSAKey.generate_key(2048, parameters={"kid": "key-1", "use": "sig"})
STRANGERS_KEY: Final = RSAKey.generate_key(2048, parameters={"kid": "key-1", "use": "sig"})
NOW: Final = int(TODAY.timestamp())


async def jwks() -> Mapping[str, object]:
    """NHS login's key set."""
    return {"keys": [KEY.as_dict(private=False)]}


def identity_token(patient: Patient, *, key: RSAKey = KEY, algorithm: str = "RS512", **claims: object) -> str:
    """An identity token as NHS login makes it."""
    known = {"iss": "http://login.test", "nhs_number": patient.number.digits, "exp": NOW + 600, "auth_time": NOW}
    given = {name: value for name, value in (known | claims).items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": "key-1"}, given, key, algorithms=[algorithm])


@pytest.fixture
async def proving(town: Town) -> AsyncIterator[Emis]:
    """NHS login at an EMIS that verifies identity tokens."""
    async with town.emis_client(jwks) as client:
        yield Emis(client)


async def linked(town: Town, emis: Emis) -> tuple[Patient, str]:
    """Ada and a GUID for her, made with a token that verifies."""
    ada = town.settle("ada")
    await emis.begin()
    details = (await emis.verify(ada, token=identity_token(ada))).json()
    return ada, str((await emis.link(details)).json()["AccessIdentityGuid"])


async def level(emis: Emis, guid: str) -> str:
    """What a session says of it."""
    return str((await emis.session(guid)).json()["ApplicationLinkLevel"])


async def test_a_reset_restricts_every_application(town: Town, proving: Emis) -> None:
    """G3: the session opens and says so; the record stays closed."""
    ada, guid = await linked(town, proving)
    partner = Emis(proving.client, "partner-emis")
    await partner.begin()
    theirs = (await partner.link((await partner.verify(ada, token=identity_token(ada))).json())).json()["AccessIdentityGuid"]
    town.world.reset_account("ada")

    session = (await proving.session(guid)).json()
    token = session["UserPatientLinks"][0]["UserPatientLinkToken"]
    record = await proving.client.get("/demographics", params={"userPatientLinkToken": token}, headers=proving.headers)

    assert ("Restricted", "Restricted") == (session["ApplicationLinkLevel"], await level(partner, theirs))
    assert 403 == record.status_code
    assert "Actual access level is 'Restricted'" in record.json()["Message"]


@pytest.mark.parametrize(("shown", "status"), [(RestrictedShownAs.FORBIDDEN, 403), (RestrictedShownAs.SERVER_ERROR, 500)])
async def test_restricted_may_show_as_an_error(town: Town, proving: Emis, shown: RestrictedShownAs, status: int) -> None:
    """§2.6: 403 or 500, -1030, with the message in both places."""
    town.emis.restricted = shown
    _, guid = await linked(town, proving)
    town.world.reset_account("ada")

    response = await proving.session(guid)

    assert (status, -1030) == (response.status_code, response.json()["InternalResponseCode"])
    assert "requested access level 'Linked'" in response.json()["Exceptions"][0]["Message"]


async def test_registering_does_not_lift_a_restriction(town: Town, proving: Emis) -> None:
    """G3: only a verification does."""
    ada, guid = await linked(town, proving)
    town.wire.move(timedelta(seconds=60))
    town.world.reset_account("ada")
    details = (await proving.verify(ada, token=identity_token(ada))).json()

    refused = await proving.link(details)

    assert 403 == refused.status_code
    assert "Restricted" == await level(proving, guid)


@pytest.mark.parametrize(
    ("after", "expected"),
    [(-1, "Restricted"), (0, "Linked"), (1, "Linked"), (None, "Restricted")],
)
async def test_a_sign_in_lifts_when_it_is_not_before_the_reset(
    town: Town, proving: Emis, after: int | None, expected: str
) -> None:
    """G3: whole seconds of the wire clock, equal counting as after; no auth_time lifts nothing."""
    ada, guid = await linked(town, proving)
    town.wire.move(timedelta(seconds=60, milliseconds=900))
    town.world.reset_account("ada")
    reset_at = NOW + 60

    await proving.verify(ada, token=identity_token(ada, auth_time=None if after is None else reset_at + after))

    assert expected == await level(proving, guid)


async def test_a_lift_holds_for_every_application(town: Town, proving: Emis) -> None:
    """G3: a partner's old token works again after NHS login's verification."""
    ada, _ = await linked(town, proving)
    partner = Emis(proving.client, "partner-emis")
    await partner.begin()
    theirs = (await partner.link((await partner.verify(ada, token=identity_token(ada))).json())).json()["AccessIdentityGuid"]
    town.world.reset_account("ada")

    await proving.verify(ada, token=identity_token(ada))

    assert "Linked" == await level(partner, theirs)


async def test_a_token_that_nobody_verifies_lifts_nothing(town: Town, emis: Emis) -> None:
    """G3: without a key source any token gives the details, and none lifts."""
    ada = town.settle("ada")
    guid = await emis.token(ada)
    town.world.reset_account("ada")

    verified = await emis.verify(ada, token=identity_token(ada))

    assert 409 == verified.status_code
    assert "Restricted" == await level(emis, guid)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": STRANGERS_KEY},
        {"algorithm": "RS256"},
        {"nhs_number": NUMBERS[-1].digits},
        {"exp": NOW - 11},
        {"exp": None},
    ],
    ids=["signature", "algorithm", "somebody else", "expired", "endless"],
)
async def test_an_identity_token_that_does_not_verify_is_refused(town: Town, proving: Emis, wrong: dict[str, object]) -> None:
    """G3: no details, no lift."""
    ada = town.settle("ada")
    await proving.begin()

    response = await proving.verify(ada, token=identity_token(ada, **wrong))  # type: ignore[arg-type] # a table's cells

    assert (403, -1030) == (response.status_code, response.json()["InternalResponseCode"])


@pytest.mark.parametrize("token", ["x", "a.b.c", "....", "é.é.é"])
async def test_an_identity_token_that_is_none_is_refused(town: Town, proving: Emis, token: str) -> None:
    """Rubbish is no reason to crash."""
    ada = town.settle("ada")
    await proving.begin()

    assert 403 == (await proving.verify(ada, token=token)).status_code


async def test_a_token_without_an_nhs_number_is_taken_at_its_word(town: Town, proving: Emis) -> None:
    """The claim is compared only where it is present."""
    ada = town.settle("ada")
    await proving.begin()

    assert 201 == (await proving.verify(ada, token=identity_token(ada, nhs_number=None))).status_code


async def test_a_reset_that_rotates_the_key_leaves_old_tokens_dead_after_the_lift(town: Town, proving: Emis) -> None:
    """G3, G1: first Restricted; then the new key buys a new token."""
    ada, guid = await linked(town, proving)
    old_key = town.world.account_of("ada").linkage_key  # type: ignore[union-attr] # she has one
    town.world.reset_account("ada", rotates_key=True)

    before = await level(proving, guid)
    details = (await proving.verify(ada, token=identity_token(ada))).json()
    dead = await proving.session(guid)
    fresh = (await proving.link(details)).json()["AccessIdentityGuid"]

    assert "Restricted" == before
    assert old_key != details["LinkageKey"]
    assert 403 == dead.status_code
    assert "Linked" == await level(proving, fresh)


async def test_a_reset_that_drops_links_asks_for_a_new_registration(town: Town, proving: Emis) -> None:
    """G3, the other switch: the token is gone, the same key buys another."""
    ada, guid = await linked(town, proving)
    town.world.reset_account("ada", drops_links=True)

    dead = await proving.session(guid)
    fresh = (await proving.link((await proving.verify(ada, token=identity_token(ada))).json())).json()["AccessIdentityGuid"]

    assert 403 == dead.status_code
    assert guid != fresh
    assert "Linked" == await level(proving, fresh)


@pytest.mark.parametrize("event", ["rotate_linkage_key", "expire_linkage_key", "revoke_access"])
async def test_a_dead_key_kills_the_tokens_of_every_application(town: Town, emis: Emis, event: str) -> None:
    """G1."""
    ada = town.settle("ada")
    partner = Emis(emis.client, "partner-emis")
    own, theirs = await emis.token(ada), await partner.token(ada)

    getattr(town.world, event)("ada")

    assert [403, 403] == [(await emis.session(own)).status_code, (await partner.session(theirs)).status_code]


async def test_a_session_dies_with_its_token(town: Town, emis: Emis) -> None:
    """G1: a running session shows nothing more."""
    session = (await emis.session(await emis.token(town.settle("ada")))).json()
    town.world.rotate_linkage_key("ada")

    query = {"userPatientLinkToken": session["UserPatientLinks"][0]["UserPatientLinkToken"]}
    response = await emis.client.get("/demographics", params=query, headers=emis.headers)

    assert 401 == response.status_code


async def test_an_expired_key_is_replaced_by_the_next_retrieve(town: Town, emis: Emis) -> None:
    """G1: the old key buys nothing, the new one does."""
    ada = town.settle("ada")
    await emis.begin()
    old = (await emis.verify(ada)).json()
    town.world.expire_linkage_key("ada")

    refused = await emis.link(old)
    new = (await emis.verify(ada)).json()

    assert 400 == refused.status_code
    assert old["AccountId"] == new["AccountId"]
    assert old["LinkageKey"] != new["LinkageKey"]
    assert 201 == (await emis.link(new)).status_code


async def test_revoked_access_may_be_had_again_or_not(town: Town, emis: Emis) -> None:
    """G4: a new account, or a lasting refusal."""
    ada, ben = town.settle("ada"), town.settle("ben")
    await emis.begin()
    town.world.revoke_access("ada")
    town.world.revoke_access("ben", may_register_again=False)

    assert [404, 201] == [(await emis.verify(ada)).status_code, (await emis.create(ada)).status_code]
    assert [400, 400] == [(await emis.verify(ben)).status_code, (await emis.create(ben)).status_code]


async def test_failed_logins_are_counted_and_lock_the_account(town: Town, emis: Emis) -> None:
    """G5: after five; a login that works starts the count anew."""
    ada = town.settle("ada")
    dead = await emis.token(ada)
    town.world.rotate_linkage_key("ada")
    alive = (await emis.link((await emis.verify(ada)).json())).json()["AccessIdentityGuid"]

    reprieves = []
    for _ in range(2):
        for _ in range(4):
            await emis.session(dead)
        reprieves.append((await emis.session(alive)).status_code)
    for _ in range(5):
        await emis.session(dead)

    assert [200, 200] == reprieves
    assert 403 == (await emis.session(alive)).status_code
    assert 400 == (await emis.verify(ada)).status_code


async def test_the_lock_may_be_switched_off(town: Town, emis: Emis) -> None:
    """G5: a switch."""
    town.world.switches.failures_until_locked = None
    ada = town.settle("ada")
    dead = await emis.token(ada)
    town.world.rotate_linkage_key("ada")

    for _ in range(20):
        await emis.session(dead)

    assert 409 == (await emis.verify(ada)).status_code


async def test_the_wrong_patient_is_shown_while_the_world_says_so(town: Town, emis: Emis) -> None:
    """Another NHS number in sessions, and an end to it."""
    guid = await emis.token(town.settle("ada"))
    gus = town.settle("gus")
    town.emis.session_shape = SessionShape.NEWER
    town.world.answer_for_wrong_patient("ada", "gus")

    wrong = (await emis.session(guid)).json()["UserPatientLinks"][0]
    query = {"userPatientLinkToken": wrong["UserPatientLinkToken"]}
    record = (await emis.client.get("/demographics", params=query, headers=emis.headers)).json()
    town.world.answer_for_wrong_patient("ada", "ada")
    right = (await emis.session(guid)).json()

    assert gus.number.digits == wrong["PatientIdentifiers"][0]["IdentifierValue"]
    assert gus.number.digits == record["PatientIdentifiers"][0]["IdentifierValue"]
    assert "Ada" == right["FirstName"]
    assert EMIS_PRACTICE == wrong["NationalPracticeCode"]
