"""The public words for what takes no time: said of the innermost event or run."""

from __future__ import annotations

import os

from runreel.sdk.context import Place, current
from runreel.sdk.event import Event, checked_usage, usage_text
from runreel.sdk.guard import OWN_ERRORS, say_once, swallow
from runreel.sdk.ids import new_id
from runreel.sdk.implicit import implicit_run, place_here
from runreel.sdk.nothing import nothing_run
from runreel.sdk.quoting import quote
from runreel.sdk.record import name_field, plain_mapping, plain_text, quoted
from runreel.sdk.run import Run
from runreel.sdk.spill import PathOf, keep_file
from runreel.sdk.usage import USAGE_FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from runreel.sdk.plan import Step

# Of files that agents often make, and that Python has no word for.
_MEDIA_TYPES = {
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}


def event(
    name: str,
    *,
    type: str = "info",  # noqa: A002 - the word of the record
    inputs: object = None,
    outputs: object = None,
    error: object = None,
    status: str | None = None,
    attributes: Mapping[str, object] | None = None,
) -> None:
    """Record that something happened just now. With an `error`, an exception or a text, it failed."""
    try:
        add_event(
            name, event_type=type, inputs=inputs, outputs=outputs, error=error, status=status, attributes=attributes
        )
    except OWN_ERRORS as problem:
        swallow("record an event", problem)


