"""The graph of a run as it was planned and as it went: levels, order, and the edges that were declared and taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from runreel.model.circle import Pair
from runreel.model.edge import Edge
from runreel.model.layer import Layers, find_layers
from runreel.model.node import Node
from runreel.model.node_history import PENDING, NodeTransition
from runreel.model.value import value

_ALTERNATIVES = frozenset({"conditional", "optional"})
_DONE = frozenset({"completed", "skipped"})


@value
class DagNode:
    """A node with its place: the level is the longest way to it, the place that in the topological order.

    `n_attempts` counts its executions; it is 1 where no recorder tells of them, and 0 before anything happened in it.
    It is ready if it could begin now. `depends_on` are the nodes before it, without those that an edge leads back from.
    """

    node: Node
    level: int
    place: int
    n_attempts: int = 0
    is_ready: bool = False
    depends_on: tuple[str, ...] = ()
    transitions: tuple[NodeTransition, ...] = ()


@value
class DagEdge:
    """An edge that was declared, or taken, or both; `is_back` marks one that leads to no deeper level.

    `n_taken` counts how often the target came after the source, or was called from it (edge type `call`). Of several
    edges that were declared between two nodes nobody can say which was taken: then an edge of its own counts it.
    """

    source: str
    target: str
    edge_type: str
    condition: str = ""
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])
    is_declared: bool
    n_taken: int
    is_back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dag:
    """The first nodes of a run in topological order, the edges between them, and how many there are in all."""

    nodes: tuple[DagNode, ...]
    edges: tuple[DagEdge, ...]
    n_nodes: int
    n_edges: int


def plan_version_of(nodes: Collection[Node], edges: Collection[Edge]) -> int | None:
    """Return the version of a run's plan; None where no plan was declared."""
    versions = [each.plan_version for each in (*nodes, *edges) if each.plan_version is not None]
    return max(versions, default=None)


def is_withdrawn(node: Node, plan_version: int | None) -> bool:
    """Tell whether a later plan left a node out, and nothing ever happened in it."""
    is_former = plan_version is not None and node.plan_version is not None and node.plan_version < plan_version
    return is_former and not node.n_events and node.status == PENDING


def make_dag(
    nodes: Sequence[Node],
    declared: Sequence[Edge],
    followed: Mapping[Pair, int],
    called: Mapping[Pair, int],
    *,
    startable: Collection[str] = (),
    attempts: Mapping[str, int] = MappingProxyType({}),
    transitions: Mapping[str, tuple[NodeTransition, ...]] = MappingProxyType({}),
    layers: Layers | None = None,
) -> Dag:
    """Place nodes, given in their own order, and join declared edges with the way that the run took.

    Levels follow the declared edges; where there are none, what followed and called what. Of the nodes that are
    `startable` those are ready that wait for no other. `attempts` and `transitions` are given by node id; `layers` are
    those of the declared edges, where they are known.
    """
    pairs = [(edge.source, edge.target) for edge in declared]
    ids = [node.node_id for node in nodes]
    known = layers if layers is not None and declared else find_layers(ids, pairs or [*followed, *called])
    back, levels = known.back, known.levels
    own_order = {node_id: place for place, node_id in enumerate(ids)}
    placed = sorted(nodes, key=lambda node: (levels[node.node_id], own_order[node.node_id]))
    edges = _join_edges(declared, pairs, followed, called, levels)
    before: dict[str, list[Edge]] = {}
    for edge, pair in zip(declared, pairs, strict=True):
        if pair not in back:
            before.setdefault(edge.target, []).append(edge)
    statuses = {node.node_id: node.status for node in nodes}
    place_of = {node.node_id: place for place, node in enumerate(placed)}
    return Dag(
        nodes=tuple(
            DagNode(
                node=node,
                level=levels[node.node_id],
                place=place,
                n_attempts=attempts.get(node.node_id, 0),
                is_ready=node.node_id in startable and _waits_for_none(before.get(node.node_id, ()), statuses),
                depends_on=_sources_of(before.get(node.node_id, ()), place_of),
                transitions=transitions.get(node.node_id, ()),
            )
            for place, node in enumerate(placed)
        ),
        edges=tuple(edges),
        n_nodes=len(nodes),
        n_edges=len(edges),
    )


def _sources_of(edges: Sequence[Edge], place_of: Mapping[str, int]) -> tuple[str, ...]:
    """Return where edges come from, in the order of the nodes."""
    sources = {edge.source for edge in edges}
    return tuple(sorted(sources, key=place_of.__getitem__) if len(sources) > 1 else sources)


def _waits_for_none(before: Sequence[Edge], statuses: Mapping[str, str]) -> bool:
    """Tell whether all nodes before are done, or one of them where each edge may be taken or not."""
    awaited = [edge for edge in before if edge.edge_type not in _ALTERNATIVES]
    if not awaited and before:
        return any(statuses[edge.source] in _DONE for edge in before)
    return all(statuses[edge.source] in _DONE for edge in awaited)


def _join_edges(
    declared: Sequence[Edge],
    pairs: Sequence[Pair],
    followed: Mapping[Pair, int],
    called: Mapping[Pair, int],
    levels: Mapping[str, int],
) -> list[DagEdge]:
    """Join declared edges, given with the pairs of nodes that they are, with what followed and called what."""
    n_declared = Counter(pairs)
    edges = [
        DagEdge(
            source=edge.source,
            target=edge.target,
            edge_type=edge.edge_type,
            condition=edge.condition,
            metadata=edge.metadata,
            is_declared=True,
            n_taken=followed.get(pair, 0) if n_declared[pair] == 1 else 0,
            is_back=levels[edge.target] <= levels[edge.source],
        )
        for edge, pair in zip(declared, pairs, strict=True)
    ]
    others = {pair: count for pair, count in followed.items() if n_declared.get(pair) != 1}
    for edge_type, taken in (("sequential", others), ("call", called)):
        for (source, target), count in sorted(taken.items()):
            edges.append(
                DagEdge(
                    source=source,
                    target=target,
                    edge_type=edge_type,
                    is_declared=False,
                    n_taken=count,
                    is_back=levels[target] <= levels[source],
                )
            )
    return edges
