"""A whole world as plain values (dicts, lists, strings, numbers), and back again.

What it holds is everything, linkage keys and NHS numbers included, so it is kept where the world is and shown nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from random import Random
from typing import Final, TypeVar

import msgspec

from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.simulators.accounts import Account, Link
from gpic.simulators.happenings import Happening, Lags
from gpic.simulators.people import Email, Patient, Practice, Succession
from gpic.simulators.register import Register, WorldSwitches

VERSION: Final = 1
Plain = dict[str, object]
T = TypeVar("T")


class SnapshotInvalid(ValueError):
    """These values are no world of ours; what they hold is not repeated."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True, slots=True)
class _LinkRow:
    account: int  #: the place of its account
    application: str
    token: str
    made_from: str
    dropped: bool
    is_current: bool  #: whether it is the application's latest


@dataclass(frozen=True, slots=True)
class _Rows:
    """Everything that a world consists of beside its clocks and its listeners."""

    version: int
    random: tuple[int, tuple[int, ...], float | None]
    events: int
    switches: WorldSwitches
    lags: Lags
    practices: list[Practice]
    patients: list[Patient]
    numbers: dict[str, str]
    accounts: list[Account]
    links: list[_LinkRow]
    outbox: list[Email]
    successions: list[Succession]
    happenings: list[Happening]


def snapshot(world: Register) -> Plain:
    """The world of this moment. Both clocks are left out: a world's time never goes back."""
    accounts = list(world._accounts.values())  # noqa: SLF001 -- these two modules are one thing
    places = {id(account): place for place, account in enumerate(accounts)}
    return {
        "version": VERSION,
        "random": _plain(world.random.getstate()),
        "events": world.events,
        "switches": _plain(world.switches),
        "lags": _plain(world.lags),
        "practices": _plain(list(world.practices.values())),
        "patients": _plain(list(world.patients.values())),
        "numbers": {number.digits: slug for number, slug in world._numbers.items()},  # noqa: SLF001 -- as above
        "accounts": [_account_row(account) for account in accounts],
        "links": [_plain(_link_row(link, places)) for link in world._links.values()],  # noqa: SLF001 -- as above
        "outbox": _plain(world.outbox),
        "successions": _plain(world.successions),
        "happenings": _plain(list(world.happenings)),
    }


def restore(world: Register, plain: Mapping[str, object]) -> None:
    """Make *world* what it was; listeners stay and are told only what had not reached them. Raises SnapshotInvalid.

    Nothing changes where the values cannot be read.
    """
    rows = _rows(plain)
    links = _links(rows)
    world.random.setstate(rows.random)
    world.events, world.switches, world.lags = rows.events, rows.switches, rows.lags
    world.practices = {practice.code: practice for practice in rows.practices}
    world.patients = {patient.slug: patient for patient in rows.patients}
    world.outbox, world.successions = rows.outbox, rows.successions
    world._numbers = {NhsNumber(digits): slug for digits, slug in rows.numbers.items()}  # noqa: SLF001 -- as above
    world._accounts = {(one.supplier, one.practice, one.account_id): one for one in rows.accounts}  # noqa: SLF001 -- as above
    world._accounts_of = _by_person(rows.accounts)  # noqa: SLF001 -- as above
    world._links = {link.token: link for link in links}  # noqa: SLF001 -- as above
    world.bulletin.rewrite(rows.happenings)


def _rows(plain: Mapping[str, object]) -> _Rows:
    try:
        rows = msgspec.convert(dict(plain), _Rows, dec_hook=_read)
        for digits in rows.numbers:
            NhsNumber(digits)
        Random().setstate(rows.random)  # noqa: S311 -- only to see whether it is a state
    except (msgspec.ValidationError, ValueError, TypeError, OverflowError) as error:
        raise SnapshotInvalid from error
    if rows.version != VERSION or not all(0 <= row.account < len(rows.accounts) for row in rows.links):
        raise SnapshotInvalid
    return rows


def _links(rows: _Rows) -> list[Link]:
    links = []
    for row in rows.links:
        account = rows.accounts[row.account]
        link = Link(account, row.application, row.token, row.made_from, row.dropped)
        if row.is_current:
            account.links[row.application] = link
        links.append(link)
    return links


def _by_person(accounts: list[Account]) -> dict[str, list[Account]]:
    found: dict[str, list[Account]] = {}
    for account in accounts:
        found.setdefault(account.person, []).append(account)
    return found


def _link_row(link: Link, places: Mapping[int, int]) -> _LinkRow:
    is_current = link.account.links.get(link.application) is link
    return _LinkRow(places[id(link.account)], link.application, link.token, link.made_from, link.dropped, is_current)


def _account_row(account: Account) -> object:
    """Without its links, which point back at it."""
    return _plain({field.name: getattr(account, field.name) for field in fields(account) if field.name != "links"})


def _plain(value: object) -> object:
    """As JSON would bring it back: lists for tuples and sets, the latter sorted."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_written, order="deterministic"))


def _written(value: object) -> object:
    if isinstance(value, NhsNumber):
        return value.digits
    raise NotImplementedError


def _read(kind: type[T], value: object) -> T:
    if kind is NhsNumber and isinstance(value, str):
        try:
            return kind(value)  # type: ignore[call-arg] # NhsNumber takes its digits
        except NhsNumberInvalid as invalid:
            raise ValueError from invalid
    raise NotImplementedError
