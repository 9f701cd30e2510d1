"""How often passwords were tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """For accounts and addresses, by their keyed hash."""
    op.create_table(
        "tried_passwords",
        sa.Column("what_hash", sa.String(64), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_tried_passwords_expires", "tried_passwords", ["expires"])


def downgrade() -> None:
    """Everybody may try again."""
    op.drop_table("tried_passwords")
