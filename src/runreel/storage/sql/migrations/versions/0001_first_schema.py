"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project"),
    )
    op.create_table(
        "tombstones",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.Column("late_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("project", "run_id"),
    )
    op.create_table(
        "agents",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("agent_name", _KEY, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("run_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ended_run_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("failed_run_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("duration_us", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("event_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_cached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_cache_write", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_reasoning", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cost_nanos", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unpriced_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["project"],
            ["projects.project"],
        ),
        sa.PrimaryKeyConstraint("project", "agent_name"),
    )
    op.create_table(
        "sessions",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("session_id", _KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project"],
            ["projects.project"],
        ),
        sa.PrimaryKeyConstraint("project", "session_id"),
    )
    op.create_table(
        "rollups",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("agent_name", _KEY, nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("event_type", _KEY, nullable=False),
        sa.Column("label", _KEY, nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("event_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_cached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_cache_write", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_reasoning", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cost_nanos", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unpriced_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("durations", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("event_count >= 0", name="rollups_event_count"),
        sa.ForeignKeyConstraint(
            ["project", "agent_name"],
            ["agents.project", "agents.agent_name"],
        ),
        sa.PrimaryKeyConstraint("project", "agent_name", "hour", "event_type", "label"),
    )
    op.create_table(
        "runs",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("project", _KEY, nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("agent_name", _KEY, nullable=False),
        sa.Column("run_name", _KEY, nullable=True),
        sa.Column("name_source", sa.Text(), nullable=True),
        sa.Column("session_id", _KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("parent_run_id", _KEY, nullable=True),
        sa.Column("parent_event_id", _KEY, nullable=True),
        sa.Column("tags", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("active_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("duration_us", sa.BigInteger(), nullable=True),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("inferred_agent", sa.Text(), nullable=True),
        sa.Column("inferred_at", sa.BigInteger(), nullable=True),
        sa.Column("event_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("error_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_cached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_cache_write", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tokens_reasoning", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cost_nanos", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unpriced_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sequenced_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("block_count", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("change_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["project", "agent_name"],
            ["agents.project", "agents.agent_name"],
        ),
        sa.ForeignKeyConstraint(
            ["project", "session_id"],
            ["sessions.project", "sessions.session_id"],
        ),
        sa.PrimaryKeyConstraint("run_pk"),
        sa.UniqueConstraint("project", "agent_name", "run_name"),
        sa.UniqueConstraint("project", "run_id"),
    )
    op.create_index("runs_newest", "runs", ["project", "created_at", "run_pk"], unique=False)
    op.create_index("runs_newest_of_agent", "runs", ["project", "agent_name", "created_at", "run_pk"], unique=False)
    op.create_index("runs_newest_of_session", "runs", ["project", "session_id", "created_at", "run_pk"], unique=False)
    op.create_index("runs_parent", "runs", ["project", "parent_run_id"], unique=False)
    op.create_index(
        "runs_unnamed",
        "runs",
        ["first_seen_at"],
        unique=False,
        sqlite_where=sa.text("run_name IS NULL"),
        postgresql_where=sa.text("run_name IS NULL"),
    )
    op.create_table(
        "nodes",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("node_id", _KEY, nullable=False),
        sa.Column("order_index", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "node_id"),
    )
    op.create_table(
        "payload_blocks",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "block"),
    )
    op.create_table(
        "run_aliases",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("agent_name", _KEY, nullable=False),
        sa.Column("run_name", _KEY, nullable=False),
        sa.Column("run_pk", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project", "agent_name", "run_name"),
    )
    op.create_index("run_aliases_run", "run_aliases", ["run_pk"], unique=False)
    op.create_table(
        "run_states",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk"),
    )
    op.create_table(
        "run_tags",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", _KEY, nullable=False),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "tag"),
    )
    op.create_index("run_tags_tag", "run_tags", ["tag", "run_pk"], unique=False)
    op.create_table(
        "edges",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", _KEY, nullable=False),
        sa.Column("target", _KEY, nullable=False),
        sa.Column("edge_type", _KEY, nullable=False),
        sa.Column("condition", _KEY, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_pk", "source"],
            ["nodes.run_pk", "nodes.node_id"],
        ),
        sa.ForeignKeyConstraint(
            ["run_pk", "target"],
            ["nodes.run_pk", "nodes.node_id"],
        ),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "source", "target", "edge_type", "condition"),
    )
    op.create_table(
        "events",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", _KEY, nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("is_counted", sa.SmallInteger(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("event_subtype", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("node_id", _KEY, nullable=True),
        sa.Column("agent_name", sa.Text(), nullable=True),
        sa.Column("parent_event_id", _KEY, nullable=True),
        sa.Column("previous_event_id", _KEY, nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("duration_us", sa.BigInteger(), nullable=True),
        sa.Column("first_token_at", sa.BigInteger(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("tokens_in", sa.BigInteger(), nullable=True),
        sa.Column("tokens_out", sa.BigInteger(), nullable=True),
        sa.Column("tokens_cached", sa.BigInteger(), nullable=True),
        sa.Column("tokens_cache_write", sa.BigInteger(), nullable=True),
        sa.Column("tokens_reasoning", sa.BigInteger(), nullable=True),
        sa.Column("cost_nanos", sa.BigInteger(), nullable=True),
        sa.Column("payload_block", sa.Integer(), nullable=True),
        sa.Column("payload_line", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_pk", "node_id"],
            ["nodes.run_pk", "nodes.node_id"],
        ),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "event_id"),
    )
    op.create_index("events_changed", "events", ["run_pk", "change_seq"], unique=False)
    op.create_index(
        "events_node",
        "events",
        ["run_pk", "node_id"],
        unique=False,
        sqlite_where=sa.text("node_id IS NOT NULL"),
        postgresql_where=sa.text("node_id IS NOT NULL"),
    )
    op.create_index(
        "events_parent",
        "events",
        ["run_pk", "parent_event_id"],
        unique=False,
        sqlite_where=sa.text("parent_event_id IS NOT NULL"),
        postgresql_where=sa.text("parent_event_id IS NOT NULL"),
    )
    op.create_table(
        "files",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("file_id", _KEY, nullable=False),
        sa.Column("node_id", _KEY, nullable=True),
        sa.Column("event_id", _KEY, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", _KEY, nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_pk", "node_id"],
            ["nodes.run_pk", "nodes.node_id"],
        ),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "file_id"),
    )
    op.create_table(
        "messages",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", _KEY, nullable=False),
        sa.Column("node_id", _KEY, nullable=True),
        sa.Column("event_id", _KEY, nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_pk", "node_id"],
            ["nodes.run_pk", "nodes.node_id"],
        ),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "message_id"),
    )
