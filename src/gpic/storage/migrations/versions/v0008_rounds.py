"""Rounds over many persons, and what they need of releases and holdings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row for each round; two indexes in the order of the walks."""
    op.create_table(
        "rounds",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("practices", sa.Text, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sa.Column("expected", sa.BigInteger, nullable=False),
        sa.Column("course", sa.String, nullable=False),
        sa.Column("after_released_at", sa.BigInteger),
        sa.Column("after_person", sa.String),
        sa.Column("passed", sa.BigInteger, nullable=False),
        sa.Column("found", sa.BigInteger, nullable=False),
        sa.Column("over_at", sa.BigInteger),
        sa.Column("leased_until", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_releases_released_at_person", "releases", ["released_at", "person"])
    under_way = sa.text("state IN ('registering', 'unproved')")
    op.create_index("ix_holdings_under_way", "holdings", ["person"], sqlite_where=under_way, postgresql_where=under_way)


def downgrade() -> None:
    """Nobody walks any more."""
    op.drop_index("ix_holdings_under_way", "holdings")
    op.drop_index("ix_releases_released_at_person", "releases")
    op.drop_table("rounds")
