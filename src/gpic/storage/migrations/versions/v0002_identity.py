"""What sign-in beyond a password needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Codes that are awaited, how often things were done, and browsers that are remembered."""
    op.create_table(
        "one_time_codes",
        sa.Column("about_hash", sa.String(64), primary_key=True),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_one_time_codes_expires", "one_time_codes", ["expires"])
    op.create_table(
        "allowances",
        sa.Column("what_hash", sa.String(64), primary_key=True),
        sa.Column("done", sa.Text, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_allowances_expires", "allowances", ["expires"])
    op.create_table(
        "remembered_devices",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_remembered_devices_subject", "remembered_devices", ["subject"])
    op.create_index("ix_remembered_devices_expires", "remembered_devices", ["expires"])


def downgrade() -> None:
    """Nobody awaits a code any more."""
    op.drop_table("remembered_devices")
    op.drop_table("allowances")
    op.drop_table("one_time_codes")
