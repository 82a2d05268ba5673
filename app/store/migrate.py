"""Brings a database to the newest schema, and tells how a schema differs from the tables in models.py."""

from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text

from app.store.engines import migrating_engine
from app.store.models import metadata
from app.store.revisions import MIGRATIONS, head_revision

# Any number will do, as long as it stays: only one process migrates at a time.
_ADVISORY_LOCK = (0, 7483)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def scripted_heads() -> tuple[str, ...]:
    """The newest revisions found among the migrations; one, unless two branches were joined carelessly."""
    return tuple(ScriptDirectory.from_config(_config()).get_heads())


def upgrade(address: URL, revision: str = "head") -> None:
    """Run the missing migrations in one transaction, one process at a time.

    A database that a later release has upgraded stays as it is: what a later release does to a schema only adds.
    """
    engine = migrating_engine(address)
    try:
        with engine.begin() as connection:
            _queue(connection)
            if (MigrationContext.configure(connection).get_current_revision() or "") > head_revision():
                return
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    finally:
        engine.dispose()


def differences(address: URL) -> list[Any]:
    """What Alembic would change to make the database's schema that of models.py."""
    engine = migrating_engine(address)
    try:
        with engine.begin() as connection:
            context = MigrationContext.configure(connection, opts={"compare_server_default": True})
            return list(compare_metadata(context, metadata))
    finally:
        engine.dispose()


def _queue(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        space, number = _ADVISORY_LOCK
        lock = text("SELECT pg_advisory_xact_lock(:space, :number)")
        connection.execute(lock, {"space": space, "number": number})
