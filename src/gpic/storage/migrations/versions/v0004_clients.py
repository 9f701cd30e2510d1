"""What clients are registered with and keep with us, and the keys that we sign with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column and two tables; whoever was registered before signs with RS512."""
    op.add_column("clients", sa.Column("algorithm", sa.String, nullable=False, server_default="RS512"))
    op.create_table(
        "client_metadata",
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("client_id", sa.String, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(64), primary_key=True),
        sa.Column("public_pem", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("signs_since", sa.BigInteger),
        sa.Column("retired_at", sa.BigInteger),
    )


def downgrade() -> None:
    """Everybody signs with RS512; keys and what clients kept are gone."""
    op.drop_table("signing_keys")
    op.drop_table("client_metadata")
    op.drop_column("clients", "algorithm")
