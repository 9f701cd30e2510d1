"""What each event of the world changes in which system, as our own clients see it over HTTP, and how much later.

The GP system knows at once. PDS, MNS, ODS and the directory hear after their lags, and then all of them agree.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import httpx2
import pytest

from gpic.credentials.ports import Applicant
from gpic.gp_systems.directory import Place
from gpic.gp_systems.plugs import Adapter
from gpic.gp_systems.systems import Interface, Systems
from gpic.nhs.answers import Found, Linked, SessionOpened
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Bulkhead
from gpic.simulators.emis import emis_app
from gpic.simulators.happenings import Lags
from gpic.simulators.medicus import MedicusSwitches, medicus_app
from gpic.simulators.ods import OdsSettings, ods_app
from gpic.simulators.tpp import tpp_app
from tests.ports.gp_counter import ADDRESSES, MEDICUS_SECRET, US, options_of
from tests.unit.simulators.mns_caller import CHANGE_OF_GP, DEATH, NUMBER, RECORD, Caller
from tests.unit.simulators.surgery import API_KEY, Pds
from tests.unit.simulators.town import EMIS_PRACTICE, OTHER_EMIS_PRACTICE, OTHER_TPP_PRACTICE, TPP_PRACTICE, Town

pytestmark = pytest.mark.anyio

HOUR: Final = timedelta(hours=1)
LAGS: Final = Lags(pds=HOUR, mns=HOUR, ods=HOUR, directory=HOUR)
HERE: Final = {"emis": EMIS_PRACTICE, "tpp": TPP_PRACTICE, "medicus": "C99901"}
ELSEWHERE: Final = {"emis": OTHER_EMIS_PRACTICE, "tpp": OTHER_TPP_PRACTICE, "medicus": "C99902"}
ANOTHER: Final = {"emis": "TPP", "tpp": "MEDICUS", "medicus": "EMIS"}
NEW_CODE: Final = "D99901"
ODS_URL: Final = "http://ods.test/organisation-data-terminology-api/fhir/Organization/"


@dataclass(frozen=True, slots=True)
class View:
    """What everybody shows of a patient and her first practice, in words."""

    session: str = "opens"
    details: str = "the same"
    pds: str = "here"
    pds_also: str = "nothing"
    directory: str = "as ever"
    ods: str = "open"
    told: frozenset[str] = field(default_factory=frozenset)


class Region(Town):
    """A town with a practice more of each kind, one patient whom NHS login knows, and every system there is."""

    def __init__(self, supplier: str) -> None:
        super().__init__()
        self.supplier = supplier
        self.world.add_practice("C99901", "Practice C99901", "medicus")
        self.world.add_practice("C99902", "Practice C99902", "medicus")
        self.person = self.settle("ada", HERE[supplier])
        self.number = self.person.number
        self.settle("ben", ELSEWHERE[supplier])
        roles, world, journal, faults = {US: US}, self.world, self.journal, self.faults
        apps = {
            "emis": emis_app(world, journal, faults, self.emis, applications=roles),
            "tpp": tpp_app(world, journal, faults, self.tpp, providers=roles),
            "medicus": medicus_app(world, journal, faults, MedicusSwitches(), applications={US: (US, MEDICUS_SECRET)}),
        }
        self.systems = Systems(
            {supplier: Interface(ADDRESSES[supplier], options_of(US, supplier))},
            clock=self.wire,
            transport_to=lambda _: Bulkhead(httpx2.ASGITransport(apps[supplier])),
        )
        self.pds, self.mns = Pds(self), Caller(self)
        ods = ods_app(world, journal, faults, OdsSettings(names={API_KEY: US}))
        self.ods = httpx2.AsyncClient(transport=httpx2.ASGITransport(ods), headers={"apikey": API_KEY})
        self.first: GpCredentials | None = None
        self.token: Im1Token | None = None

    @property
    def adapter(self) -> Adapter:
        """NHS login's, to the supplier of her first practice."""
        found = self.systems.at(Place(self.supplier))
        assert found is not None
        return found

    @property
    def practice(self) -> OdsCode:
        """Her first."""
        return OdsCode(HERE[self.supplier])

    async def begin(self) -> None:
        """NHS login knows her details and has a token; it listens to MNS; everybody is late from now on."""
        found = await self.adapter.retrieve(self.applicant())
        assert isinstance(found, Found)
        self.first = found.credentials
        linked = await self.adapter.link(self.applicant().demographics, self.first)
        assert isinstance(linked, Linked)
        self.token = linked.token
        await self.pds.sign_in()
        await self.mns.sign_in()
        for event in (CHANGE_OF_GP, DEATH, NUMBER, RECORD):
            await self.mns.subscribe(event)
        self.world.lags = LAGS

    def applicant(self) -> Applicant:
        """As NHS login asks for her: by the number that she had, at her first practice."""
        known = Demographics(self.person.family_name, self.person.birth_date)
        return Applicant(self.number, self.practice, known, Secret("token"), self.person.email, self.person.phone)

    async def look(self) -> View:
        """What everybody shows now."""
        pds, also = await self._at_pds()
        practice = (await self.ods.get(f"{ODS_URL}{self.practice}")).json()
        supplier = {code: name for code, name, _ in self.world.mapping()}[self.practice.code].lower()
        return View(
            await self._session(),
            await self._details(),
            pds,
            also,
            "as ever" if supplier == self.supplier else supplier.upper(),
            "open" if practice["active"] else "closed",
            frozenset([str(json.loads(body)["type"]) for body in await self.mns.received()]),
        )

    async def _session(self) -> str:
        assert self.token is not None
        answer = await self.adapter.open_session(self.token, self.practice)
        if not isinstance(answer, SessionOpened):
            return type(answer).__name__.lower()
        return "opens" if self.number in answer.shown.nhs_numbers else "shows another number"

    async def _details(self) -> str:
        answer = await self.adapter.retrieve(self.applicant())
        if not isinstance(answer, Found):
            return "none"
        return "the same" if answer.credentials == self.first else "others"

    async def _at_pds(self) -> tuple[str, str]:
        answer = await self.pds.get(self.number)
        shown = answer.json()
        listed = [one["identifier"]["value"] for one in shown.get("generalPractitioner", [])]
        names = {HERE[self.supplier]: "here", ELSEWHERE[self.supplier]: "elsewhere", NEW_CODE: "the new one"}
        also = [
            *(["restricted"] if shown["meta"]["security"][0]["code"] == "R" else []),
            *(["dead"] if "deceasedDateTime" in shown else []),
            *(["another number"] if shown["id"] != self.number.digits else []),
        ]
        return ", ".join(names[code] for code in listed) or "nowhere", ", ".join(also) or "nothing"


