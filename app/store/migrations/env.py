"""Run by Alembic for each upgrade: hands it the connection and the transaction of the caller."""

from alembic import context

from app.store.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
