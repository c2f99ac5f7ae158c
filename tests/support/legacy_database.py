"""Legacy workflow databases as they are found: of shared names, of hashed ids, and one in which every table is used."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping
from itertools import count, pairwise
from pathlib import Path
from typing import Any

from bench.legacy_database import moment
from bench.legacy_schema import Age, Tables, write_sqlite

NAMED = ("init", "planning", *(f"step_{number}" for number in range(1, 9)), "terminator")
N_SHARING = 35
# 454 events of 35 runs, 12 to 16 each.
STEP_EVENTS = tuple(12 + more for more in (4, 4, 3, 3, 2, 2, 2, 2, *[1] * 12, *[0] * 15))
AGENTS = ("engineer", "researcher", "planner")


class Builder:
    """Collects rows; each method adds one with an id of its own, and returns the id."""

    def __init__(self) -> None:
        self.tables: Tables = defaultdict(list)
        self._numbers = count(1)

    def session(self, **values: Any) -> str:
        at = moment(next(self._numbers))
        return self._add(
            "sessions", {"name": "A session", "created_at": at, "last_active_at": at, "status": "active", **values}
        )

    def run(self, session_id: str, **values: Any) -> str:
        number = next(self._numbers)
        row = {
            "session_id": session_id,
            "mode": "planning_control",
            "agent": "engineer",
            "model": "gpt-4o",
            "status": "completed",
            "started_at": moment(number * 60),
            "completed_at": moment(number * 60 + 55),
            "checkpoint_frequency_minutes": 10,
            "task_description": f"Task {number}",
            "is_branch": 0,
            "branch_depth": 0,
        }
        return self._add("workflow_runs", row | values)

    def node(self, run_id: str, node_id: str | None = None, **values: Any) -> str:
        row = {
            "run_id": run_id,
            "session_id": self.session_of(run_id),
            "node_type": "agent",
            "agent": "engineer",
            "status": "completed",
            "order_index": 0,
        }
        return self._add("dag_nodes", row | ({} if node_id is None else {"id": node_id}) | values)

    def edge(self, source: str, target: str, **values: Any) -> int:
        row = {"from_node_id": source, "to_node_id": target, "dependency_type": "sequential"}
        return self._add_numbered("dag_edges", row | values)

    def event(self, run_id: str, node_id: str | None = None, **values: Any) -> str:
        number = next(self._numbers)
        row = {
            "run_id": run_id,
            "node_id": node_id,
            "session_id": self.session_of(run_id),
            "event_type": "tool_call",
            "event_subtype": "complete",
            "agent_name": "engineer",
            "timestamp": moment(number),
            "started_at": moment(number),
            "completed_at": moment(number + 0.5),
            "duration_ms": 500,
            "inputs": json.dumps({"query": f"question {number}"}),
            "outputs": json.dumps({"answer": f"answer {number}"}),
            "execution_order": number,
            "depth": 0,
            "status": "completed",
        }
        return self._add("execution_events", row | values)

    def message(self, run_id: str, **values: Any) -> int:
        row = {
            "run_id": run_id,
            "sender": "planner",
            "recipient": "engineer",
            "content": "Begin.",
            "timestamp": moment(1),
        }
        return self._add_numbered("messages", row | values)

    def file(self, run_id: str, **values: Any) -> str:
        row = {
            "run_id": run_id,
            "file_path": f"out/{next(self._numbers)}.csv",
            "file_type": "csv",
            "size_bytes": 12,
            "created_at": moment(2),
            "is_final_output": 0,
        }
        return self._add("files", row | values)

    def row(self, table: str, **values: Any) -> str | int:
        """Add a row of any other table."""
        numbered = table in {"cost_records", "state_history", "workflow_metrics"}
        return self._add_numbered(table, values) if numbered else self._add(table, values)

    def session_of(self, run_id: str) -> str | None:
        return next((row["session_id"] for row in self.tables["workflow_runs"] if row["id"] == run_id), None)

    def _add(self, table: str, row: Mapping[str, Any]) -> str:
        added = {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{table}/{next(self._numbers)}")), **row}
        self.tables[table].append(added)
        return added["id"]

    def _add_numbered(self, table: str, row: Mapping[str, Any]) -> int:
        added = {"id": len(self.tables[table]) + 1, **row}
        self.tables[table].append(added)
        return added["id"]


def write(path: Path, tables: Tables, age: Age = Age.OLD) -> Path:
    """Write a new SQLite file, and return its path."""
    write_sqlite(path, tables, age)
    return path


def reference_tables() -> Tables:
    """Return the database that was analysed: its counts are those of the reference."""
    build = Builder()
    sessions = [build.session(name=f"Session {number}", user_id="user-1") for number in range(123)]
    runs = [_reference_run(build, sessions[number % 123], number) for number in range(265)]
    _add_named_nodes(build, runs[0])
    events = _add_shared_events(build, runs)
    _add_own_nodes(build, runs[60:131])
    for run_id in runs[140:188]:
        build.event(run_id, event_type="info", event_subtype="info")
    for number in range(31):
        run_id = runs[number % N_SHARING]
        build.file(run_id, node_id="step_1", event_id=events[run_id][number // N_SHARING], size_bytes=100 + number)
    for run_id in runs[:3]:
        build.message(run_id, node_id="step_1", event_id=events[run_id][0])
    return build.tables


def _reference_run(build: Builder, session_id: str, number: int) -> str:
    statuses = ("completed", "completed", "failed", "executing", "cancelled", "draft")
    status = statuses[number % len(statuses)]
    has_started = status != "draft"
    return build.run(
        session_id,
        mode=("planning_control", "planning-control", "one_shot")[number % 3],
        agent=AGENTS[number % len(AGENTS)],
        status=status,
        # Many runs of that system began in the same second.
        started_at=moment(number // 4 * 60) if has_started else None,
        completed_at=moment(number // 4 * 60 + 50) if status in {"completed", "failed", "cancelled"} else None,
        meta=json.dumps({"number": number}),
    )


def _add_named_nodes(build: Builder, owner: str) -> None:
    types = {"init": "control", "planning": "planning", "terminator": "terminator"}
    for order, name in enumerate(NAMED):
        build.node(owner, name, node_type=types.get(name, "agent"), order_index=order)
    for source, target in pairwise(NAMED):
        build.edge(source, target)


def _add_shared_events(build: Builder, runs: list[str]) -> dict[str, list[str]]:
    """Add the events of `planning`, `step_1` and `terminator`; return those of `step_1` by run."""
    events: dict[str, list[str]] = {}
    for run_id, n_events in zip(runs[:N_SHARING], STEP_EVENTS, strict=True):
        build.event(run_id, "planning", event_type="agent_call")
        first = build.event(run_id, "step_1", event_type="agent_call", event_subtype="execution")
        children = [
            build.event(
                run_id, "step_1", parent_event_id=first, depth=1, event_type=("tool_call", "code_exec")[place % 2]
            )
            for place in range(n_events - 1)
        ]
        events[run_id] = [first, *children]
    for run_id in runs[: N_SHARING + 7]:
        build.event(run_id, "terminator", event_type="state_transition", event_subtype="info")
    return events


def _add_own_nodes(build: Builder, runs: list[str]) -> None:
    """Add 142 nodes that are called by UUIDs, 58 edges and 56 events."""
    pairs = [(build.node(run_id, order_index=0), build.node(run_id, order_index=1)) for run_id in runs]
    for source, target in pairs[:58]:
        build.edge(source, target, dependency_type="conditional", condition="ok")
    for run_id, (_, target) in list(zip(runs, pairs, strict=True))[:56]:
        build.event(run_id, target)


def hashed_id(run_id: str, short_id: str) -> str:
    """Return what the later version calls a node."""
    return hashlib.md5(f"{run_id}:{short_id}".encode(), usedforsecurity=False).hexdigest()


def hashed_tables(n_runs: int = 4) -> Tables:
    """Return a database of the later age: ids of nodes are hashed, and some events have lost theirs."""
    build = Builder()
    session_id = build.session()
    names = ("planning", "step_1", "step_2", "terminator")
    for number in range(n_runs):
        run_id = build.run(session_id, stage_number=1, stage_name="draft")
        ids = {name: hashed_id(run_id, name) for name in names}
        for order, name in enumerate(names):
            meta = json.dumps({"id": name, "label": name.title()})
            build.node(run_id, ids[name], meta=meta, order_index=order, depth=0)
        for source, target in pairwise(names):
            build.edge(ids[source], ids[target])
        call = build.event(run_id, ids["step_1"], event_type="agent_call")
        build.event(run_id, ids["step_1"], parent_event_id=call, depth=1)
        build.event(run_id, None, event_type="error", event_subtype="error", error_message="It broke.", status="failed")
        # A node that only events know, of a run whose rows were not all written.
        build.event(run_id, hashed_id(run_id, "step_3"))
        build.file(run_id, node_id=ids["step_2"], event_id=call)
        build.message(run_id, node_id=ids["step_1"], event_id=call, content=f"Run {number} begins.")
    return build.tables


def complete_tables() -> Tables:
    """Return a sound database of the later age with rows in every table."""
    build = Builder()
    session_id = build.session(
        user_id="user-1", meta=json.dumps({"topic": "weather"}), resource_limits=json.dumps({"max_runs": 5})
    )
    archived = build.session(name="Archive", status="archived")
    project_id = build.row(
        "projects", session_id=session_id, name="Forecast", description="What the weather does", created_at=moment(0)
    )
    parent = build.run(session_id, project_id=project_id, meta=json.dumps({"temperature": 0.5}))
    child = build.run(
        session_id, branch_parent_id=parent, is_branch=1, branch_depth=1, status="failed", mode="planning-control"
    )
    stage = build.run(archived, parent_run_id=parent, stage_number=2, stage_name="review", agent="researcher")
    steps = {run_id: _add_steps(build, run_id) for run_id in (parent, child, stage)}
    build.row(
        "branches",
        parent_run_id=parent,
        parent_step_id=steps[parent][0],
        child_run_id=child,
        branch_name="colder",
        created_at=moment(40),
        hypothesis="A lower temperature helps",
        status="active",
        meta=json.dumps({"weight": 2}),
    )
    _add_records(build, parent, steps[parent])
    return build.tables


def _add_steps(build: Builder, run_id: str) -> list[str | int]:
    step_ids: list[str | int] = []
    build.edge(hashed_id(run_id, "step_1"), hashed_id(run_id, "step_2"))
    for number in (1, 2):
        step_id = build.row(
            "workflow_steps",
            run_id=run_id,
            session_id=build.session_of(run_id),
            step_number=number,
            goal=f"Goal {number}",
            summary=f"Summary {number}",
            status="completed" if number == 1 else "failed",
            started_at=moment(number * 10),
            completed_at=moment(number * 10 + 8),
            progress_percentage=100 if number == 1 else 40,
            inputs=json.dumps({"n": number}),
            outputs=json.dumps({"done": number == 1}),
            error_message=None if number == 1 else "It stopped.",
            meta=json.dumps({"attempt": number}),
        )
        step_ids.append(step_id)
        name = f"step_{number}"
        node_id = build.node(
            run_id, hashed_id(run_id, name), meta=json.dumps({"id": name}), order_index=number, depth=0
        )
        call = build.event(run_id, node_id, step_id=step_id, event_type="agent_call", agent_name="engineer")
        code = {"code": "print(1)", "language": "python"}
        build.event(
            run_id,
            node_id,
            step_id=step_id,
            parent_event_id=call,
            depth=1,
            event_type="code_exec",
            inputs=json.dumps(code),
            outputs=json.dumps({"exit_code": 0, "output": "1"}),
        )
        build.message(
            run_id, node_id=node_id, step_id=step_id, event_id=call, tokens=7, meta=json.dumps({"round": number})
        )
        build.file(run_id, node_id=node_id, step_id=step_id, event_id=call, is_final_output=1, workflow_phase="control")
    return step_ids


def _add_records(build: Builder, run_id: str, steps: list[str | int]) -> None:
    session_id = build.session_of(run_id)
    for step_id, cost in zip(steps, (0.0125, 0.000001), strict=True):
        build.row(
            "cost_records",
            run_id=run_id,
            step_id=step_id,
            session_id=session_id,
            model="gpt-4o",
            prompt_tokens=1_000,
            completion_tokens=200,
            total_tokens=1_200,
            cost_usd=cost,
            timestamp=moment(30),
            agent_name="engineer",
        )
    build.row(
        "approval_requests",
        run_id=run_id,
        step_id=steps[0],
        status="approved",
        requested_at=moment(15),
        resolved_at=moment(20),
        context_snapshot=json.dumps({"plan": ["a", "b"]}),
        user_feedback="Go on.",
        resolution="approve",
        session_id=session_id,
        approval_type="after_planning",
        context=json.dumps({"message": "May I?", "options": ["approve", "reject"]}),
    )
    build.row("approval_requests", run_id=run_id, status="pending", requested_at=moment(21))
    build.row(
        "checkpoints",
        run_id=run_id,
        step_id=steps[0],
        checkpoint_type="step_complete",
        created_at=moment(19),
        context_snapshot=json.dumps({"memory": {"a": 1}}),
        pickle_file_path="/srv/agents/checkpoint.pkl",
    )
    for entity_type, entity_id in (("run", run_id), ("step", steps[0]), ("session", session_id)):
        build.row(
            "state_history",
            entity_type=entity_type,
            entity_id=entity_id,
            session_id=session_id,
            from_state="planning",
            to_state="executing",
            transition_reason="The plan is approved",
            transitioned_by="user",
            created_at=moment(20),
        )
    for value in (0.5, 0.75):
        build.row(
            "workflow_metrics",
            run_id=run_id,
            step_id=steps[1],
            timestamp=moment(33),
            metric_name="score",
            metric_value=value,
        )
