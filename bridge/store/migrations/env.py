"""Alembic's way in: it migrates on the connection that :mod:`bridge.store.migrate` hands over, in that one's transaction."""

from alembic import context

from bridge.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
