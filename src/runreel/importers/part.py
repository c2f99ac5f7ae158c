"""Parts of a bundle from single facts: states of one or more records, as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from runreel.model.bundle import EVENT_FIELDS, EventPart, ThingPart
from runreel.model.record import Rank, Record, RecordKind, split_edge_key
from runreel.storage.merge import State, derive, encode_lower, merged_all, new_state
from runreel.wire.json import encode_json

_PAYLOAD = ("inputs", "outputs", "error", "attributes")


def record_of(kind: RecordKind, key: str, at: int, fields: dict[str, object], *, rank: Rank = Rank.END) -> Record:
    """Return a record; fields that are None say nothing."""
    stated = {name: value for name, value in fields.items() if value is not None and value != {}}
    return Record(kind, "", key, int(rank), at, stated)


def state_of(records: Sequence[Record | State]) -> bytes:
    """Return what records of one thing come to, as a bundle carries it."""
    return encode_state(merged_all(None, records))


def encode_state(state: State) -> bytes:
    """Return a state as a bundle carries it."""
    return encode_json({"fields": state.fields, "top": list(state.top), "lower": encode_lower(state.lower)})


def event_of(record: Record) -> EventPart:
    """Return the event that this record speaks of; what it does not say of its time, type and status is derived."""
    state = new_state(record)
    for name, value in (("started_at", record.recorded_at), ("event_type", "info"), ("status", "completed")):
        if name not in state.fields:
            derive(state, name, state.fields.get("ended_at", value) if name == "started_at" else value)
    values = (record.key, record.rank, record.recorded_at, *map(state.fields.get, EVENT_FIELDS[3:]))
    payload: dict[str, object] = {name: state.fields[name] for name in _PAYLOAD if name in state.fields}
    if state.lower:
        payload["lower"] = encode_lower(state.lower)
    return EventPart(values, encode_json(payload) if payload else None)


def thing_of(records: Sequence[Record]) -> ThingPart:
    """Return the node, edge, message or file that these records speak of."""
    first = records[0]
    key = split_edge_key(first.key) if first.kind is RecordKind.EDGE else (first.key,)
    return ThingPart(first.kind, key, state_of(records))
