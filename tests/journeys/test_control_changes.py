"""What the control API changes: the world by its events, faults, switches, the clock; and how a sandbox begins anew."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from gpic.credentials.ports import TaskKind
from gpic.credentials.rounds import Round
from gpic.jobs.lease_table import ELAPSED, in_microseconds
from gpic.jobs.rounds_table import columns_of
from gpic.jobs.tables import RUNNING, jobs, rounds
from gpic.nhs.organisations import OdsCode
from gpic.sandbox import theatre
from gpic.sandbox.control.events import EVENTS
from gpic.simulators.faults import Fault
from gpic.simulators.world import World
from tests.journeys.conftest import Controlled, Json

pytestmark = pytest.mark.anyio

#: The fourteen of the world, each with what it does to whom, and the kind of happening that shows it.
FOURTEEN = {
    "move_patient": ({"person": "ada", "to": "B99901", "account": True}, "patient moved"),
    "merge_practices": ({"closing": "A99902", "surviving": "A99901"}, "practices merged"),
    "divide_practice": ({"practice": "A99901", "new_code": "A99909", "leaving": ["ada"]}, "practice divided"),
    "migrate_system": ({"practice": "A99901", "system": "TPP"}, "practice changed its system"),
    "rotate_linkage_key": ({"person": "ada"}, "linkage key rotated"),
    "expire_linkage_key": ({"person": "ada"}, "linkage key expired"),
    "restrict_record": ({"person": "ada", "confidentiality": "V"}, "record's confidentiality changed"),
    "revoke_access": ({"person": "ada", "may_register_again": False}, "access revoked"),
    "reset_account": ({"person": "ada", "rotates_key": True}, "account reset"),
    "lock_account": ({"person": "ada"}, "account locked"),
    "supersede_nhs_number": ({"person": "ada"}, "NHS number superseded"),
    "die": ({"person": "ada"}, "patient died"),
    "undo_death": ({"person": "ada"}, "death undone"),
    "answer_for_wrong_patient": ({"person": "ada", "shown": "ben"}, "another patient is shown"),
}


@pytest.mark.parametrize("name", FOURTEEN)
async def test_each_of_the_fourteen_events_happens_by_its_name(controlled: Controlled, name: str) -> None:
    """The world has it, the answer tells what it brought about, and the history keeps it."""
    body, kind = FOURTEEN[name]
    told = await controlled.post(f"/events/{name}", body)

    assert kind in [one["kind"] for one in told]
    assert told == (await controlled.get("/happenings"))[-len(told) :]
    assert {kind} == {one["cause"] for one in told}
    assert told[-1]["number"] == len(controlled.stage.world.happenings)


async def test_every_event_of_the_table_is_one_of_the_world(controlled: Controlled) -> None:
    """And says what it takes, so that a console can make a form of it."""
    kinds = {one["name"]: one for one in await controlled.get("/events")}

    assert list(EVENTS) == list(kinds)
    assert list(FOURTEEN) == list(kinds)[: len(FOURTEEN)]
    assert [] == [name for name in kinds if not callable(getattr(World, name, None))]
    assert [("person", "person", True), ("to", "practice", True), ("account", "flag", False), ("pds", "flag", False)] == [
        (one["name"], one["kind"], one["required"]) for one in kinds["move_patient"]["parameters"]
    ]
    assert ["U", "R", "V"] == kinds["restrict_record"]["parameters"][1]["choices"]
    assert {"person", "practice", "people", "text", "flag", "choice"} == {
        parameter["kind"] for kind in kinds.values() for parameter in kind["parameters"]
    }


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("fly_away", {"person": "ada"}, 404),
        ("move_patient", {"person": "nobody", "to": "A99902"}, 404),
        ("move_patient", {"person": "ada", "to": "Z99999"}, 404),
        ("move_patient", {"person": "ada"}, 400),
        ("move_patient", {"person": "ada", "to": "A99902", "by": "night"}, 400),
        ("restrict_record", {"person": "ada", "confidentiality": "X"}, 400),
        ("merge_practices", {"closing": "A99901", "surviving": "A99901"}, 422),
        ("open_practice", {"practice": "A99901", "name": "Again", "system": "EMIS"}, 409),
        ("open_practice", {"practice": "!", "name": "Odd", "system": "EMIS"}, 404),
        ("rotate_linkage_key", {"person": "ben"}, 404),
    ],
)
async def test_what_cannot_happen_does_not(controlled: Controlled, name: str, body: Json, status: int) -> None:
    """Refused as a whole: no happening is written down."""
    before = await controlled.get("/happenings")
    answer = await controlled.ask("POST", f"/events/{name}", status, json=body)

    assert before == await controlled.get("/happenings")
    assert answer["detail"].endswith(".")
    assert "'" not in answer["detail"][:1]


async def test_who_moves_is_registered_at_the_new_practice(controlled: Controlled) -> None:
    """J6: the event of the API goes the way of MNS; EMIS is not called again."""
    await controlled.log_in("ada")
    last = (await controlled.get("/messages"))["last"]
    await controlled.post("/events/move_patient", {"person": "ada", "to": "B99901", "account": True})
    await controlled.post("/settle")
    ada = await controlled.get("/people/ada")
    calls = (await controlled.get("/messages", after=last, person="ada"))["messages"]

    assert ("held", "tpp", "B99901") == tuple(ada["provider"][name] for name in ("state", "system", "practice"))
    assert {"MNS", "PDS", "TPP"} == {lane for one in calls for lane in (one["sender"], one["receiver"])} - {"NHS login"}


async def test_a_fault_strikes_and_is_lifted(controlled: Controlled) -> None:
    """G6: per call and supplier, with counts; J12: no claim, and the task goes on later."""
    made = await controlled.post("/faults", {"kind": "status", "lane": "EMIS", "status": 503})
    page = await controlled.log_in("ada")
    (rule,) = await controlled.get("/faults")
    await controlled.ask("DELETE", f"/faults/{made['number']}", 204)

    assert page.has("cannot-connect")
    assert rule["struck"] == rule["matched"] > 0
    assert [] == await controlled.get("/faults")
    await controlled.ask("DELETE", f"/faults/{made['number']}", 404)


async def test_all_faults_are_lifted_at_once(controlled: Controlled) -> None:
    """However many there are."""
    for lane in ("EMIS", "TPP", ""):
        await controlled.post("/faults", {"kind": "delay", "lane": lane, "seconds": 0.01, "chance": 0.5})
    counts = [one["faults"] for one in await controlled.get("/systems")]
    await controlled.ask("DELETE", "/faults", 204)

    assert [2, 2, 1, 1, 1, 1] == counts
    assert [] == await controlled.get("/faults")


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"kind": "explode", "lane": ""}, 422),
        ({"kind": "missing field", "lane": "EMIS"}, 422),
        ({"kind": "delay", "lane": "EMIS", "seconds": "long"}, 400),
        ({"kind": "delay", "lane": "EMIS", "colour": "red"}, 400),
    ],
)
async def test_a_fault_that_cannot_be_meant_is_refused(controlled: Controlled, rule: Json, status: int) -> None:
    """With a sentence that says why."""
    assert (await controlled.ask("POST", "/faults", status, json=rule))["detail"]
    assert [] == await controlled.get("/faults")


async def test_a_switch_is_thrown_while_the_stand_in_runs(controlled: Controlled) -> None:
    """G8: the second me/applications is refused from now on, and the assumption that it decides is named."""
    thrown = await controlled.put("/switches/EmisSwitches.already_linked", {"value": "409"})

    assert ("409", "succeeds", ["E1"]) == (thrown["value"], thrown["start"], thrown["assumptions"])
    assert ["succeeds", "400", "500", "409"] == thrown["positions"]
    assert "409" == controlled.stage.switches.emis.already_linked.value


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("EmisSwitches.already_linked", "never", 422),
        ("EmisSwitches.colour", "red", 404),
        ("PdsSettings.names", {}, 404),
        ("Nothing.at_all", 1, 404),
        ("PdsSettings.lag", "soon", 422),
    ],
)
async def test_a_switch_has_only_its_positions(controlled: Controlled, name: str, value: Json, status: int) -> None:
    """What wires the sandbox is no switch."""
    before = await controlled.get("/switches")
    await controlled.ask("PUT", f"/switches/{name}", status, json={"value": value})

    assert before == await controlled.get("/switches")


async def test_durations_are_seconds_and_sets_are_lists(controlled: Controlled) -> None:
    """As JSON has it."""
    lag = await controlled.put("/switches/PdsSettings.lag", {"value": 90})
    off = await controlled.put("/switches/MnsSettings.leave_out", {"value": ["versionid", "subject"]})
    never = await controlled.put("/switches/MnsSettings.test_signal_every", {"value": None})

    assert (90, ["subject", "versionid"], None) == (lag["value"], off["value"], never["value"])
    assert timedelta(seconds=90) == controlled.stage.switches.pds.lag


async def test_every_assumption_is_shown(controlled: Controlled) -> None:
    """G8: each switch that the register names is one of the board's, a lag, a fault's, or a parameter of an event."""
    register, switches = await controlled.get("/assumptions"), {one["name"] for one in await controlled.get("/switches")}
    fields = {one["switch"] for one in register if one["switch"] and "(" not in one["switch"]}

    of_faults = {f"Fault.{field.name}" for field in dataclasses.fields(Fault)}
    assert fields <= switches | of_faults | {f"Lags.{name}" for name in await controlled.get("/lags")}
    assert all(bool(one["switch"]) != bool(one["fixed"]) for one in register)


async def test_the_world_clock_moves_freezes_and_runs_on(controlled: Controlled) -> None:
    """The wire clock never does."""
    before = await controlled.get("/clock")
    moved = await controlled.post("/clock/move", {"seconds": 86_400})
    frozen = await controlled.post("/clock/freeze")
    still = await controlled.get("/clock")
    running = await controlled.post("/clock/thaw")
    later = await controlled.get("/clock")

    assert timedelta(days=1) <= moment(moved["world"]) - moment(before["world"]) < timedelta(days=1, seconds=30)
    assert moment(moved["wire"]) - moment(before["wire"]) < timedelta(seconds=30)
    assert (True, frozen["world"]) == (still["frozen"], still["world"])
    assert frozen["world"] <= running["world"] < later["world"]
    assert moment(running["world"]) - moment(frozen["world"]) < timedelta(seconds=1)
    await controlled.ask("POST", "/clock/move", 400, json={"seconds": -1})


def moment(text: str) -> datetime:
    """As JSON tells it."""
    return datetime.fromisoformat(text)


async def test_a_reset_is_a_new_beginning(controlled: Controlled) -> None:
    """People, holdings, links, clock, faults, switches, journal: as at the start, under the same addresses."""
    start = [await controlled.get(path) for path in ("/people/ada", "/people", "/switches")]
    await controlled.log_in("ada")
    await controlled.post("/events/die", {"person": "ada"})
    await controlled.post("/faults", {"kind": "timeout", "lane": "TPP"})
    await controlled.put("/switches/EmisSwitches.generation", {"value": "older"})
    await controlled.post("/clock/move", {"seconds": 1e6})
    before = await controlled.get("/sandbox")
    after = await controlled.post("/reset")

    assert start == [await controlled.get(path) for path in ("/people/ada", "/people", "/switches")]
    assert (before["addresses"], before["acts"] + 1) == (after["addresses"], after["acts"])
    assert [] == await controlled.get("/faults")
    assert [] == (await controlled.get("/messages", receiver="EMIS"))["messages"]
    assert moment(after["clock"]["world"]) - moment(after["clock"]["wire"]) < timedelta(seconds=1)
    assert (await controlled.log_in("ada")).has("connected")


async def test_a_reset_does_not_wait_for_what_waits_for_it(controlled: Controlled, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task under way comes to its end: EMIS, which it called, reads NHS login's keys though nobody else may come in."""
    monkeypatch.setattr(theatre, "PATIENCE", 0.05)
    await controlled.log_in("ada")
    await controlled.post("/faults", {"kind": "delay", "lane": "EMIS", "sender": "NHS login", "seconds": 0.5})
    before = controlled.stage
    seen = max(one.number for one in before.journal.list())
    await controlled.post("/events/move_patient", {"person": "ada", "to": "A99902"})
    async with asyncio.timeout(20):
        while not any(one.receiver == "PDS" for one in before.journal.list(after=seen)):  # noqa: ASYNC110 - see settled
            await asyncio.sleep(0.01)
    await controlled.post("/reset")
    said = [(one.sender, one.operation) for one in before.journal.list(after=seen)]

    assert ("EMIS", "GET /.well-known/jwks.json") in said
    assert ("NHS login", "POST me/verifications") in said


