"""Whose tokens they are, so that whoever stops sharing ends them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Families that are older have no subject: they give nothing that is no longer shared, and expire by themselves."""
    op.add_column("families", sa.Column("subject", sa.String))
    op.create_index("ix_families_subject_client_id", "families", ["subject", "client_id"])


def downgrade() -> None:
    """What is shared is looked at all the same."""
    op.drop_index("ix_families_subject_client_id", "families")
    op.drop_column("families", "subject")
