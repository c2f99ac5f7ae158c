"""The events of one run, out of its rows of `execution_events`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from runreel.importers.ledger import Ledger
from runreel.importers.legacy.event_row import EventDraft
from runreel.importers.legacy.node_book import NodeBook, described
from runreel.importers.legacy.pairing import paired
from runreel.importers.legacy.reference import References
from runreel.importers.legacy.tables import Reading
from runreel.importers.legacy.usage import stated_of
from runreel.importers.shelf import Shelf
from runreel.importers.source import Row
from runreel.importers.value import (
    Json,
    clean,
    instant_of,
    integer_of,
    json_of,
    mapping_of,
    number_of,
    plain_of,
    text_of,
)
from runreel.model.instant import LONGEST_US
from runreel.model.name import is_record_id, repair_name
from runreel.wire.field import duration_us_of
from runreel.wire.field import text_of as short_text_of

TABLE = "execution_events"

_RUNNING = frozenset({"running", "pending"})
# Rows that were written when the thing was over: their own time is its end.
_AFTERWARDS = frozenset({"complete", "completed", "executed", "execute", "invoked", "error", "end"})
_STATUS_WORDS = {"error": "failed", "success": "completed", "canceled": "cancelled", "done": "completed"}
_NOTHING: Mapping[str, object] = {}


class EventReader:
    """Turns the rows of one run into events."""

    def __init__(
        self, reading: Reading, ledger: Ledger, book: NodeBook, references: References, shelf: Shelf, at: int
    ) -> None:
        self._shelf = shelf
        self._reading = reading
        self._ledger = ledger
        self._book = book
        self._references = references
        self._at = at
        self._session: str | None = None

    def read(self, rows: Iterable[Row], session: str | None) -> list[EventDraft]:
        """Return the events in their order; rows that tell of one thing are one event."""
        self._session = session
        ids = self._references.event_ids
        events: list[EventDraft] = []
        for row in rows:
            draft = self._read(row, ids)
            if draft is not None:
                ids.add(draft.event_id)
                events.append(draft)
        _sort(events, self._ledger)
        events, led = paired(events)
        if led:
            self._ledger.merged(TABLE, len(led))
            self._ledger.repaired("rows of one thing's start, execution and end became one event", None, len(led))
            ids.difference_update(led)
            self._references.led = led
        self._ledger.stored(TABLE, len(events))
        self._settle_parents(events)
        for node_id in {event.node_id for event in events}:
            if node_id is not None:
                self._book.note_event(node_id)
        return events

    def _read(self, row: Row, ids: set[str]) -> EventDraft | None:
        (
            _, raw_id, node, step, session, parent, event_type, subtype, agent, role, timestamp, started, completed,
            duration_ms, inputs, outputs, error, meta, order, depth, status, *_,
        ) = row  # fmt: skip
        event_id = text_of(raw_id)
        if event_id is None or not is_record_id(event_id):
            self._ledger.left_out(TABLE, "it has no usable id", event_id)
            return None
        if event_id in ids:
            self._ledger.left_out(TABLE, "another event of the run has the same id", event_id)
            return None
        extra = self._reading.rest(row)
        draft = EventDraft(event_id, 0, extra=extra)
        draft.event_type = self._text(event_type, "event_type", extra) or "info"
        draft.subtype = self._text(subtype, "event_subtype", extra)
        if agent:
            draft.agent_name = self._text(agent, "agent_name", extra)
        draft.status = _status_of(self._text(status, "status", extra), error)
        if role:
            draft.role = plain_of(role)
        if depth and not parent:
            extra["depth"] = plain_of(depth)
        if session and self._session is not None and session != self._session:
            extra["original_session_id"] = plain_of(session)
        put = self._shelf.put
        known_inputs = known_meta = _NOTHING
        if inputs is not None and (found := self._json(inputs, "inputs")) is not None:
            draft.inputs, known_inputs = put(found.raw), mapping_of(found.value)
        if outputs is not None and (found := self._json(outputs, "outputs")) is not None:
            draft.outputs = put(found.raw)
        if meta is not None and (found := self._json(meta, "meta")) is not None:
            draft.meta, known_meta, draft.stated = put(found.raw), mapping_of(found.value), stated_of(found)
        if error:
            draft.error = {"message": clean(error) if type(error) is str else text_of(error)}
        if order is not None and (number := integer_of(order)) is not None:
            draft.order = number if abs(number) < 2**62 else None
        self._set_times(draft, timestamp, started, completed, duration_ms)
        if step is not None or node is not None:
            draft.node_id = self._references.node(node, step, extra, event_id)
        if parent:
            draft.parent = text_of(parent)
        self._name_it(draft, known_inputs, known_meta)
        return draft

    def _set_times(self, draft: EventDraft, timestamp: Any, started: Any, completed: Any, duration_ms: Any) -> None:
        at = None if timestamp is None else instant_of(timestamp)
        started_at = at if started == timestamp else None if started is None else instant_of(started)
        ended_at = None if completed is None else instant_of(completed)
        duration_us = None
        if duration_ms is not None:
            duration_us = duration_us_of(duration_ms if type(duration_ms) is int else number_of(duration_ms))
            if duration_us is None:
                draft.extra["duration_ms"] = plain_of(duration_ms)
        if at is None or started_at is None or ended_at is None:
            self._keep_unreadable(draft, "timestamp", timestamp, at)
            self._keep_unreadable(draft, "started_at", started, started_at)
            self._keep_unreadable(draft, "completed_at", completed, ended_at)
        if ended_at is None and duration_us is not None and draft.status not in _RUNNING:
            if started_at is not None:
                ended_at = started_at + duration_us
            elif at is not None and draft.subtype in _AFTERWARDS:
                ended_at = at
            elif at is not None:
                ended_at = at + duration_us
        if started_at is None:
            if ended_at is not None and duration_us is not None:
                started_at = ended_at - duration_us
            else:
                started_at = at if at is not None else ended_at
        if started_at is None:
            started_at = self._at
        draft.at = at if at is not None else started_at
        if at is not None and at != started_at and at != ended_at:
            draft.extra["original_timestamp"] = plain_of(timestamp)
        draft.started_at, draft.ended_at = started_at, ended_at
        if duration_us is not None and (ended_at is None or ended_at - started_at != duration_us):
            draft.duration_us = min(duration_us, LONGEST_US)

    def _keep_unreadable(self, draft: EventDraft, name: str, value: Any, read: int | None) -> None:
        if value is not None and read is None:
            draft.extra[f"original_{name}"] = plain_of(value)
            self._ledger.repaired("times that can't be read were kept beside the event", f"{draft.event_id}: {name}")

    def _name_it(self, draft: EventDraft, inputs: Mapping[str, object], meta: Mapping[str, object]) -> None:
        name: object = None
        match draft.event_type:
            case "tool_call":
                name = inputs.get("tool_name") or inputs.get("tool") or meta.get("tool_name")
            case "file_gen":
                path = inputs.get("file_path")
                name = path.rsplit("/", 1)[-1] if type(path) is str else None
            case "handoff":
                name = f"{inputs.get('from_agent')} → {inputs.get('to_agent')}" if inputs.get("to_agent") else None
            case "code_exec":
                name = inputs.get("language") or meta.get("language")
            case "error":
                name = draft.subtype
            case _:
                pass
        draft.name = (short_text_of(name) if name else None) or draft.agent_name
        if "model" in meta:
            draft.model = short_text_of(meta["model"])
        if draft.node_id is not None and "node_info" in inputs:
            info = mapping_of(inputs["node_info"])
            if info:
                self._book.describe(draft.node_id, described(draft.node_id, info, max(draft.at, 1)))

    def _settle_parents(self, events: Sequence[EventDraft]) -> None:
        parents: dict[str, EventDraft] = {}
        ids = self._references.event_ids
        for event in events:
            parent = event.parent
            if parent is None:
                continue
            if parent not in ids:
                parent = event.parent = self._references.event(parent, event.extra, event.event_id)
            if parent is not None:
                parents[event.event_id] = event
        self._break_cycles(parents)

    def _break_cycles(self, parents: dict[str, EventDraft]) -> None:
        """Let no event be above itself: of a circle, the event that comes first is cut from its parent."""
        sound: set[str] = set()
        for event_id in list(parents):
            path: dict[str, None] = {}
            at: str | None = event_id
            while at is not None and at not in sound and at not in path:
                path[at] = None
                event = parents.get(at)
                at = None if event is None else event.parent
            if at is not None and at in path:
                ids = list(path)
                circle = set(ids[ids.index(at) :])
                first = next(each for each in parents if each in circle)
                event = parents.pop(first)
                event.extra["original_parent_event_id"] = event.parent
                event.parent = None
                self._ledger.repaired("circles of parents were broken", first)
            sound.update(path)

    def _text(self, value: Any, name: str, extra: dict[str, Any]) -> str | None:
        if value is None or value == "":
            return None
        read = _short_text(value) if type(value) is str else _short_text(text_of(value) or "")
        if read != value:
            extra[f"original_{name}"] = plain_of(value)
        return read

    def _json(self, value: Any, name: str) -> Json | None:
        found = json_of(value)
        if found is not None and found.is_text:
            self._ledger.repaired("values that are no JSON were kept as texts", f"{TABLE}.{name}")
        return found


@lru_cache(maxsize=1_024)
def _short_text(text: str) -> str | None:
    return short_text_of(text) or repair_name(clean(text))


def _status_of(status: str | None, error: Any) -> str:
    if status is None:
        return "failed" if error else "completed"
    return _STATUS_WORDS.get(status, status)


def _sort(events: list[EventDraft], ledger: Ledger) -> None:
    """Put the events into the order in which they happened: by their numbers, where those are of the whole run."""
    orders = [event.order for event in events]
    if None not in orders and len(set(orders)) == len(orders):
        events.sort(key=lambda event: event.order or 0)
        return
    if len(events) > 1:
        ledger.repaired("runs whose numbers of execution begin anew were put into the order of time")
    events.sort(key=lambda event: (event.at, event.order or 0, event.event_id))


def number(events: Sequence[EventDraft]) -> None:
    """Number the events in their order, by their own numbers where all have one that fits."""
    orders = [event.order for event in events]
    known = [order for order in orders if order is not None]
    is_own = len(known) == len(orders) and all(a < b for a, b in pairwise(known))
    for place, event in enumerate(events):
        event.sequence = event.order if is_own else place
        if event.order is not None and event.order != event.sequence:
            event.extra["execution_order"] = event.order