async def test_what_somebody_worked_on_when_it_was_kept_is_taken_up_at_once(
    controlled: Controlled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round and a task are leased for minutes; of the act that comes back to them, nobody waits for whoever had them."""
    monkeypatch.setattr(theatre, "PATIENCE", 0.05)
    long = ELAPSED + in_microseconds(timedelta(days=1))
    walked = columns_of(Round("half-way", controlled.stage.clocks.world.now(), frozenset({OdsCode("A99901")}), "test"))
    task = {"kind": TaskKind.FOLLOW.value, "person": "nobody", "due": 0, "fence": 1, "attempt": 1, "reason": ""}

    def leased(connection: Connection) -> None:
        connection.execute(rounds.insert().values(**walked, leased_until=long))
        connection.execute(jobs.insert().values(**task, state=RUNNING, leased_until=long))

    await controlled.stage.nhs_login.database.unit(leased)
    await controlled.put("/snapshots/at-work", None)
    await controlled.post("/snapshots/at-work/restore")
    async with asyncio.timeout(30):
        await controlled.post("/settle")
    await controlled.ask("DELETE", "/snapshots/at-work", 204)


async def test_a_snapshot_brings_everything_back(controlled: Controlled) -> None:
    """What was held by everybody, and the clock; nobody registers again: R3 holds across it."""
    await controlled.log_in("ada")
    await controlled.post("/clock/move", {"seconds": 7200})
    await controlled.put("/snapshots/known", None)
    kept = await controlled.get("/people/ada")
    await controlled.post("/events/revoke_access", {"person": "ada"})
    await controlled.post("/reset")
    back = await controlled.post("/snapshots/known/restore")

    assert kept == await controlled.get("/people/ada")
    assert timedelta(seconds=7199) < moment(back["clock"]["world"]) - moment(back["clock"]["wire"]) < timedelta(seconds=7201)
    assert (await controlled.log_in("ada")).has("connected")
    assert ["POST sessions"] == [
        one["operation"]
        for one in (await controlled.get("/messages", receiver="EMIS", sender="Partner"))["messages"]
        if one["operation"] in {"POST me/applications", "POST sessions"}
    ]
    await controlled.ask("DELETE", "/snapshots/known", 204)


async def test_snapshots_have_proper_names(controlled: Controlled) -> None:
    """One is replaced, one is forgotten, none is a path."""
    await controlled.put("/snapshots/one", None)
    first = await controlled.get("/snapshots")
    await controlled.put("/snapshots/one", None)

    assert ["one"] == [one["name"] for one in first] == [one["name"] for one in await controlled.get("/snapshots")]
    await controlled.ask("PUT", "/snapshots/.hidden", 422)
    await controlled.ask("DELETE", "/snapshots/one", 204)
    await controlled.ask("DELETE", "/snapshots/one", 404)
    await controlled.ask("POST", "/snapshots/one/restore", 404)
