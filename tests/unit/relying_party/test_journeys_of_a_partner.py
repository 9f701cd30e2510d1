from __future__ import annotations

import base64
import json
from collections import Counter
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from gpic.nhs.answers import (
    AlreadyLinked,
    GpSession,
    Linked,
    Reason,
    Refused,
    Rejected,
    Unreachable,
)
from gpic.nhs.credentials import Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle, ReturnToLogin, TryLater
from tests.unit.relying_party.world import OTHER_NUMBER, PRACTICE, World, details, world

pytestmark = pytest.mark.anyio

NEW_KEY = "wN7pQ2rY8sVd"


def rotate(there: World, new: str = NEW_KEY) -> None:
    """The practice gives a new key; NHS login does not know yet."""
    there.surgery.linkage_key = new


def refresh(there: World) -> None:
    """NHS login learns what the practice has."""
    there.nhs_login.details = details(there.surgery.linkage_key)


async def test_the_same_details_register_once() -> None:
    """R3: ten logins make one registration and ten sessions."""
    there = world()
    for _ in range(10):
        assert isinstance(await there.log_in(), Connected)
        there.clock.move(timedelta(hours=1))

    assert Counter(link=1, session=10) == Counter(there.surgery.calls)


async def test_new_details_replace_the_old() -> None:
    """R4: another key buys another token, and nothing of the old one is left."""
    there = world()
    await there.log_in()
    rotate(there)
    refresh(there)

    assert isinstance(await there.log_in(), Connected)
    assert ["link", "session", "link", "session"] == there.surgery.calls
    assert None is await there.cabinets.linkages.find("mary", details().fingerprint)


async def test_a_dead_key_costs_one_refused_session_one_refused_registration_and_one_return() -> None:
    """R7: key rotated, NHS login finds it when the person comes back; the dead secrets are presented once each."""
    there = world()
    await there.log_in()
    there.surgery.calls.clear()
    rotate(there)
    there.nhs_login.on_return = lambda: refresh(there)

    assert isinstance(await there.log_in(), Connected)
    assert ["session", "link", "link", "session"] == there.surgery.calls
    assert [Obstacle.DETAILS_REJECTED] == [one.why for one in there.returns]
    assert "asserted_login_identity" in there.nhs_login.asked[-1]
    assert set() == there.surgery.presented_again


async def test_a_token_that_died_alone_is_bought_again_once() -> None:
    """R7: the token is refused, the details of this login still work."""
    there = world()
    await there.log_in()
    there.surgery.tokens.clear()

    assert isinstance(await there.log_in(), Connected)
    assert (2, []) == (there.surgery.linked["kT4m9XqZ2bLp"], there.returns)
    there.surgery.tokens.clear()
    assert isinstance(await there.log_in(), CannotConnect)
    assert 2 == there.surgery.linked["kT4m9XqZ2bLp"]


async def test_a_token_that_never_worked_is_not_bought_twice_in_one_login() -> None:
    """R7: the session after a registration is refused: back to NHS login, and only the next login buys once more."""
    there = world()
    there.surgery.says_to_session = [Rejected(Reason.TOKEN_INVALID)]

    outcome = await there.press_the_button()

    assert isinstance(outcome, ReturnToLogin)
    assert (Obstacle.DETAILS_REJECTED, ["link", "session"]) == (outcome.why, there.surgery.calls)
    assert isinstance(await there.log_in(), Connected)
    assert ["link", "session", "link", "session"] == there.surgery.calls


async def test_the_asserted_identity_of_a_return_names_this_login() -> None:
    """R14: its code is the jti of the ID token that just came."""
    asserted = await returned_assertion(world())

    assert "jti-1" == asserted["code"]


async def returned_assertion(there: World) -> dict[str, object]:
    """What a return asserts after a login without a claim; the payload is read without a check."""
    there.nhs_login.details = None
    outcome = await there.press_the_button()
    assert isinstance(outcome, ReturnToLogin)
    token = dict(parse_qsl(urlsplit(outcome.url).query))["asserted_login_identity"]
    read: dict[str, object] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return read


async def test_an_absent_claim_returns_once() -> None:
    """R8: one return, then an explanation, and no GP system is asked."""
    there = world()
    there.nhs_login.details = None

    assert CannotConnect(Obstacle.CLAIM_ABSENT, None, timedelta(minutes=15)) == await there.log_in()
    assert (1, []) == (len(there.returns), there.surgery.calls)


