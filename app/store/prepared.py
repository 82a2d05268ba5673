"""Runs statements of SQLAlchemy Core on the driver itself, compiled once and for all.

Core's own way of running a statement costs more than SQLite needs to run it; this keeps Core's wording and its
conversions of values, and skips the rest. For statements that never change their shape.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from sqlalchemy import Connection, Dialect, Executable, Select, UpdateBase
from sqlalchemy.sql.elements import ClauseElement

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]


class Prepared:
    """One statement in the words of one database, with the conversions of its values and columns."""

    __slots__ = ("_convert", "_named", "_results", "sql")

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        assert isinstance(statement, ClauseElement)  # noqa: S101 - every statement of Core is one; for the type checker
        compiled: Any = statement.compile(dialect=dialect)
        types = {name: bind.type.dialect_impl(dialect) for bind, name in compiled.bind_names.items()}
        converters = {name: kind.bind_processor(dialect) for name, kind in types.items()}
        self.sql = str(compiled)
        order = tuple(compiled.positiontup) if compiled.positional else tuple(converters)
        self._convert: list[tuple[str, Convert | None]] = [(name, converters[name]) for name in order]
        self._named = not compiled.positional
        self._results = _result_converters(statement, dialect)

    def parameters(self, values: Values) -> Sequence[Any] | Values:
        """The values as the driver wants them."""
        if self._named:
            return {name: convert(values[name]) if convert else values[name] for name, convert in self._convert}
        return [convert(values[name]) if convert else values[name] for name, convert in self._convert]

    def row(self, values: Sequence[Any]) -> Sequence[Any]:
        """A row as Python wants it."""
        if not self._results:
            return values
        row = list(values)
        for place, convert in self._results:
            row[place] = convert(row[place])
        return row


def _result_converters(statement: Executable, dialect: Dialect) -> list[tuple[int, Convert]]:
    if not isinstance(statement, Select | UpdateBase):
        return []
    columns = statement.selected_columns if isinstance(statement, Select) else statement.exported_columns
    kinds = enumerate(column.type.dialect_impl(dialect) for column in columns)
    found = ((place, kind.result_processor(dialect, None)) for place, kind in kinds)
    return [(place, convert) for place, convert in found if convert]


_BOOKS: dict[str, dict[Executable, Prepared]] = {}


class Session:
    """A driver's connection that runs prepared statements. Raises the driver's own errors.

    On PostgreSQL inside a pipeline, what is only `run` is sent along with the next question.
    """

    __slots__ = ("_book", "_dialect", "_driver")

    def __init__(self, driver: Any, dialect: Dialect) -> None:  # noqa: ANN401 - of either driver
        self._driver = driver
        self._dialect = dialect
        self._book = _BOOKS.setdefault(dialect.name, {})

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """A session on the connection that SQLAlchemy lends."""
        return cls(connection.connection.driver_connection, connection.dialect)

    @property
    def database(self) -> str:
        """The kind of database: sqlite or postgresql."""
        return self._dialect.name

    def one(self, statement: Executable, values: Values) -> Sequence[Any] | None:
        """The first row, or None."""
        prepared = self._prepared(statement)
        row = self._driver.execute(prepared.sql, prepared.parameters(values)).fetchone()
        return None if row is None else prepared.row(row)

    def all(self, statement: Executable, values: Values) -> list[Sequence[Any]]:
        """All rows."""
        prepared = self._prepared(statement)
        rows = self._driver.execute(prepared.sql, prepared.parameters(values)).fetchall()
        return [prepared.row(row) for row in rows]

    def run(self, statement: Executable, values: Values) -> None:
        """Run a statement whose outcome is not looked at."""
        prepared = self._prepared(statement)
        self._driver.execute(prepared.sql, prepared.parameters(values))

    def run_each(self, statement: Executable, rows: Sequence[Values]) -> None:
        """Run a statement once for each set of values."""
        prepared = self._prepared(statement)
        self._driver.cursor().executemany(prepared.sql, [prepared.parameters(row) for row in rows])

    def _prepared(self, statement: Executable) -> Prepared:
        prepared = self._book.get(statement)
        if prepared is None:
            prepared = self._book[statement] = Prepared(statement, self._dialect)
        return prepared
