"""The rules of a plan: which of its nodes and edges can't be taken as they are, and why.

A plan is checked as a whole, so that people hear of everything at once. The SDK checks in the host's own thread, so
nothing is imported that takes long.
"""

from __future__ import annotations

from itertools import pairwise

from runreel.errors import InvalidPlanError
from runreel.model.circle import find_circles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import TypeAlias

    PlanEdge: TypeAlias = tuple[str, str, str]
    """Source, target and type of an edge."""

DUPLICATE = "duplicate"
DANGLING = "dangling"
SELF = "self"
CIRCLE = "circle"

# A node waits for all edges of these types. A circle that has an edge of another type is a loop that can end.
_AWAITED_TYPES = frozenset({"sequential", "parallel"})


class PlanProblem:
    """One thing that is wrong with a plan: its kind, a sentence for people, and the edges without which it is right."""

    __slots__ = ("edges", "kind", "text")

    def __init__(self, kind: str, text: str, edges: Iterable[PlanEdge] = ()) -> None:
        self.kind = kind
        self.text = text
        self.edges = tuple(edges)

    def __repr__(self) -> str:
        return f"PlanProblem({self.kind!r}, {self.text!r}, {self.edges!r})"


def check_plan(
    node_ids: Iterable[str], edges: Iterable[PlanEdge], *, known_ids: Iterable[str] = ()
) -> list[PlanProblem]:
    """Return everything that is wrong: nodes declared twice, edges that lead nowhere, and circles that never start.

    `known_ids` are nodes that are there already, which edges may name as well. Of circles one is named for each edge
    that leads back: without the edges of all problems, and with each node once, the plan is right.
    """
    ids = list(node_ids)
    distinct = list(dict.fromkeys(edges))
    known = dict.fromkeys([*ids, *known_ids])
    awaited = [edge for edge in distinct if edge[0] in known and edge[1] in known and edge[2] in _AWAITED_TYPES]
    return [
        *_find_doubles(ids),
        *_find_dangling(distinct, known),
        *_find_selves(awaited),
        *_find_circles(list(known), [edge for edge in awaited if edge[0] != edge[1]]),
    ]


def require_plan(node_ids: Iterable[str], edges: Iterable[PlanEdge], *, known_ids: Iterable[str] = ()) -> None:
    """Accept a plan in which `check_plan` finds nothing.

    Raises:
        InvalidPlanError: names everything that is wrong.
    """
    problems = check_plan(node_ids, edges, known_ids=known_ids)
    if problems:
        raise InvalidPlanError([problem.text for problem in problems])


def dependency_edges(steps: Iterable[tuple[str, Sequence[str] | None]]) -> list[PlanEdge]:
    """Return the edges of steps that say what each depends on; where none says it, each follows the one before."""
    listed = list(steps)
    if any(depends_on is not None for _, depends_on in listed):
        return [(source, node_id, "sequential") for node_id, depends_on in listed for source in depends_on or ()]
    return [(source, target, "sequential") for (source, _), (target, _) in pairwise(listed)]


def _find_doubles(ids: Sequence[str]) -> Iterator[PlanProblem]:
    seen: set[str] = set()
    told: set[str] = set()
    for node_id in ids:
        if node_id in seen and node_id not in told:
            told.add(node_id)
            yield PlanProblem(DUPLICATE, f"the node {node_id!r} is declared more than once; give each an id of its own")
        seen.add(node_id)


def _find_dangling(edges: Iterable[PlanEdge], known: Collection[str]) -> Iterator[PlanProblem]:
    for edge in edges:
        source, target, _ = edge
        unknown = " and ".join(repr(node_id) for node_id in dict.fromkeys((source, target)) if node_id not in known)
        if unknown:
            text = f"the edge {_way(source, target)} names {unknown}, which nobody declares; do so, or leave it out"
            yield PlanProblem(DANGLING, text, [edge])


def _find_selves(edges: Iterable[PlanEdge]) -> Iterator[PlanProblem]:
    for edge in edges:
        if edge[0] == edge[1]:
            text = f"the node {edge[0]!r} would come after itself ({_way(*edge[:2])}); make the edge conditional"
            yield PlanProblem(SELF, text, [edge])


def _find_circles(ids: Sequence[str], edges: Iterable[PlanEdge]) -> Iterator[PlanProblem]:
    by_pair: dict[tuple[str, str], list[PlanEdge]] = {}
    for edge in edges:
        by_pair.setdefault(edge[:2], []).append(edge)
    for circle in find_circles(ids, by_pair):
        text = (
            f"the circle {_way(*circle, circle[0])} can never start, as each node waits for the one before; "
            "make one of its edges conditional or optional"
        )
        yield PlanProblem(CIRCLE, text, by_pair[circle[-1], circle[0]])


def _way(*node_ids: str) -> str:
    return " → ".join(node_ids)
