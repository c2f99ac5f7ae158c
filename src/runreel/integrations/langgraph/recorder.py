"""What users call: recording of one graph, or of all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Any, TypeVar, cast

from langgraph.pregel import Pregel  # type: ignore[reportMissingTypeStubs]

from runreel.integrations.langgraph.call import GraphCall
from runreel.integrations.langgraph.callback import listen
from runreel.integrations.langgraph.following import follow, follow_async, run, run_async
from runreel.integrations.langgraph.kind import GraphKind
from runreel.integrations.langgraph.node import RecordedNode, calling
from runreel.integrations.langgraph.shape import UNNAMED, name_of, shape_of
from runreel.sdk.client import is_disabled
from runreel.sdk.context import current
from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.recording import ready_client
from runreel.sdk.wrapper import dress

Graph = TypeVar("Graph")


def record(
    graph: Graph, *, agent: str | None = None, capture_inputs: bool = True, capture_outputs: bool = True
) -> Graph:
    """Record every call of a compiled graph from now on, and of the graphs inside it; return the same graph.

    A call within a run is recorded there. Any other is a run of its own: of `agent`, else of the agent that the graph
    is named after, else of that of `runreel.init`. Calls that go on in a thread go on in its run.
    """
    if is_disabled():
        return graph
    if not isinstance(graph, Pregel):
        say_once("no graph", f"{type(graph).__name__} can't be recorded; give what `compile` of a graph returns")
        return graph
    try:
        _recorder.start()
        kind = _recorder.prepare(cast("Any", graph), capture_inputs=capture_inputs, capture_outputs=capture_outputs)
        kind.agent = agent or kind.agent
    except OWN_ERRORS as error:
        swallow("record a graph", error)
    return graph  # type: ignore[reportUnknownVariableType]


def install() -> None:
    """Record every graph of this process from now on, as `record` does one. Calling it again changes nothing."""
    if is_disabled():
        return
    try:
        _recorder.start()
        _recorder.records_all = True
    except OWN_ERRORS as error:
        swallow("record all graphs", error)


def uninstall() -> None:
    """Record no graph any more, those neither that `record` was told."""
    _recorder.stop()


class _Recorder:
    """Holds the methods of all graphs whose place was taken."""

    def __init__(self) -> None:
        self.records_all = False
        # Changes whenever methods are taken; what was put in place before does nothing more.
        self.turn: object = None
        self._taken: list[tuple[str, Any, Any]] = []
        # Two threads that call a graph for the first time prepare it once.
        self._lock = RLock()

    def start(self) -> None:
        with self._lock:
            if not self._taken:
                listen()
                self.turn = object()
                self._take("invoke", _invoke_of)
                self._take("ainvoke", _ainvoke_of)
                self._take("stream", _stream_of)
                self._take("astream", _astream_of)

    def stop(self) -> None:
        with self._lock:
            self.records_all, self.turn = False, None
            for name, ours, original in self._taken:
                # Whoever came after us keeps what he has.
                if Pregel.__dict__.get(name) is ours:
                    setattr(Pregel, name, original)
            self._taken = []

    def prepare(self, graph: Any, *, capture_inputs: bool = True, capture_outputs: bool = True) -> GraphKind:
        """Put recorded nodes into a graph in place of its own, if that isn't done yet."""
        with self._lock:
            known = kind_of(graph)
            if known is not None:
                return known
            subgraphs: dict[str, GraphKind] = {}
            for name, node in graph.nodes.items():
                for subgraph in filter(_is_graph, node.subgraphs):
                    inner = self.prepare(subgraph, capture_inputs=capture_inputs, capture_outputs=capture_outputs)
                    if subgraph is node.bound:
                        subgraphs[name] = inner
            kind = GraphKind(
                shape_of(graph, subgraphs),
                subgraphs,
                agent=None,
                is_named=name_of(graph) != UNNAMED,
                has_tasks=not hasattr(graph, "builder"),
                capture_inputs=capture_inputs,
                capture_outputs=capture_outputs,
            )
            nodes = {name: node.node for name, node in graph.nodes.items()}
            for name, node in nodes.items():
                if node is not None:
                    # Where LangGraph itself keeps what it made of the node, and looks for it.
                    graph.nodes[name].__dict__["node"] = RecordedNode(node, name, kind)
            return kind

    def _take(self, name: str, make: Callable[[Any, object], Any]) -> None:
        original = Pregel.__dict__[name]
        ours = make(original, self.turn)
        dress(ours, original)
        setattr(Pregel, name, ours)
        self._taken.append((name, ours, original))


def _is_graph(candidate: object) -> bool:
    """Tell a graph that runs here from one that is elsewhere."""
    return isinstance(candidate, Pregel)


_recorder = _Recorder()


def kind_of(graph: Any) -> GraphKind | None:
    """Return what calls of a graph have in common if it is prepared for recording; copies of it are, too."""
    for node in graph.nodes.values():
        recorded = node.__dict__.get("node")
        return recorded.kind.graph if isinstance(recorded, RecordedNode) else None
    return None


def _call_of(
    turn: object,
    graph: Any,
    /,
    input: Any = None,  # noqa: A002 - as `stream` has it
    config: Any = None,
    **options: Any,
) -> GraphCall | None:
    """Return the call of a graph that begins; None where it isn't recorded."""
    try:
        if _recorder.turn is not turn or ready_client() is None:
            return None
        kind = kind_of(graph) or (_recorder.prepare(graph) if _recorder.records_all else None)
        return None if kind is None else GraphCall(kind, graph, current.get(), input, config, options)
    except OWN_ERRORS as error:
        swallow("begin to follow a graph", error)
        return None


def _begins_stream(graph: Any) -> bool:
    """Tell whether it is the stream of a call that is followed already."""
    around = calling.get()
    return around is not None and around.begins_stream(graph)


def _invoke_of(original: Any, turn: object) -> Any:
    def invoke(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = _call_of(turn, self, *args, **kwargs)
        return original(self, *args, **kwargs) if call is None else run(call, partial(original, self, *args, **kwargs))

    return invoke


def _ainvoke_of(original: Any, turn: object) -> Any:
    async def ainvoke(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = _call_of(turn, self, *args, **kwargs)
        invoke = partial(original, self, *args, **kwargs)
        return await (invoke() if call is None else run_async(call, invoke))

    return ainvoke


def _stream_of(original: Any, turn: object) -> Any:
    def stream(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _begins_stream(self):
            return original(self, *args, **kwargs)
        # First, since wrong arguments are no call.
        inner = original(self, *args, **kwargs)
        call = _call_of(turn, self, *args, **kwargs)
        return inner if call is None else follow(call, inner)

    return stream


def _astream_of(original: Any, turn: object) -> Any:
    def astream(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _begins_stream(self):
            return original(self, *args, **kwargs)
        inner = original(self, *args, **kwargs)
        call = _call_of(turn, self, *args, **kwargs)
        return inner if call is None else follow_async(call, inner)

    return astream
