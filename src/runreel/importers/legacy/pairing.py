"""Rows that tell of one thing: where it began, that it ran, and how it ended.

The system mostly wrote one row and brought it up to date. Where it did not know the row any more it wrote another;
such rows become one event where they themselves leave no doubt. A row that ends something belongs to the one whose id
it names, else to the only one of the same type, agent, node and parent that began before and has not ended. A row of
an execution between the two belongs to them, where it is the only one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as field_of

from runreel.importers.legacy.event_row import EventDraft
from runreel.importers.shelf import value_of
from runreel.importers.value import mapping_of

_START = frozenset({"start", "started", "begin"})
_COMPLETE = frozenset({"complete", "completed", "end", "ended", "finish", "finished"})
_EXECUTION = frozenset({"execution"})
_SHARED = ("inputs", "outputs", "error", "name", "model", "duration_us", "agent_name", "role", "node_id", "stated")
_NAMES_START = ("start_event_id", "original_event_id")

_Key = tuple[str, str | None, str | None, str | None]


@dataclass(slots=True)
class _Open:
    """Something that began."""

    start: EventDraft
    executions: list[EventDraft] = field_of(default_factory=list[EventDraft])


def paired(events: Sequence[EventDraft]) -> tuple[list[EventDraft], dict[str, str]]:
    """Return the events in the order in which they came, and where the ids of rows that became part of others lead."""
    if not any(event.subtype in _START for event in events):
        return list(events), {}
    opened: dict[_Key, list[_Open]] = {}
    led: dict[str, str] = {}
    for event in events:
        subtype = event.subtype
        if subtype in _START and not _has_ended(event):
            opened.setdefault(_key(event), []).append(_Open(event))
        elif subtype in _EXECUTION:
            of_key = opened.get(_key(event), [])
            if len(of_key) == 1:
                of_key[0].executions.append(event)
        elif subtype in _COMPLETE and event.inputs is None and (begun := _begun(opened, event)) is not None:
            _join(begun, event, led)
    return [event for event in events if event.event_id not in led], led


def _key(event: EventDraft) -> _Key:
    return event.event_type, event.agent_name, event.node_id, event.parent


def _has_ended(event: EventDraft) -> bool:
    return event.outputs is not None or event.ended_at is not None


def _begun(opened: dict[_Key, list[_Open]], end: EventDraft) -> _Open | None:
    """Return what an event ends, and let it be open no more; None where that is in doubt."""
    meta = mapping_of(value_of(end.meta))
    stated = next((meta[name] for name in _NAMES_START if type(meta.get(name)) is str), None)
    named = stated or end.parent
    if named is not None:
        for of_key in opened.values():
            for each in of_key:
                if each.start.event_id == named and each.start.event_type == end.event_type:
                    of_key.remove(each)
                    return each
    of_key = opened.get(_key(end), [])
    return of_key.pop() if len(of_key) == 1 and stated is None else None


def _join(begun: _Open, end: EventDraft, led: dict[str, str]) -> None:
    start = begun.start
    rows = [end]
    if len(begun.executions) == 1 and begun.executions[0].event_id not in led:
        rows.insert(0, begun.executions[0])
    for row in rows:
        led[row.event_id] = start.event_id
        _take(start, row)
    start.subtype = "execution" if len(rows) > 1 else end.subtype
    start.status = end.status
    start.ended_at = end.ended_at or end.at
    start.extra["merged_event_ids"] = [row.event_id for row in rows]


def _take(start: EventDraft, row: EventDraft) -> None:
    """Let the event say what the row says and it does not yet; what both say is kept beside it."""
    for name in _SHARED:
        value = getattr(row, name)
        if value is None:
            continue
        if getattr(start, name) is None:
            setattr(start, name, value)
        elif name in ("inputs", "outputs") and value_of(getattr(start, name)) != (said := value_of(value)):
            start.extra[f"{row.subtype}_{name}"] = said
    if row.meta is not None:
        start.extra[f"{row.subtype}_meta"] = value_of(row.meta)
    for key, value in row.extra.items():
        start.extra.setdefault(key, value)
