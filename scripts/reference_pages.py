"""Writes the pages of docs/reference that are printed from the code: `python -m scripts.reference_pages`.

A house test compares each with what would be printed today.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from scripts import assumptions_page, authorize_errors, clients_page, control_api, dashboards, supplier_codes
from scripts.reference import command_line, faults, metrics, partner_kit, ports, refusals, schema, scopes, settings

REFERENCE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"
#: `rules.md` and `mutants.md` are written by scripts of their own, which look at tests.
PAGES: Final[Mapping[str, Callable[[], str]]] = MappingProxyType({
    "alerts.md": dashboards.page,
    "assumptions.md": assumptions_page.page,
    "authorize-errors.md": authorize_errors.page,
    "clients.md": clients_page.page,
    "command-line.md": command_line.page,
    "control-api.md": control_api.page,
    "control-api.json": control_api.document_text,
    "errors.md": refusals.page,
    "faults.md": faults.page,
    "metrics.md": metrics.page,
    "partner-kit.md": partner_kit.page,
    "ports.md": ports.page,
    "schema.md": schema.page,
    "scopes.md": scopes.page,
    "settings.md": settings.page,
    "supplier-codes.md": supplier_codes.page,
})  # fmt: skip


def main() -> int:
    """Write what differs, and say so."""
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"docs/reference/{name} is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
