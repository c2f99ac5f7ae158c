"""How a run went through its nodes: their executions, and which of them came after which.

Where edges are declared, an execution comes after those that its node's edges come from, even where others ran between
on a machine that does one thing at a time. Only what no declared edge explains is told by time alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from runreel.model.circle import Pair
from runreel.model.ending import RUNNING, RunEnd
from runreel.model.layer import Layers, find_layers
from runreel.model.node_history import AT_WORK, NEVER_BEGAN, NodeHistory
from runreel.model.transition import BY_RUN
from runreel.model.value import value

Places = tuple[int, int]
"""A step: the place of one execution, and that of another which came after it."""


@value
class Execution:
    """One execution of a node; without an event of its own, all that happened in the node."""

    node_id: str
    started_at: int
    ended_at: int | None
    status: str = "completed"
    event_id: str | None = None
    number: int = 1
    ended_by_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One execution came after another, or was called from it (edge type `call`); both by their place."""

    source: int
    target: int
    edge_type: str
    is_declared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The first executions of a run by when they began, the steps between them, and how many there are in all."""

    executions: tuple[Execution, ...]
    steps: tuple[Step, ...]
    n_executions: int


def stated_executions(node_id: str, history: NodeHistory) -> list[Execution]:
    """Return the executions of a node of which its states alone tell: each from when it is at work to its end."""
    found: list[Execution] = []
    began_at: int | None = None
    for at, before, status, who, _ in history.transitions:
        if status in AT_WORK:
            began_at = at if began_at is None else began_at
        elif began_at is not None or not (
            status in NEVER_BEGAN or (status == "cancelled" and before in (None, "pending"))
        ):
            if began_at is None and found:
                # What ended, and is said to have ended otherwise, was not tried again.
                began_at = found.pop().started_at
            found.append(
                Execution(
                    node_id=node_id,
                    started_at=at if began_at is None else began_at,
                    ended_at=at,
                    status=status,
                    ended_by_run=who == BY_RUN,
                )
            )
            began_at = None
    if began_at is not None:
        found.append(Execution(node_id=node_id, started_at=began_at, ended_at=None, status=history.status))
    return found


def end_execution(execution: Execution, end: RunEnd) -> Execution:
    """Return an execution as it is shown in a run that ended so: one that goes on has ended with it."""
    if execution.ended_at is not None:
        return execution
    status = end.status if execution.status == RUNNING else execution.status
    return replace(execution, status=status, ended_at=end.end_of(execution.started_at), ended_by_run=True)


def find_steps(
    executions: Sequence[Execution], declared: Collection[Pair] = (), layers: Layers | None = None
) -> list[Places]:
    """Return which execution came directly after which, given all that ended or go on, by start.

    `layers` are those of the declared edges, where they are known already.

    One comes after another if it began when that had ended. It comes directly after it along a declared edge, unless
    one of a node on the declared way between them lies between; where there is none, if no third one lies between.
    """
    ways = _Ways(declared, layers)
    steps: list[Places] = []
    going_on: list[Places] = []
    ended = _Latest()
    ended_of: dict[str, _Latest] = {}
    for place, execution in enumerate(executions):
        while going_on and going_on[0][0] <= execution.started_at:
            other = heappop(going_on)[1]
            ended.add(other)
            ended_of.setdefault(executions[other].node_id, _Latest()).add(other)
        sources = [
            source
            for node_id in ways.sources.get(execution.node_id, ())
            for source in _unblocked(executions, ended_of, ways, node_id, execution.node_id)
        ]
        steps += [(source, place) for source in sorted(sources) or ended.pick(executions)]
        if execution.ended_at is not None:
            heappush(going_on, (execution.ended_at, place))
    return steps


def count_pairs(executions: Sequence[Execution], steps: Iterable[Places]) -> dict[Pair, int]:
    """Count steps by the nodes of their executions."""
    return Counter((executions[source].node_id, executions[target].node_id) for source, target in steps)


def make_course(
    executions: Sequence[Execution],
    steps: Iterable[Places],
    called: Iterable[Places],
    declared: Collection[Pair],
    limit: int,
) -> Course:
    """Number the first executions of each node, and tell of the steps between them which were declared."""
    seen: Counter[str] = Counter()
    numbered: list[Execution] = []
    for execution in executions[:limit]:
        seen[execution.node_id] += 1
        numbered.append(replace(execution, number=seen[execution.node_id]))
    pairs = frozenset(declared)
    ordered = {
        "sequential": sorted({step for step in steps if max(step) < len(numbered)}),
        "call": sorted({step for step in called if max(step) < len(numbered)}),
    }
    return Course(
        executions=tuple(numbered),
        steps=tuple(
            Step(
                source=source,
                target=target,
                edge_type=edge_type,
                is_declared=(numbered[source].node_id, numbered[target].node_id) in pairs,
            )
            for edge_type, found in ordered.items()
            for source, target in found
        ),
        n_executions=len(executions),
    )


@dataclass(slots=True)
class _Latest:
    """Of executions that ended the latest, and those that overlap it: what comes next comes directly after these."""

    places: list[int] = field(default_factory=list[int])
    latest: int = -1

    def add(self, place: int) -> None:
        self.latest = max(self.latest, place)
        self.places.append(place)

    def pick(self, executions: Sequence[Execution]) -> list[int]:
        if len(self.places) == 1:
            return self.places
        # What had ended when another began that has ended, too, is followed by that one only.
        self.places = [each for each in self.places if not _is_before(executions, each, self.latest)]
        return self.places


class _Ways:
    """Where declared edges come from, and which other nodes with an edge to the same target lie between."""

    def __init__(self, declared: Collection[Pair], layers: Layers | None) -> None:
        self._layers = layers
        self.sources: dict[str, list[str]] = {}
        for source, target in dict.fromkeys(declared):
            if source != target:
                self.sources.setdefault(target, []).append(source)
        self._reach: _Reach | None = None

    def between(self, source: str, target: str, others: Sequence[str]) -> Sequence[str]:
        """Return those of other nodes with an edge to the target that declared edges reach from the source."""
        if not others:
            return others
        if self._reach is None:
            self._reach = _Reach(self.sources, self._layers)
        return self._reach.between(source, target, others)


class _Reach:
    """Which nodes declared edges lead to from each, without circles: a bit for each node, the deepest ones first."""

    def __init__(self, sources: Mapping[str, Sequence[str]], layers: Layers | None) -> None:
        pairs = [(source, target) for target, before in sources.items() for source in before]
        ids = list(dict.fromkeys(node_id for pair in pairs for node_id in pair))
        known = layers or find_layers(ids, pairs)
        self._levels = known.levels
        targets: dict[str, list[str]] = {}
        for source, target in pairs:
            if (source, target) not in known.back:
                targets.setdefault(source, []).append(target)
        deepest_first = sorted(ids, key=self._levels.__getitem__, reverse=True)
        self._bits = {node_id: 1 << place for place, node_id in enumerate(deepest_first)}
        self._below: dict[str, int] = {}
        for node_id in deepest_first:
            below = 0
            for target in targets.get(node_id, ()):
                below |= self._below[target] | self._bits[target]
            self._below[node_id] = below

    def between(self, source: str, target: str, others: Sequence[str]) -> list[str]:
        """Return those of other nodes above the target that the source leads to."""
        below, level = self._below[source], self._levels[target]
        return [each for each in others if self._bits[each] & below and self._levels[each] < level]


def _unblocked(
    executions: Sequence[Execution], ended_of: Mapping[str, _Latest], ways: _Ways, source: str, target: str
) -> list[int]:
    """Return the executions of a source that one of the target comes directly after."""
    found = ended_of.get(source)
    if found is None:
        return []
    latest = found.latest
    own = ended_of.get(target)
    if own is not None and own.latest > latest:
        latest = own.latest
    # Only what ended later lies between.
    later = [each for each in ways.sources[target] if each in ended_of and ended_of[each].latest > latest]
    for each in ways.between(source, target, later):
        latest = max(latest, ended_of[each].latest)
    if latest == found.latest:
        return found.pick(executions)
    return [each for each in found.pick(executions) if not _is_before(executions, each, latest)]


def _is_before(executions: Sequence[Execution], place: int, other: int) -> bool:
    """Return whether an execution had ended when another one, which comes later in their order, began."""
    ended_at = executions[place].ended_at
    return place < other and ended_at is not None and ended_at <= executions[other].started_at
