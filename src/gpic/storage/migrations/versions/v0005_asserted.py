"""Asserted identities: who may assert to whom, and what was used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables; the logins that are continued are the families themselves."""
    op.create_table(
        "handovers",
        sa.Column(
            "client_id",
            sa.String,
            sa.ForeignKey("clients.client_id", name="fk_handovers_client_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("to_client_id", sa.String, primary_key=True),
    )
    op.create_table(
        "asserted_uses",
        sa.Column("use_hash", sa.String(64), primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Index("ix_asserted_uses_expires", "expires"),
    )


def downgrade() -> None:
    """Nobody asserts identities any more."""
    op.drop_table("asserted_uses")
    op.drop_table("handovers")
