"""What can be turned while a sandbox runs: faults, switches with the assumptions behind them, the world clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from gpic.sandbox.control import shapes
from gpic.sandbox.control.asked import AskedWrongly
from gpic.sandbox.control.desk import Desk
from gpic.sandbox.identity_checks import Manner
from gpic.sandbox.switchboard import Switchboard
from gpic.simulators.assumptions import REGISTER
from gpic.simulators.faults import Fault
from gpic.simulators.world import World


class FaultUnknown(KeyError):
    """There is no rule of this number in force."""

    def __str__(self) -> str:
        return str(self.__doc__)


async def all_faults(desk: Desk) -> list[shapes.Fault]:
    """The rules in force, with their counts."""
    return [
        shapes.Fault(
            number=one.number,
            rule=msgspec.convert(one.fault.plain(), shapes.FaultRule),
            matched=one.matched,
            struck=one.struck,
        )
        for one in desk.stage.faults.rules()
    ]


async def set_fault(desk: Desk, _: Mapping[str, str], rule: shapes.FaultRule) -> shapes.Fault:
    """Put a rule in force. Raises FaultInvalid."""
    plain: dict[str, object] = msgspec.to_builtins(rule)
    number = desk.stage.faults.set(Fault.of(plain))
    desk.stream.tell("faults")
    return next(one for one in await all_faults(desk) if one.number == number)


async def lift_fault(desk: Desk, path: Mapping[str, str]) -> None:
    """Lift one rule. Raises FaultUnknown."""
    number = int(path["number"]) if path["number"].isascii() and path["number"].isdigit() else 0
    if number not in desk.stage.faults.in_force:
        raise FaultUnknown(path["number"])
    desk.stage.faults.clear(number)
    desk.stream.tell("faults")


async def lift_faults(desk: Desk) -> None:
    """Lift all rules."""
    desk.stage.faults.clear()
    desk.stream.tell("faults")


async def all_switches(desk: Desk) -> list[shapes.Switch]:
    """Every switch of the stand-ins, and which guesses it decides."""
    board, start = desk.stage.switchboard, _start(desk)
    return [_switch(board, start, name) for name in board.names()]


async def throw_switch(desk: Desk, path: Mapping[str, str], new: shapes.Throw) -> shapes.Switch:
    """Put a switch elsewhere. Raises SwitchUnknown, SwitchInvalid."""
    board, name = desk.stage.switchboard, path["name"]
    board.throw(name, new.value)
    desk.stream.tell("switches", name)
    return _switch(board, _start(desk), name)


def _start(desk: Desk) -> Switchboard:
    return Switchboard(World(), desk.theatre.ground.script.switches)


def _switch(board: Switchboard, start: Switchboard, name: str) -> shapes.Switch:
    deciding = [entry.id for entries in REGISTER.values() for entry in entries if entry.switch == name]
    return shapes.Switch(
        name=name,
        value=board.read(name),
        start=start.read(name),
        positions=list(board.positions(name)),
        assumptions=deciding,
    )


async def all_assumptions(_: Desk) -> list[shapes.Assumption]:
    """The register: every guess, its switch and its evidence (G8)."""
    return [
        shapes.Assumption(
            id=entry.id,
            about=about,
            guess=entry.guess,
            evidence=entry.evidence,
            switch=entry.switch,
            positions=list(entry.positions),
            fixed=entry.fixed,
        )
        for about, entries in REGISTER.items()
        for entry in entries
    ]


async def identity_checks(desk: Desk) -> shapes.IdentityChecks:
    """How checks of a person's photo end."""
    return shapes.IdentityChecks(manner=desk.stage.nhs_login.checks.manner.value)


async def set_identity_checks(desk: Desk, _: Mapping[str, str], new: shapes.IdentityChecks) -> shapes.IdentityChecks:
    """From the next check on."""
    desk.stage.nhs_login.checks.manner = Manner(new.manner)
    desk.stream.tell("switches", "identity-checks")
    return new


async def clock(desk: Desk) -> shapes.Clock:
    """Both clocks."""
    stage = desk.stage
    return shapes.Clock(wire=stage.clocks.wire.now(), world=stage.clocks.world.now(), frozen=stage.world_clock.is_frozen)


async def move_clock(desk: Desk, _: Mapping[str, str], move: shapes.Move) -> shapes.Clock:
    """Let time pass; whoever should have heard of something by then hears of it. Raises AskedWrongly."""
    try:
        desk.stage.world_clock.move(timedelta(seconds=move.seconds))
    except (ValueError, OverflowError) as mistake:
        raise AskedWrongly(f"The world clock cannot be moved so: {mistake}.") from None
    return await _turned(desk)


async def freeze_clock(desk: Desk) -> shapes.Clock:
    """Let the world stand still."""
    desk.stage.world_clock.freeze()
    return await _turned(desk)


async def thaw_clock(desk: Desk) -> shapes.Clock:
    """Let the world run on from where it stood."""
    desk.stage.world_clock.thaw()
    return await _turned(desk)


async def _turned(desk: Desk) -> shapes.Clock:
    desk.stage.world.catch_up()
    desk.stream.tell("clock")
    return await clock(desk)
