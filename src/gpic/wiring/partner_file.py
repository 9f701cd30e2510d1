"""The partner kit from TOML files: what is always so in one, what differs between environments in another.

    [partner]               client_id, redirect_uri, key_file or key_env, scopes, issuer, … as `RelyingPartySettings` has them
    [practices]             mapping: the practice mapping's CSV file
    [gp_systems.emis]       address, options, certificate, key, authority, at_once, in_line: one table for each supplier
    [storage]               database: an SQLite file or a postgresql:// address; sealing_keys: a key file, or env://NAME

A later file's values replace an earlier one's. File names count from the folder of the file that they stand in.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from gpic.gp_systems.directory import Directory, PartnerSurgeries
from gpic.gp_systems.mapping import MappingInvalid
from gpic.gp_systems.plugs import PlugUnfit
from gpic.gp_systems.systems import Interface, Systems
from gpic.jose.keys import KeyElsewhere, SigningKey
from gpic.nhs.trust import Vector, VectorInvalid
from gpic.outbound import open_client, trust
from gpic.relying_party.errors import SettingsInvalid
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.ports import Cabinets
from gpic.storage.key_sources import KeyFile, key_source
from gpic.storage.partner.memory import memory_cabinets
from gpic.storage.partner.sessions import SealedSessions
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import KEY_LENGTH, Sealer

Key = SigningKey | KeyElsewhere

POSTGRESQL: Final = ("postgresql://", "postgres://")
#: What of a file's values is a file's name.
FILE_NAMES: Final = frozenset({"key_file", "mapping", "database", "sealing_keys", "certificate", "key", "authority", "trusts"})


class PartnerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[partner]`: names and meanings are those of `RelyingPartySettings`; durations are seconds."""

    client_id: str
    redirect_uri: str
    issuer: str
    name: str = ""  #: what people read where they are asked to share; a sandbox uses it
    key_file: str = ""  #: PEM
    key_env: str = ""  #: the environment variable that holds the PEM
    trusts: str = ""  #: PEM of an authority that NHS login's certificate is checked by; the system's by default
    scopes: tuple[str, ...] | None = None
    vectors: tuple[str, ...] | None = None
    algorithms: tuple[str, ...] | None = None
    token_endpoint: str | None = None
    trustmark: str | None = None
    asserts_identity: bool | None = None
    invalidates_linkage_keys: bool | None = None
    clock_skew: timedelta | None = None
    most_returns: int | None = None
    returns_window: timedelta | None = None
    try_later: timedelta | None = None
    longest_wait: timedelta | None = None
    registration_lease: timedelta | None = None


class PracticesTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[practices]`."""

    mapping: str = ""


class StorageTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[storage]`; without a database the kit keeps things in memory."""

    database: str = ""
    sealing_keys: str = ""


class SupplierTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[gp_systems.…]`."""

    address: str
    options: dict[str, str] = {}
    authority: str = ""
    certificate: str = ""
    key: str = ""
    at_once: int = 20
    in_line: int = 100

    def interface(self) -> Interface:
        """As the adapters take it."""
        return Interface(
            self.address,
            self.options,
            authority=Path(self.authority) if self.authority else None,
            certificate=Path(self.certificate) if self.certificate else None,
            key=Path(self.key) if self.key else None,
            at_once=self.at_once,
            in_line=self.in_line,
        )


class PartnerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All tables together."""

    partner: PartnerTable
    practices: PracticesTable = PracticesTable()
    gp_systems: dict[str, SupplierTable] = {}
    storage: StorageTable = StorageTable()


@dataclass(frozen=True, slots=True)
class ReadyPartner:
    """A party that is ready, and what stands behind it."""

    party: RelyingParty
    directory: Directory
    systems: Systems = field(repr=False)
    sessions: SealedSessions = field(repr=False)  #: keeps open sessions at surgeries between two requests

    async def close(self) -> None:
        """Finish what is under way, and close every connection."""
        await self.party.close()
        await self.systems.aclose()


def settings_in(
    *paths: Path | str, environment: Mapping[str, str] = os.environ, key: Key | None = None
) -> RelyingPartySettings:
    """The kit's settings alone. Raises SettingsInvalid."""
    return settings_of(read(*(Path(path) for path in paths)).partner, environment, key)


