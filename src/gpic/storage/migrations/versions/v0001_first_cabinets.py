"""The first cabinets, and the queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HASH = sa.String(64)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

first = sa.MetaData()

sa.Table(
    "audit",
    first,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("pseudonym", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("client_id", sa.String, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("why", sa.String, nullable=False),
    sa.Column("previous_hash", HASH),
    sa.Column("hash", HASH),
    sa.Index("ix_audit_pseudonym_id", "pseudonym", "id"),
    sqlite_autoincrement=True,
)
sa.Table(
    "clients",
    first,
    sa.Column("client_id", sa.String, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("redirect_uris", sa.JSON, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("keys", sa.JSON, nullable=False),
    sa.Column("vectors", sa.Text, nullable=False),
    sa.Column("im1_enabled", sa.Boolean, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("audience_policy", sa.String, nullable=False),
)
sa.Table(
    "consents",
    first,
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("client_id", sa.String, primary_key=True),
    sa.Column("scope", sa.String, primary_key=True),
    sa.Column("agreed_at", sa.BigInteger, nullable=False),
    sa.Column("withdrawn_at", sa.BigInteger),
)
sa.Table(
    "families",
    first,
    sa.Column("family", sa.String, primary_key=True),
    sa.Column("client_id", sa.String, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
    sa.Index("ix_families_expires", "expires"),
)
sa.Table(
    "interactions",
    first,
    sa.Column("id_hash", HASH, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
    sa.Column("finished", sa.Boolean, nullable=False),
    sa.Index("ix_interactions_expires", "expires"),
)
sa.Table(
    "jti_uses",
    first,
    sa.Column("use_hash", HASH, primary_key=True),
    sa.Column("expires", sa.BigInteger, nullable=False),
    sa.Index("ix_jti_uses_expires", "expires"),
)
sa.Table(
    "persons",
    first,
    sa.Column("person", sa.String, primary_key=True),
    sa.Column("pseudonym", sa.String, nullable=False),
    sa.UniqueConstraint("pseudonym", name="uq_persons_pseudonym"),
)
sa.Table(
    "sessions",
    first,
    sa.Column("id_hash", HASH, primary_key=True),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("vector", sa.Text, nullable=False),
    sa.Column("auth_time", sa.BigInteger, nullable=False),
    sa.Column("signed_in_at", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
    sa.Index("ix_sessions_expires", "expires"),
)
sa.Table(
    "accounts",
    first,
    sa.Column("subject", sa.String, primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("persons.person", name="fk_accounts_person"), nullable=False),
    sa.Column("email_hash", HASH, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("practice", sa.String),
    sa.Column("email_verified", sa.Boolean, nullable=False),
    sa.Column("phone_verified", sa.Boolean, nullable=False),
    sa.Column("phone_pds_matched", sa.Boolean, nullable=False),
    sa.Column("signed_in_at", sa.BigInteger),
    sa.Column("put_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("email_hash", name="uq_accounts_email_hash"),
    sa.Index("ix_accounts_person", "person"),
    sa.Index("ix_accounts_practice", "practice"),
)
sa.Table(
    "codes",
    first,
    sa.Column("code_hash", HASH, primary_key=True),
    sa.Column(
        "family", sa.String, sa.ForeignKey("families.family", name="fk_codes_family", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("client_id", sa.String, nullable=False),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("expires", sa.BigInteger, nullable=False),
    sa.Column("spent_at", sa.BigInteger),
    sa.Index("ix_codes_family", "family"),
)
sa.Table(
    "holdings",
    first,
    sa.Column("person", sa.String, sa.ForeignKey("persons.person", name="fk_holdings_person"), primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("supplier", sa.String, nullable=False),
    sa.Column("practice", sa.String),
    sa.Column("details", sa.LargeBinary),
    sa.Column("token", sa.LargeBinary),
    sa.Column("rejected", sa.Text, nullable=False),
    sa.Column("refusal", sa.String),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("silences", sa.Integer, nullable=False),
    sa.Column("next_try_at", sa.BigInteger),
    sa.Column("registered_at", sa.BigInteger),
    sa.Column("checked_at", sa.BigInteger),
    sa.Column("completed", sa.Text, nullable=False),
    sa.Index("ix_holdings_practice", "practice"),
)
sa.Table(
    "nhs_numbers",
    first,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("person", sa.String, sa.ForeignKey("persons.person", name="fk_nhs_numbers_person"), nullable=False),
    sa.Column("number_hash", HASH, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Index("ix_nhs_numbers_number_hash", "number_hash"),
    sa.Index("ix_nhs_numbers_person", "person"),
    sqlite_autoincrement=True,
)
sa.Table(
    "refresh_tokens",
    first,
    sa.Column("token_hash", HASH, primary_key=True),
    sa.Column(
        "family",
        sa.String,
        sa.ForeignKey("families.family", name="fk_refresh_tokens_family", ondelete="CASCADE"),
        nullable=False,
    ),
    sa.Column("expires", sa.BigInteger, nullable=False),
    sa.Column("replaced_by", HASH),
    sa.Column("sealed_successor", sa.LargeBinary),
    sa.Column("grace_ends", sa.BigInteger),
    sa.Index("ix_refresh_tokens_family", "family"),
    sa.Index("ix_refresh_tokens_grace_ends", "grace_ends"),
)
sa.Table(
    "releases",
    first,
    sa.Column("person", sa.String, sa.ForeignKey("persons.person", name="fk_releases_person"), primary_key=True),
    sa.Column("client_id", sa.String, primary_key=True),
    sa.Column("released_at", sa.BigInteger, nullable=False),
)
jobs = sa.Table(
    "jobs",
    first,
    sa.Column("id", SERIAL, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("due", sa.BigInteger, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("leased_until", sa.BigInteger),
    sa.Column("reason", sa.String, nullable=False),
    sqlite_autoincrement=True,
)

WAITING, RUNNING = sa.text("state = 'waiting'"), sa.text("state = 'running'")
sa.Index("ix_jobs_state_due_id", jobs.c.state, jobs.c.due, jobs.c.id)
sa.Index("uq_jobs_one_runs", jobs.c.person, unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING)
sa.Index("uq_jobs_one_waits", jobs.c.kind, jobs.c.person, unique=True, sqlite_where=WAITING, postgresql_where=WAITING)

#: The audit trail is appended to; only the chain's hashes may be filled in afterwards, once (N7).
APPEND_ONLY = (
    "CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    (
        "CREATE TRIGGER audit_stands BEFORE UPDATE ON audit WHEN OLD.hash IS NOT NULL"
        " OR (NEW.id, NEW.at, NEW.pseudonym, NEW.event, NEW.client_id, NEW.version, NEW.why)"
        " IS NOT (OLD.id, OLD.at, OLD.pseudonym, OLD.event, OLD.client_id, OLD.version, OLD.why)"
        " BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    ),
)
APPEND_ONLY_POSTGRESQL = (
    """
    CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.hash IS NULL
            AND (NEW.id, NEW.at, NEW.pseudonym, NEW.event, NEW.client_id, NEW.version, NEW.why)
            IS NOT DISTINCT FROM (OLD.id, OLD.at, OLD.pseudonym, OLD.event, OLD.client_id, OLD.version, OLD.why)
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "CREATE TRIGGER audit_stands BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
)


def upgrade() -> None:
    """Make everything."""
    connection = op.get_bind()
    first.create_all(connection, checkfirst=False)
    for statement in APPEND_ONLY if connection.dialect.name == "sqlite" else APPEND_ONLY_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Remove everything, with what lies in it."""
    first.drop_all(op.get_bind(), checkfirst=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")
