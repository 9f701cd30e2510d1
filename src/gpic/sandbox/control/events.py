"""What can be made to happen in the world, by name: from one table come the API, its document and a console's buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from gpic.sandbox.control import bodies, shapes
from gpic.sandbox.control.asked import Asked, AskedWrongly, Work
from gpic.sandbox.control.desk import Desk
from gpic.sandbox.control.told import happening_told
from gpic.simulators.world import World

P = TypeVar("P", bound=Struct)


@dataclass(frozen=True, slots=True)
class Kind:
    """One event: what it takes, and how the world makes it happen."""

    about: str
    parameters: type[Struct]
    sentence: str
    happen: Callable[[World, bytes], None]


def kind(about: str, parameters: type[P], happen: Callable[[World, P], object], sentence: str) -> Kind:
    """A line of the table."""

    def happening(world: World, body: bytes) -> None:
        try:
            given = msgspec.json.decode(body or b"{}", type=parameters)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as mistake:
            raise AskedWrongly(f"The body does not fit: {mistake}.") from None
        happen(world, given)

    return Kind(about, parameters, sentence, happening)


PERSON: Final = "person"
PRACTICE: Final = "practice"

#: The world's events by name; the first fourteen are those that NHS login's documentation and rules are about.
EVENTS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "move_patient": kind(
            PERSON,
            bodies.MovePatient,
            lambda world, of: world.move_patient(of.person, of.to, account=of.account, pds=of.pds),
            "Moves to another practice; without PDS, nobody is told.",
        ),
        "merge_practices": kind(
            PRACTICE,
            bodies.MergePractices,
            lambda world, of: world.merge_practices(of.closing, of.surviving, accounts=of.accounts, in_ods=of.in_ods),
            "Two practices become one; everybody moves.",
        ),
        "divide_practice": kind(
            PRACTICE,
            bodies.DividePractice,
            lambda world, of: world.divide_practice(
                of.practice, of.new_code, of.leaving, accounts=of.accounts, in_ods=of.in_ods
            ),
            "Some patients become those of a new practice.",
        ),
        "migrate_system": kind(
            PRACTICE,
            bodies.MigrateSystem,
            lambda world, of: world.migrate_system(of.practice, of.system, new_code=of.new_code, accounts=of.accounts),
            "The practice changes its system; no event of PDS shows it.",
        ),
        "rotate_linkage_key": kind(
            PERSON,
            bodies.OfPerson,
            lambda world, of: world.rotate_linkage_key(of.person),
            "The practice issues another linkage key.",
        ),
        "expire_linkage_key": kind(
            PERSON,
            bodies.OfPerson,
            lambda world, of: world.expire_linkage_key(of.person),
            "The linkage key and its tokens stop working.",
        ),
        "restrict_record": kind(
            PERSON,
            bodies.RestrictRecord,
            lambda world, of: world.restrict_record(of.person, of.confidentiality),
            "PDS holds the record as U, R or V.",
        ),
        "revoke_access": kind(
            PERSON,
            bodies.RevokeAccess,
            lambda world, of: world.revoke_access(of.person, may_register_again=of.may_register_again),
            "The practice takes online access away.",
        ),
        "reset_account": kind(
            PERSON,
            bodies.ResetAccount,
            lambda world, of: world.reset_account(of.person, rotates_key=of.rotates_key, drops_links=of.drops_links),
            "The account is reset: at EMIS it is Restricted until a fresh sign-in.",
        ),
        "lock_account": kind(
            PERSON,
            bodies.LockAccount,
            lambda world, of: world.lock_account(of.person, may_register_again=of.may_register_again),
            "Too many failed logins lock the account.",
        ),
        "supersede_nhs_number": kind(
            PERSON,
            bodies.OfPerson,
            lambda world, of: world.supersede_nhs_number(of.person),
            "Gets another NHS number, which is made here.",
        ),
        "die": kind(PERSON, bodies.Die, lambda world, of: world.die(of.person, formal=of.formal), "Dies today."),
        "undo_death": kind(PERSON, bodies.OfPerson, lambda world, of: world.undo_death(of.person), "The death was an error."),
        "answer_for_wrong_patient": kind(
            PERSON,
            bodies.AnswerForWrongPatient,
            lambda world, of: world.answer_for_wrong_patient(of.person, of.shown),
            "GP systems show another patient in this one's place.",
        ),
        "unlock_account": kind(
            PERSON, bodies.OfPerson, lambda world, of: world.unlock_account(of.person), "The practice unlocks the account."
        ),
        "open_account": kind(
            PERSON, bodies.OfPerson, lambda world, of: world.open_account(of.person), "The practice opens a GP online account."
        ),
        "set_account_status": kind(
            PERSON,
            bodies.SetAccountStatus,
            lambda world, of: world.set_account_status(of.person, of.status, belongs_to_patient=of.belongs_to_patient),
            "The practice's system holds the account differently.",
        ),
        "online_services_off_for": kind(
            PERSON, bodies.OfPerson, lambda world, of: world.online_services_off_for(of.person), "Loses every online service."
        ),
        "online_services_on_for": kind(
            PERSON, bodies.OfPerson, lambda world, of: world.online_services_on_for(of.person), "Gets the online services back."
        ),
        "deregister": kind(
            PERSON,
            bodies.Deregister,
            lambda world, of: world.deregister(of.person, removal_code=of.removal_code),
            "Leaves the practice and joins none.",
        ),
        "archive": kind(
            PERSON, bodies.OfPerson, lambda world, of: world.archive(of.person), "The practice archives the record."
        ),
        "set_standing": kind(
            PERSON,
            bodies.SetStanding,
            lambda world, of: world.set_standing(of.person, of.standing),
            "The practice's system holds the patient differently.",
        ),
        "merge_records": kind(
            PERSON,
            bodies.MergeRecords,
            lambda world, of: world.merge_records(of.person, of.into),
            "Two NHS numbers turn out to be one person.",
        ),
        "invalidate_record": kind(
            PERSON, bodies.OfPerson, lambda world, of: world.invalidate_record(of.person), "The PDS record was an error."
        ),
        "let_act_for": kind(
            PERSON,
            bodies.LetActFor,
            lambda world, of: world.let_act_for(of.person, *of.others),
            "May act for others at GP systems, and for nobody else.",
        ),
        "open_practice": kind(
            PRACTICE,
            bodies.OpenPractice,
            lambda world, of: world.open_practice(of.practice, of.name, of.system),
            "A practice opens.",
        ),
        "close_practice": kind(
            PRACTICE,
            bodies.OfPractice,
            lambda world, of: world.close_practice(of.practice),
            "The practice ends, with nobody in its place.",
        ),
        "practice_not_live": kind(
            PRACTICE, bodies.OfPractice, lambda world, of: world.practice_not_live(of.practice), "Is not live on its system."
        ),
        "practice_live": kind(
            PRACTICE, bodies.OfPractice, lambda world, of: world.practice_live(of.practice), "Is live again."
        ),
        "online_services_off": kind(
            PRACTICE,
            bodies.SwitchOff,
            lambda world, of: world.online_services_off(of.practice, only_api_v2=of.only_api_v2),
            "Switches online services off for everybody.",
        ),
        "online_services_on": kind(
            PRACTICE, bodies.OfPractice, lambda world, of: world.online_services_on(of.practice), "Switches online services on."
        ),
    }
)


class EventUnknown(KeyError):
    """There is no event of this name."""

    def __str__(self) -> str:
        return str(self.__doc__)


async def all_kinds(_: Desk) -> list[shapes.EventKind]:
    """What can be made to happen."""
    return [
        shapes.EventKind(name=name, about=one.about, sentence=one.sentence, parameters=parameters_of(one.parameters))
        for name, one in EVENTS.items()
    ]


def parameters_of(body: type[Struct]) -> list[shapes.Parameter]:
    """The fields of an event's body, for whoever makes a form of them."""
    return [_parameter(field) for field in msgspec.structs.fields(body)]


