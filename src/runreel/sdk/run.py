"""A run as this process records it: its numbering, its start and end, and what is said of it in between."""

from __future__ import annotations

import os
import sys
from _operator import length_hint  # not by way of `operator`, which imports take long enough without
from _thread import RLock
from time import perf_counter_ns

from runreel.sdk.context import Place
from runreel.sdk.failure import status_of
from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.ids import is_plain_id, new_run_id
from runreel.sdk.quoting import quote
from runreel.sdk.record import name_field, now_text, plain_mapping, plain_text, tag_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from runreel.sdk.client import Client
    from runreel.sdk.event import Event
    from runreel.sdk.graph import Chain
    from runreel.sdk.plan import Plan
    from runreel.sdk.value import ValueWriter
    from runreel.sdk.watch import Watch

END_STATUSES = frozenset({"completed", "failed", "cancelled"})
# Of so many ended runs it is remembered how far they were numbered, in case that one is continued.
_MAX_REMEMBERED = 4_096
# The longest interval that there is: ten years.
_NO_HEARTBEAT_MS = 10 * 365 * 24 * 3_600_000


class Run:
    """One run. `run_id` is its identity; it never changes."""

    __slots__ = (
        "agent_name",
        "asked",
        "attempts",
        "before_first_record",
        "chains",
        "client",
        "dropped_count",
        "edges",
        "files",
        "graph",
        "graphs",
        "head",
        "holders",
        "is_ended",
        "is_own",
        "may_be_known",
        "nodes",
        "numbers",
        "outer",
        "outputs",
        "plan",
        "recorder_id",
        "run_id",
        "status",
        "tags",
        "values",
        "watch",
        "wished_name",
    )

    def __init__(
        self,
        client: Client,
        values: ValueWriter,
        run_id: str | None,
        agent_name: str | None,
        *,
        is_own: bool = True,
    ) -> None:
        self.client = client
        self.values = values
        self.run_id = run_id or new_run_id()
        self.may_be_known = run_id is not None  # another process may have had this run before
        self.agent_name = agent_name
        self.is_own = is_own  # False: another process began it and will end it
        self.is_ended = False
        # Of a run that begins by itself once there is something to record.
        self.before_first_record: Callable[[Run], None] | None = None
        self.wished_name: str | None = None
        self.dropped_count = 0
        self.holders: list[Place] = []
        self.outputs: str | None = None
        self.status: str | None = None
        self.tags: list[str] = []
        # The run in which this one was called, by the same process.
        self.outer: Run | None = None
        # What people ask of it, and were asked; made when somebody looks, or asks.
        self.watch: Watch | None = None
        self.asked: dict[tuple[str | None, str], int] | None = None
        # Of the workflow graph; made when the first node is, the first plan, or the first graph of a workflow.
        self.attempts: dict[str, int] | None = None
        self.plan: Plan | None = None
        self.graph: Plan | None = None
        self.nodes: set[str] | None = None
        self.edges: set[tuple[str, str]] | None = None
        self.chains: dict[str | None, Chain] | None = None
        # Whole graphs that a framework declared, by what the ids of their nodes begin with.
        self.graphs: dict[str, object] | None = None
        self.recorder_id = ""
        self.head = ""
        self.numbers: Iterator[int] = iter(())
        self.renumber()

    # What users see.

    @property
    def name(self) -> str:
        """The run's name; until the server has given it, the wished one or a placeholder that begins with `temp_`."""
        try:
            name = self.client.name_of(self.run_id)
        except OWN_ERRORS as error:
            swallow("look up a run's name", error)
            name = None
        return name or self.wished_name or f"temp_{self.run_id}"

    def set_input(self, value: object) -> None:
        """Set what went into the run, in place of the arguments of a function; told at once."""
        try:
            self.add('"record":"run","phase":"start"', f',"inputs":{self.values.text(value, self)}')
        except OWN_ERRORS as error:
            swallow("set the input of a run", error)

    def set_output(self, value: object) -> None:
        """Set what came out of the run; told when it ends."""
        try:
            self.outputs = self.values.text(value, self)
            self._begin_if_waiting()
        except OWN_ERRORS as error:
            swallow("set the output of a run", error)

    def set_status(self, status: str) -> None:
        """Set the run's status. `completed`, `failed` and `cancelled` are told when it ends, any other at once."""
        try:
            text = plain_text(status, "status")
            if not text:
                return
            if text in END_STATUSES:
                self.status = text
                self._begin_if_waiting()
            else:
                self.add('"record":"run","phase":"start"', f',"status":{quote(text)}')
        except OWN_ERRORS as error:
            swallow("set the status of a run", error)

    def add_tags(self, *tags: str) -> None:
        """Add words to filter by."""
        try:
            flat = [tag for given in tags for tag in tag_list(given)]
            new = [tag for tag in dict.fromkeys(flat) if tag not in self.tags]
            if new:
                self.tags = [*self.tags, *new]
                self.add('"record":"run","phase":"start"', self._tags_field())
        except OWN_ERRORS as error:
            swallow("add tags to a run", error)

    def add_metadata(self, metadata: Mapping[str, object]) -> None:
        """Add to what else there is to say of the run; a key that is there already is replaced."""
        try:
            told = self.values.text(plain_mapping(metadata, "metadata"), self)
            self.add('"record":"run","phase":"start"', f',"metadata":{told}')
        except OWN_ERRORS as error:
            swallow("add metadata to a run", error)

    def __repr__(self) -> str:
        return f"<Run {self.run_id} of {self.agent_name!r}>"

    # What the client asks.

    @property
    def is_open(self) -> bool:
        """Whether somebody in this process still records in a block of the run."""
        return bool(self.holders)

    def record_count(self) -> int:
        """Return how many records of the run have a number of the present recorder."""
        return sys.maxsize - 1 - length_hint(self.numbers)

    # What records.

    def renumber(self) -> None:
        """Number from 1 under the client's present recorder, or go on where this recorder was."""
        with _book.lock:
            recorder_id = self.client.recorder_id
            if self.recorder_id is recorder_id:
                return
            self.numbers = _book.numbers_of(self.run_id, recorder_id)
            self.dropped_count = 0
            self.head = f',"run_id":{quote(self.run_id)},"recorder_id":"{recorder_id}","number":'
            self.recorder_id = recorder_id
        if self.holders:
            self.client.open_run(self)

    def add(self, kind: str, fields: str, *, is_last_word: bool = False) -> None:
        """Add one record of this run; `kind` is how it begins, and `fields` begins with a comma."""
        self._begin_if_waiting()
        if self.recorder_id is not self.client.recorder_id:
            self.renumber()
        text = f'{{{kind}{self.head}{next(self.numbers)},"recorded_at":{now_text()}{fields}}}'
        self.client.add(self, text.encode("utf-8", "replace"), is_last_word)

    def begin(self, fields: str, *, wished_name: str | None, tags: Iterable[str]) -> None:
        """Tell that the run has begun, or goes on."""
        self.wished_name = wished_name
        self.tags = [*dict.fromkeys([*self.tags, *tags])]
        interval = self.client.settings.heartbeat_interval_ms
        self.add(
            '"record":"run","phase":"start"',
            f"{name_field('agent_name', self.agent_name)}{name_field('run_name', wished_name)}"
            f',"status":"executing","heartbeat_interval_ms":{interval}{self._tags_field()}{fields}',
        )

    def hold(self, place: Place) -> None:
        """Keep the run open until `release`."""
        with _book.lock:
            is_first = not self.holders
            self.holders.append(place)
            _book.open_runs[self.run_id] = self
        if is_first:
            self.client.open_run(self)

    def release(self, place: Place) -> bool:
        """Return whether nobody holds the run any more, so that it ends now. Safe to repeat until it has ended."""
        with _book.lock:
            if place in self.holders:
                self.holders.remove(place)
            if self.holders or self.is_ended:
                return False
            if _book.open_runs.get(self.run_id) is self:
                del _book.open_runs[self.run_id]
            _book.remember(self)
        return True

    def end(self, status: str, outputs: str | None, error: str | None, duration_ns: int) -> None:
        """Tell how the run ended; nothing where another process will tell it."""
        if self.is_own:
            outputs = self.outputs or outputs
            self.add(
                '"record":"run","phase":"end"',
                f',"status":{quote(self.status or status)},"duration_ms":{duration_ns // 1_000}e-3'
                f'{"" if outputs is None else f""","outputs":{outputs}"""}'
                f'{"" if error is None else f""","error":{error}"""}',
                is_last_word=True,
            )
        self.is_ended = True
        self.client.close_run(self)

    def _begin_if_waiting(self) -> None:
        if self.before_first_record is not None:
            self.before_first_record(self)

    def _tags_field(self) -> str:
        return f',"tags":[{",".join(map(quote, self.tags))}]' if self.tags else ""


