"""A row of `workflow_runs` as a run, in its session."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from runreel.importers.identity import name_of
from runreel.importers.ledger import Ledger
from runreel.importers.legacy import session as sessions
from runreel.importers.legacy.event_row import EventDraft
from runreel.importers.legacy.node_book import MAX_TASK_LENGTH
from runreel.importers.legacy.tables import Reading
from runreel.importers.legacy.workspace import Workspace
from runreel.importers.part import record_of, state_of
from runreel.importers.source import Row
from runreel.importers.value import beside, clean, flag_of, instant_of, meta_of, plain_of, text_of
from runreel.model.bundle import RunPart, SessionPart, TransitionPart
from runreel.model.name import numbered_name, repair_name
from runreel.model.record import RecordKind
from runreel.model.transition import BY_RECORDER
from runreel.model.vocabulary import DEFAULT_SESSION, UNKNOWN_AGENT
from runreel.wire.field import text_of as short_text_of

TABLE = "workflow_runs"
SYSTEM = "legacy"

_MAX_REASON_LENGTH = 20_000
_MAX_ANCESTORS = 1_000
_MODES = {"oneshot": "one_shot", "planning_and_control": "planning_control"}
_STATUS_WORDS = {
    "running": "executing", "error": "failed", "success": "completed", "done": "completed", "canceled": "cancelled",
    "pending": "draft",
}  # fmt: skip


def agent_of(value: Any) -> str:
    """Return the agent of a run."""
    text = text_of(value)
    return (repair_name(text) if text else None) or UNKNOWN_AGENT


def mode_of(value: Any) -> str | None:
    """Return the mode in its one spelling."""
    text = short_text_of(text_of(value))
    if text is None:
        return None
    word = text.lower().replace("-", "_").replace(" ", "_")
    return _MODES.get(word, word)


def status_of(value: Any) -> str | None:
    """Return the status of a run in the one spelling."""
    text = short_text_of(text_of(value))
    if text is None:
        return None
    word = text.lower().replace("-", "_").replace(" ", "_")
    return _STATUS_WORDS.get(word, word)


def part_of(
    row: Row,
    reading: Reading,
    workspace: Workspace,
    ledger: Ledger,
    *,
    raw_id: str,
    run_id: str,
    run_number: int,
    at: int,
    events: Sequence[EventDraft],
) -> tuple[RunPart, SessionPart | None]:
    """Return the run and its session, if it names one."""
    (
        _, session, project, mode, agent, model, status, started, completed, heartbeat, frequency, task, meta,
        _, is_branch, branch_depth, _, stage_number, stage_name, *_,
    ) = row  # fmt: skip
    raw_session = text_of(session)
    session_part = None if raw_session is None else _session_of(workspace, ledger, raw_session, at)
    started_at, ended_at = instant_of(started), instant_of(completed)
    task_text = text_of(task)
    values: dict[str, object] = {
        **reading.rest(row),
        "project_id": plain_of(project),
        "last_heartbeat_at": plain_of(heartbeat),
        "checkpoint_frequency_minutes": plain_of(frequency),
        "is_branch": True if flag_of(is_branch) else None,
        "branch_depth": plain_of(branch_depth) or None,
        "stage_number": plain_of(stage_number),
        "stage_name": text_of(stage_name),
        "original_run_id": clean(raw_id) if run_id != raw_id else None,
        "original_mode": plain_of(mode) if mode_of(mode) != mode else None,
        "original_status": plain_of(status) if status_of(status) != status else None,
        "original_agent": plain_of(agent) if agent_of(agent) != agent else None,
        "original_started_at": plain_of(started) if started_at is None else None,
        "original_completed_at": plain_of(completed) if ended_at is None else None,
        "original_task_description": task_text if task_text and len(task_text) > MAX_TASK_LENGTH else None,
    }
    if run_id != raw_id:
        ledger.repaired("ids of runs that can't identify one here were replaced", f"{clean(raw_id)} → {run_id}")
    if type(mode) is str and mode_of(mode) not in (None, mode):
        ledger.repaired("modes were spelled in one way", f"{mode} → {mode_of(mode)}")
    _add_branches(values, workspace.branches_of(raw_id), workspace, ledger)
    history = _history_of(raw_id, workspace, ledger)
    values["state_history"] = [told for row in history if (told := _told_beside(row))] or None
    metadata = beside(meta_of(meta), values)
    parent_run_id = _parent_of(raw_id, workspace, ledger, metadata)
    session_id = DEFAULT_SESSION if session_part is None else session_part.session_id
    settled = status_of(status)
    times = [each for each in (started_at, ended_at, *(event.at for event in events)) if each is not None]
    times += [event.ended_at for event in events if event.ended_at is not None]
    times += [event.started_at for event in events]
    created_at = min((at, *times)) if at or not times else min(times)
    active_at = max((at, *times))
    fields: dict[str, object] = {
        "agent_name": agent_of(agent),
        "session_id": session_id,
        "status": settled,
        "mode": mode_of(mode),
        "model": short_text_of(text_of(model)),
        "task": task_text[:MAX_TASK_LENGTH].replace("\0", " ") if task_text else None,
        "started_at": started_at,
        "ended_at": ended_at,
        "parent_run_id": parent_run_id,
        "metadata": metadata,
    }
    ledger.stored(TABLE)
    ledger.sent("runs")
    recorded_at = ended_at or active_at
    transitions = [_transition_of(row, at) for row in history]
    if not transitions:
        # What the store would note by itself, so that it is counted.
        stated = (recorded_at, settled) if settled is not None else (created_at, "executing")
        transitions = [TransitionPart(at=stated[0], from_status=None, to_status=stated[1], who=BY_RECORDER, why=None)]
        ledger.made("transitions")
    ledger.sent("transitions", len(transitions))
    record = record_of(RecordKind.RUN, "", recorded_at, fields)
    return (
        RunPart(
            run_id=run_id,
            agent_name=agent_of(agent),
            run_name=numbered_name(run_number),
            name_source="auto",
            session_id=session_id,
            created_at=created_at,
            active_at=active_at,
            first_seen_at=created_at,
            state=state_of([record]),
            transitions=transitions,
        ),
        session_part,
    )


def _session_of(workspace: Workspace, ledger: Ledger, raw_id: str, at: int) -> SessionPart:
    data = workspace.session(raw_id)
    if data is None:
        session_id = name_of(raw_id)
        data = {"session_id": session_id, "name": session_id, "status": "active", "created_at": at, "is_made": True}
        workspace.put("sessions", (raw_id, json.dumps(data), 0))
        ledger.add_session(session_id, is_made=True)
        ledger.repaired("sessions that have no row were made", session_id)
    workspace.mark_sent(raw_id)
    return sessions.part_of(data)


def _add_branches(
    values: dict[str, object], branches: Sequence[dict[str, Any]], workspace: Workspace, ledger: Ledger
) -> None:
    if not branches:
        return
    first, *others = (_with_node(branch, workspace) for branch in branches)
    for name in ("branch_name", "hypothesis"):
        if first.get(name):
            values[name] = first[name]
    values["branch"] = first
    if others:
        values["other_branches"] = others
    ledger.stored("branches", len(branches))


def _with_node(branch: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """Return what is known of a branch with the node of its parent run that it began from."""
    step_id = branch.get("parent_step_id")
    step = workspace.step(step_id) if type(step_id) is str else None
    if step is None or step[0] != branch.get("parent_run_id"):
        return branch
    return {**branch, "from_node": step[1]}


def _parent_of(raw_id: str, workspace: Workspace, ledger: Ledger, metadata: dict[str, object]) -> str | None:
    parent = workspace.parent_of(raw_id)
    if parent is None:
        return None
    known = workspace.run(parent)
    if known is None:
        metadata["original_parent_run_id"] = clean(parent)
        ledger.repaired("parents of runs that are missing were cut off", f"{raw_id} → {parent}")
        return None
    if _is_cut(raw_id, workspace):
        metadata["original_parent_run_id"] = clean(parent)
        ledger.repaired("circles of parent runs were broken", f"{raw_id} → {parent}")
        return None
    return known[0]


def _is_cut(raw_id: str, workspace: Workspace) -> bool:
    """Tell whether the run is in a circle of parents, and the one of it where the circle is broken."""
    circle = [raw_id]
    at = workspace.parent_of(raw_id)
    while at is not None and at != raw_id and len(circle) < _MAX_ANCESTORS:
        if at in circle:
            return False
        circle.append(at)
        at = workspace.parent_of(at)
    return at == raw_id and raw_id == min(circle)


def _history_of(raw_id: str, workspace: Workspace, ledger: Ledger) -> list[dict[str, Any]]:
    """Return the changes of the run's own state that say what it became."""
    kept: list[dict[str, Any]] = []
    for row in workspace.history_of(raw_id):
        if row["step"] is not None or row["node"] is not None:
            continue
        if status_of(row["to"]) is None:
            ledger.left_out("state_history", "it names no state", row["id"])
            continue
        ledger.stored("state_history")
        kept.append(row)
    return kept


def _transition_of(row: Mapping[str, Any], at: int) -> TransitionPart:
    reason = row["reason"]
    return TransitionPart(
        at=at if row["at"] is None else row["at"],
        from_status=status_of(row["from"]),
        to_status=status_of(row["to"]) or "",
        who=short_text_of(row["who"]) or BY_RECORDER,
        why=None if reason is None else reason[:_MAX_REASON_LENGTH],
    )


def _told_beside(row: Mapping[str, Any]) -> dict[str, object]:
    """Return what a change of state says for which a history has no place; nothing where it has."""
    more: dict[str, object] = dict(row["rest"])
    if row["meta"] is not None:
        more["meta"] = row["meta"]
    return {"id": row["id"], "from": row["from"], "to": row["to"], **more} if more else {}
