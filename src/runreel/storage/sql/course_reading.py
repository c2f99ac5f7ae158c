"""Reading how a run went through its nodes: as the graph of what was planned and taken, and execution by execution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ClauseElement, ColumnElement, FromClause, Select, and_, bindparam, func, select

from runreel.model.circle import Pair
from runreel.model.course import (
    Course,
    Execution,
    Places,
    count_pairs,
    end_execution,
    find_steps,
    make_course,
    stated_executions,
)
from runreel.model.dag import Dag, is_withdrawn, make_dag, plan_version_of
from runreel.model.edge import Edge
from runreel.model.ending import RUNNING
from runreel.model.layer import Layers, find_layers
from runreel.model.node_history import NEVER_BEGAN, PENDING
from runreel.model.progress import Progress
from runreel.model.run_plan import RunPlan, make_plan
from runreel.storage.sql.event_reading import Inside
from runreel.storage.sql.node_event import EXECUTION
from runreel.storage.sql.node_reading import (
    EVENT,
    NODE,
    START,
    STATUS,
    STOP,
    Activity,
    KnownNode,
    read_activity,
    read_edges,
    read_nodes,
)
from runreel.storage.sql.prepared import fetch
from runreel.storage.sql.schema import events, nodes

_HERE, _OTHER, _BEFORE = events.alias("here"), events.alias("other"), events.alias("before")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """What is known of the way that a run took: by what its events name, and by when its nodes were at work."""

    nodes: Sequence[KnownNode]
    edges: Sequence[Edge]
    layers: Layers
    executions: Sequence[Execution]
    steps: Sequence[Places]
    previous: Mapping[Pair, int]
    called: Mapping[Pair, int]

    def declared(self) -> list[Pair]:
        """Return the declared edges as pairs of nodes."""
        return [(edge.source, edge.target) for edge in self.edges]

    def count_followed(self) -> dict[Pair, int]:
        """Count which node came after which; both sources may tell of the same steps, so the larger count stands."""
        followed = count_pairs(self.executions, self.steps)
        for pair, count in self.previous.items():
            followed[pair] = max(count, followed.get(pair, 0))
        return followed


def read_dag(inside: Inside, *, limit: int) -> Dag:
    """Return the first nodes by level with the first edges between them, declared and taken."""
    _, dag = _read_whole_dag(inside)
    nodes = dag.nodes[:limit]
    shown = {placed.node.node_id for placed in nodes}
    between = [edge for edge in dag.edges if edge.source in shown and edge.target in shown]
    return replace(dag, nodes=nodes, edges=tuple(between[:limit]))


def read_plan(inside: Inside) -> RunPlan:
    """Return the steps of a run's plan, or the nodes that were declared without one."""
    version, dag = _read_whole_dag(inside)
    if version is not None:
        return make_plan(version, [placed for placed in dag.nodes if placed.node.plan_version is not None])
    declared = select(nodes.c.node_id).where(nodes.c.run_pk == inside.run.run_pk, nodes.c.state.is_not(None))
    steps = set(inside.connection.execute(declared).scalars())
    return make_plan(None, [placed for placed in dag.nodes if placed.node.node_id in steps])


def read_progress(inside: Inside) -> Progress | None:
    """Return how far a run is with the nodes that were declared; None where none was."""
    is_declared = (nodes.c.run_pk == inside.run.run_pk, nodes.c.state.is_not(None))
    if inside.connection.execute(select(nodes.c.node_id).where(*is_declared).limit(1)).first() is None:
        return None
    return read_plan(inside).progress


def _read_whole_dag(inside: Inside) -> tuple[int | None, Dag]:
    """Return the version of the plan, and all nodes and edges but those that a later plan left out."""
    way = _read_way(inside)
    version = plan_version_of([known.node for known in way.nodes], way.edges)
    kept = {known.node.node_id: known for known in way.nodes if not is_withdrawn(known.node, version)}
    followed = way.count_followed()
    has_former = any(edge.plan_version not in (None, version) for edge in way.edges)
    is_whole = len(kept) == len(way.nodes) and not has_former
    edges = way.edges if is_whole else [edge for edge in way.edges if _is_kept(edge, kept, version, followed)]
    dag = make_dag(
        [known.node for known in kept.values()],
        edges,
        followed,
        way.called,
        startable=set() if inside.end else {node_id for node_id, known in kept.items() if _may_begin(known)},
        attempts=Counter(execution.node_id for execution in way.executions),
        transitions={node_id: known.history.transitions for node_id, known in kept.items()},
        layers=way.layers if is_whole else None,
    )
    return version, dag


def _is_kept(edge: Edge, nodes: Collection[str], version: int | None, followed: Mapping[Pair, int]) -> bool:
    """Tell whether an edge is of the present plan, or of none, or was taken."""
    is_present = edge.plan_version in (None, version) or (edge.source, edge.target) in followed
    return is_present and edge.source in nodes and edge.target in nodes


def _may_begin(known: KnownNode) -> bool:
    return known.is_declared and known.node.status == PENDING


def read_course(inside: Inside, *, limit: int) -> Course:
    """Return the first executions of nodes by when they began, and the steps between them."""
    way = _read_way(inside)
    before, callers = _read_sources(inside, way)
    return make_course(
        way.executions,
        {*way.steps, *_find_latest(way.executions, before)},
        _find_latest(way.executions, callers),
        way.declared(),
        limit,
    )


