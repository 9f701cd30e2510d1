"""docs/reference/partner-kit.md: the public face of the partner kit."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from typing import Final

import gpic.relying_party as kit
from scripts.reference.words import members, whole

INTRODUCTION: Final = """# The partner kit

Printed from `gpic.relying_party.__all__` by `python -m scripts.reference_pages`; a house test keeps it true. What stands here
is public: [how it may change](../explanation/versions.md). Settings stand in [their own page](settings.md), what can be wrong
with a login in [errors](errors.md). `gpic.wiring.partner.partner()` and `gpic.wiring.partner_file.partner_from()` put a party
together.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(line for name in kit.__all__ for line in section(name))])


def section(name: str) -> Iterator[str]:
    """One public name."""
    one = getattr(kit, name)
    yield f"## `{name}`\n"
    if not isinstance(one, type):
        yield f"One of {', '.join(f'`{kind.__name__}`' for kind in one.__args__)}.\n"
        return
    yield f"{whole(one.__doc__)}\n"
    if issubclass(one, Enum):
        said = members(one)
        yield "\n".join(f"- `{member.value}`: {said.get(member.name, '')}" for member in one) + "\n"
    elif dataclasses.is_dataclass(one) and one is not kit.RelyingPartySettings:
        fields = [f"- `{field.name}: {field.type}`" for field in dataclasses.fields(one) if not field.name.startswith("_")]
        yield "\n".join(fields) + "\n"
    yield from methods(one)


def methods(one: type) -> Iterator[str]:
    """What one may call."""
    lines = []
    for name, value in vars(one).items():
        if name.startswith("_"):
            continue
        if isinstance(value, property):
            lines.append(f"- `{name}`: {whole(value.__doc__)}")
        elif inspect.isfunction(value):
            form = inspect.signature(value)
            kept = form.replace(parameters=[each for each in form.parameters.values() if each.name != "self"])
            text = re.sub(r"'([^']+)'", r"\1", str(kept))
            waits = "await " if inspect.iscoroutinefunction(value) else ""
            lines.append(f"- `{waits}{name}{text}`: {whole(value.__doc__)}")
    if lines:
        yield "\n".join(lines) + "\n"
