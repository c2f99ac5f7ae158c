"""Runs know what came of their recorders, and events of which node they are."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


# Each event comes once: only those that name no node are reached from their parents, and no event has two.
_FILL = """
    WITH RECURSIVE members (run_pk, event_id, member_of) AS (
        SELECT run_pk, event_id, node_id FROM events WHERE node_id IS NOT NULL
        UNION ALL
        SELECT events.run_pk, events.event_id, members.member_of
        FROM members JOIN events
            ON events.run_pk = members.run_pk AND events.parent_event_id = members.event_id AND events.node_id IS NULL
    )
    UPDATE events SET member_of = members.member_of FROM members
    WHERE events.run_pk = members.run_pk AND events.event_id = members.event_id
"""


def upgrade() -> None:
    op.create_table(
        "recorders",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorder_id", _KEY, nullable=False),
        sa.Column("received_count", sa.BigInteger(), nullable=False),
        sa.Column("highest_number", sa.BigInteger(), nullable=False),
        sa.Column("record_count", sa.BigInteger(), nullable=False),
        sa.Column("dropped_count", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "recorder_id"),
    )
    op.add_column("events", sa.Column("member_of", _KEY, nullable=True))
    op.execute(_FILL)
    where = sa.text("member_of IS NOT NULL")
    columns = ["run_pk", "member_of", "started_at", "ended_at", "status"]
    op.create_index("events_member", "events", columns, unique=False, sqlite_where=where, postgresql_where=where)