#: What an event needs; in place of a word stands what it means at that supplier.
def given(event: str, supplier: str) -> dict[str, object]:
    """The event's plain values."""
    here, elsewhere = HERE[supplier], ELSEWHERE[supplier]
    special: dict[str, dict[str, object]] = {
        "move_patient": {"slug": "ada", "to": elsewhere},
        "merge_practices": {"closing": here, "surviving": elsewhere},
        "divide_practice": {"code": here, "new_code": NEW_CODE, "leaving": ["ada"]},
        "migrate_system": {"code": here, "supplier": ANOTHER[supplier]},
        "answer_for_wrong_patient": {"slug": "ada", "other_slug": "ben"},
    }
    return special.get(event, {"slug": "ada"})


GONE: Final[Mapping[str, str]] = {"session": "rejected", "details": "none"}
#: What changes at once in the GP system, and what else an hour later.
CHANGES: Final[Mapping[str, tuple[Mapping[str, str], Mapping[str, str], set[str]]]] = {
    "move_patient": (GONE, {"pds": "elsewhere"}, {CHANGE_OF_GP, RECORD}),
    "merge_practices": (GONE, {"pds": "elsewhere", "ods": "closed"}, {CHANGE_OF_GP, RECORD}),
    "divide_practice": (GONE, {"pds": "the new one"}, {CHANGE_OF_GP, RECORD}),
    "migrate_system": (GONE, {"directory": "another"}, set()),
    "rotate_linkage_key": ({"session": "rejected", "details": "others"}, {}, set()),
    "expire_linkage_key": ({"session": "rejected", "details": "others"}, {}, set()),
    "restrict_record": ({}, {"pds": "nowhere", "pds_also": "restricted"}, {RECORD}),
    "revoke_access": (GONE, {}, set()),
    "reset_account": ({"session": "rejected", "details": "others"}, {}, set()),
    "lock_account": (GONE, {}, set()),
    "supersede_nhs_number": (
        {"session": "shows another number", "details": "none"},
        {"pds_also": "another number"},
        {NUMBER, RECORD},
    ),
    "die": (GONE, {"pds_also": "dead"}, {DEATH, RECORD}),
    "undo_death": ({}, {}, {DEATH, RECORD}),
    "answer_for_wrong_patient": ({"session": "shows another number"}, {}, set()),
}
#: Where a supplier differs, and why.
AT_ONE: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("reset_account", "emis"): {"session": "restricted", "details": "the same"},  # G3: the others know no Restricted
    ("die", "medicus"): {"session": "refused"},  # a code of its own for archived records
    # Who asks about a practice that is not live, or that another system serves, is told so before the token is looked at.
    ("merge_practices", "emis"): {"session": "refused"},
    ("merge_practices", "medicus"): {"session": "refused"},
    ("migrate_system", "emis"): {"session": "refused"},
    ("migrate_system", "medicus"): {"session": "refused"},
}


