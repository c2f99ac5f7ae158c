"""One call of a recorded graph: the run or event that it is, from its first node to its end.

It begins with its first node, not before: only there LangGraph tells at which checkpoint of which thread it is, and so
whether it goes on with a run that there is already.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langgraph.types import Command

from runreel.integrations.langgraph import engine
from runreel.integrations.langgraph.execution import Execution, interrupts_text, is_in_execution
from runreel.integrations.langgraph.thread import ask_for_run, ask_for_run_async, threads
from runreel.sdk.event import Event, EventKind
from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.ids import new_id
from runreel.sdk.record import name_field, plain_mapping, tag_list
from runreel.sdk.recording import new_run, ready_client
from runreel.sdk.run import RunPlace, find_open_run
from runreel.sdk.run_kind import settings_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runreel.integrations.langgraph.kind import GraphKind, Layout
    from runreel.sdk.client import Client
    from runreel.sdk.context import Place
    from runreel.sdk.run import Run


class GraphCall:
    """A call that goes on. Its nodes may begin in several threads at once."""

    __slots__ = (
        "_answer",
        "_channels",
        "_config",
        "_graph",
        "_input",
        "_lock",
        "_own",
        "_stops",
        "_thread_id",
        "awaits_stream",
        "failed_tries",
        "goes_on",
        "is_decided",
        "is_waiting",
        "kind",
        "layout",
        "link",
        "outer",
        "place",
    )

    def __init__(
        self, kind: GraphKind, graph: Any, outer: Place | None, given: Any, config: Any, options: Mapping[str, Any]
    ) -> None:
        self.kind = kind
        self.outer = outer
        self.place: Place | None = None
        self.layout: Layout | None = None
        # What records of nodes say of the event that the call is.
        self.link = ""
        # Whether its stream, which it is to take the items of itself, hasn't begun.
        self.awaits_stream = False
        # Whether it is known in which run it is, or that it isn't recorded.
        self.is_decided = False
        self.is_waiting = False
        # How many tries of each task failed; most graphs have nothing of it.
        self.failed_tries: dict[str | None, int] = {}
        self._graph = graph
        self._input = given
        self._config: Any = config
        # What a person answered.
        self._answer: object = given.resume if isinstance(given, Command) else None
        # Whether there is no new input, but an answer or nothing for what was left.
        self.goes_on = self._answer is not None or (given is None and "checkpoint_id" not in engine.settings_of(config))
        self._stops = _stops(graph, options)
        self._channels: Any = None
        self._thread_id: str | None = None
        # What this call ends: nothing where the node around tells all that there is to tell.
        self._own: RunPlace | Event | None = None
        self._lock = Lock()

    def begins_stream(self, graph: Any) -> bool:
        """Tell whether a stream of a graph that begins is this call's own."""
        is_own = self.awaits_stream and graph is self._graph
        if is_own:
            self.awaits_stream = False
        return is_own

    # What nodes say.

    def open_at(self, config: Any) -> None:
        """Tell that the call began, at its first node."""
        run_id = None
        try:
            if self._asks_for_run(config):
                run_id = ask_for_run(config)
        except OWN_ERRORS as error:
            swallow("ask for the run of a thread", error)
        self.open(config, run_id)

    async def open_at_async(self, config: Any) -> None:
        """Tell that the call began, at its first node."""
        run_id = None
        try:
            if self._asks_for_run(config):
                run_id = await ask_for_run_async(config)
        except OWN_ERRORS as error:
            swallow("ask for the run of a thread", error)
        self.open(config, run_id)

    def open(self, config: Any, run_id: str | None) -> None:
        """Tell that the call began, or goes on; of several nodes that begin at once the first does."""
        with self._lock:
            if self.is_decided:
                return
            try:
                self._open(config, run_id)
            except OWN_ERRORS as error:
                swallow("begin a graph", error)
            self.is_decided = True

    def note_failure(self, config: Any) -> None:
        """Count a try of a task that failed."""
        try:
            task_id = engine.task_of(config)
            self.failed_tries[task_id] = self.failed_tries.get(task_id, 0) + 1
        except OWN_ERRORS as error:
            swallow("count the tries of a node", error)

    def fields_of_try(self, config: Any) -> str:
        """Write which try of its task an execution is, where it isn't the first."""
        n_failed = self.failed_tries.get(engine.task_of(config), 0)
        return f',"attributes":{{"attempt":{n_failed + 1}}}' if n_failed else ""

    # What its stream says.

    def look_where_it_stopped(self) -> None:
        """Find out whether it stopped before or after a node, as only its state tells where it may."""
        if self._may_have_stopped:
            try:
                self._stop_before(self._graph.get_state(self._config).next)
            except OWN_ERRORS as error:
                swallow("look where a graph stopped", error)

    async def look_where_it_stopped_async(self) -> None:
        """Find out whether it stopped before or after a node, as only its state tells where it may."""
        if self._may_have_stopped:
            try:
                state = await self._graph.aget_state(self._config)
                self._stop_before(state.next)
            except OWN_ERRORS as error:
                swallow("look where a graph stopped", error)

    def complete(self) -> None:
        """Tell that the call ended well, or waits."""
        if self._own is None:
            return
        try:
            outputs = self._read_outputs()
            if self.is_waiting:
                self._wait("waiting_approval", outputs)
            else:
                self._complete(outputs)
        except OWN_ERRORS as error:
            swallow("end a graph", error)

    def fail(self, error: BaseException) -> None:
        """Tell that the call ended with this error, which may be none but a way to tell something."""
        if not self.is_decided:
            self.open(None, None)
        try:
            own = self._own
            if own is None:
                return
            if isinstance(error, GraphInterrupt):
                self._wait("waiting_approval", None, error)
            elif type(error).__name__ == "GraphDrained":
                self._wait("paused", self._read_outputs())
            elif isinstance(error, GraphBubbleUp):
                own.complete(error.args[0] if error.args and self.kind.capture_outputs else None)
            else:
                own.fail(error)
        except OWN_ERRORS as problem:
            swallow("end a graph", problem)

    # How it is done.

    @property
    def _may_have_stopped(self) -> bool:
        # Inside a node of another graph a stop is raised instead.
        return self._stops and self._thread_id is not None and not self.is_waiting and not is_in_execution(self.outer)

    def _stop_before(self, names: Iterable[str]) -> None:
        place, layout = self.place, self.layout
        if place is None or layout is None:
            return
        for name in names:
            self.is_waiting = True
            if name in layout.nodes:
                fields = f'{layout.nodes[name][1]},"status":"waiting_approval"'
                place.run.add('"record":"node","phase":"start"', fields)

    def _asks_for_run(self, config: Any) -> bool:
        thread_id = engine.thread_of(config)
        return (
            self.outer is None
            and thread_id is not None
            and self.goes_on
            and threads.find_run(self.kind.shape, thread_id) is None
        )

    def _open(self, config: Any, run_id: str | None) -> None:
        self._thread_id = engine.thread_of(config)
        self._channels = engine.channels_of(config)
        place = self._open_own_run(config, run_id) if self.outer is None else self._open_inside(self.outer)
        if place is None:
            return
        if self._answer is not None:
            _tell_answer(place, self._answer)
        self.layout = self.kind.lay_out(place)
        self.link = f',"parent_event_id":"{place.event_id}"' if place.event_id else ""
        self.place = place

    def _open_own_run(self, config: Any, run_id: str | None) -> RunPlace | None:
        thread_id, client = self._thread_id, ready_client()
        if client is None:
            return None
        if self.goes_on:
            run_id = (thread_id and threads.find_run(self.kind.shape, thread_id)) or run_id
        else:
            run_id = engine.checkpoint_of(config) if self._input is not None else None
        own = self._own = self._begin_run(client, run_id)
        if thread_id is not None:
            threads.remember(self.kind.shape, thread_id, own.run.run_id)
        return own

    def _begin_run(self, client: Client, run_id: str | None) -> RunPlace:
        """Begin a run, or go on with one; as `RunKind` does, with less that every call would do again."""
        kind, settings = self.kind, client.settings
        run = None if run_id is None else find_open_run(client, run_id)
        if run is not None:
            place = RunPlace(run, None, capture_outputs=False)
            run.hold(place)
            return place
        agent = kind.agent or (kind.name if kind.is_named else settings.agent) or kind.name
        run = new_run(client, run_id, agent)
        place = RunPlace(run, None, capture_outputs=kind.capture_outputs)
        config = plain_mapping(self._config, "config")
        given = plain_mapping(config.get("metadata"), "metadata")
        fields = kind.fields_of_runs(client, run) if not given else ""
        if not fields:
            fields = settings_fields(client, run, metadata={**given, "framework": "langgraph"})
        if self._thread_id is not None and settings.session is None:
            fields += name_field("session_id", self._thread_id)
        if not self.goes_on:
            fields += f',"inputs":{self._write_inputs(run)}'
        run.hold(place)
        try:
            run.begin(fields, wished_name=None, tags=[*settings.tags, *tag_list(config.get("tags"))])
        except OWN_ERRORS:
            run.release(place)
            raise
        return place

    def _open_inside(self, outer: Place) -> Place:
        if isinstance(outer, Execution) and outer.kind.subgraph is self.kind:
            return outer
        kind = EventKind("step", self.kind.name, is_workflow=True, capture_outputs=self.kind.capture_outputs)
        self._own = kind.open(outer, outer, self._write_inputs(outer.run))
        if self.goes_on:
            outer.run.set_status("executing")
        return self._own

    def _write_inputs(self, run: Run) -> str:
        return run.values.text(self._input, run) if self.kind.capture_inputs else "null"

    def _read_outputs(self) -> object:
        if self._own is None or self._channels is None or not self.kind.capture_outputs:
            return None
        return engine.outputs_of(self._graph, self._channels)

    def _complete(self, outputs: object) -> None:
        own, layout = self._own, self.layout
        if own is None:
            return
        if layout is not None and layout.end is not None:
            own.run.add('"record":"node","phase":"start"', layout.end)
        if self._thread_id is not None:
            threads.forget(self.kind.shape, self._thread_id)
        own.complete(outputs)

    def _wait(self, status: str, outputs: object, error: GraphInterrupt | None = None) -> None:
        own = self._own
        if isinstance(own, RunPlace):
            own.suspend(status)
        elif own is not None:
            if error is None:
                # Within a run of the host's, which ends when the host ends it.
                own.run.set_status(status)
            text = interrupts_text(own, error) if error else own.run.values.text(outputs, own.run)
            own.end_with(status, text, None)


def _stops(graph: Any, options: Mapping[str, Any]) -> bool:
    """Tell whether the call may stop before or after nodes."""
    return bool(
        options.get("interrupt_before")
        or options.get("interrupt_after")
        or graph.interrupt_before_nodes
        or graph.interrupt_after_nodes
    )


def _tell_answer(place: Place, answer: object) -> None:
    """Tell what a person answered."""
    run = place.run
    run.add(
        '"record":"event"',
        f',"event_id":"{new_id()}","event_type":"state_transition","name":"resume"'
        f',"inputs":{run.values.text(answer, run)}{place.link or place.make_link()}',
    )
