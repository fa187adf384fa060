"""Alembic's entry: runs migrations on the connection that ``store.records.migrate`` hands over."""

from alembic import context

from beleef.store.records.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
