"""docs/reference/schema.md: the provider's tables and the partner kit's, as the newest migration leaves them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Final

from sqlalchemy import Column, LargeBinary, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn

from gpic.jobs import tables as of_jobs
from gpic.storage.provider import tables as of_provider
from gpic.storage.provider.database import MIGRATIONS
from scripts.reference.words import first_sentence, table

INTRODUCTION: Final = """# Tables

Printed from the tables' definitions by `python -m scripts.reference_pages`; a house test keeps it true, others hold the
definitions against the migrations, on SQLite and on PostgreSQL.

They are ours and may change in any release; read them for understanding and for backups, and write nothing into them by hand.
Moments are whole microseconds since 1970. *Sealed* columns hold AES-256-GCM envelopes that are bound to table, column and row,
and tell the id of the key that opens them; what ends in `_hash` finds a row by something that must not be kept. Types are
PostgreSQL's; on SQLite they are its own next ones.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([
        INTRODUCTION,
        *tables_of("The provider's cabinets", of_provider),
        *tables_of("The queue", of_jobs),
        *revisions(),
    ])  # fmt: skip


def tables_of(title: str, module: ModuleType) -> Iterator[str]:
    """Every table of a module, in its order."""
    yield f"## {title}\n"
    source = inspect.getsource(module)
    for name, one in vars(module).items():
        if isinstance(one, Table):
            yield f"### `{one.name}`\n"
            comment = re.search(rf"((?:^#: .*\n)+){name} = Table\(", source, re.MULTILINE)
            if comment:
                yield f"{' '.join(line.removeprefix('#: ') for line in comment[1].splitlines())}\n"
            yield from table(("column", "type", "may be empty", "is"), (row(column) for column in one.columns))
            yield from indexes(one)


def row(column: Column[object]) -> tuple[str, str, str, str]:
    """One column."""
    kind = str(CreateColumn(column).compile(dialect=postgresql.dialect())).split()[1]  # type: ignore[no-untyped-call]
    remarks = [
        "key" if column.primary_key else "",
        "sealed" if isinstance(column.type, LargeBinary) else "",
        "unique" if column.unique else "",
        *(f"of `{key.target_fullname}`" for key in column.foreign_keys),
    ]
    return f"`{column.name}`", kind.lower(), "yes" if column.nullable else "no", ", ".join(filter(None, remarks))


def indexes(one: Table) -> Iterator[str]:
    """What is found quickly, or is unique."""
    lines = []
    for index in sorted(one.indexes, key=lambda index: [str(column) for column in index.expressions]):
        columns = ", ".join(f"`{getattr(column, 'name', column)}`" for column in index.expressions)
        where = index.dialect_options["postgresql"]["where"]
        condition = f" where {where.compile(compile_kwargs={'literal_binds': True})}" if where is not None else ""
        lines.append(f"- {'unique' if index.unique else 'index'}: {columns}{condition}".replace(f"{one.name}.", ""))
    if lines:
        yield "\n".join(sorted(lines)) + "\n"


def revisions() -> Iterator[str]:
    """The migrations, in their order."""
    yield "## Migrations\n"
    yield "Each runs at the next start of any process, in one transaction, while other processes that start wait for it.\n"
    rows = ((path.stem[1:5], told(path)) for path in sorted((MIGRATIONS / "versions").glob("v*.py")))
    yield from table(("revision", "brings"), rows)


def told(path: Path) -> str:
    """The first sentence of a revision's docstring."""
    return first_sentence(path.read_text(encoding="utf-8").split('"""')[1])
