"""How Alembic runs here: always inside a program, on a connection and in a transaction that the program opened."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
