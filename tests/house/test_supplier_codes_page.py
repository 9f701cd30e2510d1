"""The page of supplier codes says what the adapters do."""

from __future__ import annotations

from scripts import supplier_codes


def test_the_page_of_supplier_codes_is_true() -> None:
    """It is printed from the adapters' tables; `python scripts/supplier_codes.py` writes it anew."""
    assert supplier_codes.page() == supplier_codes.PAGE.read_text(encoding="utf-8")


def test_every_line_of_every_table_stands_on_the_page() -> None:
    """No table is left out, and none is empty."""
    page = supplier_codes.PAGE.read_text(encoding="utf-8")
    rows = [row for calls in supplier_codes.SUPPLIERS.values() for rows in calls.values() for row in rows]

    assert {"EMIS", "TPP", "Medicus (provisional)"} == set(supplier_codes.SUPPLIERS)
    assert all(rows for calls in supplier_codes.SUPPLIERS.values() for rows in calls.values())
    assert [] == [row for row in rows if supplier_codes.line(row) not in page]