class RunPlace(Place):
    """The outermost place in a run. Of a nested agent it has the event of the run around in which it was called."""

    __slots__ = ("began_ns", "capture_outputs", "event", "item_count")

    def __init__(
        self, run: Run, outer: Place | None, *, event: Event | None = None, capture_outputs: bool = True
    ) -> None:
        self.run = run
        self.outer = outer
        self.event_id = None
        self.node_id = None
        self.link = ""
        self.is_open = True
        self.event = event
        self.capture_outputs = capture_outputs
        self.item_count = 0
        self.began_ns = perf_counter_ns()

    def make_link(self) -> str:
        """Return nothing: what is directly in the run hangs under no event."""
        return ""

    def note_item(self) -> None:
        """Count an item that a generator gave."""
        self.item_count += 1
        if self.event is not None:
            self.event.note_item()

    def complete(self, result: object) -> None:
        """Tell that the run ended well, with this result."""
        if self.is_open:
            self._end("completed", result, None)

    def fail(self, error: BaseException) -> None:
        """Tell that the run ended with this error, or was cancelled by it."""
        if self.is_open:
            self._end(status_of(error), None, error)

    def end_as(self, status: str) -> None:
        """Tell that the run ended with this status."""
        if self.is_open:
            self._end(status, None, None)

    def suspend(self, status: str) -> None:
        """Tell that the run waits, and leave it: whoever continues it by its id, in any process, goes on with it."""
        if not self.is_open:
            return
        run = self.run
        try:
            if run.release(self):
                # No sign of life is promised for as long as nobody is at work.
                fields = f',"status":{quote(status)},"heartbeat_interval_ms":{_NO_HEARTBEAT_MS}'
                run.add('"record":"run","phase":"start"', fields, is_last_word=True)
                run.is_ended = True
                run.client.close_run(run)
        except OWN_ERRORS as problem:
            swallow("suspend a run", problem)
        if self.event is not None:
            self.event.end_as(status)
        self.is_open = False

    def _end(self, status: str, result: object, error: BaseException | None) -> None:
        run = self.run
        outputs = failure = None
        if status == "completed" and run.watch is not None and run.watch.has_stopped:
            # It has ended early, as it was asked to.
            status = "cancelled"
        try:
            if self.capture_outputs and result is not None:
                outputs = run.values.text(result, run)
            if error is not None and status == "failed":
                failure = run.values.describe_error(error, run)
            if run.release(self):
                run.end(status, outputs, failure, perf_counter_ns() - self.began_ns)
        except OWN_ERRORS as problem:
            swallow("end a run", problem)
        if self.event is not None:
            self._end_event(run.status or status, run.outputs or outputs, result, failure)
        # Last: whoever is interrupted before can still tell that it was cancelled.
        self.is_open = False

    def _end_event(self, status: str, outputs: str | None, result: object, failure: str | None) -> None:
        """Tell in the run around that the nested agent is done."""
        event = self.event
        if event is None:
            return
        try:
            if outputs is not None and '"$file"' in outputs:
                # The file is one of the nested run; the run around has its own.
                outputs = event.run.values.text(result, event.run)
        except OWN_ERRORS as problem:
            swallow("tell the outputs of a nested agent", problem)
        event.end_with(status, outputs, failure)


