"""An event as this process records it: a record when it starts, one when it ends.

This is the way of every recorded call. Texts that are the same for all calls of a function are put together once, in
`EventKind`.
"""

from __future__ import annotations

from time import perf_counter_ns, time_ns

from runreel.sdk.context import Place
from runreel.sdk.failure import status_of
from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.ids import new_id
from runreel.sdk.quoting import quote
from runreel.sdk.record import now_text, plain_mapping, plain_text, quoted
from runreel.sdk.usage import USAGE_FIELDS, usage_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from runreel.sdk.run import Run


class EventKind:
    """What all events have in common that one function, or one block, records."""

    __slots__ = ("attributes", "capture_outputs", "event_class", "head", "is_llm", "is_workflow", "name")

    def __init__(
        self,
        event_type: object,
        name: object,
        *,
        model: object = None,
        provider: object = None,
        attributes: Mapping[str, object] | None = None,
        capture_outputs: bool = True,
        is_workflow: bool = False,
    ) -> None:
        type_text = plain_text(event_type, "type", "info")
        self.name = plain_text(name, "name", type_text)
        self.head = f'{{"record":"event","phase":"start","event_type":{quote(type_text)},"name":{quote(self.name)}'
        if model is not None:
            self.head += f',"model":{quoted(model, "model")}'
        if provider is not None:
            self.head += f',"provider":{quoted(provider, "provider")}'
        self.attributes = plain_mapping(attributes, "attributes") or None
        self.capture_outputs = capture_outputs
        self.is_llm = type_text == "llm_call"
        self.is_workflow = is_workflow
        self.event_class: type[Event] = Event

    def open(self, outer: Place | None, place: Place, inputs: str | None, fields: str = "") -> Event:
        """Tell that an event began in `place`; `outer` is where the code stands again when it is over."""
        run = place.run
        client = run.client
        event = self.event_class(run, outer, place.node_id, self)
        if run.recorder_id is not client.recorder_id:
            run.renumber()
        link = place.link
        if link is None:
            link = place.make_link()
        if inputs is not None:
            fields = f',"inputs":{inputs}{fields}'
        if self.attributes is not None:
            fields = f'{fields},"attributes":{run.values.text(self.attributes, run)}'
        client.add(
            run,
            f'{self.head}{run.head}{next(run.numbers)},"recorded_at":{time_ns() // 1000}e-6,'
            f'"event_id":"{event.event_id}"{link}{fields}}}'.encode("utf-8", "replace"),
        )
        return event