def _parameter(field: msgspec.structs.FieldInfo) -> shapes.Parameter:
    bare: object = getattr(field.type, "__origin__", field.type)
    meta = next((one for one in getattr(field.type, "__metadata__", ()) if isinstance(one, Meta)), None)
    choices = [str(one.value) for one in bare] if isinstance(bare, type) and issubclass(bare, Enum) else []
    if meta is not None and meta.pattern is not None:
        choices = list(meta.pattern.strip("^[]$"))
    elif meta is not None and meta.examples:
        choices = [str(one) for one in meta.examples]
    word = "flag" if bare is bool else "choice" if choices else (meta.title if meta is not None else None) or "text"
    default = None if field.required else field.default
    return shapes.Parameter(name=field.name, kind=word, required=field.required, default=default, choices=choices)


async def make_happen(desk: Desk, asked: Asked) -> list[shapes.Happening]:
    """Everything that it brought about. Raises EventUnknown, AskedWrongly, Unheard, AlreadyThere, ValueError."""
    event = EVENTS.get(asked.path["name"])
    if event is None:
        raise EventUnknown(asked.path["name"])
    world = desk.stage.world
    before = len(world.happenings)
    event.happen(world, asked.body)
    return [happening_told(one) for one in world.happenings[before:]]


WORK: Final = Work(make_happen)


class HappeningsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which happenings."""

    after: int = 0
    person: str = ""
    practice: str = ""


async def all_happenings(desk: Desk, _: Mapping[str, str], query: HappeningsQuery) -> list[shapes.Happening]:
    """What has happened, the oldest first."""
    return [
        happening_told(one)
        for one in desk.stage.world.happenings
        if one.number > query.after
        and query.person in {"", one.person}
        and query.practice in {"", one.practice, one.old_practice, one.new_practice}
    ]