async def test_a_claim_that_comes_on_the_return_connects() -> None:
    """R8: a registration that was slower than the login is there the second time."""
    there = world()
    there.nhs_login.details = None
    there.nhs_login.on_return = lambda: refresh(there)

    assert isinstance(await there.log_in(), Connected)


async def test_restricted_leads_to_a_real_sign_in() -> None:
    """R6: prompt=login, no registration, the token kept; the sign-in lifts it."""
    there = world()
    await there.log_in()
    there.surgery.restricted = True

    def lift() -> None:
        there.surgery.restricted = False

    there.nhs_login.on_forced_login = lift

    assert isinstance(await there.log_in(), Connected)
    assert "login" == there.nhs_login.asked[-1]["prompt"]
    assert Counter(link=1, session=3) == Counter(there.surgery.calls)


async def test_restricted_that_stays_ends_in_an_explanation() -> None:
    """R6, R9: two sign-ins, then the reason."""
    there = world()
    there.surgery.restricted = True

    assert CannotConnect(Obstacle.RESTRICTED, PRACTICE, timedelta(minutes=15)) == await there.log_in()
    assert 2 == len(there.returns)


async def test_a_403_restricted_tries_the_details_and_then_a_sign_in_revives_the_token() -> None:
    """R7: 'Linked' wanted, 'Restricted' actual: register once, refused: prompt=login; afterwards the old token opens."""
    there = world()
    await there.log_in()
    there.surgery.says_to_session = [Rejected(Reason.WRONG_LINK_LEVEL)]
    there.surgery.says_to_link = [Refused(Reason.WRONG_LINK_LEVEL)]

    assert isinstance(await there.log_in(), Connected)
    assert "login" == there.nhs_login.asked[-1]["prompt"]
    assert ["link", "session", "session", "link", "session"] == there.surgery.calls


async def test_a_gp_system_that_is_down_changes_nothing() -> None:
    """R10: later, at the pause it asks for; no return; and then the old token still works."""
    there = world()
    await there.log_in()
    there.surgery.down = True

    outcome = await there.log_in()

    assert TryLater(timedelta(minutes=1), PRACTICE) == outcome
    there.surgery.down = False
    assert isinstance(await there.log_in(), Connected)
    assert Counter(link=1, session=3) == Counter(there.surgery.calls)


async def test_a_first_registration_that_nobody_answers_is_tried_again_later() -> None:
    """R10: silence ends the reservation and keeps the intent."""
    there = world()
    there.surgery.down = True

    assert TryLater(timedelta(seconds=30), PRACTICE) == await there.log_in()
    there.surgery.down = False
    assert isinstance(await there.log_in(), Connected)


async def test_already_linked_and_no_token_returns_once() -> None:
    """R12: the token is lost; one return, one refused call, then the reason."""
    there = world()
    there.surgery.says_to_link = [AlreadyLinked()]

    outcome = await there.log_in()

    assert CannotConnect(Obstacle.ALREADY_LINKED, PRACTICE, timedelta(minutes=15)) == outcome
    assert (1, ["link"]) == (len(there.returns), there.surgery.calls)


async def test_already_linked_with_new_details_connects() -> None:
    """R12: NHS login's return brought a new key, and that one can be linked."""
    there = world()
    there.surgery.says_to_link = [AlreadyLinked()]

    def renew() -> None:
        rotate(there)
        refresh(there)

    there.nhs_login.on_return = renew

    assert isinstance(await there.log_in(), Connected)


async def test_the_wrong_patient_leaves_nothing_usable() -> None:
    """R5: the session ends at once, token and details are gone, and the next login asks nobody."""
    there = world()
    there.surgery.shows = OTHER_NUMBER

    outcome = await there.log_in()

    assert CannotConnect(Obstacle.WRONG_PATIENT, PRACTICE) == outcome
    kept = await there.cabinets.linkages.find("mary", details().fingerprint)
    assert kept is not None
    assert (None, None) == (kept.details, kept.token)
    assert [GpSession("emis", Secret("session"))] == there.surgery.ended
    assert CannotConnect(Obstacle.WRONG_PATIENT, PRACTICE) == await there.log_in()
    assert ["link", "session"] == there.surgery.calls


