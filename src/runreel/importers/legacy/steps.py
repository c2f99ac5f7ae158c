"""Steps of a plan: each is a node of its run, with its goal and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runreel.importers.ledger import Ledger
from runreel.importers.legacy.node_book import MAX_TASK_LENGTH, NodeBook, node_status_of, order_of
from runreel.importers.legacy.plan_fields import plan_fields
from runreel.importers.legacy.tables import Reading
from runreel.importers.part import record_of
from runreel.importers.source import Row
from runreel.importers.value import (
    beside,
    clean,
    instant_of,
    integer_of,
    json_of,
    mapping_of,
    meta_of,
    plain_of,
    text_of,
)
from runreel.model.name import repair_name
from runreel.model.record import Rank, RecordKind

TABLE = "workflow_steps"


def step_node_id(step_number: Any, step_id: str) -> str:
    """Return the id of the node that a step is."""
    n = integer_of(step_number)
    return f"step_{n}" if n is not None else repair_name(f"step_{clean(step_id)}") or "step"


def describe_steps(rows: Iterable[Row], reading: Reading, book: NodeBook, ledger: Ledger, at: int) -> None:
    """Let the nodes of the run's steps have what the rows say of them."""
    taken: set[str] = set()
    for row in rows:
        (
            _, raw_id, _, step_number, goal, summary, status, started, completed, progress, inputs, outputs,
            error, meta, *_,
        ) = row  # fmt: skip
        step_id = text_of(raw_id)
        if step_id is None:
            ledger.left_out(TABLE, "it has no usable id", None)
            continue
        node_id = step_node_id(step_number, step_id)
        is_second = node_id in taken
        (ledger.merged if is_second else ledger.stored)(TABLE)
        taken.add(node_id)
        started_at, ended_at = instant_of(started), instant_of(completed)
        goal_text = text_of(goal)
        values: dict[str, object] = {
            **reading.rest(row),
            "step_id": step_id,
            "step_number": plain_of(step_number),
            "summary": text_of(summary),
            "progress_percentage": plain_of(progress),
            "inputs": _value(inputs),
            "outputs": _value(outputs),
            "original_goal": goal_text if goal_text and len(goal_text) > MAX_TASK_LENGTH else None,
            "original_started_at": plain_of(started) if started_at is None else None,
            "original_completed_at": plain_of(completed) if ended_at is None else None,
        }
        metadata = beside(meta_of(meta), values)
        if is_second:
            metadata = {f"step {step_id}": {**metadata, "goal": goal_text, "status": plain_of(status)}}
            ledger.repaired("steps of one number became one node", f"{node_id}: {step_id}")
        fields: dict[str, object] = {
            "status": node_status_of(status),
            "goal": goal_text[:MAX_TASK_LENGTH].replace("\0", " ") if goal_text else None,
            "started_at": started_at,
            "ended_at": ended_at,
            "error": {"message": text_of(error)} if error else None,
            "metadata": metadata,
            **plan_fields(metadata, mapping_of(metadata.get("inputs"))),
        }
        node_id = book.declare(node_id)
        book.describe(
            node_id,
            record_of(
                RecordKind.NODE, node_id, 0, {"node_type": "step", "order_index": order_of(step_number)},
                rank=Rank.INFERRED,
            ),
        )  # fmt: skip
        book.describe(node_id, record_of(RecordKind.NODE, node_id, ended_at or started_at or at, fields))


def _value(value: Any) -> object:
    found = None if value is None else json_of(value)
    return None if found is None else found.value