def partner_from(
    *paths: Path | str,
    environment: Mapping[str, str] = os.environ,
    cabinets: Cabinets | None = None,
    key: Key | None = None,
) -> ReadyPartner:
    """A party as these files describe it. Raises SettingsInvalid.

    *cabinets* of your own take the place of a database, *key* that of `key_file` and `key_env`: a `KeyElsewhere` is one that
    a key-management service keeps.
    """
    file = read(*(Path(path) for path in paths))
    settings = settings_of(file.partner, environment, key)
    sealer = sealer_of(file.storage if cabinets is None else StorageTable(sealing_keys=file.storage.sealing_keys))
    mapping = _text_of(file.practices.mapping) if file.practices.mapping else ""
    try:
        directory = Directory.from_csv(mapping) if mapping else Directory()
        systems = Systems({supplier: table.interface() for supplier, table in file.gp_systems.items()})
    except MappingInvalid as mistake:
        raise SettingsInvalid(f"The partner's settings cannot work: {file.practices.mapping}: {mistake}.") from None
    except PlugUnfit as mistake:
        raise SettingsInvalid(f"The partner's settings cannot work: {mistake}") from None
    tls = trust(Path(file.partner.trusts)) if file.partner.trusts else None
    party = RelyingParty(
        settings,
        client=open_client(settings.issuer, tls=tls),
        gp_systems=PartnerSurgeries(directory, systems.at),
        cabinets=cabinets or cabinets_of(file.storage, sealer),
    )
    return ReadyPartner(party, directory, systems, SealedSessions(sealer))


def read(*paths: Path) -> PartnerFile:
    """The files, later ones over earlier ones. Raises SettingsInvalid."""
    merged: dict[str, object] = {}
    for path in paths:
        _lay(tables_of(path), over=merged)
    try:
        return msgspec.convert(merged, PartnerFile, strict=False)  # durations are whole seconds
    except msgspec.ValidationError as mistake:
        raise SettingsInvalid(f"The partner's settings cannot work: {mistake}.") from None


def settings_of(table: PartnerTable, environment: Mapping[str, str], key: Key | None = None) -> RelyingPartySettings:
    """The kit's settings. Raises SettingsInvalid."""
    known = {one.name for one in fields(RelyingPartySettings)}
    given = {name: value for name, value in msgspec.structs.asdict(table).items() if name in known and value is not None}
    try:
        given |= {"vectors": tuple(map(Vector.parse, table.vectors))} if table.vectors is not None else {}
    except VectorInvalid as mistake:
        raise SettingsInvalid(f"The partner's settings cannot work: partner.vectors: {mistake}") from None
    return RelyingPartySettings(key=key or _key_of(table, environment), **given)


def cabinets_of(table: StorageTable, sealer: Sealer | None = None) -> Cabinets:
    """Where linkages are kept; *sealer* where one is at hand. Raises SettingsInvalid."""
    if not table.database:
        return memory_cabinets()
    sealer = sealer or sealer_of(table)
    if table.database.startswith(POSTGRESQL):
        from gpic.storage.partner.postgres import postgres_cabinets

        return postgres_cabinets(table.database, sealer)
    return sqlite_cabinets(Path(table.database), sealer)


def sealer_of(table: StorageTable) -> Sealer:
    """What seals linkages and sessions; where all is kept in memory, with a key of this process. Raises SettingsInvalid."""
    if table.sealing_keys:
        return Sealer(*key_source(table.sealing_keys).read())
    if not table.database:
        return Sealer({"process": secrets.token_bytes(KEY_LENGTH)}, "process")
    if table.database.startswith(POSTGRESQL):
        raise SettingsInvalid("The partner's settings cannot work: storage.sealing_keys must name a key file.")
    return Sealer(*KeyFile(Path(table.database).with_suffix(".keys")).read(create=True))


def _key_of(table: PartnerTable, environment: Mapping[str, str]) -> SigningKey:
    if bool(table.key_file) == bool(table.key_env):
        raise SettingsInvalid("The partner's settings cannot work: one of partner.key_file and partner.key_env names the key.")
    pem = _text_of(table.key_file) if table.key_file else environment.get(table.key_env, "")
    if not pem:
        raise SettingsInvalid(f"The partner's settings cannot work: the variable {table.key_env} is not set.")
    try:
        return SigningKey.from_pem(pem)
    except ValueError as mistake:
        raise SettingsInvalid(f"The partner's settings cannot work: {mistake}") from None


def tables_of(path: Path) -> dict[str, object]:
    """One file's tables, its file names counted from its own folder. Raises SettingsInvalid."""
    try:
        tables = tomllib.loads(_text_of(str(path)))
    except (tomllib.TOMLDecodeError, RecursionError) as mistake:
        raise SettingsInvalid(f"The partner's settings cannot work: {path} is not TOML: {mistake}.") from None
    return _from_folder(tables, path.parent)


def _from_folder(tables: dict[str, object], folder: Path) -> dict[str, object]:
    """The same with file names that count from *folder*."""

    def told(name: str, value: object) -> object:
        if isinstance(value, dict):
            return _from_folder(value, folder)
        is_file = name in FILE_NAMES and isinstance(value, str) and value and "://" not in value
        return str(folder / str(value)) if is_file else value

    return {name: told(name, value) for name, value in tables.items()}


def _lay(tables: Mapping[str, object], *, over: dict[str, object]) -> None:
    for name, value in tables.items():
        beneath = over.get(name)
        if isinstance(value, dict) and isinstance(beneath, dict):
            _lay(value, over=beneath)
        else:
            over[name] = value


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as mistake:
        raise SettingsInvalid(
            f"The partner's settings cannot work: {path} cannot be read ({type(mistake).__name__})."
        ) from None
