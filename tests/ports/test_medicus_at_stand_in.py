"""Medicus's adapter before its stand-in, in the same world: both are written from docs/reference/medicus-contract.md (G7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gpic.nhs.answers import (
    Accepted,
    AlreadyLinked,
    Found,
    Linked,
    NoAccount,
    Opened,
    Reason,
    Refused,
    Rejected,
    SessionOpened,
    Unreachable,
)
from gpic.simulators.accounts import AccountStatus
from gpic.simulators.faults import Fault, Kind
from gpic.simulators.limits import Limit, Limits
from gpic.simulators.medicus import MedicusSwitches
from gpic.simulators.people import Standing
from gpic.simulators.world import World
from tests.ports.gp_counter import PARTNER, STRANGER, US, Counter
from tests.ports.test_adapters_at_stand_ins import lose, nothing, young

pytestmark = pytest.mark.anyio

HERE = "C99901"
Happening = Callable[[World], object]


def standing(slug: str, one: Standing) -> Happening:
    """The patient's record is like that."""
    return lambda world: world.set_standing(slug, one)


EVERYWHERE: dict[str, tuple[Happening, Reason]] = {
    "101": (lambda world: world.close_practice(HERE), Reason.PRACTICE_UNKNOWN),
    "102": (lambda world: world.practice_not_live(HERE), Reason.PRACTICE_NOT_LIVE),
    "103": (lambda world: world.online_services_off(HERE), Reason.ONLINE_SERVICES_OFF),
}
#: What the patient's record says, whoever asks by number.
BY_NUMBER: dict[str, tuple[Standing, Reason]] = {
    "204": (Standing.SEVERAL_RECORDS, Reason.SEVERAL_RECORDS),
    "203": (Standing.ARCHIVED, Reason.ARCHIVED),
    "206": (Standing.UNMATCHED, Reason.NOT_PDS_MATCHED),
    "205": (Standing.STATUS_INVALID, Reason.STATUS_NOT_VALID),
}
FIND: dict[str, tuple[str, Happening, object]] = {
    "301": ("lou", nothing, NoAccount()),
    "201": ("kit", lambda world: world.move_patient("kit", "A99901", pds=False), Refused(Reason.NOT_REGISTERED)),
    "306": ("kit", lambda world: world.lock_account("kit"), Refused(Reason.LOCKED)),
    "205 account": ("kit", lose("kit", status=AccountStatus.ARCHIVED), Refused(Reason.STATUS_NOT_VALID)),
    **{code: ("kit", happening, Refused(why)) for code, (happening, why) in EVERYWHERE.items() if code != "101"},
    **{code: ("kit", standing("kit", one), Refused(why)) for code, (one, why) in BY_NUMBER.items()},
}
MAKE: dict[str, tuple[str, Happening, object]] = {
    "302": ("kit", nothing, Refused(Reason.ACCOUNT_EXISTS)),
    "202 young": ("lou", young("lou"), Refused(Reason.UNDER_AGE)),
    "202 not competent": ("lou", standing("lou", Standing.NON_COMPETENT), Refused(Reason.UNDER_AGE)),
    "201": ("lou", lambda world: world.move_patient("lou", "A99901", pds=False), Refused(Reason.NOT_REGISTERED)),
    **{code: ("lou", happening, Refused(why)) for code, (happening, why) in EVERYWHERE.items() if code != "101"},
    **{code: ("lou", standing("lou", one), Refused(why)) for code, (one, why) in BY_NUMBER.items()},
}


@pytest.mark.parametrize("case", FIND)
async def test_a_retrieve_tells_what_the_matter_is(case: str) -> None:
    """Row by row, the world itself being so."""
    slug, happening, answer = FIND[case]
    counter = Counter()
    applicant = counter.applicant(slug)
    happening(counter.world)

    assert answer == await counter.adapter("medicus").retrieve(applicant)
    assert answer == await counter.adapter("medicus").verify_anew(applicant)


@pytest.mark.parametrize("case", MAKE)
async def test_opening_an_account_tells_what_the_matter_is(case: str) -> None:
    """Row by row (N11)."""
    slug, happening, answer = MAKE[case]
    counter = Counter()
    applicant = counter.applicant(slug, HERE)
    happening(counter.world)
    if slug == "lou" and "young" in case:
        applicant = counter.applicant(slug, HERE)  # whose birth date is what the record says now

    assert answer == await counter.adapter("medicus").open_account(applicant)


async def test_a_practice_that_is_no_tenant_is_unknown() -> None:
    """101."""
    counter = Counter()

    assert Refused(Reason.PRACTICE_UNKNOWN) == await counter.adapter("medicus").retrieve(counter.applicant("kit", "A99901"))