@pytest.fixture(params=sorted(HERE))
async def region(request: pytest.FixtureRequest) -> AsyncIterator[Region]:
    """By the supplier of her practice."""
    one = Region(request.param)
    async with AsyncExitStack() as stack:
        for client in (one.systems, one.pds, one.mns.client, one.ods):
            await stack.enter_async_context(client)
        await one.begin()
        yield one


def changed(view: View, changes: Mapping[str, str], supplier: str) -> View:
    """The view with these words in place of what was."""
    return replace(view, **{name: ANOTHER[supplier] if word == "another" else word for name, word in changes.items()})  # type: ignore[arg-type] # words all of them


@pytest.mark.parametrize("event", CHANGES)
async def test_an_event_changes_every_system_that_it_concerns_and_no_other(region: Region, event: str) -> None:
    """`demographics.md` §6: at once where it happens, elsewhere after the lag, and then consistently."""
    at_once, later, told = CHANGES[event]
    at_once = {**at_once, **AT_ONE.get((event, region.supplier), {})}
    assert View() == await region.look()

    getattr(region.world, event)(**given(event, region.supplier))
    first = changed(View(), at_once, region.supplier)
    assert first == await region.look()
    region.future.move(HOUR - timedelta(seconds=1))
    assert first == await region.look()

    region.future.move(timedelta(seconds=1))
    assert changed(replace(first, told=frozenset(told)), later, region.supplier) == await region.look()


async def test_a_new_practice_is_heard_of_with_its_lag(region: Region) -> None:
    """A division: ODS and the directory know the new code an hour later."""
    region.world.divide_practice(HERE[region.supplier], NEW_CODE, ["ada"])
    seen = []
    for _ in range(2):
        known = NEW_CODE in {code for code, _, _ in region.world.mapping()}
        seen.append((known, (await region.ods.get(ODS_URL + NEW_CODE)).status_code))
        region.future.move(HOUR)

    assert [(False, 404), (True, 200)] == seen


async def test_a_death_that_is_undone_leaves_everything_as_it_was(region: Region) -> None:
    """N22: the old token opens sessions again; PDS says so after its lag."""
    region.world.die("ada")
    region.future.move(HOUR)
    region.world.undo_death("ada")
    region.future.move(HOUR)

    assert View(told=frozenset({DEATH, RECORD})) == await region.look()