class Event(Place):
    """An event that goes on; what is set here is told when it ends."""

    __slots__ = ("began_ns", "kind", "said")

    def __init__(self, run: Run, outer: Place | None, node_id: str | None, kind: EventKind) -> None:
        self.run = run
        self.outer = outer
        self.event_id = new_id()
        self.node_id = node_id
        self.link = None
        self.is_open = True
        self.kind = kind
        self.said: Said | None = None
        self.began_ns = perf_counter_ns()

    # What users see.

    def set_input(self, value: object) -> None:
        """Set what went in, in place of the arguments of a function."""
        try:
            self._say().inputs = self.run.values.text(value, self.run)
        except OWN_ERRORS as error:
            swallow("set the input of an event", error)

    def set_output(self, value: object) -> None:
        """Set what came out, in place of what the function returns."""
        try:
            self._say().outputs = self.run.values.text(value, self.run)
        except OWN_ERRORS as error:
            swallow("set the output of an event", error)

    def set_status(self, status: str) -> None:
        """Set the status that the event ends with."""
        try:
            self._say().status = plain_text(status, "status") or None
        except OWN_ERRORS as error:
            swallow("set the status of an event", error)

    def add_attributes(self, attributes: Mapping[str, object]) -> None:
        """Add to what else there is to say; a key that is there already is replaced."""
        try:
            self._say().attributes.update(plain_mapping(attributes, "attributes"))
        except OWN_ERRORS as error:
            swallow("add attributes to an event", error)

    def usage(
        self,
        *,
        tokens_in: int | None = None,
        tokens_out: int | None = None,
        tokens_cached: int | None = None,
        tokens_cache_write: int | None = None,
        tokens_reasoning: int | None = None,
        cost: float | None = None,
        model: str | None = None,
        provider: str | None = None,
    ) -> None:
        """Say what was consumed; what is said later replaces what was said of the same figure."""
        figures = (tokens_in, tokens_out, tokens_cached, tokens_cache_write, tokens_reasoning, cost)
        try:
            said = self._say()
            said.usage.update(checked_usage(dict(zip(USAGE_FIELDS, figures, strict=True))))
            said.model = plain_text(model, "model") or said.model
            said.provider = plain_text(provider, "provider") or said.provider
        except OWN_ERRORS as error:
            swallow("note the usage of an event", error)

    # What records.

    def make_link(self) -> str:
        """Write under which event, and in which node, records of something inside are."""
        link = f',"parent_event_id":"{self.event_id}"'
        if self.node_id is not None:
            link = f'{link},"node_id":{quote(self.node_id)}'
        self.link = link
        return link

    def note_item(self) -> None:
        """Count an item that a generator gave, and keep when the first one came."""
        said = self._say()
        if not said.item_count:
            said.first_item_at = now_text()
        said.item_count += 1

    def complete(self, result: object) -> None:
        """Tell that the event ended well, with this result."""
        if not self.is_open:
            return
        try:
            kind = self.kind
            run = self.run
            client = run.client
            if kind.is_llm:
                self._read_usage(result)
            if result is None or not kind.capture_outputs or (self.said is not None and self.said.outputs is not None):
                outputs = ""
            else:
                outputs = f',"outputs":{run.values.text(result, run)}'
            status = '"completed"'
            if self.said is not None:
                status, outputs = self.said.write(self, "completed", outputs)
            if run.recorder_id is not client.recorder_id:
                run.renumber()
            client.add(
                run,
                f'{{"record":"event","phase":"end"{run.head}{next(run.numbers)},"recorded_at":{time_ns() // 1000}e-6,'
                f'"event_id":"{self.event_id}","status":{status},'
                f'"duration_ms":{(perf_counter_ns() - self.began_ns) // 1000}e-3{outputs}}}'.encode("utf-8", "replace"),
            )
        except OWN_ERRORS as error:
            swallow("end an event", error)
        # Not before: whoever is interrupted in the middle can still tell that it was cancelled.
        self.is_open = False

    def fail(self, error: BaseException) -> None:
        """Tell that the event ended with this error, or was cancelled by it."""
        if not self.is_open:
            return
        status = status_of(error)
        failure = None
        try:
            if status == "failed":
                failure = self.run.values.describe_error(error, self.run)
            elif status == "cancelled":
                self._say().attributes.setdefault("cancelled_by", type(error).__name__)
        except OWN_ERRORS as problem:
            swallow("describe an error", problem)
        self.end_with(status, None, failure)

    def end_as(self, status: str) -> None:
        """Tell that the event ended with this status."""
        self.end_with(status, None, None)

    def end_with(self, status: str, outputs: str | None, failure: str | None) -> None:
        """Tell that the event ended, with texts of what came out and of an error."""
        if not self.is_open:
            return
        try:
            duration_ns = perf_counter_ns() - self.began_ns
            fields = "" if outputs is None else f',"outputs":{outputs}'
            status_text = quote(status)
            if self.said is not None:
                status_text, fields = self.said.write(self, status, fields)
            if failure is not None:
                fields = f'{fields},"error":{failure}'
            self.run.add(
                '"record":"event","phase":"end"',
                f',"event_id":"{self.event_id}","status":{status_text},"duration_ms":{duration_ns // 1000}e-3{fields}',
            )
        except OWN_ERRORS as error:
            swallow("end an event", error)
        self.is_open = False

    def _say(self) -> Said:
        if self.said is None:
            self.said = Said()
        return self.said

    def _read_usage(self, result: object) -> None:
        found = usage_of(result)
        if found is None:
            return
        said = self._say()
        said.usage = {**found.usage, **said.usage}
        said.model = said.model or found.model
        said.provider = said.provider or found.provider


class Said:
    """What was said of an event while it went on; most events have nothing of it."""

    __slots__ = (
        "attributes",
        "first_item_at",
        "inputs",
        "item_count",
        "model",
        "outputs",
        "provider",
        "status",
        "usage",
    )

    def __init__(self) -> None:
        self.attributes: dict[str, object] = {}
        self.first_item_at: str | None = None
        self.inputs: str | None = None
        self.item_count = 0
        self.model: str | None = None
        self.outputs: str | None = None
        self.provider: str | None = None
        self.status: str | None = None
        self.usage: dict[str, float] = {}

    def write(self, event: Event, status: str, outputs: str) -> tuple[str, str]:
        """Write status and fields of the record that ends the event."""
        parts = [outputs if self.outputs is None else f',"outputs":{self.outputs}']
        if self.inputs is not None:
            parts.append(f',"inputs":{self.inputs}')
        if self.model:
            parts.append(f',"model":{quote(self.model)}')
        if self.provider:
            parts.append(f',"provider":{quote(self.provider)}')
        if self.first_item_at is not None:
            parts.append(f',"first_token_at":{self.first_item_at}')
        if self.usage:
            parts.append(f',"usage":{usage_text(self.usage)}')
        attributes = self.attributes
        if self.item_count:
            attributes = {"item_count": self.item_count, **attributes}
        if attributes:
            parts.append(f',"attributes":{event.run.values.text(attributes, event.run)}')
        return quote(self.status or status), "".join(parts)


def usage_text(usage: Mapping[str, float]) -> str:
    """Write figures of usage as a JSON object."""
    return "{" + ",".join(f'"{name}":{figure!r}' for name, figure in usage.items()) + "}"


def checked_usage(given: Mapping[str, object]) -> dict[str, float]:
    """Return the figures that can be used; others are said once."""
    figures: dict[str, float] = {}
    for name, figure in given.items():
        if figure is None:
            continue
        if isinstance(figure, int | float) and not isinstance(figure, bool) and 0 <= figure <= 10**12:
            # Not as it is: a subclass, such as a number of numpy, may look like anything in text.
            figures[name] = int(figure) if isinstance(figure, int) else float(figure)
        else:
            say_once(f"usage {name}", f"usage: {name} is {type(figure).__name__}; give a number that is not negative")
    return figures