LINK: dict[str, tuple[dict[str, str], dict[str, str], Happening, object]] = {
    "303": ({"account_id": "mdc-000000"}, {}, nothing, Rejected(Reason.ACCOUNT_UNKNOWN)),
    "304": ({"linkage_key": "wrong"}, {}, nothing, Rejected(Reason.KEY_INVALID)),
    "304 rotated": ({}, {}, lambda world: world.rotate_linkage_key("kit"), Rejected(Reason.KEY_INVALID)),
    "304 expired": ({}, {}, lambda world: world.expire_linkage_key("kit"), Rejected(Reason.KEY_INVALID)),
    "901 account": ({"account_id": "m" * 300}, {}, nothing, Rejected(Reason.MALFORMED)),
    "901 key": ({"linkage_key": "k" * 300}, {}, nothing, Rejected(Reason.MALFORMED)),
    "901 name": ({}, {"family_name": "x" * 300}, nothing, Refused(Reason.MALFORMED)),
    "207 surname": ({}, {"family_name": "Other"}, nothing, Refused(Reason.DEMOGRAPHICS_DIFFER)),
    "207 birth date": ({}, {"birth_date": "1990-10-06"}, nothing, Refused(Reason.DEMOGRAPHICS_DIFFER)),
    "306": ({}, {}, lambda world: world.lock_account("kit"), Refused(Reason.LOCKED)),
    "203": ({}, {}, standing("kit", Standing.ARCHIVED), Refused(Reason.ARCHIVED)),
    "205": ({}, {}, standing("kit", Standing.STATUS_INVALID), Refused(Reason.STATUS_NOT_VALID)),
    "205 account": ({}, {}, lose("kit", status=AccountStatus.ARCHIVED), Refused(Reason.STATUS_NOT_VALID)),
    "202 not competent": ({}, {}, standing("kit", Standing.NON_COMPETENT), Refused(Reason.UNDER_AGE)),
    "moved": ({}, {}, lambda world: world.move_patient("kit", "A99901"), Refused(Reason.NOT_REGISTERED)),
    **{code: ({}, {}, happening, Refused(why)) for code, (happening, why) in EVERYWHERE.items() if code != "101"},
}


@pytest.mark.parametrize("case", LINK)
async def test_linking_tells_whose_fault_it_is(case: str) -> None:
    """N13: Rejected is the secret's own fault; it is presented once."""
    falsified, misnamed, happening, answer = LINK[case]
    counter = Counter()
    details, demographics = counter.details("kit", **falsified), counter.demographics("kit", **misnamed)
    happening(counter.world)

    assert answer == await counter.adapter("medicus").link(demographics, details)
    assert 1 == len(counter.journal.calls("MEDICUS", operation="POST token"))


async def test_details_that_the_practice_issued_are_linked_from_thirteen() -> None:
    """Creating an account wants sixteen years, linking does not; younger than thirteen it is refused."""
    counter = Counter()
    young("kit")(counter.world)
    assert isinstance(await counter.adapter("medicus").link(counter.demographics("kit"), counter.details("kit")), Linked)

    counter = Counter(medicus_switches=MedicusSwitches(youngest_to_link=15))
    young("kit")(counter.world)
    answer = await counter.adapter("medicus").link(counter.demographics("kit"), counter.details("kit"))
    assert Refused(Reason.UNDER_AGE) == answer


@pytest.mark.parametrize(("relinking", "answer"), [(False, AlreadyLinked), (True, Linked)])
async def test_an_application_has_one_token_of_an_account(answer: type, *, relinking: bool) -> None:
    """N10: 305, or another token in its place; every application has its own."""
    counter = Counter(medicus_switches=MedicusSwitches(relinking=relinking))
    await counter.token("medicus", "kit")

    assert isinstance(await counter.adapter("medicus").link(counter.demographics("kit"), counter.details("kit")), answer)
    assert isinstance(
        await counter.adapter("medicus", PARTNER).link(counter.demographics("kit"), counter.details("kit")), Linked
    )


async def test_an_opened_account_has_details_and_a_token_that_works() -> None:
    """N10: at once, and the same details by a retrieve."""
    counter = Counter()
    adapter = counter.adapter("medicus")
    opened = await adapter.open_account(counter.applicant("lou"))

    assert isinstance(opened, Opened)
    assert counter.details("lou") == opened.credentials
    assert Found(counter.details("lou")) == await adapter.retrieve(counter.applicant("lou"))
    assert isinstance(await adapter.check(opened.token, counter.practice("lou")), Accepted)


