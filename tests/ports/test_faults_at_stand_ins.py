"""Every failure on purpose, at every GP system, over TCP: what our adapter makes of it, and that it is over afterwards (G6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Final

import pytest
from starlette.types import ASGIApp

from gpic.credentials.ports import Applicant
from gpic.gp_systems.directory import Place
from gpic.gp_systems.plugs import Adapter
from gpic.gp_systems.systems import Interface, Systems
from gpic.nhs.answers import Accepted, Found, Linked, NoAccount, Unexpected, Unreachable
from gpic.nhs.credentials import Demographics, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.sandbox.servers import listen, serving
from gpic.simulators.emis import emis_app
from gpic.simulators.faults import Fault, Faults, Kind
from gpic.simulators.medicus import MedicusSwitches, medicus_app
from gpic.simulators.tpp import tpp_app
from tests.ports.gp_counter import MEDICUS_SECRET, US, options_of
from tests.unit.simulators.town import EMIS_PRACTICE, TPP_PRACTICE, Town

pytestmark = pytest.mark.anyio

PRACTICES: Final = {"emis": EMIS_PRACTICE, "tpp": TPP_PRACTICE, "medicus": "C99901"}
RETRIEVE: Final = {"emis": "POST me/verifications", "tpp": "LinkAccount retrieve", "medicus": "POST linkage/find"}
SESSION: Final = {"emis": "POST sessions", "tpp": "Authenticate", "medicus": "POST session"}
KEY: Final = {"emis": "LinkageKey", "tpp": "passphraseToLink", "medicus": "linkageKey"}
#: What a session must not lack (§10): EMIS's own link, TPP's person and number, Medicus's patient and number.
PROOF: Final = {
    "emis": ("AssociationType=Self", "UserPatientLinks"),
    "tpp": ("Person", "NationalId"),
    "medicus": ("patient", "nhsNumber"),
}
PATIENCE: Final = 0.25  #: seconds that EMIS and TPP may take here


class Surgery(Town):
    """One patient, one supplier behind a real server, and NHS login before it."""

    def __init__(self, supplier: str) -> None:
        super().__init__()
        self.supplier = supplier
        self.world.add_practice("C99901", "Practice C99901", "medicus")
        self.patient = self.settle("ada", PRACTICES[supplier])
        self.practice = OdsCode(PRACTICES[supplier])
        self.adapter: Adapter | None = None
        self.token: Im1Token | None = None

    def app(self) -> ASGIApp:
        """The stand-in."""
        world, journal, faults = self.world, self.journal, self.faults
        if self.supplier == "emis":
            return emis_app(world, journal, faults, self.emis, applications={US: US})
        if self.supplier == "tpp":
            return tpp_app(world, journal, faults, self.tpp, providers={US: US})
        return medicus_app(world, journal, faults, MedicusSwitches(), applications={US: (US, MEDICUS_SECRET)})

    @property
    def options(self) -> dict[str, str]:
        """Who we are, and how long it may take where that can be said."""
        patience = {"emis": {"timeout": str(PATIENCE), "extended_timeout": str(PATIENCE)}, "tpp": {"timeout": str(PATIENCE)}}
        return options_of(US, self.supplier) | patience.get(self.supplier, {})

    def fail(self, kind: Kind, operation: str, **more: object) -> int:
        """Let it fail from now on."""
        plain: dict[str, object] = {"kind": kind.value, "lane": self.supplier.upper(), "operation": operation, **more}
        return self.faults.set(Fault.of(plain))

    @property
    def applicant(self) -> Applicant:
        """As NHS login asks for her."""
        known = Demographics(self.patient.family_name, self.patient.birth_date)
        return Applicant(self.patient.number, self.practice, known, Secret("token"))

    async def retrieve(self) -> object:
        """Ask for her details."""
        assert self.adapter is not None
        return await self.adapter.retrieve(self.applicant)

    async def check(self) -> object:
        """Ask whether her token works, and whose it is."""
        assert self.adapter is not None
        assert self.token is not None
        return await self.adapter.check(self.token, self.practice)


@pytest.fixture(params=sorted(PRACTICES))
async def surgery(request: pytest.FixtureRequest) -> AsyncIterator[Surgery]:
    """By supplier; NHS login has a token."""
    one = Surgery(request.param)
    listening = listen(0)
    port = listening.getsockname()[1]
    path = "tpp/" if one.supplier == "tpp" else ""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving({"gp": one.app()}, {"gp": listening}))
        interface = Interface(f"http://127.0.0.1:{port}/{path}", one.options)
        systems = await stack.enter_async_context(Systems({one.supplier: interface}, clock=one.wire))
        one.adapter = systems.at(Place(one.supplier))
        assert one.adapter is not None
        found = await one.retrieve()
        assert isinstance(found, Found)
        linked = await one.adapter.link(one.applicant.demographics, found.credentials)
        assert isinstance(linked, Linked)
        one.token = linked.token
        yield one


Question = Callable[[Surgery], Awaitable[object]]
QUESTIONS: Final[Mapping[str, tuple[Question, Mapping[str, str], type]]] = {
    "retrieve": (Surgery.retrieve, RETRIEVE, Found),
    "check": (Surgery.check, SESSION, Accepted),
}
FAILURES: Final[Mapping[str, tuple[Kind, Mapping[str, object], type]]] = {
    "timeout": (Kind.TIMEOUT, {"seconds": 0.6}, Unreachable),
    "reset": (Kind.RESET, {}, Unreachable),
    "429": (Kind.STATUS, {"status": 429, "retry_after": 7}, Unreachable),
    "500": (Kind.STATUS, {"status": 500}, Unreachable),
    "503": (Kind.STATUS, {"status": 503}, Unreachable),
    "malformed": (Kind.MALFORMED, {}, Unexpected),
    "empty": (Kind.EMPTY, {}, Unexpected),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failure_is_no_verdict_and_is_over_when_it_is_lifted(surgery: Surgery, failure: str, question: str) -> None:
    """G6, N12: silence says nothing about account or secret; the very next question is answered."""
    ask, operations, good = QUESTIONS[question]
    kind, more, expected = FAILURES[failure]
    number = surgery.fail(kind, operations[surgery.supplier], **more)
    answer = await ask(surgery)
    surgery.faults.clear(number)

    assert isinstance(answer, expected)
    if failure == "429":
        assert 7 == answer.retry_after.total_seconds()  # type: ignore[attr-defined] # an Unreachable
    assert isinstance(await ask(surgery), good)


async def test_a_delay_is_waited_for(surgery: Surgery) -> None:
    """G6: as long as patience lasts."""
    surgery.fail(Kind.DELAY, RETRIEVE[surgery.supplier], seconds=0.05)

    assert isinstance(await surgery.retrieve(), Found)


async def test_only_the_nth_call_fails(surgery: Surgery) -> None:
    """G6."""
    surgery.fail(Kind.STATUS, RETRIEVE[surgery.supplier], status=500, only=2)

    assert [Found, Unreachable, Found] == [type(await surgery.retrieve()) for _ in range(3)]


async def test_chances_are_the_seeds(surgery: Surgery) -> None:
    """G6: another sandbox with the same seed fails at the same calls."""
    surgery.fail(Kind.STATUS, RETRIEVE[surgery.supplier], status=500, chance=0.5)
    seen = [isinstance(await surgery.retrieve(), Unreachable) for _ in range(8)]
    foretold, rule = Faults(seed=7), Fault(Kind.STATUS, surgery.supplier.upper(), chance=0.5)
    foretold.set(rule)

    assert [bool(foretold.strike(rule.lane, "", "")) for _ in range(8)] == seen
    assert {True, False} == set(seen)


async def test_details_without_a_key_are_none(surgery: Surgery) -> None:
    """G6, N4: never a claim with a hole; at TPP a blank key is how it tells that there is no account (§3.2)."""
    surgery.fail(Kind.MISSING_FIELD, RETRIEVE[surgery.supplier], missing=KEY[surgery.supplier])

    assert isinstance(await surgery.retrieve(), NoAccount if surgery.supplier == "tpp" else Unexpected)


@pytest.mark.parametrize("place", [0, 1])
async def test_a_session_that_shows_nobody_proves_nothing(surgery: Surgery, place: int) -> None:
    """§10, N2: without its own link, its id, its person or their number nothing is accepted."""
    surgery.fail(Kind.MISSING_FIELD, SESSION[surgery.supplier], missing=PROOF[surgery.supplier][place])

    assert isinstance(await surgery.check(), Unexpected)


async def test_a_session_without_its_id_is_too_little_to_work_with(surgery: Surgery) -> None:
    """§3.3, §10: a missing suid is enough for TPP's check and for nothing else."""
    missing = {"emis": "SessionId", "tpp": "suid", "medicus": "sessionId"}[surgery.supplier]
    surgery.fail(Kind.MISSING_FIELD, SESSION[surgery.supplier], missing=missing)
    assert surgery.adapter is not None
    assert surgery.token is not None
    opened = await surgery.adapter.open_session(surgery.token, surgery.practice)

    assert isinstance(opened, Unexpected)
    assert isinstance(await surgery.check(), Accepted if surgery.supplier == "tpp" else Unexpected)
