"""docs/reference/settings.md: every setting of a provider, its workers and a partner, from the classes that read them."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from enum import Enum
from types import UnionType
from typing import Final

import msgspec

from gpic.relying_party import RelyingPartySettings
from gpic.settings import Settings
from gpic.wiring import partner_file, process_file
from scripts.reference.words import meanings, shown, table, whole

INTRODUCTION: Final = """# Settings

Printed from the code by `python -m scripts.reference_pages`; a house test keeps it true.

## How they are read

A provider and its workers read one TOML file (`--settings FILE`, or `GPIC_SETTINGS`). A table is named as the group, a key as
the setting. For the groups *provider*, *credentials*, *storage* and *rounds* a variable of the environment stands above the
file: `GPIC_PROVIDER__CODE_LIFETIME=300` is `code_lifetime` in `[provider]`. Durations are seconds or ISO 8601 (`"PT5M"`). File
names count from the folder of the file. A setting that does not exist, or has a value that cannot be meant, ends the program
with one sentence and exit code 2; nothing of a value is repeated that could be a secret.
"""
PARTNER: Final = """## A partner's service

Read by `gpic.wiring.partner_file`, from any number of files, of which a later one's values replace an earlier one's. The kit
may also be put together without files: `[partner]` is then `RelyingPartySettings`, whose names and defaults are these.
"""
#: What a class leaves unsaid because its reader knows it, and a reader of this page does not.
SAID_HERE: Final = {
    "code_lifetime": "of an authorization code",
    "access_token_lifetime": "of an access token",
    "id_token_lifetime": "of an ID token",
    "longest_pause": "between two such looks",
    "codes_within": "see `codes_sent`",
    "details_within": "see `details_tried`",
    "environment": "which of NHS login's environments this stands for",
    "profile": "how exactly partners must follow the specification",
    "registrations_window": "see `most_registrations`",
    "forced_window": "see `most_forced`",
    "rounds.lease": "of a page that is being walked, after which another process may walk it",
    "pds.address": "of the PDS FHIR API, up to the version",
    "pds.token_url": "of the token server that PDS belongs to",
    "pds.api_key": "the application's key there; the `kid` of our public key is of that application, too",
    "pds.key_file": "PEM of the key that signs for PDS",
    "mns.queue_url": "of the SQS queue; or `feed` and `queue`",
    "mns.region": "of the queue",
    "mns.feed": "of a sandbox's MNS",
    "mns.queue": "of a sandbox's MNS",
    "practices.mapping": "[the practice mapping](practice-mapping.md), a CSV file",
    "worker.at_once": "tasks at a time",
    "worker.lease": "until a dead worker's task is another's",
    "gp_systems.….address": "of the supplier's interface",
    "gp_systems.….options": "what this supplier's adapter wants besides, such as `application_id`",
    "gp_systems.….authority": "PEM of the authority that its certificate is checked by; the system's by default",
    "gp_systems.….certificate": "PEM of ours, where it wants one",
    "gp_systems.….key": "PEM of the certificate's key",
    "gp_systems.….at_once": "calls at a time, of this process",
    "gp_systems.….in_line": "calls that may wait for their turn; more are refused at once",
    "partner.storage.database": "an SQLite file or a `postgresql://` address; none: in memory",
    "partner.storage.sealing_keys": "the key file that seals details and tokens",
    "issuer": "NHS login's, or `sandpit`, `integration`, `production`",
    "client_id": "as NHS login allocated it",
    "key": "`key_file`, a PEM file, or `key_env`, a variable that holds the PEM",
    "redirect_uri": "where NHS login sends people back to",
    "scopes": "what every login asks for; `profile` or `basic_demographics` must be among them (R1)",
    "clock_skew": "what another side's clock may be off",
    "client_assertion_life": "of the assertion that proves who we are",
    "identity_assertion_life": "of an asserted identity; 60 seconds at most",
    "returns_window": "see `most_returns`",
}


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *of_a_provider(), *of_the_files(), PARTNER, *of_a_partner()])


def of_a_provider() -> Iterator[str]:
    """The groups that a provider and its workers share."""
    hints = typing.get_type_hints(Settings)
    for group in dataclasses.fields(Settings):
        kind = hints[group.name]
        yield f"## `[{group.name}]`\n\n{whole(kind.__doc__)}\n"
        yield from rows(group.name, kind)


def of_the_files() -> Iterator[str]:
    """The tables beside them."""
    for name, kind in tables():
        yield f"## `[{name}]`\n"
        yield from rows(name, kind)


def tables() -> Iterator[tuple[str, type]]:
    """Each further table of a worker's file, by name."""
    for name, hint in typing.get_type_hints(process_file._Tables).items():  # noqa: SLF001 - its shape is what the page tells
        kinds = [one for one in (hint, *typing.get_args(hint)) if isinstance(one, type) and issubclass(one, msgspec.Struct)]
        yield f"{name}.…" if typing.get_origin(hint) is dict else name, kinds[0]


