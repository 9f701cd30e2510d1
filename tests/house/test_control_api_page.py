"""The control API's document and page say what the code says."""

from __future__ import annotations

from scripts import control_api


def test_the_openapi_document_is_fresh() -> None:
    """It is printed from the table and the shapes; `python scripts/control_api.py` writes it anew."""
    assert control_api.document_text() == control_api.DOCUMENT.read_text(encoding="utf-8")


def test_the_page_is_fresh() -> None:
    """As above."""
    assert control_api.page() == control_api.PAGE.read_text(encoding="utf-8")
