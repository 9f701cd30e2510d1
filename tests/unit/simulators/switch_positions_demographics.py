"""What callers of PDS, MNS, ODS and the mapping see at each position of each switch (P, M and O of the register)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import httpx2

from gpic.simulators.faults import Fault, Kind
from gpic.simulators.happenings import Lags
from gpic.simulators.limits import Limit, Limits
from gpic.simulators.ods import OdsSettings, ods_app
from gpic.simulators.ods.devices import INTERACTIONS
from gpic.simulators.ods.organisations import CODES
from tests.unit.simulators.emis_looks import at
from tests.unit.simulators.mns_caller import ARN, CHANGE_OF_GP, Caller, asked
from tests.unit.simulators.surgery import API_KEY, Pds
from tests.unit.simulators.switch_positions import Switch, Throw, as_it_starts, put, world
from tests.unit.simulators.town import EMIS_PRACTICE, NUMBERS, OTHER_EMIS_PRACTICE, TPP_PRACTICE, Town

HOUR: Final = timedelta(hours=1)
ODS_URL: Final = "http://ods.test/organisation-data-terminology-api/fhir/"
SeenAtPds = Callable[[Town, Pds], Awaitable[object]]
SeenAtMns = Callable[[Town, Caller], Awaitable[object]]


def settings(**fields: object) -> Throw[Pds | Caller]:
    """Change the settings of PDS or of MNS."""
    return lambda caller: put(caller.settings, fields)


def lags(**lag: timedelta) -> Throw[Pds | Caller]:
    """Let that system hear later."""
    return lambda caller: setattr(caller.town.world, "lags", Lags(**lag))


def failing(*kinds: Kind) -> Throw[Pds | Caller]:
    """Let PDS fail."""
    return lambda caller: [caller.town.faults.set(Fault(kind, "PDS", "GET Patient", status=503)) for kind in kinds]


def events(throw: Throw[Town]) -> Throw[Pds | Caller]:
    """Whatever can be done in a town."""
    return lambda caller: throw(caller.town)


async def at_pds(town: Town, throw: Throw[Pds | Caller], see: SeenAtPds) -> object:
    """Ada is at PDS; the switch is thrown, and somebody looks."""
    town.settle("ada")
    async with Pds(town) as caller:
        await caller.sign_in()
        throw(caller)
        return await see(town, caller)


async def at_mns(town: Town, throw: Throw[Pds | Caller], see: SeenAtMns) -> object:
    """The switch is thrown, and somebody subscribes."""
    town.settle("ada")
    caller = Caller(town)
    await caller.sign_in()
    try:
        throw(caller)
        return await see(town, caller)
    finally:
        await caller.client.aclose()


def positions(
    look: Callable[[Town, Throw[Pds | Caller]], Awaitable[object]], **named: tuple[Throw[Pds | Caller], object]
) -> Switch[Pds | Caller]:
    """A switch of PDS or of MNS; an underscore in a name is a blank."""
    return Switch(look, {name.strip("_").replace("_", " "): position for name, position in named.items()})


async def seven_reads(town: Town, pds: Pds) -> object:
    """How many of seven reads are served."""
    number = town.world.patient("ada").number
    return [(await pds.get(number)).status_code for _ in range(7)].count(200)


async def has_a_body(town: Town, pds: Pds) -> object:
    """Whether a read that fails says anything."""
    answer = await pds.get(town.world.patient("ada").number)
    assert 503 == answer.status_code
    return bool(answer.content)


async def old_number(town: Town, pds: Pds) -> object:
    """A read under the number that she had."""
    before = town.world.patient("ada").number
    town.world.supersede_nhs_number("ada", NUMBERS[30])
    return (await pds.get(before)).status_code


async def name_shown(town: Town, pds: Pds) -> object:
    """Whether a read shows a name."""
    return "name" in (await pds.get(town.world.patient("ada").number)).json()


async def practice_after_a_move(town: Town, pds: Pds) -> object:
    """Which practice a read names straight after."""
    town.world.move_patient("ada", TPP_PRACTICE)
    shown = (await pds.get(town.world.patient("ada").number)).json()
    return shown["generalPractitioner"][0]["identifier"]["value"]


async def standing(town: Town, pds: Pds) -> object:
    """How the practice holds her; PDS tells of both deaths."""
    assert (await pds.get(town.world.patient("ada").number)).json()["deceasedDateTime"]
    return town.world.patient("ada").standing.value


async def events_of_a_move(town: Town, mns: Caller) -> object:
    """How many events a move brings at once."""
    await mns.subscribe()
    town.world.move_patient("ada", TPP_PRACTICE)
    return len(await mns.received())


async def events_of_a_restricted_patient(town: Town, mns: Caller) -> object:
    """The same, of somebody whose record is restricted."""
    town.world.restrict_record("ada")
    return await events_of_a_move(town, mns)


async def order_of_two(town: Town, mns: Caller) -> object:
    """Whether the first of two comes first."""
    await mns.subscribe()
    for practice in (TPP_PRACTICE, OTHER_EMIS_PRACTICE):
        town.world.move_patient("ada", practice)
        town.wire.move(timedelta(seconds=1))
        town.future.move(timedelta(seconds=1))
    times = [str(json.loads(body)["time"]) for body in await mns.received()]
    return times == sorted(times)


async def what_an_event_carries(town: Town, mns: Caller) -> object:
    """Which of its optional fields."""
    await mns.subscribe()
    town.world.move_patient("ada", TPP_PRACTICE)
    (body,) = await mns.received()
    return sorted({"subject", "dataref"} & set(json.loads(body)))


async def received_again(town: Town, mns: Caller) -> object:
    """How often a message comes that nobody takes off."""
    await mns.subscribe()
    town.world.move_patient("ada", TPP_PRACTICE)
    times = 0
    for _ in range(7):
        times += len(await mns.feed.receive())
        town.wire.move(mns.settings.visibility)
    return times


async def status_of_an_old_subscription(_: Town, mns: Caller) -> object:
    """How one to an event of version 1 is answered."""
    return (await mns.ask("POST", body=asked("pds-change-of-gp-1"))).status_code


async def status_of_a_subscription(_: Town, mns: Caller) -> object:
    """How a new one is answered."""
    assert ARN in json.dumps(asked())
    return (await mns.ask("POST", body=asked(CHANGE_OF_GP))).status_code


async def at_ods(town: Town, throw: Throw[OdsSettings | Town], path: str) -> object:
    """The switch is thrown, a practice closes into another unless that was the switch; how a read is answered."""
    ods = OdsSettings(names={API_KEY: "NHS login"})
    app = ods_app(town.world, town.journal, town.faults, ods)
    throw(ods)
    throw(town)
    if town.world.practice(OTHER_EMIS_PRACTICE).closed_at is None:
        town.world.merge_practices(OTHER_EMIS_PRACTICE, EMIS_PRACTICE)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ODS_URL) as client:
        answer = await client.get(path, headers={"apikey": API_KEY})
    if answer.status_code != 200:
        return answer.status_code
    return answer.json().get("active", '"successor"' in answer.text)


async def at_ord_and_sds(
    town: Town, throw: Throw[OdsSettings | Town], see: Callable[[httpx2.AsyncClient], Awaitable[object]]
) -> object:
    """A practice merged and ODS was told; the switch is thrown, and somebody looks at ORD, at SDS, or often."""
    ods = OdsSettings(names={API_KEY: "NHS login"})
    app = ods_app(town.world, town.journal, town.faults, ods)
    town.world.merge_practices(OTHER_EMIS_PRACTICE, EMIS_PRACTICE, in_ods=True)
    town.world.add_practice("C99901", "Practice C99901", "medicus")
    throw(ods)
    transport, headers = httpx2.ASGITransport(app), {"apikey": API_KEY}
    async with httpx2.AsyncClient(transport=transport, base_url="http://ods.test", headers=headers) as client:
        return await see(client)


async def form_of_a_succession(client: httpx2.AsyncClient) -> object:
    """How ORD writes the only one."""
    answer = await client.get(f"/ORD/2-0-0/organisations/{OTHER_EMIS_PRACTICE}")
    return type(answer.json()["Organisation"]["Succs"]["Succ"]).__name__


async def makers(client: httpx2.AsyncClient, practice: str) -> object:
    """Who made the systems of a practice, as SDS tells."""
    answer = await client.get(f"/spine-directory/FHIR/R4/Device?organization={CODES}|{practice}&identifier={INTERACTIONS}|any")
    devices = [entry["resource"] for entry in answer.json()["entry"]]
    return [one["extension"][0]["valueReference"]["identifier"]["value"] for one in devices]


async def two_reads(client: httpx2.AsyncClient) -> object:
    """How two reads in a row are answered."""
    return [(await client.get(f"{ODS_URL}Organization/{EMIS_PRACTICE}")).status_code for _ in range(2)]


def of_town(throw: Throw[Town]) -> Throw[OdsSettings | Town]:
    """Only in a town."""
    return lambda desk: throw(desk) if isinstance(desk, Town) else None


def of_ods(**fields: object) -> Throw[OdsSettings | Town]:
    """Only at ODS."""
    return lambda desk: put(desk, fields) if isinstance(desk, OdsSettings) else None


def ods_later(town: Town) -> None:
    """ODS hears an hour later."""
    town.world.lags = Lags(ods=HOUR)


async def mapping_after_a_migration(town: Town, throw: Throw[Town]) -> object:
    """Which supplier the mapping names straight after."""
    throw(town)
    town.world.migrate_system(EMIS_PRACTICE, "tpp")
    return next(supplier for code, supplier, _ in town.world.mapping() if code == EMIS_PRACTICE)


def directory_later(town: Town) -> None:
    """The mapping hears an hour later."""
    town.world.lags = Lags(directory=HOUR)


READ: Final = partial(at_ods, path=f"Organization/{OTHER_EMIS_PRACTICE}")
LOOKED_UP: Final = partial(at_ods, path=f"CodeSystem/$lookup?system={CODES}&code={OTHER_EMIS_PRACTICE}&property=*")
ONE_MOVE: Final = partial(at_mns, see=events_of_a_move)

AT_PDS_AND_MNS: Final[Mapping[str, Switch[Pds | Caller]]] = {
    "P1": positions(
        partial(at_pds, see=has_a_body),
        a_body_of_ours=(failing(Kind.STATUS), True),
        no_body=(failing(Kind.STATUS, Kind.EMPTY), False),
    ),
    "P2": positions(
        partial(at_pds, see=seven_reads),
        generous=(as_it_starts, 7),
        five_in_a_minute=(settings(limits=Limits(app_quota=Limit(5))), 5),
    ),
    "P3": positions(
        partial(at_pds, see=old_number),
        found=(as_it_starts, 200),
        not_found=(events(world(old_numbers_found=False)), 404),
    ),
    "P5": positions(
        partial(at_pds, see=name_shown),
        R=(events(lambda town: town.world.restrict_record("ada")), True),
        V=(events(lambda town: town.world.restrict_record("ada", "V")), False),
    ),
    "P6": positions(
        partial(at_pds, see=practice_after_a_move),
        at_once=(as_it_starts, TPP_PRACTICE),
        an_hour_behind=(settings(lag=HOUR), EMIS_PRACTICE),
    ),
    "P7": positions(
        partial(at_pds, see=practice_after_a_move),
        at_once=(as_it_starts, TPP_PRACTICE),
        an_hour_later=(lags(pds=HOUR), EMIS_PRACTICE),
    ),
    "P8": positions(
        partial(at_pds, see=standing),
        formal=(events(lambda town: town.world.die("ada")), "archived"),
        informal=(events(lambda town: town.world.die("ada", formal=False)), "registered"),
    ),
    "M2": positions(
        partial(at_mns, see=events_of_a_restricted_patient),
        signalled=(as_it_starts, 1),
        silent=(events(world(restricted_are_signalled=False)), 0),
    ),
    "M3": positions(ONE_MOVE, at_once=(as_it_starts, 1), an_hour_later=(lags(mns=HOUR), 0)),
    "M4": positions(
        partial(at_mns, see=status_of_a_subscription),
        any_product=(as_it_starts, 201),
        not_this_one=(settings(without_product=frozenset({API_KEY})), 502),
    ),
    "M5": positions(ONE_MOVE, once=(as_it_starts, 1), twice_with_the_same_id=(settings(copies=2), 2)),
    "M6": positions(ONE_MOVE, none=(as_it_starts, 1), the_next_one=(settings(drop_next=1), 0)),
    "M7": positions(
        partial(at_mns, see=order_of_two), as_they_came=(as_it_starts, True), last_first=(settings(reverse=True), False)
    ),
    "M8": positions(
        partial(at_mns, see=what_an_event_carries),
        carried=(as_it_starts, ["dataref", "subject"]),
        left_out=(settings(leave_out=frozenset({"subject", "dataref"})), []),
    ),
    "M9": positions(
        partial(at_mns, see=status_of_a_subscription), _201=(as_it_starts, 201), _200=(settings(made_status=200), 200)
    ),
    "M12": positions(partial(at_mns, see=received_again), four_times=(as_it_starts, 4), once=(settings(most_receives=1), 1)),
    "M13": positions(
        partial(at_mns, see=status_of_an_old_subscription),
        to_be_had=(as_it_starts, 201),
        withdrawn=(settings(unpermitted=frozenset({"pds-change-of-gp-1"})), 403),
    ),
    "M11": positions(ONE_MOVE, lets_MNS_in=(as_it_starts, 1), denies=(settings(queue_denies=True), 0)),
}
AT_ODS: Final[Mapping[str, Switch[OdsSettings | Town]]] = {
    "O1": Switch(
        LOOKED_UP,
        {
            "none": (as_it_starts, False),
            "told": (
                of_town(lambda town: town.world.merge_practices(OTHER_EMIS_PRACTICE, EMIS_PRACTICE, in_ods=True)),
                True,
            ),
        },
    ),
    "O2": Switch(READ, {"at once": (as_it_starts, False), "an hour later": (of_town(ods_later), True)}),
    "O6": Switch(READ, {"known": (as_it_starts, False), "404": (of_ods(archived=frozenset({OTHER_EMIS_PRACTICE})), 404)}),
    "O9": Switch(READ, {"at once": (as_it_starts, False), "at two in the morning": (of_ods(daily=True), True)}),
    "O10": Switch(
        partial(at_ord_and_sds, see=two_reads),
        {"none": (as_it_starts, [200, 200]), "one in a minute": (of_ods(limits=Limits(api_quota=Limit(1))), [200, 429])},
    ),
    "O11": Switch(
        partial(at_ord_and_sds, see=form_of_a_succession),
        {"a list": (as_it_starts, "list"), "an object": (of_ods(lone_as_object=True), "dict")},
    ),
    "O12": Switch(
        partial(at_ord_and_sds, see=partial(makers, practice=EMIS_PRACTICE)),
        {
            "one": (as_it_starts, ["YGJ"]),
            "EMIS and TPP": (of_ods(two_systems=frozenset({EMIS_PRACTICE})), ["YGJ", "YGA"]),
        },
    ),
    "O13": Switch(
        partial(at_ord_and_sds, see=partial(makers, practice="C99901")),
        {"ZZ901": (as_it_starts, ["ZZ901"]), "none": (of_ods(manufacturers={"EMIS": "YGJ", "TPP": "YGA"}), [])},
    ),
}
OF_THE_MAPPING: Final[Mapping[str, Switch[Town]]] = {
    "O4": at(
        Switch(mapping_after_a_migration, {}),
        at_once=(as_it_starts, "TPP"),
        an_hour_later=(directory_later, "EMIS"),
    )
}
