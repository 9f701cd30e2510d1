"""docs/reference/ports.md: every port, its methods and their obligations, and the suite that implementations pass."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Final, Protocol

from gpic.credentials import pauses, rounds
from gpic.credentials import ports as of_engine
from gpic.demographics import turns
from gpic.demographics.mns import consumer
from gpic.jose import keys
from gpic.nhs import clock
from gpic.provider import ports as of_provider
from gpic.provider.identity import ports as of_identity
from gpic.relying_party import ports as of_partner
from scripts.reference.words import whole

INTRODUCTION: Final = """# Ports

Printed from the Protocols by `python -m scripts.reference_pages`; a house test keeps it true.

A port is what one room needs of another, written by the room that needs it. Implementations are chosen in `gpic.wiring` alone.
Each of ours passes the suite that is named here, the one in memory included; so should yours.
"""
ROOMS: Final[tuple[tuple[str, ModuleType], ...]] = (
    ("The engine's", of_engine),
    ("The engine's, for rounds", rounds),
    ("The engine's, for suppliers that are paused", pauses),
    ("The provider's", of_provider),
    ("The provider's, for accounts", of_identity),
    ("The partner kit's", of_partner),
    ("PDS: turns", turns),
    ("MNS: the feed", consumer),
    ("Keys", keys),
    ("Clocks", clock),
)
#: The contract suites of tests/ports, by port. A port that is not here looks or tells and keeps nothing, or has one real
#: implementation, which its own tests prove.
SUITES: Final = {
    f"{module.__name__}.{port}": suite
    for module, suite, ports in (
        (of_engine, "test_gp_system_adapters", "GpSystem"),
        (of_engine, "test_accounts_port", "People"),
        (of_engine, "test_holdings_port", "Holdings Releases"),
        (of_engine, "test_jobs_port", "Jobs"),
        (of_engine, "test_demographics_at_stand_ins", "Pds"),
        (rounds, "test_rounds_port", "Census Rounds Backlog"),
        (pauses, "test_pauses_port", "Pauses"),
        (of_provider, "test_registers_port", "Clients Consents"),
        (of_provider, "test_signing_keys_port", "SigningKeys"),
        (of_provider, "test_client_metadata_port", "ClientMetadata"),
        (of_provider, "test_accounts_port", "Accounts"),
        (of_provider, "test_browsers_port", "Sessions Interactions"),
        (of_provider, "test_codes_port", "Codes"),
        (of_provider, "test_families_port", "Families"),
        (of_provider, "test_identities_port", "AssertedIdentities"),
        (of_identity, "test_accounts_port", "AccountChanges"),
        (of_identity, "test_code_shelf_port", "CodeShelf Allowances"),
        (of_identity, "test_courier_port", "Courier"),
        (of_partner, "test_gp_system_adapters", "GpSystem InSession"),
        (of_partner, "test_partner_cabinets", "Attempts Linkages Returns"),
        (turns, "test_pace_port", "Pace"),
        (consumer, "test_demographics_at_stand_ins", "Feed"),
    )
    for port in ports.split()
}


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(line for title, module in ROOMS for line in section(title, module))])


def protocols(module: ModuleType) -> Iterator[type]:
    """Those that the module itself defines, in its order."""
    for value in vars(module).values():
        if isinstance(value, type) and Protocol in value.__bases__ and value.__module__ == module.__name__:
            yield value


def section(title: str, module: ModuleType) -> Iterator[str]:
    """Every port of one room."""
    yield f"## {title} (`{module.__name__}`)\n"
    for port in protocols(module):
        yield f"### `{port.__name__}`\n"
        yield f"{whole(port.__doc__)}\n"
        for name, method in methods(port):
            yield f"- `{signature(name, method)}`: {whole(method.__doc__)}"
        suite = SUITES.get(f"{module.__name__}.{port.__name__}")
        yield f"\nContract: [{suite}](../../tests/ports/{suite}.py)\n" if suite else ""


def methods(port: type) -> Iterator[tuple[str, object]]:
    """A port's own, properties included."""
    for name, value in vars(port).items():
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
            yield name, value


def signature(name: str, method: object) -> str:
    """As one would write it, types included."""
    if isinstance(method, property):
        return f"{name}: {inspect.signature(method.fget).return_annotation}" if method.fget else name
    if not inspect.isfunction(method):
        return name
    form = inspect.signature(method)
    without_self = form.replace(parameters=[one for one in form.parameters.values() if one.name != "self"])
    text = re.sub(r"'([^']+)'", r"\1", str(without_self))
    return f"{'await ' if inspect.iscoroutinefunction(method) else ''}{name}{text}"
