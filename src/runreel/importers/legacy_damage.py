"""What is wrong with a legacy workflow database."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from runreel.importers.cycle import find_cycles
from runreel.importers.inspection import Inspection, Reference, Types, finding
from runreel.importers.legacy.tables import COLUMNS
from runreel.importers.source import Source
from runreel.model.damage import DamageCheck, DamageFinding, SharedNode
from runreel.model.name import is_record_id, is_run_id, repair_name

_EVENTS = "execution_events"
NOUNS = {
    "sessions": "sessions",
    "projects": "projects",
    "workflow_runs": "runs",
    "workflow_steps": "steps",
    "dag_nodes": "nodes",
    "dag_edges": "edges",
    _EVENTS: "events",
    "messages": "messages",
    "files": "files",
    "cost_records": "costs",
    "approval_requests": "approvals",
    "branches": "branches",
    "checkpoints": "checkpoints",
    "state_history": "changes of state",
    "workflow_metrics": "metrics",
}
"""What the rows of each table are called, in the order in which they are told."""

_VITAL = {"workflow_runs": "id", _EVENTS: "run_id"}
# Later versions have them; without them a database is only older.
_LATER = {
    "workflow_runs": ("parent_run_id", "stage_number", "stage_name"),
    "dag_nodes": ("parent_node_id", "depth"),
    "cost_records": ("agent_name", "parent_run_id"),
    "approval_requests": ("session_id", "approval_type", "context", "result", "created_at", "expires_at"),
}
_TYPES = Types(
    instants=frozenset({
        "created_at", "last_active_at", "started_at", "completed_at", "last_heartbeat_at", "timestamp", "requested_at",
        "resolved_at", "expires_at",
    }),
    json=frozenset({"meta", "resource_limits", "inputs", "outputs", "context_snapshot", "context", "result"}),
    integers=frozenset({
        "checkpoint_frequency_minutes", "is_branch", "branch_depth", "stage_number", "step_number",
        "progress_percentage", "order_index", "depth", "duration_ms", "execution_order", "tokens", "size_bytes",
        "is_final_output", "prompt_tokens", "completion_tokens", "total_tokens",
    }),
    numbers=frozenset({"cost_usd", "metric_value"}),
)  # fmt: skip
_OF_RUNS = ("workflow_steps", "dag_nodes", _EVENTS, "messages", "files", "cost_records", "approval_requests")
_OF_STEPS = (_EVENTS, "messages", "files", "cost_records", "approval_requests", "checkpoints", "workflow_metrics")
_REFERENCES = (
    Reference(table="workflow_runs", column="session_id", target="sessions", noun="session"),
    Reference(table="workflow_runs", column="project_id", target="projects", noun="project"),
    Reference(table="workflow_runs", column="parent_run_id", target="workflow_runs", noun="parent"),
    Reference(table="workflow_runs", column="branch_parent_id", target="workflow_runs", noun="origin"),
    *(
        Reference(table=table, column="run_id", target="workflow_runs", noun="run")
        for table in (*_OF_RUNS, "checkpoints", "workflow_metrics")
    ),
    *(
        Reference(table=table, column="node_id", target="dag_nodes", noun="node", own_run="run_id")
        for table in (_EVENTS, "messages", "files")
    ),
    *(
        Reference(table=table, column="step_id", target="workflow_steps", noun="step", own_run="run_id")
        for table in _OF_STEPS
    ),
    Reference(table=_EVENTS, column="parent_event_id", target=_EVENTS, noun="parent", own_run="run_id"),
    *(
        Reference(table=table, column="event_id", target=_EVENTS, noun="event", own_run="run_id")
        for table in ("messages", "files")
    ),
    Reference(table="dag_nodes", column="parent_node_id", target="dag_nodes", noun="parent", own_run="run_id"),
    Reference(table="dag_edges", column="from_node_id", target="dag_nodes", noun="node"),
    Reference(table="dag_edges", column="to_node_id", target="dag_nodes", noun="node"),
    Reference(table="branches", column="parent_run_id", target="workflow_runs", noun="origin"),
    Reference(table="branches", column="child_run_id", target="workflow_runs", noun="run"),
    Reference(table="branches", column="parent_step_id", target="workflow_steps", noun="step", own_run="parent_run_id"),
)
_ENTITIES = (
    ("run", "'run', 'workflow_run'", "workflow_runs"),
    ("step", "'step', 'workflow_step'", "workflow_steps"),
)
_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{32}")


class SharedNodes(NamedTuple):
    """The nodes that several runs name, the most used first, cut at a bound; and what all of them come to."""

    nodes: Sequence[SharedNode]
    n_nodes: int
    n_events: int


class LegacyInspection:
    """Looks at one legacy workflow database."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._look = Inspection(source, NOUNS)

    def checks(self) -> Sequence[Callable[[], Iterable[DamageFinding]]]:
        """Return all checks; each looks for one thing."""
        look = self._look
        return (
            partial(look.check_schema, COLUMNS, later=_LATER, vital=_VITAL),
            *(partial(look.check_reference, reference) for reference in _REFERENCES),
            self._check_edges,
            *(partial(self._check_session, table) for table in _OF_RUNS),
            self._check_history,
            self._check_nodeless,
            self._check_run_cycles,
            partial(look.check_cycles, _EVENTS, "id", "parent_event_id", "run_id"),
            partial(look.check_cycles, "dag_nodes", "id", "parent_node_id", "run_id"),
            partial(look.check_ids, "workflow_runs", "id", is_run_id),
            partial(look.check_ids, "dag_nodes", "id", _is_node_id),
            *(partial(look.check_ids, table, "id", is_record_id) for table in (_EVENTS, "messages", "files")),
            self._check_modes,
            *(partial(look.check_values, table, COLUMNS[table], _TYPES) for table in COLUMNS),
        )

    def shared_nodes(self, n_most: int) -> SharedNodes:
        """Return the nodes that rows of several runs name."""
        n_nodes, n_events = 0, 0
        most: list[tuple[int, int, str, SharedNode]] = []
        for node_id, n_runs, of_events, of_files, of_messages, owner in self._look.rows(self._sharing()):
            node = SharedNode(
                node_id=str(node_id),
                owner_run_id=None if owner is None else str(owner),
                n_runs=n_runs,
                n_events=int(of_events),
                n_files=int(of_files),
                n_messages=int(of_messages),
            )
            n_nodes += 1
            n_events += node.n_events
            entry = (node.n_events, node.n_runs, node.node_id, node)
            if len(most) < n_most:
                heapq.heappush(most, entry)
            else:
                heapq.heappushpop(most, entry)
        return SharedNodes([entry[-1] for entry in sorted(most, reverse=True)], n_nodes, n_events)

    def facts(self) -> dict[str, int]:
        """Return how many nodes are called by names, by hashes or by UUIDs, and how many events have none."""
        counts = {"nodes_by_name": 0, "nodes_by_hash": 0, "nodes_by_uuid": 0}
        for (node_id,) in self._source.iter_rows("dag_nodes", ["id"]):
            text = str(node_id)
            kind = "hash" if _HASH.fullmatch(text) else "uuid" if _UUID.fullmatch(text) else "name"
            counts[f"nodes_by_{kind}"] += 1
        node = self._look.text("s", _EVENTS, "node_id")
        counts["events_without_node"] = self._look.count(f"{self._look.name(_EVENTS)} s WHERE {node} IS NULL")
        return counts

    def _sharing(self) -> str:
        look = self._look
        parts = [
            f"SELECT {look.text('s', table, 'node_id')} AS node, {look.text('s', table, 'run_id')} AS run, "
            f"{is_event} AS e, {is_file} AS f, {is_message} AS m FROM {look.name(table)} s"
            for table, is_event, is_file, is_message in ((_EVENTS, 1, 0, 0), ("files", 0, 1, 0), ("messages", 0, 0, 1))
        ]
        node_id, owner = look.text("n", "dag_nodes", "id"), look.text("n", "dag_nodes", "run_id")
        owners = f"SELECT {node_id} AS id, min({owner}) AS run FROM {look.name('dag_nodes')} n GROUP BY {node_id}"
        by_run = (
            "SELECT node, run, sum(e) AS e, sum(f) AS f, sum(m) AS m "
            f"FROM ({' UNION ALL '.join(parts)}) named WHERE node IS NOT NULL AND run IS NOT NULL GROUP BY node, run"
        )
        by_node = (
            "SELECT node, count(*) AS runs, sum(e) AS e, sum(f) AS f, sum(m) AS m "
            f"FROM ({by_run}) of_run GROUP BY node HAVING count(*) > 1"
        )
        return (
            f"SELECT node, runs, e, f, m, owners.run FROM ({by_node}) shared "
            f"LEFT JOIN ({owners}) owners ON owners.id = node"
        )

    def _check_edges(self) -> Iterator[DamageFinding]:
        look = self._look
        if not look.has("dag_edges", "from_node_id", "to_node_id") or not look.has("dag_nodes", "id", "run_id"):
            return
        source, target = (look.text("s", "dag_edges", column) for column in ("from_node_id", "to_node_id"))
        one, other = (look.text(alias, "dag_nodes", "run_id") for alias in ("a", "b"))
        nodes = look.name("dag_nodes")
        n_rows = look.count(
            f"{look.name('dag_edges')} s JOIN {nodes} a ON {look.text('a', 'dag_nodes', 'id')} = {source} "
            f"JOIN {nodes} b ON {look.text('b', 'dag_nodes', 'id')} = {target} WHERE {one} <> {other}"
        )
        if n_rows:
            yield finding(DamageCheck.CROSSING, "dag_edges", n_rows, "edges that lead from one run to another")

    def _check_session(self, table: str) -> Iterator[DamageFinding]:
        look = self._look
        if not look.has(table, "run_id", "session_id") or not look.has("workflow_runs", "id", "session_id"):
            return
        run = f"{look.text('r', 'workflow_runs', 'id')} = {look.text('s', table, 'run_id')}"
        own, other = look.text("s", table, "session_id"), look.text("r", "workflow_runs", "session_id")
        n_rows = look.count(f"{look.name(table)} s JOIN {look.name('workflow_runs')} r ON {run} WHERE {own} <> {other}")
        if n_rows:
            detail = f"{NOUNS[table]} whose session is not that of their run"
            yield finding(DamageCheck.CROSSING, table, n_rows, detail)

    def _check_history(self) -> Iterator[DamageFinding]:
        look = self._look
        if not look.has("state_history", "entity_type", "entity_id"):
            return
        entity, kind = (look.text("s", "state_history", column) for column in ("entity_id", "entity_type"))
        for noun, words, target in _ENTITIES:
            key = look.text("t", target, "id")
            n_rows = look.count(
                f"{look.name('state_history')} s LEFT JOIN {look.name(target)} t ON {key} = {entity} "
                f"WHERE lower({kind}) IN ({words}) AND {key} IS NULL"
            )
            if n_rows:
                detail = f"changes of state whose {noun} is missing"
                yield finding(DamageCheck.ORPHAN, "state_history", n_rows, detail)

    def _check_nodeless(self) -> Iterator[DamageFinding]:
        look = self._look
        if not look.has("workflow_runs", "id"):
            return
        run = look.text("r", "workflow_runs", "id")
        owners = f"SELECT DISTINCT {look.text('n', 'dag_nodes', 'run_id')} AS run FROM {look.name('dag_nodes')} n"
        node = look.text("e", _EVENTS, "node_id")
        naming = (
            f"SELECT DISTINCT {look.text('e', _EVENTS, 'run_id')} AS run FROM {look.name(_EVENTS)} e "
            f"WHERE {node} IS NOT NULL"
        )
        n_rows, n_naming = look.numbers(
            f"SELECT count(*), count(e.run) FROM {look.name('workflow_runs')} r "
            f"LEFT JOIN ({owners}) n ON n.run = {run} LEFT JOIN ({naming}) e ON e.run = {run} WHERE n.run IS NULL"
        )
        if n_naming:
            detail = "runs without nodes of their own, though events of them name some"
            yield finding(DamageCheck.NODELESS, "workflow_runs", n_naming, detail)
        if n_rows - n_naming:
            detail = "runs without nodes, and without events that name any"
            yield finding(DamageCheck.NODELESS, "workflow_runs", n_rows - n_naming, detail, is_damage=False)

    def _check_run_cycles(self) -> Iterator[DamageFinding]:
        links = (
            (child, parent)
            for table, child_column, parent_column in (
                ("workflow_runs", "id", "parent_run_id"),
                ("workflow_runs", "id", "branch_parent_id"),
                ("branches", "child_run_id", "parent_run_id"),
            )
            for child, parent in self._source.iter_rows(table, [child_column, parent_column])
            if child is not None and parent is not None
        )
        found = find_cycles(links)
        if found:
            detail = "runs are their own ancestors"
            yield finding(DamageCheck.CYCLE, "workflow_runs", len(found), detail, found)

    def _check_modes(self) -> Iterator[DamageFinding]:
        look = self._look
        mode = look.text("s", "workflow_runs", "mode")
        spellings: dict[str, list[tuple[str, int]]] = {}
        for spelling, n_runs in look.rows(
            f"SELECT {mode}, count(*) FROM {look.name('workflow_runs')} s WHERE {mode} IS NOT NULL GROUP BY {mode}"
        ):
            word = str(spelling)
            spellings.setdefault(word.lower().replace("-", "_"), []).append((word, n_runs))
        for several in spellings.values():
            if len(several) > 1:
                told = ", ".join(f"{word!r} ({n_runs})" for word, n_runs in sorted(several))
                detail = f"runs whose mode is spelled in several ways: {told}"
                n_rows = sum(n_runs for _, n_runs in several)
                yield finding(DamageCheck.NAME, "workflow_runs", n_rows, detail, is_damage=False)


def _is_node_id(text: str) -> bool:
    return repair_name(text) == text