def of_a_partner() -> Iterator[str]:
    """The kit's."""
    yield from rows("partner", RelyingPartySettings)
    only = {one.name for one in dataclasses.fields(RelyingPartySettings)} - {*msgspec_names(partner_file.PartnerTable), "key"}
    yield f"Not in a file, only in code: {', '.join(f'`{one}`' for one in sorted(only))}.\n"
    more = {*msgspec_names(partner_file.PartnerTable)} - {one.name for one in dataclasses.fields(RelyingPartySettings)}
    said = meanings(partner_file.PartnerTable)
    yield f"Only in a file: {'; '.join(f'`{one}`, {said[one]}' for one in sorted(more))}.\n"
    yield "In a file, `[storage]` says where the kit keeps what it keeps:\n"
    yield from rows("partner.storage", partner_file.StorageTable)
    yield "`[practices]` and `[gp_systems.…]` are those of a worker.\n"


def msgspec_names(kind: type[msgspec.Struct]) -> list[str]:
    """A struct's fields."""
    return [one.name for one in msgspec.structs.fields(kind)]


def rows(group: str, kind: type) -> Iterator[str]:
    """The table of one group."""
    said = meanings(kind)
    hints = typing.get_type_hints(kind)
    yield from table(
        ("setting", "kind", "default", "meaning"),
        ((f"`{name}`", kind_of(hints[name]), default, meaning_of(group, name, said)) for name, default in defaults(kind)),
    )


def meaning_of(group: str, name: str, said: Mapping[str, str]) -> str:
    """What the source says beside the field, else what this page says."""
    return said.get(name) or SAID_HERE.get(f"{group}.{name}") or SAID_HERE.get(name, "")


def defaults(kind: type) -> Iterable[tuple[str, str]]:
    """Each field, and its default as text."""
    if issubclass(kind, msgspec.Struct):
        for one in msgspec.structs.fields(kind):
            made = one.default_factory() if one.default_factory is not msgspec.NODEFAULT else one.default
            yield one.name, "must be there" if one.required else shown(made)
        return
    for field in dataclasses.fields(kind):  # type: ignore[arg-type] # whatever is no struct is a dataclass here
        missing = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        yield field.name, "must be there" if missing else shown(field.default)


def kind_of(hint: object) -> str:
    """A type in TOML's words."""
    if isinstance(hint, UnionType) or typing.get_origin(hint) is typing.Union:
        return kind_of(next(one for one in typing.get_args(hint) if one is not type(None)))
    if typing.get_origin(hint) in {tuple, frozenset, list}:
        return f"list of {kind_of(typing.get_args(hint)[0])}s"
    if typing.get_origin(hint) is dict:
        return "table of texts"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return " or ".join(f"`{one.value}`" for one in hint)
    plain: dict[object, str] = {bool: "true or false", int: "number", float: "number", timedelta: "duration"}
    return plain.get(hint, "text")
