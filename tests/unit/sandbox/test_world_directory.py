"""The sandbox's directory follows its world."""

from __future__ import annotations

from datetime import timedelta

from gpic.gp_systems.directory import Place, Reloaded
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.organisations import OdsCode
from gpic.sandbox.surgeries import WorldDirectory, directory_of
from gpic.simulators.cast import furnish
from gpic.simulators.happenings import Lags
from gpic.simulators.world import World

MEADOWBANK, NEW = OdsCode("A99901"), OdsCode("A99999")


def directory(told: list[Reloaded], lag: timedelta = timedelta()) -> tuple[World, WorldDirectory, MovableClock]:
    """A furnished world whose directory hears so much later."""
    clock = MovableClock()
    clocks = Clocks(world=clock)
    world = World(clocks)
    furnish(world)
    world.lags = Lags(directory=lag)
    return world, directory_of(world, clocks, told.append), clock


def test_a_migration_is_heard_and_told_once() -> None:
    """N19: without a lag at once, whether anybody looks or not."""
    told: list[Reloaded] = []
    world, followed, _ = directory(told)
    world.migrate_system("A99901", "TPP")

    assert [Reloaded(frozenset({MEADOWBANK}))] == told
    assert Place("tpp") == followed.place_of(MEADOWBANK)
    assert [Reloaded(frozenset({MEADOWBANK}))] == told


def test_a_migration_is_heard_with_the_directorys_lag() -> None:
    """J8: until it has heard, the directory is wrong, as a monthly file is."""
    told: list[Reloaded] = []
    world, followed, clock = directory(told, timedelta(days=20))
    world.migrate_system("A99901", "TPP")

    assert (Place("emis"), []) == (followed.place_of(MEADOWBANK), told)
    clock.move(timedelta(days=20))
    assert Place("tpp") == followed.place_of(MEADOWBANK)
    assert [Reloaded(frozenset({MEADOWBANK}))] == told


def test_a_new_practice_has_its_name_and_a_stranger_its_system() -> None:
    """G7: of a supplier whom nobody knows the directory knows the name, and nobody covers it."""
    told: list[Reloaded] = []
    world, followed, _ = directory(told)
    world.add_practice("A99999", "Hilltop Practice", "Brand New")

    assert ("Hilltop Practice", Place("brand new")) == (followed.name_of(NEW), followed.place_of(NEW))
    assert [Reloaded(frozenset({NEW}))] == told
