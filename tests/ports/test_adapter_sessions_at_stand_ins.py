"""Sessions at the stand-ins: what happened in the world, and what an adapter makes of a token (`gp-systems.md` §2.6, §3.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gpic.nhs.answers import (
    Accepted,
    Found,
    Reason,
    Refused,
    Rejected,
    Restricted,
    SessionOpened,
    Unexpected,
    Unreachable,
)
from gpic.nhs.clock import MovableClock
from gpic.simulators.emis import EmisSwitches
from gpic.simulators.emis import switches as emis
from gpic.simulators.faults import Fault, Kind
from gpic.simulators.tpp import TppSwitches
from gpic.simulators.world import World
from tests.ports.gp_counter import PARTNER, STRANGER, US, WITH_ACCOUNT, WITHOUT, Counter

pytestmark = pytest.mark.anyio

Happening = Callable[[World], object]


LOST: dict[str, tuple[str, Happening, object]] = {
    "emis: rotated": ("emis", lambda world: world.rotate_linkage_key("ada"), Rejected(Reason.TOKEN_INVALID)),
    "emis: expired": ("emis", lambda world: world.expire_linkage_key("ada"), Rejected(Reason.TOKEN_INVALID)),
    "emis: revoked": ("emis", lambda world: world.revoke_access("ada"), Rejected(Reason.TOKEN_INVALID)),
    "emis: dropped": (
        "emis",
        lambda world: world.reset_account("ada", drops_links=True),
        Rejected(Reason.TOKEN_INVALID),
    ),
    "emis: moved": ("emis", lambda world: world.move_patient("ada", "A99902"), Rejected(Reason.TOKEN_INVALID)),
    "emis: archived": ("emis", lambda world: world.archive("ada"), Rejected(Reason.TOKEN_INVALID)),
    "emis: reset": ("emis", lambda world: world.reset_account("ada"), Restricted()),
    "emis: services off": (
        "emis",
        lambda world: world.online_services_off("A99901"),
        Refused(Reason.ONLINE_SERVICES_OFF),
    ),
    "emis: interface off": (
        "emis",
        lambda world: world.online_services_off("A99901", only_api_v2=True),
        Refused(Reason.ONLINE_SERVICES_OFF),
    ),
    "tpp: rotated": ("tpp", lambda world: world.rotate_linkage_key("cleo"), Rejected(Reason.TOKEN_INVALID)),
    "tpp: expired": ("tpp", lambda world: world.expire_linkage_key("cleo"), Rejected(Reason.TOKEN_INVALID)),
    "tpp: revoked": ("tpp", lambda world: world.revoke_access("cleo"), Rejected(Reason.TOKEN_INVALID)),
    "tpp: moved": ("tpp", lambda world: world.move_patient("cleo", "B99902"), Rejected(Reason.TOKEN_INVALID)),
}


@pytest.mark.parametrize("case", LOST)
async def test_a_token_that_is_lost_is_told_as_such(case: str) -> None:
    """§2.6, §3.5, G1, N21: for the engine and for the kit alike, after one presentation each."""
    supplier, happening, answer = LOST[case]
    counter, slug = Counter(), WITH_ACCOUNT[supplier]
    practice, token = counter.practice(slug), await counter.token(supplier, slug)
    happening(counter.world)
    before = len(counter.journal.list())

    assert answer == await counter.adapter(supplier).check(token, practice)
    assert answer == await counter.adapter(supplier).open_session(token, practice)
    presented = [message.operation for message in counter.journal.list()[before:]]
    assert 2 >= sum(operation in {"POST sessions", "Authenticate"} for operation in presented)


@pytest.mark.parametrize("generation", list(emis.Generation))
async def test_a_link_that_is_none_is_a_token_that_is_lost(generation: emis.Generation) -> None:
    """§11.3: should EMIS ever say 'NotLinked', no sign-in would mend it, but another link does (R7)."""
    counter = Counter(emis_switches=EmisSwitches(dead_links_not_linked=True, generation=generation))
    token = await counter.token("emis", "ada")
    counter.world.rotate_linkage_key("ada")

    assert Rejected(Reason.TOKEN_INVALID) == await counter.adapter("emis").check(token, counter.practice("ada"))


@pytest.mark.parametrize("way", list(emis.RestrictedShownAs))
async def test_a_reset_account_is_told_in_every_way_of_emis(way: emis.RestrictedShownAs) -> None:
    """N17, R6, R7, §2.6: a level, or a refusal whose words name the level; never a plain invalid token."""
    counter = Counter(emis_switches=EmisSwitches(restricted=way))
    token = await counter.token("emis", "ada")
    counter.world.reset_account("ada")

    answer = await counter.adapter("emis").check(token, counter.practice("ada"))

    expected = Restricted() if way is emis.RestrictedShownAs.LEVEL else Rejected(Reason.WRONG_LINK_LEVEL)
    assert expected == answer
    # A fresh verification after a real sign-in lifts it (G3), and the old token works again.
    assert isinstance(await counter.adapter("emis").verify_anew(counter.applicant("ada")), Found)
    assert isinstance(await counter.adapter("emis").check(token, counter.practice("ada")), Accepted)


@pytest.mark.parametrize("supplier", ["emis", "tpp"])
async def test_the_wrong_patient_is_shown_and_not_hidden(supplier: str) -> None:
    """N2, J23: the adapter tells whom the system shows; it never answers with the number that was asked for."""
    counter, slug = Counter(), WITH_ACCOUNT[supplier]
    token = await counter.token(supplier, slug)
    counter.world.answer_for_wrong_patient(slug, "gus")

    for answer in (
        await counter.adapter(supplier).check(token, counter.practice(slug)),
        await counter.adapter(supplier).open_session(token, counter.practice(slug)),
    ):
        assert isinstance(answer, Accepted | SessionOpened)
        assert frozenset({counter.world.patient("gus").number}) == answer.shown.nhs_numbers


@pytest.mark.parametrize("supplier", ["emis", "tpp"])
async def test_a_token_opens_sessions_of_its_own_application_only(supplier: str) -> None:
    """§10: one application's token is nothing in another's hands, or the supplier does not mind; it is never somebody else."""
    counter, slug = Counter(), WITH_ACCOUNT[supplier]
    token = await counter.token(supplier, slug, US)
    answer = await counter.adapter(supplier, PARTNER).check(token, counter.practice(slug))

    if supplier == "emis":
        assert Rejected(Reason.TOKEN_INVALID) == answer
    else:  # the provider id of the token goes with it
        assert isinstance(answer, Accepted)


@pytest.mark.parametrize("code", [5, 9])
async def test_tpp_refuses_a_token_of_another_provider_in_two_ways(code: int) -> None:
    """§10 TPP 4: error 5 or 9, nobody outside knows which."""
    counter = Counter(tpp_switches=TppSwitches(provider_mismatch_code=code))
    token = await counter.token("tpp", "cleo")
    foreign = type(token)("tpp", type(token.text)(token.text.reveal().replace(US, PARTNER)))

    answer = await counter.adapter("tpp").check(foreign, counter.practice("cleo"))
    assert (Refused(Reason.APPLICATION_REFUSED) if code == 5 else Rejected(Reason.TOKEN_INVALID)) == answer


async def test_a_stranger_is_told_that_the_application_is_not_known() -> None:
    """§3.5: error 5 on every variant; no secret is blamed."""
    counter = Counter()
    adapter = counter.adapter("tpp", STRANGER)

    assert Refused(Reason.APPLICATION_REFUSED) == await adapter.retrieve(counter.applicant("cleo"))
    assert Refused(Reason.APPLICATION_REFUSED) == await adapter.open_account(counter.applicant("dan"))
    assert Refused(Reason.APPLICATION_REFUSED) == await adapter.link(counter.demographics("cleo"), counter.details("cleo"))


async def test_a_stranger_gets_nothing_from_emis_either() -> None:
    """§2.1: how EMIS refuses an application that it does not know is not public; nothing is found and nothing blamed."""
    counter = Counter()
    answer = await counter.adapter("emis", STRANGER).retrieve(counter.applicant("ada"))

    assert isinstance(answer, Refused | Unreachable | Unexpected)


async def test_wrong_passphrases_lock_an_account_and_that_is_told() -> None:
    """G5, N13, §3.5: which is why the engine presents no rejected secret twice."""
    counter = Counter()
    token = await counter.token("tpp", "cleo")
    wrong = type(token)("tpp", type(token.text)(token.text.reveal().replace('"Passphrase":"', '"Passphrase":"x')))
    answers = [await counter.adapter("tpp").check(wrong, counter.practice("cleo")) for _ in range(5)]

    assert [Rejected(Reason.TOKEN_INVALID)] * 5 == answers
    assert Refused(Reason.LOCKED) == await counter.adapter("tpp").link(counter.demographics("cleo"), counter.details("cleo"))


@pytest.mark.parametrize("supplier", ["emis", "tpp"])
async def test_ending_a_session_never_fails(supplier: str) -> None:
    """§2.7, §3.4: EMIS knows no logoff; at TPP the second one is "not logged on"."""
    counter, slug = Counter(), WITH_ACCOUNT[supplier]
    adapter = counter.adapter(supplier)
    opened = await adapter.open_session(await counter.token(supplier, slug), counter.practice(slug))

    assert isinstance(opened, SessionOpened)
    for _ in range(2):
        await adapter.end_session(opened.session)
    assert (0 if supplier == "emis" else 2) == len(counter.journal.calls(supplier.upper(), operation="Logoff"))


QUESTIONS = ("retrieve", "open_account", "link", "check", "open_session")


async def ask(counter: Counter, supplier: str, question: str, token: object) -> object:
    """One of the questions, for the patient who has an account, or none where one is to be opened."""
    adapter, slug = counter.adapter(supplier), WITH_ACCOUNT[supplier]
    if question == "link":
        return await adapter.link(counter.demographics(slug), counter.details(slug))
    if question in {"check", "open_session"}:
        return await getattr(adapter, question)(token, counter.practice(slug))
    return await getattr(adapter, question)(counter.applicant(WITHOUT[supplier] if question == "open_account" else slug))


FAULTS: dict[str, Callable[[str], Fault]] = {
    "500": lambda lane: Fault(Kind.STATUS, lane, status=500),
    "503": lambda lane: Fault(Kind.STATUS, lane, status=503, retry_after=7),
    "429": lambda lane: Fault(Kind.STATUS, lane, status=429, retry_after=7),
    "502 after it was done": lambda lane: Fault(Kind.STATUS, lane, status=502, after_work=True),
    "malformed": lambda lane: Fault(Kind.MALFORMED, lane),
    "empty": lambda lane: Fault(Kind.EMPTY, lane),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("supplier", ["emis", "tpp"])
async def test_a_stand_in_that_fails_blames_nobody(supplier: str, question: str, fault: str) -> None:
    """G6, N12: whatever breaks, and on whichever call of several, the answer is silence."""
    counter = Counter()
    token = await counter.token(supplier, WITH_ACCOUNT[supplier])
    rule = FAULTS[fault](supplier.upper())
    counter.faults.set(rule)

    answer = await ask(counter, supplier, question, token)

    assert isinstance(answer, Unreachable | Unexpected)
    if rule.retry_after:
        assert Unreachable(timedelta(seconds=7)) == answer


async def test_a_session_ends_by_itself_and_the_next_question_begins_its_own() -> None:
    """§10 EMIS 9: adapters keep no end-user session between questions, so none can be stale."""
    counter = Counter()
    token = await counter.token("emis", "ada")
    clock = counter.clocks.world
    assert isinstance(clock, MovableClock)
    clock.move(timedelta(hours=2))

    assert isinstance(await counter.adapter("emis").check(token, counter.practice("ada")), Accepted)
