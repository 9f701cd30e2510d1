"""What forced checks and lifted restrictions need."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three columns; nobody has forced a check yet, and nobody may lift without signing in."""
    op.add_column("holdings", sa.Column("confirm_asked_at", sa.BigInteger))
    op.add_column("holdings", sa.Column("forced", sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("holdings", sa.Column("may_lift", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Nothing is forced any more."""
    for name in ("may_lift", "forced", "confirm_asked_at"):
        op.drop_column("holdings", name)
