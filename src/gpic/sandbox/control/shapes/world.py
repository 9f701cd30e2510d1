"""Practices and systems, events, faults, switches."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from gpic.sandbox.control.shapes.shape import Code, Shape, Slug, Wire, World

LONGEST_LAG: Final = 366 * 86_400  #: seconds; what is later never happens in a sandbox


class Practice(Shape, frozen=True, kw_only=True):
    """One practice. *listed_as* is what the directory knows of its system by now."""

    code: Code
    name: str
    system: str
    listed_as: str
    live: bool
    online: bool
    closed: bool
    successor: str
    patients: list[Slug]


class System(Shape, frozen=True, kw_only=True):
    """One stand-in: what it is called in the journal, where it is, who its callers are."""

    name: str
    role: str
    address: str
    operations: Annotated[list[str], Meta(description="What a fault can be set for, as the journal calls it")]
    callers: list[str]
    faults: Annotated[int, Meta(description="How many rules in force speak of it")]


class Lags(Shape, frozen=True, kw_only=True):
    """How much later than the GP system each of the others hears, in seconds, from the next event on."""

    pds: Annotated[float, Meta(ge=0, le=LONGEST_LAG)] = 0
    mns: Annotated[float, Meta(ge=0, le=LONGEST_LAG)] = 0
    ods: Annotated[float, Meta(ge=0, le=LONGEST_LAG)] = 0
    directory: Annotated[float, Meta(ge=0, le=LONGEST_LAG)] = 0


class Parameter(Shape, frozen=True, kw_only=True):
    """One field of an event's body. *kind*: person, practice, text, people, flag or choice.

    *choices* are all there are, or where any text serves those that mean something here.
    """

    name: str
    kind: str
    required: bool
    default: str | bool | None
    choices: list[str]


class EventKind(Shape, frozen=True, kw_only=True):
    """Something that can be made to happen: `POST /api/events/{name}` with its parameters."""

    name: str
    about: Annotated[str, Meta(description="person or practice")]
    sentence: str
    parameters: list[Parameter]


class Happening(Shape, frozen=True, kw_only=True):
    """Something that happened. All happenings of one event have its *event* and its *cause*."""

    number: int
    kind: str
    cause: str
    event: str
    person: str
    practice: str
    old_practice: str
    new_practice: str
    at_wire: Wire
    at_world: World


class FaultRule(Shape, frozen=True, kw_only=True):
    """Which calls go wrong, and how. What is left empty matches every call."""

    kind: Annotated[
        str,
        Meta(
            description="How it goes wrong",
            extra_json_schema={"enum": ["delay", "timeout", "reset", "status", "malformed", "empty", "missing field"]},
        ),
    ]
    lane: Annotated[str, Meta(description="A system's name in the journal: EMIS, TPP, MEDICUS, PDS, MNS, ODS; empty: any")]
    operation: str | UnsetType = UNSET
    sender: str | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    status: int | UnsetType = UNSET
    code: int | UnsetType | None = UNSET
    message: str | UnsetType = UNSET
    retry_after: int | UnsetType | None = UNSET
    missing: str | UnsetType = UNSET
    only: int | UnsetType | None = UNSET
    until: int | UnsetType | None = UNSET
    chance: float | UnsetType = UNSET
    after_work: bool | UnsetType = UNSET


class Fault(Shape, frozen=True, kw_only=True):
    """A rule in force, how many calls it spoke of and how many it struck."""

    number: int
    rule: FaultRule
    matched: int
    struck: int


class Switch(Shape, frozen=True, kw_only=True):
    """A switch: where it stands, where it started, where it may stand (empty: any value of its kind)."""

    name: Annotated[str, Meta(description="`EmisSwitches.generation`")]
    value: object
    start: object
    positions: list[str]
    assumptions: Annotated[list[str], Meta(description="Ids of the assumptions that it decides")]


class Throw(Shape, frozen=True, kw_only=True):
    """Where a switch is to stand."""

    value: object


class Assumption(Shape, frozen=True, kw_only=True):
    """One guess of the register. *switch* is the name of a switch, or a parameter of an event; empty: *fixed* says why."""

    id: str
    about: str
    guess: str
    evidence: str
    switch: str
    positions: list[str]
    fixed: str
