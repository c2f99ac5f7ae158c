"""A plan as somebody declares it, and the records that it becomes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from runreel.errors import InvalidPlanError
from runreel.model.name import check_name
from runreel.model.plan import dependency_edges, require_plan
from runreel.model.record import Rank, Record, RecordKind, edge_key


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftNode:
    """A node of a plan: what its record is to say, and the nodes that it comes after, where it says so."""

    node_id: str
    fields: Mapping[str, object] = field(default_factory=dict[str, object])
    depends_on: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftEdge:
    """An edge of a plan."""

    source: str
    target: str
    edge_type: str = "sequential"
    condition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDraft:
    """A whole plan; where `edges` is None and no node depends on another, each node comes after the one before."""

    nodes: tuple[DraftNode, ...]
    edges: tuple[DraftEdge, ...] | None = None


def checked_plan(draft: PlanDraft) -> PlanDraft:
    """Return the plan with ids as they are kept, and with all of its edges.

    Raises:
        InvalidNameError: an id can't be one.
        InvalidPlanError: names everything that is wrong.
    """
    if not draft.nodes:
        raise InvalidPlanError(["the plan has no nodes; declare at least one"])
    nodes = tuple(_with_checked_ids(node) for node in draft.nodes)
    stated = tuple(
        DraftEdge(
            source=_node_id(edge.source),
            target=_node_id(edge.target),
            edge_type=edge.edge_type,
            condition=edge.condition,
        )
        for edge in draft.edges or ()
    )
    steps = [(node.node_id, node.depends_on) for node in nodes]
    is_chain = draft.edges is None or any(depends_on is not None for _, depends_on in steps)
    implied = [DraftEdge(source=source, target=target) for source, target, _ in dependency_edges(steps)]
    edges = tuple(dict.fromkeys([*stated, *(implied if is_chain else ())]))
    require_plan([node.node_id for node in nodes], [_plan_edge(edge) for edge in edges])
    return PlanDraft(nodes=nodes, edges=edges)


def records_of(draft: PlanDraft, run_id: str, *, version: int, at: int) -> Iterator[Record]:
    """Yield the records that declare a plan, as said at an instant."""
    for place, node in enumerate(draft.nodes):
        stated: dict[str, object] = {"order_index": place, **node.fields, "plan_version": version}
        yield Record(RecordKind.NODE, run_id, node.node_id, Rank.END, at, stated)
    for edge in draft.edges or ():
        key = edge_key(edge.source, edge.target, edge.edge_type, edge.condition)
        yield Record(RecordKind.EDGE, run_id, key, Rank.END, at, {"plan_version": version})


def _with_checked_ids(node: DraftNode) -> DraftNode:
    depends_on = None if node.depends_on is None else tuple(map(_node_id, node.depends_on))
    return DraftNode(node_id=_node_id(node.node_id), fields=node.fields, depends_on=depends_on)


def _node_id(text: str) -> str:
    return check_name(text, what="node id")


def _plan_edge(edge: DraftEdge) -> tuple[str, str, str]:
    return edge.source, edge.target, edge.edge_type
