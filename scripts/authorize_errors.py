"""Writes docs/reference/authorize-errors.md anew: every error of the authorization endpoint, and the test that shows it.

`python scripts/authorize_errors.py` rewrites the page; the house test calls `page()` and compares. The rows are those of
`tests/unit/provider/error_cases.py`, each of which is provoked over HTTP by the test that the page names.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.unit.provider.error_cases import Case

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reference" / "authorize-errors.md"
TEST_FILE: Final = "tests/unit/provider/test_error_cases.py"
TEST: Final = "test_the_answer_is_the_one_of_the_page"
HEAD: Final = f"""# Errors of the authorization endpoint

Made by `python scripts/authorize_errors.py` from `tests/unit/provider/error_cases.py`; change the rows there.
Each row is provoked over HTTP by [`{TEST}`](../../{TEST_FILE}), under the name in the last column.
Until it is known whom to answer, a page is shown and nobody is redirected. A redirect goes to the registered address with
`error`, `error_description` and `state`.

| code | when | where | text | test |
|---|---|---|---|---|
"""
TAIL: Final = """
Codes of the specification that cannot occur here:

| code | why |
|---|---|
"""


def row(case: Case) -> str:
    """One error."""
    refusal = case.refusal
    is_page = refusal.shown.value == "page"
    code = "–" if is_page else f"`{refusal.code}`"
    where = f"page, {refusal.status}" if is_page else "redirect"
    return f"| {code} | {case.trigger} | {where} | {refusal.sentence or 'names what is wrong'} | `{case.slug}` |\n"


def page() -> str:
    """The page as it should be."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from tests.unit.provider.error_cases import CASES, NEVER, SPECIFIED

    def order(case: Case) -> int:
        return SPECIFIED.index(case.refusal.code) if case.refusal.code in SPECIFIED else -1

    rows = "".join(row(case) for case in sorted(CASES, key=order))
    return HEAD + rows + TAIL + "".join(f"| `{code}` | {why} |\n" for code, why in NEVER.items())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
