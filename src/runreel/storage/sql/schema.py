"""The tables. Every row below a run begins its key with `run_pk`, so none can belong to two runs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from runreel.storage.sql.dialect import Key, of_file, of_server

metadata = MetaData()


def _run_key() -> Column[int]:
    return Column(
        "run_pk", BigInteger, ForeignKey("runs.run_pk", ondelete="CASCADE"), nullable=False, autoincrement=False
    )


def _totals() -> list[Column[int]]:
    names = (
        "event_count",
        "error_count",
        "tokens_in",
        "tokens_out",
        "tokens_cached",
        "tokens_cache_write",
        "tokens_reasoning",
        "cost_nanos",
        "unpriced_count",
    )
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in names]


def _rollup_columns() -> list[Column[Any]]:
    return [
        Column("hour", BigInteger, nullable=False),
        Column("event_type", Key, nullable=False),
        Column("label", Key, nullable=False),
        Column("duration_us", BigInteger, nullable=False),
        *_totals(),
        Column("durations", LargeBinary, nullable=False),
    ]


projects = Table(
    "projects",
    metadata,
    Column("project", Key, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("change_no", BigInteger, nullable=False, server_default="0"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("project", Key, ForeignKey("projects.project"), nullable=False),
    Column("session_id", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("person_name", Text),
    Column("state", LargeBinary),
    PrimaryKeyConstraint("project", "session_id"),
)

agents = Table(
    "agents",
    metadata,
    Column("project", Key, ForeignKey("projects.project"), nullable=False),
    Column("agent_name", Key, nullable=False),
    Column("description", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("last_number", BigInteger, nullable=False, server_default="0"),
    Column("run_count", BigInteger, nullable=False, server_default="0"),
    Column("ended_run_count", BigInteger, nullable=False, server_default="0"),
    Column("failed_run_count", BigInteger, nullable=False, server_default="0"),
    Column("duration_us", BigInteger, nullable=False, server_default="0"),
    *_totals(),
    Column("durations", LargeBinary),
    PrimaryKeyConstraint("project", "agent_name"),
)

runs = Table(
    "runs",
    metadata,
    Column("run_pk", BigInteger, primary_key=True, autoincrement=False),
    Column("project", Key, nullable=False),
    Column("run_id", Key, nullable=False),
    Column("agent_name", Key, nullable=False),
    Column("run_name", Key),
    Column("name_source", Text),
    Column("session_id", Key, nullable=False),
    Column("status", Text, nullable=False),
    Column("environment", Text),
    Column("mode", Text),
    Column("task", Text),
    Column("model", Text),
    Column("parent_run_id", Key),
    Column("parent_event_id", Key),
    Column("tags", Text),
    Column("error_line", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("active_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("duration_us", BigInteger),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("inferred_agent", Text),
    Column("inferred_at", BigInteger),
    *_totals(),
    Column("sequenced_count", BigInteger, nullable=False, server_default="0"),
    Column("block_count", BigInteger, nullable=False, server_default="0"),
    Column("payload_bytes", BigInteger, nullable=False, server_default="0"),
    Column("heartbeat_at", BigInteger),
    Column("heartbeat_us", BigInteger),
    Column("is_lost", SmallInteger, nullable=False, server_default="0"),
    Column("approval_count", BigInteger, nullable=False, server_default="0"),
    Column("open_approval_count", BigInteger, nullable=False, server_default="0"),
    Column("change_seq", BigInteger, nullable=False, server_default="0"),
    Column("change_no", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("project", "run_id"),
    UniqueConstraint("project", "agent_name", "run_name"),
    ForeignKeyConstraint(["project", "agent_name"], ["agents.project", "agents.agent_name"]),
    ForeignKeyConstraint(["project", "session_id"], ["sessions.project", "sessions.session_id"]),
    of_server(Index("runs_newest", "project", "created_at", "run_pk")),
    Index("runs_newest_of_agent", "project", "agent_name", "created_at", "run_pk"),
    Index("runs_newest_of_session", "project", "session_id", "created_at", "run_pk"),
    Index("runs_parent", "project", "parent_run_id"),
    Index("runs_changed", "project", "change_no", "run_pk"),
)
# Rows of runs are wide, and a list looks at many to show few: here is all that runs are filtered and sorted by, so that
# a file looks up only those that it shows. A server has no need of it, and a limit for what an index holds of a row.
_LISTED_BY = (
    *("project", "created_at", "run_pk", "status", "run_name", "environment", "mode", "error_count"),
    *("unpriced_count", "duration_us", "cost_nanos", "tokens_in", "tokens_out"),
)
of_file(Index("runs_listed", *(runs.c[name] for name in _LISTED_BY)))
Index(
    "runs_unnamed",
    runs.c.first_seen_at,
    sqlite_where=runs.c.run_name.is_(None),
    postgresql_where=runs.c.run_name.is_(None),
)

for _name, _condition in (
    ("runs_with_approvals", runs.c.approval_count > 0),
    ("runs_waiting", runs.c.open_approval_count > 0),
):
    Index(
        _name,
        runs.c.project,
        runs.c.created_at,
        runs.c.run_pk,
        sqlite_where=_condition,
        postgresql_where=_condition,
    )

Index(
    "runs_beating",
    runs.c.heartbeat_at,
    sqlite_where=runs.c.heartbeat_at.is_not(None),
    postgresql_where=runs.c.heartbeat_at.is_not(None),
)

run_states = Table(
    "run_states",
    metadata,
    Column("run_pk", BigInteger, ForeignKey("runs.run_pk", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("state", LargeBinary, nullable=False),
)

run_tags = Table(
    "run_tags",
    metadata,
    _run_key(),
    Column("tag", Key, nullable=False),
    PrimaryKeyConstraint("run_pk", "tag"),
    Index("run_tags_tag", "tag", "run_pk"),
)

run_transitions = Table(
    "run_transitions",
    metadata,
    _run_key(),
    Column("change_seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("from_status", Text),
    Column("to_status", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text),
    PrimaryKeyConstraint("run_pk", "change_seq"),
)

run_aliases = Table(
    "run_aliases",
    metadata,
    Column("project", Key, nullable=False),
    Column("agent_name", Key, nullable=False),
    Column("run_name", Key, nullable=False),
    Column("run_pk", BigInteger, ForeignKey("runs.run_pk", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("project", "agent_name", "run_name"),
    Index("run_aliases_run", "run_pk"),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("project", Key, nullable=False),
    Column("run_id", Key, nullable=False),
    Column("deleted_at", BigInteger, nullable=False),
    Column("late_count", BigInteger, nullable=False, server_default="0"),
    Column("change_no", BigInteger, nullable=False, server_default="0"),
    Column("change_seq", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("project", "run_id"),
    Index("tombstones_changed", "project", "change_no", "run_id"),
)

nodes = Table(
    "nodes",
    metadata,
    _run_key(),
    Column("node_id", Key, nullable=False),
    Column("order_index", BigInteger),
    Column("state", LargeBinary),
    Column("change_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_pk", "node_id"),
)

edges = Table(
    "edges",
    metadata,
    _run_key(),
    Column("source", Key, nullable=False),
    Column("target", Key, nullable=False),
    Column("edge_type", Key, nullable=False),
    Column("condition", Key, nullable=False),
    Column("state", LargeBinary),
    Column("change_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_pk", "source", "target", "edge_type", "condition"),
    ForeignKeyConstraint(["run_pk", "source"], ["nodes.run_pk", "nodes.node_id"]),
    ForeignKeyConstraint(["run_pk", "target"], ["nodes.run_pk", "nodes.node_id"]),
)

events = Table(
    "events",
    metadata,
    _run_key(),
    Column("event_id", Key, nullable=False),
    Column("change_seq", BigInteger, nullable=False),
    Column("rank", SmallInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("is_counted", SmallInteger, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("event_subtype", Text),
    Column("name", Text),
    Column("node_id", Key),
    Column("agent_name", Text),
    Column("parent_event_id", Key),
    Column("previous_event_id", Key),
    Column("sequence", BigInteger),
    Column("status", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("duration_us", BigInteger),
    Column("first_token_at", BigInteger),
    Column("model", Text),
    Column("provider", Text),
    Column("tokens_in", BigInteger),
    Column("tokens_out", BigInteger),
    Column("tokens_cached", BigInteger),
    Column("tokens_cache_write", BigInteger),
    Column("tokens_reasoning", BigInteger),
    Column("cost_nanos", BigInteger),
    Column("payload_block", Integer),
    Column("payload_line", Integer),
    Column("payload_blob", Key),
    Column("price_nanos", BigInteger),
    Column("member_of", Key),
    PrimaryKeyConstraint("run_pk", "event_id"),
    ForeignKeyConstraint(["run_pk", "node_id"], ["nodes.run_pk", "nodes.node_id"]),
    Index("events_changed", "run_pk", "change_seq"),
    Index("events_started", "run_pk", "started_at"),
)
_MEMBER_INDEX = ("run_pk", "member_of", "started_at", "ended_at", "status")
for _name, _columns, _condition in (
    ("events_sequence", (events.c.run_pk, events.c.sequence), events.c.sequence.is_not(None)),
    ("events_failed", (events.c.run_pk, events.c.started_at), events.c.status == "failed"),
    ("events_payload_blob", (events.c.payload_blob,), events.c.payload_blob.is_not(None)),
    ("events_approval", (events.c.run_pk, events.c.started_at), events.c.event_type == "approval_requested"),
    ("events_parent", (events.c.run_pk, events.c.parent_event_id), events.c.parent_event_id.is_not(None)),
    # Without it, every node that is deleted looks through all events of its run for one that names it.
    ("events_node", (events.c.run_pk, events.c.node_id), events.c.node_id.is_not(None)),
    # The figures of nodes without looking up a row, and the events of one in the order of time.
    ("events_member", [events.c[name] for name in _MEMBER_INDEX], events.c.member_of.is_not(None)),
):
    Index(_name, *_columns, sqlite_where=_condition, postgresql_where=_condition)

payload_blocks = Table(
    "payload_blocks",
    metadata,
    _run_key(),
    Column("block", Integer, nullable=False),
    Column("codec", SmallInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run_pk", "block"),
)

messages = Table(
    "messages",
    metadata,
    _run_key(),
    Column("message_id", Key, nullable=False),
    Column("node_id", Key),
    Column("event_id", Key),
    Column("sent_at", BigInteger, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Column("change_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_pk", "message_id"),
    Index("messages_changed", "run_pk", "change_seq"),
    ForeignKeyConstraint(["run_pk", "node_id"], ["nodes.run_pk", "nodes.node_id"]),
)

files = Table(
    "files",
    metadata,
    _run_key(),
    Column("file_id", Key, nullable=False),
    Column("node_id", Key),
    Column("event_id", Key),
    Column("created_at", BigInteger, nullable=False),
    Column("content_hash", Key),
    Column("state", LargeBinary, nullable=False),
    Column("change_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_pk", "file_id"),
    Index("files_changed", "run_pk", "change_seq"),
    Index("files_content", "content_hash"),
    ForeignKeyConstraint(["run_pk", "node_id"], ["nodes.run_pk", "nodes.node_id"]),
)

recorders = Table(
    "recorders",
    metadata,
    _run_key(),
    Column("recorder_id", Key, nullable=False),
    Column("received_count", BigInteger, nullable=False),
    Column("highest_number", BigInteger, nullable=False),
    Column("record_count", BigInteger, nullable=False),
    Column("dropped_count", BigInteger, nullable=False),
    Column("received", LargeBinary, nullable=False),
    Column("state", LargeBinary),
    Column("change_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("run_pk", "recorder_id"),
)

blobs = Table(
    "blobs",
    metadata,
    Column("project", Key, ForeignKey("projects.project"), nullable=False),
    Column("content_hash", Key, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("kept_until", BigInteger, nullable=False),
    PrimaryKeyConstraint("project", "content_hash"),
    Index("blobs_kept_until", "kept_until"),
)

prices = Table(
    "prices",
    metadata,
    Column("project", Key, ForeignKey("projects.project"), nullable=False),
    Column("provider", Key, nullable=False),
    Column("model", Key, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("price", Text, nullable=False),
    PrimaryKeyConstraint("project", "provider", "model", "valid_from"),
)

retention_rules = Table(
    "retention_rules",
    metadata,
    Column("project", Key, ForeignKey("projects.project"), nullable=False),
    Column("agent_name", Key, nullable=False),
    Column("max_age_us", BigInteger),
    Column("max_bytes", BigInteger),
    PrimaryKeyConstraint("project", "agent_name"),
)

imports = Table(
    "imports",
    metadata,
    Column("project", Key, ForeignKey("projects.project"), nullable=False),
    Column("import_id", Key, nullable=False),
    Column("who", Text),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("new_count", BigInteger, nullable=False),
    Column("same_count", BigInteger, nullable=False),
    Column("changed_count", BigInteger, nullable=False),
    Column("refused_count", BigInteger, nullable=False),
    Column("found_count", BigInteger, nullable=False),
    Column("left_out_count", BigInteger, nullable=False),
    Column("is_reconciled", Integer, nullable=False),
    Column("problem", Text),
    Column("report", LargeBinary, nullable=False),
    PrimaryKeyConstraint("project", "import_id"),
    Index("imports_by_end", "project", "ended_at", "import_id"),
)

rollups = Table(
    "rollups",
    metadata,
    Column("project", Key, nullable=False),
    Column("agent_name", Key, nullable=False),
    *_rollup_columns(),
    PrimaryKeyConstraint("project", "agent_name", "hour", "event_type", "label"),
    ForeignKeyConstraint(["project", "agent_name"], ["agents.project", "agents.agent_name"]),
    CheckConstraint("event_count >= 0", name="rollups_event_count"),
)
# The sums of runs, without looking up a row. The type comes last because SQLite else reads the row to check it.
Index(
    "rollups_runs",
    *(rollups.c[name] for name in ("project", "agent_name", "hour", "label", "duration_us")),
    *(rollups.c[column.name] for column in _totals()),
    rollups.c.event_type,
    sqlite_where=rollups.c.event_type == "run",
    postgresql_where=rollups.c.event_type == "run",
)

project_rollups = Table(
    "project_rollups",
    metadata,
    Column("project", Key, ForeignKey("projects.project"), nullable=False),
    *_rollup_columns(),
    PrimaryKeyConstraint("project", "hour", "event_type", "label"),
    CheckConstraint("event_count >= 0", name="project_rollups_event_count"),
)
