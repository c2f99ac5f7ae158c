"""The workflow graph of a run, declared as its nodes run.

Nodes that run one after the other in the same block are joined by sequential edges. Nodes that run at the same time
follow the same ones, and what comes next follows all of them. Between nodes of a plan, or of graphs of workflows,
there are the edges of these, however they run.
"""

from __future__ import annotations

import os
from _thread import RLock

from runreel.sdk.context import Place
from runreel.sdk.event import Event, EventKind
from runreel.sdk.quoting import quote
from runreel.sdk.record import name_field, plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runreel.sdk.run import Run

# Names that say what kind of stage it is.
_TYPES = frozenset({"planning", "control", "approval", "terminator"})
_DEFAULT_TYPE = "step"


class NodeKind:
    """What all executions of one node have in common."""

    __slots__ = ("_events", "_goal", "_node_id", "_node_type", "_stated_type")

    def __init__(
        self,
        node_id: object,
        *,
        node_type: object = None,
        goal: object = None,
        capture_outputs: bool = True,
    ) -> None:
        self._node_id = plain_text(node_id, "the name of a node", "node")
        self._stated_type = plain_text(node_type, "type") or None
        self._node_type = self._stated_type or type_of(self._node_id)
        self._goal = goal
        self._events = EventKind("node_execution", self._node_id, capture_outputs=capture_outputs)
        self._events.event_class = NodeEvent

    def open(self, outer: Place | None, place: Place, inputs: str | None) -> Event:
        """Tell that the node runs: declare it and its edges where that is new, and begin an event in it."""
        chain = chain_around(place)
        node_id = self._node_id
        for source in chain.enter(node_id):
            _declare_edge(place.run, source, node_id)
        self._declare(place)
        attempt = count_attempt(place.run, node_id)
        fields = f',"attributes":{{"attempt":{attempt}}}' if attempt > 1 else ""
        event = self._events.open(outer, InNode(place, node_id), inputs, fields)
        assert isinstance(event, NodeEvent)
        event.chain = chain
        return event

    def _declare(self, place: Place) -> None:
        run = place.run
        if run.nodes is None:
            run.nodes = set()
        if self._node_id in run.nodes:
            return
        run.nodes.add(self._node_id)
        inside = None if place.node_id == self._node_id else place.node_id
        # What was declared of it stands, unless it is said otherwise here.
        node_type = self._stated_type if _are_declared(run, self._node_id) else self._node_type
        fields = (
            f"{name_field('node_type', node_type)}{name_field('goal', self._goal)}"
            f"{name_field('parent_node_id', inside)}"
        )
        if fields:
            run.add('"record":"node","phase":"start"', f',"node_id":{quote(self._node_id)}{fields}')


class NodeEvent(Event):
    """The execution of a node."""

    __slots__ = ("chain",)

    chain: Chain | None

    def complete(self, result: object) -> None:
        """Tell that the node ended well."""
        self._leave_chain()
        super().complete(result)

    def end_with(self, status: str, outputs: str | None, failure: str | None) -> None:
        """Tell that the node ended otherwise."""
        self._leave_chain()
        super().end_with(status, outputs, failure)

    def _leave_chain(self) -> None:
        chain, self.chain = self.chain, None
        if chain is not None:
            chain.leave()


class InNode(Place):
    """A place of which the node is known already, while the event that is to be in it isn't there yet."""

    __slots__ = ()

    def __init__(self, place: Place, node_id: str) -> None:
        self.run = place.run
        self.outer = place
        self.event_id = place.event_id
        self.node_id = node_id
        self.is_open = True
        self.link = f',"parent_event_id":"{place.event_id}"' if place.event_id else ""
        self.link += f',"node_id":{quote(node_id)}'


class Chain:
    """The order of nodes in one block: who came before, and who runs now."""

    __slots__ = ("_before", "_n_running", "_now")

    def __init__(self) -> None:
        self._before: list[str] = []
        self._now: list[str] = []
        self._n_running = 0

    def enter(self, node_id: str) -> list[str]:
        """Return after which nodes this one comes."""
        # Nodes of tasks and threads begin and end at the same time.
        with _guarding.lock:
            if not self._n_running:
                self._before, self._now = self._now, []
            self._n_running += 1
            if node_id not in self._now:
                self._now.append(node_id)
            return list(self._before)

    def leave(self) -> None:
        """Take note that a node is over."""
        with _guarding.lock:
            self._n_running -= 1


def chain_around(place: Place) -> Chain:
    """Return the order of nodes in the nearest workflow or node around, else in the run."""
    run = place.run
    scope: Place | None = place
    while scope is not None and scope.run is run and not is_scope(scope):
        scope = scope.outer
    key = scope.event_id if scope is not None and scope.run is run else None
    if run.chains is None:
        run.chains = {}
    return run.chains.setdefault(key, Chain())


def is_scope(place: Place) -> bool:
    """Tell whether nodes directly inside follow each other."""
    return isinstance(place, NodeEvent) or (isinstance(place, Event) and place.kind.is_workflow)


def count_attempt(run: Run, node_id: str) -> int:
    """Return how manieth execution of a node this is, in this process."""
    with _guarding.lock:
        if run.attempts is None:
            run.attempts = {}
        attempt = run.attempts[node_id] = run.attempts.get(node_id, 0) + 1
    return attempt


def type_of(node_id: str) -> str:
    """Return the type of a node of which none is stated: some names tell."""
    return node_id if node_id in _TYPES else _DEFAULT_TYPE


def _are_declared(run: Run, *node_ids: str) -> bool:
    """Tell whether the plan, or the graphs of workflows, have all of these nodes."""
    return any(each is not None and each.node_ids.issuperset(node_ids) for each in (run.plan, run.graph))


def _declare_edge(run: Run, source: str, target: str) -> None:
    if source == target:
        return
    if _are_declared(run, source, target):
        return
    if run.edges is None:
        run.edges = set()
    if (source, target) in run.edges:
        return
    run.edges.add((source, target))
    run.add('"record":"edge"', f',"source":{quote(source)},"target":{quote(target)},"edge_type":"sequential"')


class _Guarding:
    """Holds the lock of all chains: nodes are few."""

    def __init__(self) -> None:
        self.lock = RLock()

    def release_in_child(self) -> None:
        """Take a new lock: another thread may have held it when the process was forked."""
        self.lock = RLock()


_guarding = _Guarding()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_guarding.release_in_child)
