"""Runs know how many approvals their agents asked for, and how many are open."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FILL = """
    UPDATE runs SET approval_count = asked.n, open_approval_count = asked.n_open FROM (
        SELECT run_pk, COUNT(*) AS n, COUNT(CASE WHEN status = 'running' THEN 1 END) AS n_open
        FROM events WHERE event_type = 'approval_requested' GROUP BY run_pk
    ) AS asked WHERE runs.run_pk = asked.run_pk
"""
# An ended run stays what it is; one that goes on waits for its answer.
_WAIT = """
    UPDATE runs SET status = 'waiting_approval'
    WHERE open_approval_count > 0 AND status NOT IN ('completed', 'failed', 'cancelled', 'lost')
"""


def upgrade() -> None:
    for name in ("approval_count", "open_approval_count"):
        op.add_column("runs", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    _create("events_approval", "events", ["run_pk", "started_at"], "event_type = 'approval_requested'")
    op.execute(_FILL)
    op.execute(_WAIT)
    for name, condition in (("runs_with_approvals", "approval_count > 0"), ("runs_waiting", "open_approval_count > 0")):
        _create(name, "runs", ["project", "created_at", "run_pk"], condition)


def _create(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)
