"""Suppliers whom an operator has paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One row for each supplier that is not called; code of before reads none, and calls."""
    op.create_table(
        "pauses",
        sa.Column("supplier", sa.String, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
    )


def downgrade() -> None:
    """Everybody is called."""
    op.drop_table("pauses")