def _read_way(inside: Inside) -> _Way:
    activity = read_activity(inside, None)
    known, edges = read_nodes(inside, activity), read_edges(inside)
    previous = _count_pairs(inside, _PREVIOUS) if activity.figures else {}
    called = _count_pairs(inside, _CALLED) if activity.figures else {}
    executions = _make_executions(inside, activity, known)
    # Where a recorder tells of what came before, or what called, nothing is concluded from when a node was at work.
    told = {node_id for pair in previous for node_id in pair} | {target for _, target in called}
    timed = [
        place
        for place, execution in enumerate(executions)
        if execution.event_id is not None or execution.node_id not in told
    ]
    declared = [(edge.source, edge.target) for edge in edges]
    layers = find_layers([each.node.node_id for each in known], declared)
    found = find_steps([executions[place] for place in timed], declared, layers)
    steps = [(timed[source], timed[target]) for source, target in found]
    return _Way(
        nodes=known, edges=edges, layers=layers, executions=executions, steps=steps, previous=previous, called=called
    )


def _make_executions(inside: Inside, activity: Activity, known: Sequence[KnownNode]) -> list[Execution]:
    """Return the executions that events tell of, and those of other nodes by their states or what happened in them."""
    executions = [
        Execution(
            node_id=row[NODE],
            started_at=row[START],
            ended_at=None if row[STATUS] == RUNNING else row[STOP],
            status=row[STATUS],
            event_id=row[EVENT],
        )
        for row in activity.executions
        if row[STATUS] not in NEVER_BEGAN
    ]
    have = {row[NODE] for row in activity.executions}
    for node, history, _ in known:
        if node.node_id in have or node.status == "skipped":
            continue
        figures = activity.figures.get(node.node_id)
        stated = stated_executions(node.node_id, history)
        if figures is None or len(stated) > 1:
            executions += stated
            continue
        ended_at = None if figures.n_running else figures.last_at
        executions.append(
            Execution(node_id=node.node_id, started_at=figures.first_at, ended_at=ended_at, status=node.status)
        )
    ordered = sorted(executions, key=lambda execution: execution.started_at)
    return ordered if inside.end is None else [end_execution(execution, inside.end) for execution in ordered]


def _read_sources(inside: Inside, way: _Way) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """Return by the place of each execution the nodes that are told to be before it, and those it was called from."""
    before: dict[int, set[str]] = {}
    callers: dict[int, set[str]] = {}
    place_of = {execution.event_id: place for place, execution in enumerate(way.executions) if execution.event_id}
    for event_id, previous, parent in inside.connection.execute(_sources_of_executions(inside)):
        place = place_of.get(event_id)
        if place is None:
            continue
        for sources, node_id in ((before, previous), (callers, parent)):
            if node_id not in (None, way.executions[place].node_id):
                sources.setdefault(place, set()).add(node_id)
    for place, execution in enumerate(way.executions):
        if execution.event_id is None:
            before[place] = {source for source, target in way.previous if target == execution.node_id}
            callers[place] = {source for source, target in way.called if target == execution.node_id}
    return before, callers


def _sources_of_executions(inside: Inside) -> Select[Any, Any, Any]:
    """Return the query for executions with the nodes of the events that they name as before them and above them."""
    is_execution = (_HERE.c.event_type == EXECUTION, _HERE.c.node_id.is_not(None))
    return (
        select(_HERE.c.event_id, _BEFORE.c.member_of, _OTHER.c.member_of)
        .select_from(_HERE)
        .outerjoin(_BEFORE, _is_named(_BEFORE, _HERE.c.previous_event_id))
        .outerjoin(_OTHER, _is_named(_OTHER, _HERE.c.parent_event_id))
        .where(_HERE.c.run_pk == inside.run.run_pk, *is_execution)
    )


def _is_named(other: FromClause, event_id: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(other.c.run_pk == _HERE.c.run_pk, other.c.event_id == event_id)


def _pairs(other_id: ColumnElement[str], node_id: ColumnElement[str], *, where: ColumnElement[bool]) -> ClauseElement:
    """Return the query that counts events by the node of another one that they name and by their own, if these differ.

    `where` follows from the rest; it spares looking up what can't be counted.
    """
    return (
        select(_OTHER.c.member_of, node_id, func.count())
        .join_from(_HERE, _OTHER, _is_named(_OTHER, other_id))
        .where(_HERE.c.run_pk == bindparam("run_pk"), where, _OTHER.c.member_of != node_id)
        .group_by(_OTHER.c.member_of, node_id)
    )


# Events of one node before which they name one of another, and those whose parents are in another.
_PREVIOUS = _pairs(_HERE.c.previous_event_id, _HERE.c.member_of, where=_HERE.c.previous_event_id.is_not(None))
_CALLED = _pairs(_HERE.c.parent_event_id, _HERE.c.node_id, where=_HERE.c.node_id.is_not(None))


def _find_latest(executions: Sequence[Execution], sources: Mapping[int, Collection[str]]) -> set[Places]:
    """Return for each execution and each node before it the latest execution of that node that had begun."""
    begun: dict[str, int] = {}
    found: set[Places] = set()
    for place, execution in enumerate(executions):
        found |= {(begun[node_id], place) for node_id in sources.get(place, ()) if node_id in begun}
        begun[execution.node_id] = place
    return found


def _count_pairs(inside: Inside, statement: ClauseElement) -> dict[Pair, int]:
    return {(row[0], row[1]): row[2] for row in fetch(inside.connection, statement, run_pk=inside.run.run_pk)}
