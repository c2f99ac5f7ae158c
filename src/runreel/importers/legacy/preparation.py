"""What is read of the whole database before its runs: nodes, edges, steps, sessions, and when each run was created."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from runreel.importers.identity import name_of, run_id_of
from runreel.importers.ledger import Ledger
from runreel.importers.legacy.node_book import short_id_of
from runreel.importers.legacy.run_row import SYSTEM, agent_of
from runreel.importers.legacy.steps import step_node_id
from runreel.importers.legacy.tables import Reading
from runreel.importers.legacy.workspace import Workspace
from runreel.importers.source import Row, Source
from runreel.importers.value import beside, instant_of, json_of, mapping_of, meta_of, plain_of, text_of
from runreel.model.instant import format_instant
from runreel.model.name import repair_name
from runreel.wire.field import text_of as short_text_of

MISSING_RUN = "its run is missing"
NO_ID = "it has no usable id"
SAME_ID = "another row has the same id"

_RUN_ENTITIES = frozenset({"workflow_run", "workflowrun", "run", "workflow"})
# What tells when a run was created, of which its own row does not: its first event, else its first other row.
_TIMES = (
    (("execution_events", "timestamp"),),
    (
        ("workflow_steps", "started_at"),
        ("messages", "timestamp"),
        ("cost_records", "timestamp"),
        ("files", "created_at"),
        ("checkpoints", "created_at"),
    ),
)


class Preparation:
    """Fills the workspace of one database."""

    def __init__(self, source: Source, ledger: Ledger, workspace: Workspace, readings: Mapping[str, Reading]) -> None:
        self._source = source
        self._ledger = ledger
        self._workspace = workspace
        self._readings = readings

    def prepare(self) -> None:
        """Read everything."""
        self._read_sessions()
        self._read_runs()
        self._date_runs()
        self._workspace.name_runs()
        self._read_nodes()
        self._read_edges()
        self._read_steps()
        self._read_branches()
        self._workspace.index()
        self._read_history()

    def _rows(self, table: str, *, order_by: tuple[str, ...] = ()) -> Any:
        return self._readings[table].rows(self._source, order_by=order_by)

    def _read_sessions(self) -> None:
        projects: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self._rows("projects"):
            owner, *values = row[: len(self._readings["projects"].columns)]
            names = self._readings["projects"].columns[1:]
            project = {name: plain_of(value) for name, value in zip(names, values, strict=True) if value is not None}
            if (meta := json_of(values[-1])) is not None:
                project["meta"] = meta.value
            project |= self._readings["projects"].rest(row)
            projects[text_of(owner) or ""].append(project)
        for row in self._rows("sessions"):
            self._read_session(row, projects)
        for left in projects.values():
            for project in left:
                self._ledger.left_out("projects", "its session is missing", project.get("id"))

    def _read_session(self, row: Row, projects: dict[str, list[dict[str, Any]]]) -> None:
        raw_id, user, name, created, active, status, meta, limits, *_ = row
        own_id = text_of(raw_id)
        if own_id is None:
            self._ledger.left_out("sessions", NO_ID)
            return
        session_id = name_of(own_id)
        created_at = instant_of(created)
        if created_at is None:
            created_at = instant_of(active)
        own_projects = projects.pop(own_id, [])
        values: dict[str, object] = {
            **self._readings["sessions"].rest(row),
            "user_id": plain_of(user),
            "last_active_at": plain_of(active),
            "resource_limits": None if (found_limits := json_of(limits)) is None else found_limits.value,
            "projects": own_projects or None,
            "original_created_at": plain_of(created) if instant_of(created) is None else None,
            "original_session_id": own_id if own_id != session_id else None,
        }
        raw_name = text_of(name)
        short_name = short_text_of(raw_name) or (repair_name(raw_name) if raw_name else None)
        if raw_name and short_name != raw_name:
            values["original_name"] = raw_name
        data = {
            "session_id": session_id,
            "name": short_name or session_id,
            "status": short_text_of(text_of(status)) or "active",
            "created_at": created_at or 0,
            "metadata": beside(meta_of(meta), values),
        }
        if not self._workspace.put("sessions", (own_id, json.dumps(data), 0), or_ignore=True):
            self._ledger.left_out("sessions", SAME_ID, own_id)
            self._ledger.left_out("projects", "its session is left out", None, len(own_projects))
            return
        self._ledger.add_session(session_id, n_projects=len(own_projects))

    def _read_runs(self) -> None:
        reading = self._readings["workflow_runs"]
        for row in self._source.iter_rows(
            reading.table, ("id", "agent", "session_id", "started_at", "parent_run_id", "branch_parent_id"),
            order_by=("id",),
        ):  # fmt: skip
            raw_id, agent, session, started, parent, branch_parent = row
            own_id = text_of(raw_id)
            if own_id is None:
                self._ledger.left_out(reading.table, "it has no id")
                continue
            parent_id = text_of(parent) or text_of(branch_parent)
            values = (
                own_id,
                run_id_of(own_id, SYSTEM),
                agent_of(agent),
                text_of(session),
                instant_of(started),
                parent_id,
                0,
            )
            if not self._workspace.put("runs", values, or_ignore=True):
                self._ledger.left_out(reading.table, SAME_ID, own_id)

    def _date_runs(self) -> None:
        """Find out when runs were created whose start is not known: from what came first in them, else the session."""
        undated = self._workspace.undated_runs()
        for columns in _TIMES:
            first = self._first_times(columns, undated)
            for raw_id, at in first.items():
                self._workspace.date_run(raw_id, at)
            undated -= first.keys()
        for raw_id in undated:
            of_run = self._workspace.session_of(raw_id)
            data = None if of_run is None else self._workspace.session(of_run)
            self._workspace.date_run(raw_id, 0 if data is None else data["created_at"])

    def _first_times(self, columns: Sequence[tuple[str, str]], undated: set[str]) -> dict[str, int]:
        """Return the first time that rows of each of these runs have, if one has any."""
        first: dict[str, int] = {}
        for table, column in columns if undated else ():
            if column not in self._source.tables.get(table, ()):
                continue
            for run, time in self._source.iter_rows(table, ("run_id", column)):
                raw_id = text_of(run)
                if raw_id in undated and (at := instant_of(time)) is not None:
                    first[raw_id] = min(at, first.get(raw_id, at))
        return first

    def _read_nodes(self) -> None:
        reading = self._readings["dag_nodes"]
        for row in reading.rows(self._source):
            run, raw_id, _, node_type, agent, status, order_index, meta, parent, depth, *_ = row
            own_id = text_of(raw_id)
            if own_id is None:
                self._ledger.left_out(reading.table, NO_ID)
                continue
            found = json_of(meta)
            run_id = text_of(run) or ""
            node_id = short_id_of(own_id, run_id, mapping_of(None if found is None else found.value))
            rest = reading.rest(row)
            if depth:
                rest["depth"] = plain_of(depth)
            data: dict[str, Any] = {
                "node_type": plain_of(node_type),
                "agent": plain_of(agent),
                "status": plain_of(status),
                "order_index": plain_of(order_index),
                "meta": None if found is None else found.value,
                "parent_node_id": plain_of(parent),
                "rest": rest,
            }
            if not self._workspace.put("nodes", (own_id, run_id, node_id, json.dumps(data)), or_ignore=True):
                self._ledger.left_out(reading.table, SAME_ID, own_id)
            elif not self._workspace.has_run(run_id):
                self._ledger.left_out(reading.table, MISSING_RUN, own_id)

    def _read_edges(self) -> None:
        reading = self._readings["dag_edges"]
        for row in reading.rows(self._source):
            _, source, target, edge_type, condition, *_ = row
            data: dict[str, Any] = {
                "type": plain_of(edge_type),
                "condition": plain_of(condition),
                "rest": reading.rest(row),
            }
            values = (text_of(source) or "", text_of(target) or "", json.dumps(data))
            self._workspace.add("edges", "source, target, data", values)

    def _read_steps(self) -> None:
        for run, raw_id, step_number in self._source.iter_rows("workflow_steps", ("run_id", "id", "step_number")):
            own_id = text_of(raw_id)
            if own_id is not None:
                values = (own_id, text_of(run) or "", step_node_id(step_number, own_id))
                self._workspace.put("steps", values, or_ignore=True)

    def _read_branches(self) -> None:
        reading = self._readings["branches"]
        for row in reading.rows(self._source):
            child, raw_id, parent, step, name, created, hypothesis, status, meta, *_ = row
            child_id, parent_id = text_of(child), text_of(parent)
            if child_id is None or not self._workspace.has_run(child_id):
                self._ledger.left_out(reading.table, "the run that it began is missing", text_of(raw_id))
                continue
            found = json_of(meta)
            values = {
                "branch_id": plain_of(raw_id), "parent_run_id": parent_id, "parent_step_id": plain_of(step),
                "branch_name": text_of(name), "created_at": plain_of(created), "hypothesis": text_of(hypothesis),
                "status": text_of(status), "meta": None if found is None else found.value, **reading.rest(row),
            }  # fmt: skip
            data = {key: value for key, value in values.items() if value is not None}
            self._workspace.add("branches", "child, data", (child_id, json.dumps(data)))
            if parent_id is not None:
                self._workspace.set_parent(child_id, parent_id)

    def _read_history(self) -> None:
        reading = self._readings["state_history"]
        of_sessions: dict[str, list[dict[str, Any]]] = {}
        for row in reading.rows(self._source, order_by=("created_at",)):
            data = self._history_of(reading, row)
            entity_id = data["entity_id"]
            run = self._run_of(data)
            if run is not None and self._workspace.has_run(run):
                self._workspace.add("history", "run, data", (run, json.dumps(data)))
            elif self._workspace.session(entity_id) is not None:
                of_sessions.setdefault(entity_id, []).append(data)
            else:
                self._ledger.left_out(reading.table, "what it tells of is missing", data["id"])
        for raw_id, changes in of_sessions.items():
            self._workspace.add_to_session(raw_id, {"state_history": [_short(change) for change in changes]})
            known = self._workspace.session(raw_id) or {}
            self._ledger.add_to_session(known["session_id"], reading.table, len(changes))

    def _history_of(self, reading: Reading, row: Row) -> dict[str, Any]:
        entity, kind, raw_id, _, from_state, to_state, reason, who, created, meta, *_ = row
        at = instant_of(created)
        found = None if meta is None else json_of(meta)
        rest = reading.rest(row)
        if at is None and created is not None:
            rest["original_created_at"] = plain_of(created)
        return {
            "id": text_of(raw_id) or "?", "entity_id": text_of(entity) or "", "entity_type": text_of(kind),
            "from": text_of(from_state), "to": text_of(to_state), "reason": text_of(reason), "who": text_of(who),
            "at": at, "meta": None if found is None else found.value, "rest": rest, "step": None, "node": None,
        }  # fmt: skip

    def _run_of(self, data: dict[str, Any]) -> str | None:
        """Return of which run a change of state tells, and note of which step or node."""
        entity_id, word = data["entity_id"], (data["entity_type"] or "").lower()
        step = self._workspace.step(entity_id)
        if self._workspace.has_run(entity_id) and (word in _RUN_ENTITIES or step is None):
            return entity_id
        if step is not None:
            data["step"] = entity_id
            return step[0]
        node = self._workspace.find_node(entity_id)
        if node is None:
            return None
        data["node"] = entity_id
        return node.run


def _short(change: dict[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in change.items() if value not in (None, {})}
    return told if change["at"] is None else {**told, "at": format_instant(change["at"])}
