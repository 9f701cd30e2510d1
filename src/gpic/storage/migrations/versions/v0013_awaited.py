"""Tasks that somebody waits for are found by their kind, however many others are due."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """By kind, in the order in which they are claimed."""
    op.create_index("ix_jobs_state_kind_due_id", "jobs", ["state", "kind", "due", "id"])


def downgrade() -> None:
    """In the order of all tasks alone."""
    op.drop_index("ix_jobs_state_kind_due_id", "jobs")
