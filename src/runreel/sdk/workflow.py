"""Workflows: nodes that run in an order, in a run of their own or within one."""

from __future__ import annotations

from runreel.sdk.context import Place
from runreel.sdk.event import Event, EventKind
from runreel.sdk.guard import never_raise
from runreel.sdk.run_kind import RunKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.sdk.run import Run, RunPlace


class WorkflowKind:
    """What all executions of one workflow have in common: a run where there is none around, else an event."""

    __slots__ = ("_edges", "_event_kind", "_nodes", "_run_kind")

    def __init__(self, run_kind: RunKind, event_kind: EventKind, *, nodes: object = None, edges: object = None) -> None:
        self._run_kind = run_kind
        self._event_kind = event_kind
        self._nodes = nodes
        self._edges = edges

    def open(self, outer: Place | None, write_inputs: Callable[[Run], str] | None = None) -> Event | RunPlace | None:
        """Tell that it began; None where nothing is recorded."""
        place = self._open(outer, write_inputs)
        if place is not None and (self._nodes is not None or self._edges is not None):
            self._declare(place.run)
        return place

    def _open(self, outer: Place | None, write_inputs: Callable[[Run], str] | None) -> Event | RunPlace | None:
        if outer is None:
            return self._run_kind.open(None, write_inputs)
        return self._event_kind.open(outer, outer, None if write_inputs is None else write_inputs(outer.run))

    def _declare(self, run: Run) -> None:
        with never_raise("declare the graph of a workflow"):
            # Not before: most workflows declare none, and the check takes a while to import.
            from runreel.sdk.plan import declare_graph

            declare_graph(run, self._nodes, self._edges)
