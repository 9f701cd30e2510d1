"""Environment and TOML become one frozen Settings, made of each room's policy.

A TOML table is named as the room, a key as the policy's field; `GPIC_PROVIDER__CODE_LIFETIME=300` overrides
`code_lifetime` in `[provider]`. Durations are seconds or ISO 8601 ("PT5M"). A mistake is one sentence naming the setting.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from gpic.credentials.policy import CredentialsPolicy
from gpic.credentials.rounds import RoundsPolicy
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.policy import ProviderPolicy
from gpic.storage.policy import StoragePolicy

PREFIX: Final = "GPIC_"


class SettingsInvalid(ValueError):
    """A setting is wrong; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; each part is documented beside its defaults."""

    provider: ProviderPolicy
    credentials: CredentialsPolicy
    storage: StoragePolicy = field(default_factory=StoragePolicy)
    rounds: RoundsPolicy = field(default_factory=RoundsPolicy)
    identity: IdentityPolicy = field(default_factory=IdentityPolicy)


ROOMS: Final = ("provider", "credentials", "storage", "rounds", "identity")

Policy = TypeVar("Policy", ProviderPolicy, CredentialsPolicy, StoragePolicy, RoundsPolicy, IdentityPolicy)


def from_file(path: Path) -> dict[str, dict[str, object]]:
    """The tables of a TOML file; raises SettingsInvalid."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsInvalid(f"There is no settings file {path}.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as mistake:
        raise SettingsInvalid(f"The settings file {path} cannot be read: {mistake}.") from None
    if loose := [name for name, table in tables.items() if not isinstance(table, dict)]:
        raise SettingsInvalid(f"In {path} the setting {loose[0]} stands outside of a table.")
    return tables


def from_environment(environment: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """The tables that variables such as GPIC_PROVIDER__ENVIRONMENT make."""
    tables: dict[str, dict[str, object]] = {}
    for variable, value in environment.items():
        room, separator, name = variable.removeprefix(PREFIX).lower().partition("__")
        if variable.startswith(PREFIX) and separator:
            tables.setdefault(room, {})[name] = value
    return tables


def read(*sources: Mapping[str, Mapping[str, object]]) -> Settings:
    """Settings from tables, later ones over earlier ones, over the defaults; raises SettingsInvalid."""
    merged: dict[str, dict[str, object]] = {}
    for source in sources:
        for room, table in source.items():
            if room not in ROOMS:
                raise SettingsInvalid(f"There is no group of settings called {room}; there are {', '.join(ROOMS)}.")
            merged.setdefault(room, {}).update(table)
    return Settings(
        provider=policy(ProviderPolicy, merged.get("provider", {}), "provider"),
        credentials=policy(CredentialsPolicy, merged.get("credentials", {}), "credentials"),
        storage=policy(StoragePolicy, merged.get("storage", {}), "storage"),
        rounds=policy(RoundsPolicy, merged.get("rounds", {}), "rounds"),
        identity=policy(IdentityPolicy, merged.get("identity", {}), "identity"),
    )


def policy(kind: type[Policy], table: Mapping[str, object], room: str) -> Policy:
    """One room's policy with *table* over its defaults; raises SettingsInvalid."""
    known = {one.name for one in fields(kind)}
    if foreign := sorted(table.keys() - known):
        raise SettingsInvalid(f"There is no setting {room}.{foreign[0]}.")
    try:
        return msgspec.convert(dict(table), type=kind, strict=False)
    except msgspec.ValidationError as mistake:
        what, _, place = str(mistake).partition(" - at `$.")
        raise SettingsInvalid(f"The settings of {room} are wrong{f' at {place[:-1]}' if place else ''}: {what}.") from None
