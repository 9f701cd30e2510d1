"""Turns at interfaces that limit how often they may be asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row for each interface."""
    op.create_table(
        "paces",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("next_turn", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Nobody takes turns any more."""
    op.drop_table("paces")
