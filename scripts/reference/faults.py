"""docs/reference/faults.md: what can go wrong with a call in a sandbox, on purpose (G6)."""

from __future__ import annotations

import dataclasses
from typing import Final

from gpic.simulators.faults import Fault, Kind
from scripts.reference.words import meanings, members, shown, table

INTRODUCTION: Final = """# Faults

Printed from `gpic.simulators.faults` by `python -m scripts.reference_pages`; a house test keeps it true.

A fault is a rule: which calls to a stand-in it strikes, and what then happens. It is set by
[the control API](control-api.md) or, in a test, by `gpic_sandbox.fault("status", "EMIS", status=503)`. What is left empty
matches every call. Every rule that speaks of a call counts it and may strike it, in the order in which they were set: so one
may delay an answer and another spoil it.

## Kinds
"""


def page() -> str:
    """The whole page."""
    said = members(Kind)
    kinds = table(("kind", "what happens"), ((f"`{one.value}`", said[one.name]) for one in Kind))
    told = {"kind": "one of the above", "lane": "whose calls: `EMIS`, `TPP`, `Medicus`, `PDS`, `MNS`, `ODS`", **meanings(Fault)}
    told |= {
        "sender": "whose calls: `NHS login`, or a partner's name",
        "seconds": "to wait, 600 at most",
        "status": "for `status`",
    }
    fields = table(
        ("field", "default", "meaning"),
        (
            (f"`{one.name}`", "–" if one.default is dataclasses.MISSING else shown(one.default), told[one.name])
            for one in dataclasses.fields(Fault)
        ),
    )
    return "\n".join([INTRODUCTION, *kinds, "## A rule\n", *fields])
