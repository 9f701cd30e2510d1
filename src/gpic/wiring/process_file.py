"""What the processes of a provider and its workers read of the settings file beside the rooms' own tables: one file for all.

    [pds]                   address, token_url, api_key, key_file: the PDS FHIR API and our key for its token server
    [mns]                   queue_url, region: the SQS queue; or feed, queue: a sandbox's
    [practices]             mapping: the practice mapping's CSV file
    [gp_systems.emis]       address, options, certificate, key, authority, at_once, in_line: one table for each supplier
    [worker]                at_once, for_logins, of_one_supplier, lease: tasks at once, how long a dead worker keeps one
    [listen]                address, port, certificate, key, leave_after, patience: where the provider is reached
    [courier]               address, token_file: who brings one-time codes; or file: where they are written
    [monitoring]            provider, worker: ADDRESS:PORT of each one's /metrics and /health; traces: who takes spans

File names count from the folder of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from gpic import settings as configuration
from gpic.settings import Settings, SettingsInvalid
from gpic.wiring.partner_file import PracticesTable, SupplierTable


class PdsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[pds]`."""

    address: str
    token_url: str
    api_key: str
    key_file: str
    per_second: float = 5.0  #: over all workers on all hosts
    patience: timedelta = timedelta(seconds=5)  #: how long a login's question waits for its turn


class MnsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[mns]`: an SQS queue, or a sandbox's feed."""

    queue_url: str = ""
    region: str = "eu-west-2"
    feed: str = ""
    queue: str = ""


class WorkerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[worker]`."""

    at_once: int = 20
    lease: timedelta = timedelta(seconds=30)
    for_logins: int = 4  #: of them; these take nothing but what somebody waits for at a login
    of_one_supplier: int = 10  #: tasks of one supplier's patients at a time, so that a slow one leaves hands for the others


class ListenTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[listen]`: where the provider is reached, by https with a certificate."""

    address: str = "127.0.0.1"  #: an IPv4 address of this machine; 0.0.0.0 for all
    port: int = 8080  #: 0 for any free one
    certificate: str = ""  #: PEM, the whole chain; without it something in front of us speaks https
    key: str = ""  #: PEM of the certificate's key
    leave_after: timedelta = timedelta(0)  #: between "not ready" and the last connection that is accepted
    patience: timedelta = timedelta(seconds=30)  #: for requests under way when it ends


class CourierTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[courier]`: letters are posted to an address, or written to a file."""

    address: str = ""  #: where each letter is posted to, as JSON: channel, to, subject, text
    token_file: str = ""  #: holds the bearer token that is shown there; read for each letter
    file: str = ""  #: for the sandpit only: letters are written there, a line of JSON each


class MonitoringTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[monitoring]`: ADDRESS:PORT of each process's own door; "" for none."""

    provider: str = ""  #: a provider's, ADDRESS:PORT
    worker: str = ""  #: a worker's, ADDRESS:PORT
    traces: str = ""  #: OpenTelemetry's exporter, such as `otlp_proto_http` or `console`; none: nothing is traced


class _Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pds: PdsTable
    practices: PracticesTable
    gp_systems: dict[str, SupplierTable]
    mns: MnsTable | None = None
    worker: WorkerTable = WorkerTable()
    listen: ListenTable = ListenTable()
    courier: CourierTable = CourierTable()
    monitoring: MonitoringTable = MonitoringTable()


@dataclass(frozen=True, slots=True)
class ProcessFile:
    """The whole file."""

    settings: Settings
    pds: PdsTable
    practices: PracticesTable
    gp_systems: Mapping[str, SupplierTable]
    mns: MnsTable | None
    worker: WorkerTable
    listen: ListenTable
    courier: CourierTable
    monitoring: MonitoringTable


#: What of a value is a file's name.
FILE_NAMES: Final = frozenset(
    {"database", "key_file", "mapping", "sealing_keys", "certificate", "key", "authority", "token_file", "file"}
)


def read(path: Path, environment: Mapping[str, str]) -> ProcessFile:
    """The file, with the environment over the rooms' tables. Raises SettingsInvalid."""
    rooms, rest = _tables(path)
    settings = configuration.read(rooms, configuration.from_environment(environment))
    try:
        ours = msgspec.convert(rest, _Tables, strict=False)
    except msgspec.ValidationError as mistake:
        raise SettingsInvalid(f"The settings file {path} is wrong: {mistake}.") from None
    return ProcessFile(
        settings,
        ours.pds,
        ours.practices,
        ours.gp_systems,
        ours.mns,
        ours.worker,
        ours.listen,
        ours.courier,
        ours.monitoring,
    )


def settings_in(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """The rooms' settings alone, for who needs no GP system and no PDS; None for no file. Raises SettingsInvalid."""
    rooms, rest = _tables(path) if path is not None else ({}, {})
    known = {one.encode_name for one in msgspec.structs.fields(_Tables)}
    foreign = {name: table for name, table in rest.items() if name not in known}
    return configuration.read(rooms, foreign, configuration.from_environment(environment))


def _tables(path: Path) -> tuple[dict[str, dict[str, object]], dict[str, dict[str, object]]]:
    """The rooms' tables, and those of the processes."""
    tables = {name: _found_from(table, path.parent) for name, table in configuration.from_file(path).items()}
    rooms = {name: table for name, table in tables.items() if name in configuration.ROOMS}
    return rooms, {name: table for name, table in tables.items() if name not in rooms}


def _found_from(table: Mapping[str, object], folder: Path) -> dict[str, object]:
    """The table with its file names counted from *folder*, in tables within it as well."""
    return {
        name: str(folder / value)
        if name in FILE_NAMES and isinstance(value, str) and value and "://" not in value
        else _found_from(value, folder)
        if isinstance(value, dict) and name != "options"
        else value
        for name, value in table.items()
    }