class _Book:
    """Which runs are open in this process, and how far those were numbered that are not."""

    def __init__(self) -> None:
        self.open_runs: dict[str, Run] = {}
        self._remembered: dict[str, tuple[str, Iterator[int]]] = {}
        # Guards the change from one state to another; may be asked for again by what the garbage collector ends.
        self.lock = RLock()

    def numbers_of(self, run_id: str, recorder_id: str) -> Iterator[int]:
        remembered = self._remembered.get(run_id)
        if remembered is not None and remembered[0] is recorder_id:
            return remembered[1]
        # Drawn in one step in C, so that no two threads get the same, and it can be told how many were.
        return iter(range(1, sys.maxsize))

    def remember(self, run: Run) -> None:
        self._remembered.pop(run.run_id, None)
        self._remembered[run.run_id] = (run.recorder_id, run.numbers)
        if len(self._remembered) > _MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]

    def release_in_child(self) -> None:
        """Take a new lock: another thread may have held it when the process was forked."""
        self.lock = RLock()


_book = _Book()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_book.release_in_child)


def find_open_run(client: Client, run_id: str) -> Run | None:
    """Return the run if this process has it open."""
    run = _book.open_runs.get(run_id)
    return run if run is not None and run.client is client else None


def usable_run_id(run_id: object) -> str | None:
    """Return the id if the server would take it; else say so once, and a new one is drawn."""
    if run_id is None:
        return None
    text = plain_text(run_id, "run_id")
    if is_plain_id(text):
        return text
    say_once(
        "run_id",
        f"run_id {text[:80]!r} is unusable; give 1-64 letters, digits, '.', '_', ':' or '-'. A new one was drawn",
    )
    return None
