"""Views of a run, live streams, prices, blobs, retention, and figures of the whole project."""

from collections import defaultdict
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_TOTALS = (
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
_SUMS = ("duration_us", *_TOTALS)
_CHUNK_ROWS = 2_000

Buckets = dict[int, int]


def upgrade() -> None:
    _add_columns()
    _create_tables()
    _create_indexes()
    connection = op.get_bind()
    _measure_payloads(connection)
    _add_usage_to_run_rollups(connection)
    _fill_from_rollups(connection)


def _add_columns() -> None:
    for table, column in (
        ("projects", _counter("change_no")),
        ("tombstones", _counter("change_no")),
        ("tombstones", _counter("change_seq")),
        ("agents", sa.Column("durations", sa.LargeBinary(), nullable=True)),
        ("runs", _counter("payload_bytes")),
        ("runs", sa.Column("heartbeat_at", sa.BigInteger(), nullable=True)),
        ("runs", sa.Column("heartbeat_us", sa.BigInteger(), nullable=True)),
        ("runs", sa.Column("is_lost", sa.SmallInteger(), server_default="0", nullable=False)),
        ("runs", _counter("change_no")),
        ("events", sa.Column("price_nanos", sa.BigInteger(), nullable=True)),
        ("events", sa.Column("payload_blob", _KEY, nullable=True)),
    ):
        op.add_column(table, column)


def _create_tables() -> None:
    op.create_table(
        "run_transitions",
        sa.Column("run_pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=True),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_pk"], ["runs.run_pk"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_pk", "change_seq"),
    )
    op.create_table(
        "blobs",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("content_hash", _KEY, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("kept_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.project"]),
        sa.PrimaryKeyConstraint("project", "content_hash"),
    )
    op.create_table(
        "prices",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("provider", _KEY, nullable=False),
        sa.Column("model", _KEY, nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("price", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["projects.project"]),
        sa.PrimaryKeyConstraint("project", "provider", "model", "valid_from"),
    )
    op.create_table(
        "retention_rules",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("agent_name", _KEY, nullable=False),
        sa.Column("max_age_us", sa.BigInteger(), nullable=True),
        sa.Column("max_bytes", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["project"], ["projects.project"]),
        sa.PrimaryKeyConstraint("project", "agent_name"),
    )
    op.create_table(
        "project_rollups",
        sa.Column("project", _KEY, nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("event_type", _KEY, nullable=False),
        sa.Column("label", _KEY, nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        *(_counter(name) for name in _TOTALS),
        sa.Column("durations", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("event_count >= 0", name="project_rollups_event_count"),
        sa.ForeignKeyConstraint(["project"], ["projects.project"]),
        sa.PrimaryKeyConstraint("project", "hour", "event_type", "label"),
    )


def _create_indexes() -> None:
    for name, table, columns, condition in (
        ("runs_changed", "runs", ["project", "change_no", "run_pk"], None),
        ("runs_beating", "runs", ["heartbeat_at"], "heartbeat_at IS NOT NULL"),
        ("tombstones_changed", "tombstones", ["project", "change_no", "run_id"], None),
        ("events_started", "events", ["run_pk", "started_at"], None),
        ("events_sequence", "events", ["run_pk", "sequence"], "sequence IS NOT NULL"),
        ("events_failed", "events", ["run_pk", "started_at"], "status = 'failed'"),
        ("events_payload_blob", "events", ["payload_blob"], "payload_blob IS NOT NULL"),
        ("messages_changed", "messages", ["run_pk", "change_seq"], None),
        ("files_changed", "files", ["run_pk", "change_seq"], None),
        ("files_content", "files", ["content_hash"], None),
        ("blobs_kept_until", "blobs", ["kept_until"], None),
        (
            "rollups_runs",
            "rollups",
            ["project", "agent_name", "hour", "label", *_SUMS, "event_type"],
            "event_type = 'run'",
        ),
    ):
        where = None if condition is None else sa.text(condition)
        op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)


def _counter(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def _measure_payloads(connection: sa.Connection) -> None:
    """Let runs know the size of their payloads."""
    sizes = "SELECT COALESCE(SUM(LENGTH(data)), 0) FROM payload_blocks WHERE payload_blocks.run_pk = runs.run_pk"
    connection.execute(sa.text(f"UPDATE runs SET payload_bytes = ({sizes})"))


def _add_usage_to_run_rollups(connection: sa.Connection) -> None:
    """Let the rollups of runs hold what the runs consumed."""
    usage = _TOTALS[2:]
    sums = ", ".join(f"SUM({name}) AS {name}" for name in usage)
    found = connection.execute(
        sa.text(
            "SELECT project, agent_name, created_at / 3600000000 AS hour, status AS label, "
            f"{sums} FROM runs GROUP BY project, agent_name, created_at / 3600000000, status"
        )
    )
    assignments = ", ".join(f"{name} = :{name}" for name in usage)
    statement = sa.text(
        f"UPDATE rollups SET {assignments} WHERE project = :project AND agent_name = :agent_name "
        "AND hour = :hour AND event_type = 'run' AND label = :label"
    )
    mappings = found.mappings()
    while rows := mappings.fetchmany(_CHUNK_ROWS):
        connection.execute(statement, [{key: _integer(value) for key, value in row.items()} for row in rows])


def _fill_from_rollups(connection: sa.Connection) -> None:
    """Sum the rollups of agents by project, and the durations of their runs by agent."""
    names = ("project", "agent_name", "hour", "event_type", "label", *_SUMS, "durations")
    found = connection.execute(sa.text(f"SELECT {', '.join(names)} FROM rollups"))
    sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(_SUMS))
    buckets: defaultdict[tuple[Any, ...], Buckets] = defaultdict(dict)
    of_agents: defaultdict[tuple[str, str], Buckets] = defaultdict(dict)
    while rows := found.fetchmany(_CHUNK_ROWS):
        for project, agent_name, hour, event_type, label, *amounts, durations in rows:
            key = (project, hour, event_type, label)
            sums[key] = [total + amount for total, amount in zip(sums[key], amounts, strict=True)]
            counted = msgspec.msgpack.decode(durations, type=Buckets)
            _add(buckets[key], counted)
            if event_type == "run":
                _add(of_agents[project, agent_name], counted)
    columns = ("project", "hour", "event_type", "label", *_SUMS, "durations")
    insert = sa.text(
        f"INSERT INTO project_rollups ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})"
    )
    values = [(*key, *amounts, msgspec.msgpack.encode(buckets[key])) for key, amounts in sums.items()]
    for start in range(0, len(values), _CHUNK_ROWS):
        chunk = values[start : start + _CHUNK_ROWS]
        connection.execute(insert, [dict(zip(columns, each, strict=True)) for each in chunk])
    update = sa.text("UPDATE agents SET durations = :durations WHERE project = :project AND agent_name = :agent_name")
    for (project, agent_name), counted in of_agents.items():
        parameters = {"project": project, "agent_name": agent_name, "durations": msgspec.msgpack.encode(counted)}
        connection.execute(update, parameters)


def _add(counts: Buckets, more: Buckets) -> None:
    for bucket, count in more.items():
        counts[bucket] = counts.get(bucket, 0) + count


def _integer(value: object) -> object:
    # PostgreSQL sums integers of 64 bits to its numeric type.
    return value if isinstance(value, str) else int(value)  # type: ignore[call-overload]
