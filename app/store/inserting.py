"""Inserts that say what becomes of a row that is there already, in the words of either database. Knows no tables."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert


def insert_into(database: str, table: Table) -> "Insert":
    """An insert for `postgresql` or `sqlite`, which share all that is used here: on conflict, excluded, returning."""
    # Each dialect is loaded only where its database is used.
    if database == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - only where it is used
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment] # alike  # noqa: PLC0415 - likewise
    return insert(table)


def insert_unless_there(database: str, table: Table) -> "Insert":
    """An insert of a whole row, each column by its name, that leaves a row which is there already as it is."""
    values: dict[str, Any] = {column.name: bindparam(column.name) for column in table.c}
    return insert_into(database, table).values(values).on_conflict_do_nothing()
