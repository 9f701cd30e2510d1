"""Statements of the hot ways: made by SQLAlchemy once, run by the driver, which takes a tenth of the time.

What drivers take and give is read here: a row's values have the types of its columns.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, cast

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

#: A row by the names of its columns.
Row = Any
#: A value on its way between us and a driver.
Change = Callable[[Any], Any]


class Result(Protocol):
    """What we use of a driver's cursor, which both spell alike."""

    rowcount: int

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""
        ...

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All that are left."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A row as the driver gives it."""

    values: tuple[Any, ...]
    _read: Callable[[tuple[Any, ...]], Any]

    def read(self) -> Any:  # noqa: ANN401 - a row has a type of its own
        """The row by the names of its columns."""
        return self._read(self.values)


class Ready:
    """A statement with named parameters, compiled once for each dialect. *names* are the columns of a bare INSERT.

    It runs in the transaction of the connection that it is given, and fails as SQLAlchemy's own do.
    """

    def __init__(self, statement: Executable, names: Sequence[str] = ()) -> None:
        self._statement = statement
        self._names = names
        self._made: dict[str, _Made] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """How many rows it touched."""
        return self._for(connection.dialect).execute(connection, values).rowcount

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a row has a type of its own
        """The first row, by the names of its columns; None where there is none."""
        made = self._for(connection.dialect)
        row = made.execute(connection, values).fetchone()
        return made.read(row) if row is not None else None

    def scalar(self, connection: Connection, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as the column's type reads
        """The first column of the first row; None where there is none."""
        row = self.first(connection, values)
        return row[0] if row is not None else None

    def as_kept(self, connection: Connection, values: Mapping[str, Any]) -> Kept | None:
        """The first row, not yet read: for whoever may know it already."""
        made = self._for(connection.dialect)
        row = made.execute(connection, values).fetchone()
        return Kept(row, made.read) if row is not None else None

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Every row."""
        made = self._for(connection.dialect)
        return [made.read(row) for row in made.execute(connection, values).fetchall()]

    def _for(self, dialect: Dialect) -> _Made:
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = _Made(self._statement, dialect, self._names)
        return made


class _Made:
    """For one dialect: its text, what becomes of each value, and how its rows are read."""

    def __init__(self, statement: Executable, dialect: Dialect, names: Sequence[str]) -> None:
        compiled = cast("Any", statement).compile(dialect=dialect, column_keys=names or None)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - for the type checker: statements compile to nothing else
        self._text = compiled.string
        self._by_place = compiled.positional
        order = compiled.positiontup if compiled.positional else list(compiled.params)
        binds = {name: compiled.binds[name] for name in order or ()}
        self._asked = [(name, _writing(binds[name].type, dialect)) for name in order or ()]
        self._fixed = {name: bind.value for name, bind in binds.items() if bind.value is not None}
        columns = list(getattr(statement, "exported_columns", ()))
        row: Any = namedtuple("_Row", [column.key for column in columns])  # type: ignore[misc] # noqa: PYI024 - known only now
        self._row: Callable[[Iterable[Any]], Any] = row._make
        self._changes = [
            (place, change) for place, column in enumerate(columns) if (change := _reading(column.type, dialect)) is not None
        ]

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> Result:
        driver: Any = connection.connection.dbapi_connection
        given = {**self._fixed, **values} if self._fixed else values
        bound: object
        if self._by_place:
            bound = [given[name] if change is None else change(given[name]) for name, change in self._asked]
        else:
            bound = {name: given[name] if change is None else change(given[name]) for name, change in self._asked}
        try:
            return cast("Result", driver.execute(self._text, bound))
        except Exception as failure:  # noqa: BLE001 - the driver's, told as SQLAlchemy tells it
            _fail(connection, self._text, failure)

    def read(self, row: tuple[Any, ...]) -> Any:  # noqa: ANN401 - see Ready.first
        if not self._changes:
            return self._row(row)
        changed = list(row)
        for place, change in self._changes:
            changed[place] = change(changed[place])
        return self._row(changed)


def _fail(connection: Connection, text: str, failure: Exception) -> NoReturn:
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(failure, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
    told = DBAPIError.instance(
        text,
        None,
        failure,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    if is_lost:
        connection.invalidate(failure)
    raise told from failure


def _writing(kind: TypeEngine[Any], dialect: Dialect) -> Change | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reading(kind: TypeEngine[Any], dialect: Dialect) -> Change | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
