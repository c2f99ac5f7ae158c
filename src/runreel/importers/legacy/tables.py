"""The tables and columns of the legacy workflow database, as far as they mean something here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from runreel.importers.source import Row, Source
from runreel.importers.value import rest_of

COLUMNS: Mapping[str, Sequence[str]] = {
    "sessions": (
        "id",
        "user_id",
        "name",
        "created_at",
        "last_active_at",
        "status",
        "meta",
        "resource_limits",
    ),
    "projects": ("session_id", "id", "name", "description", "created_at", "meta"),
    "workflow_runs": (
        "id",
        "session_id",
        "project_id",
        "mode",
        "agent",
        "model",
        "status",
        "started_at",
        "completed_at",
        "last_heartbeat_at",
        "checkpoint_frequency_minutes",
        "task_description",
        "meta",
        "branch_parent_id",
        "is_branch",
        "branch_depth",
        "parent_run_id",
        "stage_number",
        "stage_name",
    ),
    "workflow_steps": (
        "run_id",
        "id",
        "session_id",
        "step_number",
        "goal",
        "summary",
        "status",
        "started_at",
        "completed_at",
        "progress_percentage",
        "inputs",
        "outputs",
        "error_message",
        "meta",
    ),
    "dag_nodes": (
        "run_id",
        "id",
        "session_id",
        "node_type",
        "agent",
        "status",
        "order_index",
        "meta",
        "parent_node_id",
        "depth",
    ),
    "dag_edges": ("id", "from_node_id", "to_node_id", "dependency_type", "condition"),
    "execution_events": (
        "run_id",
        "id",
        "node_id",
        "step_id",
        "session_id",
        "parent_event_id",
        "event_type",
        "event_subtype",
        "agent_name",
        "agent_role",
        "timestamp",
        "started_at",
        "completed_at",
        "duration_ms",
        "inputs",
        "outputs",
        "error_message",
        "meta",
        "execution_order",
        "depth",
        "status",
    ),
    "messages": (
        "run_id",
        "id",
        "step_id",
        "event_id",
        "node_id",
        "sender",
        "recipient",
        "content",
        "timestamp",
        "tokens",
        "meta",
    ),
    "files": (
        "run_id",
        "id",
        "step_id",
        "event_id",
        "node_id",
        "file_path",
        "file_type",
        "size_bytes",
        "created_at",
        "workflow_phase",
        "is_final_output",
        "content_hash",
        "generating_agent",
        "generating_code_hash",
        "priority",
        "meta",
    ),
    "cost_records": (
        "run_id",
        "id",
        "step_id",
        "session_id",
        "model",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "cost_usd",
        "timestamp",
        "agent_name",
        "parent_run_id",
    ),
    "approval_requests": (
        "run_id",
        "id",
        "step_id",
        "status",
        "requested_at",
        "resolved_at",
        "context_snapshot",
        "user_feedback",
        "resolution",
        "session_id",
        "approval_type",
        "context",
        "result",
        "created_at",
        "expires_at",
    ),
    "branches": (
        "child_run_id",
        "id",
        "parent_run_id",
        "parent_step_id",
        "branch_name",
        "created_at",
        "hypothesis",
        "status",
        "meta",
    ),
    "checkpoints": (
        "run_id",
        "id",
        "step_id",
        "checkpoint_type",
        "created_at",
        "context_snapshot",
        "pickle_file_path",
        "meta",
    ),
    "state_history": (
        "entity_id",
        "entity_type",
        "id",
        "session_id",
        "from_state",
        "to_state",
        "transition_reason",
        "transitioned_by",
        "created_at",
        "meta",
    ),
    "workflow_metrics": ("run_id", "id", "step_id", "timestamp", "metric_name", "metric_value", "meta"),
}
"""The columns of each table in the order in which rows are read: first what they are grouped by."""


class Reading(NamedTuple):
    """How the rows of one table are read: its known columns, then those that are not known."""

    table: str
    columns: Sequence[str]
    extra: Sequence[str]

    def rows(self, source: Source, *, order_by: Sequence[str] = ()) -> Iterator[Row]:
        """Yield the rows."""
        return source.iter_rows(self.table, [*self.columns, *self.extra], order_by=order_by)

    def rest(self, row: Row) -> dict[str, Any]:
        """Return what a row has in columns that are not known."""
        return rest_of(self.extra, row[len(self.columns) :]) if self.extra else {}


def reading_of(source: Source, table: str) -> Reading:
    """Return how a table of this database is read."""
    known = COLUMNS[table]
    return Reading(table, known, [name for name in source.tables.get(table, ()) if name not in known])
