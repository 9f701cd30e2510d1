"""The system's main job, shown: a new patient and a returning one walk the whole way, and their calls are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from gpic.sandbox.browser import Browser, browser
from gpic.sandbox.stage import Stage
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.sandbox.tally import difference, tally
from gpic.sandbox.walk import log_in

WHO: Final = "ada"
WHERE: Final = "EMIS"
AN_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """One login: what it shows, and what EMIS must have seen of each application when it is over.

    The session that NHS login opens to prove the right patient counts as one.
    """

    journey: str
    title: str
    calls: Mapping[str, Mapping[str, int]]


NEW: Final = Scene(
    "J1",
    "A new patient: Ada has a GP online account at an EMIS practice and logs in for the first time",
    MappingProxyType(
        {NHS_LOGIN: {"retrieve": 1, "link": 1, "session": 1}, PARTNER: {"link": 1, "session": 1}},
    ),
)
RETURNING: Final = Scene(
    "J4",
    "A returning patient: Ada logs in again an hour later, and nothing has changed",
    MappingProxyType({NHS_LOGIN: {"session": 1}, PARTNER: {"session": 1}}),
)


@dataclass(frozen=True, slots=True)
class Played:
    """How a scene ended: the last page's heading, and what differs from what must hold."""

    scene: Scene
    heading: str
    differences: tuple[str, ...]


async def play(stage: Stage, scene: Scene, person: Browser) -> Played:
    """Walk one login, wait for what it left to do in the background, and count."""
    before = len(stage.journal.list())
    page = await log_in(person, stage.addresses.partner, stage.people[WHO])
    await stage.settled()
    said = stage.journal.list()[before:]
    wrong = [
        f"{sender} → {WHERE} {line}"
        for sender, expected in scene.calls.items()
        for line in difference(expected, tally(said, sender, WHERE))
    ]
    if not page.has("connected"):
        wrong.insert(0, f"the last page should say that Ada is connected, but it says “{page.heading}”")
    return Played(scene, page.heading, tuple(wrong))


async def play_new(stage: Stage) -> Played:
    """J1."""
    async with browser(stage.ways) as person:
        return await play(stage, NEW, person)


async def play_returning(stage: Stage) -> Played:
    """J4, for somebody whom both NHS login and the partner know."""
    stage.world_clock.move(AN_HOUR)
    async with browser(stage.ways) as person:
        return await play(stage, RETURNING, person)
