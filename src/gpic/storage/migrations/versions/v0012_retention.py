"""Audit records may go once they are older than they are kept, and the chain begins where the last one that went ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REFUSED = "SELECT RAISE(ABORT, 'the audit trail is append-only')"
GONE = "OLD.id > coalesce((SELECT max(up_to) FROM audit_ends), 0)"
KEEPS = f"CREATE TRIGGER audit_keeps BEFORE DELETE ON audit WHEN {GONE} BEGIN {REFUSED}; END"
KEEPS_ALL = f"CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN {REFUSED}; END"
FUNCTION = """
    CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.hash IS NULL
            AND (NEW.id, NEW.at, NEW.pseudonym, NEW.event, NEW.client_id, NEW.version, NEW.why)
            IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.pseudonym, OLD.event, OLD.client_id, OLD.version, OLD.why)
        THEN
            RETURN NEW;
        END IF;
        {may_go}
        RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
"""
MAY_GO = """
        IF TG_OP = 'DELETE' AND OLD.id <= coalesce((SELECT max(up_to) FROM audit_ends), 0) THEN
            RETURN OLD;
        END IF;
"""


def upgrade() -> None:
    """Where a part of the trail ended that is not kept any more; the trigger lets that part go, and nothing else."""
    op.create_table(
        "audit_ends",
        sa.Column("up_to", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS audit_keeps")
        op.execute(KEEPS)
    else:
        op.execute(FUNCTION.format(may_go=MAY_GO))


def downgrade() -> None:
    """Nothing may go any more."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS audit_keeps")
        op.execute(KEEPS_ALL)
    else:
        op.execute(FUNCTION.format(may_go=""))
    op.drop_table("audit_ends")