async def test_a_stranger_with_my_details_takes_nothing_from_me() -> None:
    """R5: somebody else's wrong claim costs the right owner neither token nor registration."""
    there = world()
    await there.log_in()
    there.nhs_login.sub, there.nhs_login.said = "stranger", {"nhs_number": OTHER_NUMBER.digits}

    stranger = await there.log_in()

    assert CannotConnect(Obstacle.WRONG_PATIENT, PRACTICE) == stranger
    there.nhs_login.sub, there.nhs_login.said = "mary", {}
    assert isinstance(await there.log_in(), Connected)
    assert 1 == there.surgery.calls.count("link")


async def test_two_accounts_of_one_person_share_a_token() -> None:
    """R11: tokens hang on the details; a second sub points to the same."""
    there = world()
    await there.log_in()
    there.nhs_login.sub = "mary-again"

    assert isinstance(await there.log_in(), Connected)
    assert 1 == there.surgery.calls.count("link")


async def test_a_practice_that_nobody_serves_is_explained() -> None:
    """G7: not covered; nobody is sent anywhere."""
    there = world()
    there.nhs_login.details = details(practice=OdsCode("Z99999"))

    outcome = await there.log_in()

    assert CannotConnect(Obstacle.NOT_COVERED, OdsCode("Z99999"), None, Reason.NOT_COVERED) == outcome
    assert [] == there.returns


async def test_a_practice_that_changed_its_system_is_registered_anew() -> None:
    """R4: a token of the old supplier is not shown to the new one."""
    there = world()
    await there.log_in()
    there.surgery.supplier, there.surgery.linkage_key = "tpp", NEW_KEY
    there.nhs_login.on_return = lambda: refresh(there)

    assert isinstance(await there.log_in(), Connected)
    assert ["link", "session", "link", "link", "session"] == there.surgery.calls


async def test_forgetting_erases_everything() -> None:
    """`attacks-and-interop.md` 39: who unlinks leaves neither details nor token."""
    there = world()
    await there.log_in()

    await there.party.forget("mary")

    assert None is await there.cabinets.linkages.find("mary", details().fingerprint)


async def test_without_a_jti_a_return_is_plain() -> None:
    """R14: an identity is asserted only where the login can be named; and a setting forbids it."""
    for there in (world(), world(asserts_identity=False)):
        there.nhs_login.details = None
        there.nhs_login.claims = {"jti": None}
        await there.log_in()

        assert {"prompt", "asserted_login_identity"}.isdisjoint(there.nhs_login.asked[-1])


async def test_a_return_that_cannot_be_made_is_no_crash() -> None:
    """R10: NHS login vanished between the callback and the way back."""
    there = world()
    started = await there.party.start(there.browser)
    rotate(there)
    back = there.nhs_login.authorize(started.url)

    def vanish() -> None:
        there.clock.move(timedelta(hours=2))
        there.nhs_login.down.add("/.well-known/openid-configuration")

    there.surgery.before_link = vanish

    assert TryLater(timedelta(minutes=1)) == await there.party.finish(there.browser, back)


async def test_a_reason_goes_with_the_explanation() -> None:
    """The GP system's own reason is told, as a value of ours."""
    there = world()
    there.surgery.says_to_link = [Refused(Reason.DEMOGRAPHICS_DIFFER)]

    outcome = await there.log_in()

    assert CannotConnect(Obstacle.GP_SYSTEM_REFUSES, PRACTICE, None, Reason.DEMOGRAPHICS_DIFFER) == outcome


async def test_a_late_unreachable_says_when() -> None:
    """R10: the pause that a GP system asks for is the one that we tell."""
    there = world()
    there.surgery.says_to_link = [Linked(Im1Token("emis", Secret("token-9")))]
    there.surgery.says_to_session = [Unreachable(timedelta(minutes=3))]

    assert TryLater(timedelta(minutes=3), PRACTICE) == await there.log_in()


def test_a_service_that_invalidates_keys_is_reminded(caplog: pytest.LogCaptureFixture) -> None:
    """R15: who declares such a process hears that NHS login wants to be told."""
    world(invalidates_linkage_keys=True)

    assert "tell NHS login" in caplog.text
