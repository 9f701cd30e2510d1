"""A whole world as plain values, and back again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from gpic.simulators.cast import furnish
from gpic.simulators.happenings import Lags, System, What
from gpic.simulators.snapshot import SnapshotInvalid
from gpic.simulators.world import World
from tests.unit.simulators.town import (
    EMIS_PRACTICE,
    NUMBERS,
    TPP_PRACTICE,
    Emis,
    Town,
    Tpp,
    connected,
    error_of,
)

pytestmark = pytest.mark.anyio


def lived(town: Town) -> World:
    """A world in which something of everything happened."""
    for slug in ("ada", "ben", "cleo"):
        town.settle(slug, TPP_PRACTICE if slug == "cleo" else EMIS_PRACTICE)
    world = town.world
    account = world.account_of("ada")
    assert account is not None
    world.link(account, "one")
    world.link(account, "one")
    world.link(account, "two")
    world.post(account, "NHS login")
    world.lags = Lags(pds=timedelta(hours=1), mns=timedelta(minutes=5))
    world.reset_account("ada")
    world.supersede_nhs_number("ada", NUMBERS[30])
    world.divide_practice(EMIS_PRACTICE, "C99901", ["ben"], accounts=True, in_ods=True)
    world.die("cleo")
    world.let_act_for("ada", "ben")
    world.failed_login(account)
    return world


def test_a_world_comes_back_as_it_was(town: Town) -> None:
    """Through JSON, into another world of the same clocks: every value is the same, links and their accounts too."""
    world = lived(town)
    plain = json.loads(json.dumps(world.snapshot()))
    other = World(town.clocks, seed=99)
    other.restore(plain)
    account = other.account_of("ada")

    assert plain == world.snapshot() == other.snapshot()
    assert account is not None
    assert all(link.account is account for link in account.links.values())
    assert other.link_of(account.links["two"].token) is account.links["two"]


EVENTS: list[Callable[[World], object]] = [
    lambda world: world.rotate_linkage_key("ada"),
    lambda world: world.move_patient("ben", TPP_PRACTICE, account=True),
    lambda world: world.undo_death("cleo"),
]


def test_what_follows_is_the_same_as_it_would_have_been(town: Town) -> None:
    """The seed goes on where it stood: the same events bring the same keys, numbers and happenings."""
    world = lived(town)
    other = World(town.clocks, seed=99)
    other.restore(world.snapshot())
    for event in EVENTS:
        event(world)
        event(other)

    assert world.snapshot() == other.snapshot()


def test_a_world_goes_back_to_what_it_was(town: Town) -> None:
    """Into the same world: what happened since is gone, and it may happen again."""
    world = lived(town)
    before = world.snapshot()
    for event in EVENTS:
        event(world)
    changed = world.snapshot()
    world.restore(before)
    again = world.snapshot()
    for event in EVENTS:
        event(world)

    assert before == again
    assert changed == world.snapshot() != before


def test_a_snapshot_is_not_changed_by_what_happens_later(town: Town) -> None:
    """It shares nothing with the world."""
    world = lived(town)
    plain = world.snapshot()
    text = json.dumps(plain)
    for event in EVENTS:
        event(world)
    World(town.clocks).restore(plain)

    assert text == json.dumps(plain)


def test_listeners_stay_and_hear_what_had_not_reached_them(town: Town) -> None:
    """What was told before the snapshot is not told again; what was late comes when it is due."""
    world = lived(town)
    heard: list[What] = []
    world.subscribe(lambda happening: heard.append(happening.kind), hears_as=System.MNS)
    world.archive("ben")
    world.restore(world.snapshot())
    world.catch_up()
    at_once = list(heard)
    town.future.move(timedelta(minutes=5))
    world.catch_up()

    assert [] == at_once
    assert What.STANDING_CHANGED is heard[-1]
    assert [one.kind for one in world.heard_by(System.MNS) if one.lags.mns] == heard


@pytest.mark.parametrize(
    "damage",
    [
        {},
        {"version": 2},
        {"patients": None},
        {"patients": [{"slug": "x"}]},
        {"numbers": {"9990000000": "ada"}},
        {"links": [{"account": 7, "application": "", "token": "", "made_from": "", "dropped": False, "is_current": True}]},
        {"random": [3, [1, 2], None]},
        {"random": [7, [], None]},
    ],
)
def test_what_is_no_snapshot_changes_nothing(town: Town, damage: dict[str, object]) -> None:
    """It is refused whole, and its values are not repeated."""
    world = lived(town)
    before = world.snapshot()
    with pytest.raises(SnapshotInvalid, match=r"no world of ours"):
        World(town.clocks).restore({**before, **damage} if damage else {})
    with pytest.raises(SnapshotInvalid):
        world.restore({**before, **damage} if damage else {})

    assert before == world.snapshot()


async def test_sessions_at_emis_outlive_a_restore_as_far_as_their_tokens_do(town: Town, emis: Emis) -> None:
    """A token of the snapshot goes on; one that was made later is unknown again."""
    ada, ben = town.settle("ada"), town.settle("ben")
    kept = Emis(emis.client)
    session = (await kept.session(await kept.token(ada))).json()
    plain = town.world.snapshot()
    lost = Emis(emis.client)
    other = (await lost.session(await lost.token(ben))).json()
    town.world.restore(plain)

    statuses = []
    for caller, shown in ((kept, session), (lost, other)):
        query = {"userPatientLinkToken": shown["UserPatientLinks"][0]["UserPatientLinkToken"]}
        statuses.append((await emis.client.get("/demographics", params=query, headers=caller.headers)).status_code)

    assert [200, 401] == statuses


async def test_sessions_at_tpp_outlive_a_restore_as_far_as_their_tokens_do(town: Town, tpp: Tpp) -> None:
    """As at EMIS; the lost one is told 3."""
    before = town.world.snapshot()
    account_id, passphrase = await connected(town, tpp)
    await tpp.authenticate(account_id, passphrase)
    town.world.restore(town.world.snapshot())
    kept = error_of(await tpp.send("PatientSelected"))
    town.world.restore(before)

    assert ("", "3") == (kept, error_of(await tpp.send("PatientSelected")))


def test_worlds_of_one_seed_are_the_same(town: Town) -> None:
    """And of another are not, in keys alone."""

    def world_of(seed: int) -> dict[str, object]:
        world = World(town.clocks, seed=seed)
        furnish(world)
        world.migrate_system("A99901", "tpp", accounts=True)
        return world.snapshot()

    assert world_of(3) == world_of(3)
    assert world_of(3) != world_of(4)
    assert world_of(3)["practices"] == world_of(4)["practices"]