SESSION: dict[str, tuple[Happening, object]] = {
    "307 rotated": (lambda world: world.rotate_linkage_key("kit"), Rejected(Reason.TOKEN_INVALID)),
    "307 reset": (lambda world: world.reset_account("kit"), Rejected(Reason.TOKEN_INVALID)),
    "307 moved": (lambda world: world.move_patient("kit", "A99901"), Rejected(Reason.TOKEN_INVALID)),
    "306": (lambda world: world.lock_account("kit"), Rejected(Reason.LOCKED)),
    "203": (standing("kit", Standing.ARCHIVED), Refused(Reason.ARCHIVED)),
    "103 patient": (lambda world: world.online_services_off_for("kit"), Refused(Reason.ONLINE_SERVICES_OFF)),
    **{code: (happening, Refused(why)) for code, (happening, why) in EVERYWHERE.items() if code != "101"},
}


@pytest.mark.parametrize("case", SESSION)
async def test_a_check_tells_what_became_of_a_token(case: str) -> None:
    """N13, N21; asking is opening a session, and a refused one leaves none."""
    happening, answer = SESSION[case]
    counter = Counter()
    token, practice = await counter.token("medicus", "kit"), counter.practice("kit")
    happening(counter.world)

    assert answer == await counter.adapter("medicus").check(token, practice)
    assert answer == await counter.adapter("medicus").open_session(token, practice)


async def test_a_session_shows_whose_it_is() -> None:
    """N2, R5: number, name and birth date; of another patient too."""
    counter = Counter()
    token = await counter.token("medicus", "kit")
    opened = await counter.adapter("medicus").open_session(token, counter.practice("kit"))
    assert isinstance(opened, SessionOpened)
    kit = counter.world.patient("kit")
    assert (frozenset({kit.number}), counter.demographics("kit")) == (opened.shown.nhs_numbers, opened.shown.demographics)

    counter.world.answer_for_wrong_patient("kit", "ada")
    wrong = await counter.adapter("medicus").check(token, counter.practice("kit"))
    assert isinstance(wrong, Accepted)
    assert frozenset({counter.world.patient("ada").number}) == wrong.shown.nhs_numbers


async def test_five_wrong_keys_in_a_row_lock_the_account() -> None:
    """G5."""
    counter = Counter()
    adapter, wrong = counter.adapter("medicus"), counter.details("kit", linkage_key="wrong")
    answers = [await adapter.link(counter.demographics("kit"), wrong) for _ in range(6)]

    assert [Rejected(Reason.KEY_INVALID)] * 5 + [Refused(Reason.LOCKED)] == answers


async def test_an_application_that_nobody_knows_is_refused() -> None:
    """400 or 401 at the token server; nothing is sent to the tenant."""
    counter = Counter()
    answer = await counter.adapter("medicus", STRANGER).retrieve(counter.applicant("kit"))

    assert isinstance(answer, Refused)
    assert Reason.APPLICATION_REFUSED is answer.reason
    assert [] == list(counter.journal.calls("MEDICUS", operation="POST linkage/find"))


async def test_an_application_may_be_missing_at_one_practice() -> None:
    """104."""
    counter = Counter(medicus_switches=MedicusSwitches(not_enabled=frozenset({(US, "c99901")})))

    assert Refused(Reason.APPLICATION_REFUSED) == await counter.adapter("medicus").retrieve(counter.applicant("kit"))


async def test_an_access_token_serves_until_it_ends_and_is_fetched_anew() -> None:
    """A 401 says nothing of what the body holds: once more with a fresh access token."""
    counter = Counter()
    adapter = counter.adapter("medicus")
    for _ in range(3):
        await adapter.retrieve(counter.applicant("kit"))
    fetched = len(counter.journal.calls("MEDICUS", operation="POST oauth2/token"))
    counter.faults.set(Fault(Kind.STATUS, "MEDICUS", "POST linkage/find", status=401, only=1))

    assert isinstance(await adapter.retrieve(counter.applicant("kit")), Found)
    assert (1, 2) == (fetched, len(counter.journal.calls("MEDICUS", operation="POST oauth2/token")))


async def test_a_rate_is_no_refusal() -> None:
    """429 with seconds to wait (N12)."""
    counter = Counter(medicus_switches=MedicusSwitches(limits=Limits(app_quota=Limit(1, timedelta(minutes=1)))))
    adapter = counter.adapter("medicus")
    await adapter.retrieve(counter.applicant("kit"))
    answer = await adapter.retrieve(counter.applicant("kit"))

    assert isinstance(answer, Unreachable)
    assert answer.retry_after is not None