def message(
    content: object,
    *,
    sender: str | None = None,
    recipient: str | None = None,
    tokens: int | None = None,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Record what one agent said to another, or to a person."""
    try:
        place = place_here()
        if place is None:
            return
        run = place.run
        values = run.values
        fields = f"{name_field('sender', sender)}{name_field('recipient', recipient)}{_where(place)}"
        if type(tokens) is int:
            fields += f',"tokens":{tokens}'
        if told := plain_mapping(metadata, "metadata"):
            fields += f',"metadata":{values.text(told, run)}'
        fields += f',"content":{values.text(content, run)}'
        run.add('"record":"message"', f',"message_id":"{new_id()}"{fields}')
    except OWN_ERRORS as error:
        swallow("record a message", error)


def file(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview,
    *,
    path: str | None = None,
    type: str | None = None,  # noqa: A002 - the word of the record
    media_type: str | None = None,
    is_final_output: bool = False,
    metadata: Mapping[str, object] | None = None,
) -> None:
    """Record a file that was made: `source` is where it lies, or its bytes; `path` is what to call it.

    Its bytes are copied before this returns, so the original may change or go.
    """
    try:
        place = place_here()
        if place is None:
            return
        content, shown = _content_of(source, path)
        fields = {"path": shown, "file_type": type, "media_type": media_type or _media_type_of(shown)}
        keep_file(place, content, fields=fields, is_final_output=is_final_output is True, metadata=metadata)
    except OWN_ERRORS as error:
        swallow("record a file", error)


def plan(
    nodes: Mapping[str, str | None] | Iterable[str | Step | Mapping[str, object]],
    *,
    edges: Iterable[Sequence[str] | Mapping[str, str]] | None = None,
) -> None:
    """Declare nodes of the current run's workflow before they run: names in order, a mapping to goals, or steps.

    They are `pending` until they run. Each follows what it depends on; where none says that, the one before. Another
    plan is the next version, in which former nodes that never ran have no part.
    """
    try:
        place = place_here()
        if place is not None:
            from runreel.sdk.plan import declare_plan

            declare_plan(place.run, nodes, edges)
    except OWN_ERRORS as error:
        swallow("plan nodes", error)


def set_input(value: object) -> None:
    """Set what went into the innermost event or run; it is told when that ends."""
    said_of = _innermost("set_input")
    if said_of is not None:
        said_of.set_input(value)


def set_output(value: object) -> None:
    """Set what came out of the innermost event or run; it is told when that ends."""
    said_of = _innermost("set_output")
    if said_of is not None:
        said_of.set_output(value)


def set_status(status: str) -> None:
    """Set the status of the innermost event or run."""
    said_of = _innermost("set_status")
    if said_of is not None:
        said_of.set_status(status)


def add_attributes(attributes: Mapping[str, object]) -> None:
    """Add to what else there is to say of the innermost event; directly in a run, to the run's metadata."""
    said_of = _innermost("add_attributes")
    if isinstance(said_of, Event):
        said_of.add_attributes(attributes)
    elif said_of is not None:
        said_of.add_metadata(attributes)


def add_tags(*tags: str) -> None:
    """Add words to filter by to the current run."""
    current_run().add_tags(*tags)


def usage(
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
    """Say what the innermost event consumed; directly in a run it becomes an event of type `llm_call`."""
    place = current.get()
    if isinstance(place, Event):
        place.usage(
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            tokens_cached=tokens_cached,
            tokens_cache_write=tokens_cache_write,
            tokens_reasoning=tokens_reasoning,
            cost=cost,
            model=model,
            provider=provider,
        )
        return
    figures = (tokens_in, tokens_out, tokens_cached, tokens_cache_write, tokens_reasoning, cost)
    told: dict[str, object] = dict(zip(USAGE_FIELDS, figures, strict=True))
    try:
        add_event(model or "usage", event_type="llm_call", model=model, provider=provider, usage=told)
    except OWN_ERRORS as error:
        swallow("note usage", error)


def current_run() -> Run:
    """Return the run that the code is in: else the process's own; an empty one where nothing is recorded."""
    try:
        place = current.get()
        run = implicit_run() if place is None else place.run
    except OWN_ERRORS as error:
        swallow("find the current run", error)
        run = None
    return nothing_run() if run is None else run


def get_current_run_name() -> str:
    """Return the name of the run that the code is in; until the server has given it, a placeholder."""
    return current_run().name


def add_event(
    name: object,
    *,
    event_type: object,
    event_subtype: object = None,
    inputs: object = None,
    outputs: object = None,
    error: object = None,
    status: object = None,
    model: object = None,
    provider: object = None,
    duration_ms: object = None,
    usage: Mapping[str, object] | None = None,
    attributes: Mapping[str, object] | None = None,
) -> None:
    """Record an event that is over, where the code stands; may raise for what the host gave."""
    place = place_here()
    if place is None:
        return
    run = place.run
    values = run.values
    type_text = plain_text(event_type, "type", "info")
    link = place.link
    if link is None:
        link = place.make_link()
    is_number = type(duration_ms) in (int, float) and 0 <= duration_ms < 1e12  # type: ignore[operator]
    parts = [
        f',"event_id":"{new_id()}"{link}',
        f',"status":{quoted(status, "status", "completed" if error is None else "failed")}',
        f',"duration_ms":{duration_ms if is_number else 0}',
        name_field("event_subtype", event_subtype),
        name_field("model", model),
        name_field("provider", provider),
    ]
    if inputs is not None:
        parts.append(f',"inputs":{values.text(inputs, run)}')
    if outputs is not None:
        parts.append(f',"outputs":{values.text(outputs, run)}')
    if error is not None:
        told = values.describe_error(error, run) if isinstance(error, BaseException) else values.text(error, run)
        parts.append(f',"error":{told}')
    if usage and (figures := checked_usage(usage)):
        parts.append(f',"usage":{usage_text(figures)}')
    if more := plain_mapping(attributes, "attributes"):
        parts.append(f',"attributes":{values.text(more, run)}')
    name_text = quoted(name, "name", type_text)
    run.add(f'"record":"event","phase":"whole","event_type":{quote(type_text)},"name":{name_text}', "".join(parts))


def _innermost(what: str) -> Event | Run | None:
    try:
        place = place_here()
    except OWN_ERRORS as error:
        swallow(what, error)
        return None
    if place is None or isinstance(place, Event):
        return place
    if not place.run.is_own:
        say_once(f"{what} of another", f"{what}: the run belongs to another process; say it there, or inside an event")
        return None
    return place.run


def _where(place: Place) -> str:
    event_id = f',"event_id":"{place.event_id}"' if place.event_id else ""
    return event_id + name_field("node_id", place.node_id)


def _content_of(source: Any, path: str | None) -> tuple[bytes | os.PathLike[str], str]:
    if type(source) in (bytes, bytearray, memoryview):
        return bytes(source), plain_text(path, "path") or "file"
    if isinstance(source, str):
        return PathOf(source), plain_text(path, "path") or source
    if hasattr(source, "__fspath__"):
        return source, plain_text(path, "path") or os.fsdecode(source)
    say_once("file", f"file: {type(source).__name__} is neither a path nor bytes; its text is kept")
    return repr(source).encode("utf-8", "replace"), plain_text(path, "path") or "file"


def _media_type_of(path: str) -> str | None:
    from mimetypes import MimeTypes

    # Its own table, not the one of the machine, which would have to be read.
    return _MEDIA_TYPES.get(os.path.splitext(path)[1].lower()) or MimeTypes(filenames=()).guess_type(path)[0]
