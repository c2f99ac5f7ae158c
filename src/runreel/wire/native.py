"""The native dialect: `{"version": 1, "records": […]}`, described by `records.v1.json` beside this file.

Fields have the names of the model. What a record says under other keys is kept in its `attributes` or `metadata`,
and so is a value of a wrong type, with a warning; a record is refused only where nothing can be done with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from runreel.errors import DecodeError, TooLargeError
from runreel.model.instant import parse_instant
from runreel.model.name import is_placeholder, is_record_id, is_run_id, repair_name, repair_run_name
from runreel.model.record import Batch, Rank, Record, RecordIssue, RecordKind, edge_key
from runreel.model.run import MAX_TAGS
from runreel.wire.field import count_of, duration_us_of, integer_of, key_text_of, nanos_of, text_of
from runreel.wire.json import Unreadable, decode_elements

VERSION = 1

_MAX_TASK_LENGTH = 10_000
_PHASE_RANKS = {"start": Rank.START, "end": Rank.END, "whole": Rank.END}
_COMMON_KEYS = frozenset({"record", "run_id", "recorded_at", "phase"})
# Nodes and edges that are declared at once.
_GRAPH = "graph"
_GRAPH_PARTS = {"nodes": "node", "edges": "edge"}
_COMMON_GRAPH_KEYS = frozenset({"run_id", "recorded_at", "recorder_id", "number"})

Reader = Callable[[object], object | None]


class _RefusedError(Exception):
    """One record can't be taken; the text is the reason."""


def decode_batch(body: bytes, *, max_record_bytes: int, max_records: int) -> Batch:
    """Decode a native batch to records; a bad record is refused by its index and costs no other.

    Raises:
        DecodeError: the body is no such batch at all, or of a newer version.
        TooLargeError: it has over `max_records` records.
    """
    members, elements = decode_elements(body, "records", max_element_bytes=max_record_bytes)
    version = members.get("version", VERSION)
    if version != VERSION:
        raise DecodeError(f"the batch is of version {version!r}; this server reads version {VERSION}")
    if len(elements) > max_records:
        raise TooLargeError(f"the batch has {len(elements)} records; {max_records} is the most")
    batch = Batch(records=[], n_received=len(elements))
    for index, element in enumerate(elements):
        try:
            _add(batch, index, element)
        except _RefusedError as refusal:
            kind, key = _identify(element)
            batch.refused.append(RecordIssue(index=index, kind=kind, key=key, reason=str(refusal)))
    if len(batch.records) > max_records:
        raise TooLargeError(f"the batch declares {len(batch.records)} things; {max_records} is the most")
    return batch


def _add(batch: Batch, index: int, element: object) -> None:
    if isinstance(element, Unreadable):
        raise _RefusedError(element.reason)
    if type(element) is not dict:
        raise _RefusedError("it is no JSON object")
    source = cast("dict[str, object]", element)
    kind = source.get("record")
    shape = _SHAPES.get(kind) if type(kind) is str else None
    if shape is not None:
        _add_record(batch, index, source, shape)
    elif kind == _GRAPH:
        _add_graph(batch, index, source)
    else:
        raise _RefusedError(f"its 'record' is {kind!r:.60}; known kinds are {', '.join((*_SHAPES, _GRAPH))}")


def _add_graph(batch: Batch, index: int, source: Mapping[str, object]) -> None:
    """Add a record for each node and edge of a graph, or none of them where one can't be taken."""
    common = {key: value for key, value in source.items() if key in _COMMON_GRAPH_KEYS}
    parts = Batch(records=[])
    for name, kind in _GRAPH_PARTS.items():
        given = source.get(name)
        if given is None:
            continue
        if type(given) is not list:
            raise _RefusedError(f"its {name!r} is no list")
        for place, part in enumerate(cast("list[object]", given)):
            if type(part) is not dict:
                raise _RefusedError(f"its {name}[{place}] is no JSON object")
            stated = {**cast("dict[str, object]", part), **common, "record": kind, "phase": "start"}
            try:
                _add_record(parts, index, stated, _SHAPES[kind])
            except _RefusedError as refusal:
                raise _RefusedError(f"its {name}[{place}]: {refusal}") from None
    if not parts.records:
        raise _RefusedError("it has neither nodes nor edges; give at least one")
    batch.records += parts.records
    batch.warnings += parts.warnings
    for key in source.keys() - _COMMON_GRAPH_KEYS - _GRAPH_PARTS.keys() - {"record"}:
        run_id = str(source.get("run_id"))
        reason = f"its {key[:80]!r} is not kept: a graph has nodes and edges only; put it into one of them"
        batch.warnings.append(RecordIssue(index=index, kind=_GRAPH, key=run_id, reason=reason))


def _add_record(batch: Batch, index: int, source: Mapping[str, object], shape: _Shape) -> None:
    run_id = "" if shape.kind is RecordKind.SESSION else _run_id(source)
    key = shape.key(source)
    reader = _FieldReader(batch, index, shape, key)
    fields = reader.read(source)
    rank = _rank(source) if shape.has_phases else Rank.END
    recorded_at = parse_instant(source.get("recorded_at"))
    if recorded_at is None:
        recorded_at = cast("int | None", fields.get("ended_at") or fields.get(shape.time_field)) or 0
    if shape.complete is not None:
        shape.complete(fields, rank, cast("str", _phase(source)), recorded_at)
    origin = _taken_origin(fields) if "number" in fields or "recorder_id" in fields else None
    batch.records.append(Record(shape.kind, run_id, key, int(rank), recorded_at, fields, index, origin))


def _run_id(source: Mapping[str, object]) -> str:
    run_id = source.get("run_id")
    if type(run_id) is str and is_run_id(run_id):
        return run_id
    raise _RefusedError(f"its run_id {str(run_id)[:80]!r} is unusable; 1-64 of A-Z a-z 0-9 . _ : - can identify a run")


def _taken_origin(fields: dict[str, object]) -> tuple[str, int] | None:
    """Take the recorder of a record and its number there out of its fields; neither says anything alone."""
    recorder_id, number = fields.pop("recorder_id", None), fields.pop("number", None)
    return None if recorder_id is None or number is None else (cast("str", recorder_id), cast("int", number))


def _phase(source: Mapping[str, object]) -> object:
    phase = source.get("phase")
    return "whole" if phase is None else phase


def _rank(source: Mapping[str, object]) -> Rank:
    phase = _phase(source)
    rank = _PHASE_RANKS.get(phase) if type(phase) is str else None
    if rank is None:
        raise _RefusedError(f"its phase is {phase!r:.60}; use 'start', 'end' or 'whole'")
    return rank


def _identify(element: object) -> tuple[str, str]:
    """Return what kind of thing a refused record spoke of, and its id, as far as either can be told."""
    if type(element) is not dict:
        return "", ""
    source = cast("dict[str, object]", element)
    kind = source.get("record")
    own_id = source.get(f"{kind}_id", source.get("run_id"))
    return (kind if type(kind) is str else "")[:64], (own_id if type(own_id) is str else "")[:255]


def _record_key(name: str) -> Callable[[Mapping[str, object]], str]:
    def key(source: Mapping[str, object]) -> str:
        value = source.get(name)
        if type(value) is str and is_record_id(value):
            return value
        raise _RefusedError(f"its {name} {str(value)[:80]!r} is unusable; give 1-255 characters without controls")

    return key


def _name_key(name: str) -> Callable[[Mapping[str, object]], str]:
    def key(source: Mapping[str, object]) -> str:
        value = source.get(name)
        repaired = repair_name(value) if type(value) is str else None
        if repaired is None:
            raise _RefusedError(f"its {name} {str(value)[:80]!r} is unusable; give 1-255 characters")
        return repaired

    return key


def _edge_key(source: Mapping[str, object]) -> str:
    ends = _name_key("source")(source), _name_key("target")(source)
    return edge_key(*ends, text_of(source.get("edge_type")) or "sequential", key_text_of(source.get("condition")) or "")


def _text(value: object) -> str | None:
    return text_of(value)


def _task(value: object) -> str | None:
    return value.replace("\0", " ")[:_MAX_TASK_LENGTH] if type(value) is str else None


def _id(value: object) -> str | None:
    return value if type(value) is str and is_record_id(value) else None


def _name(value: object) -> str | None:
    return repair_name(value) if type(value) is str else None


def _run_name(value: object) -> str | None:
    return repair_run_name(value) if type(value) is str else None


def _number(value: object) -> int | None:
    return count_of(value) or None


def _flag(value: object) -> bool | None:
    return value if type(value) is bool else None


def _map(value: object) -> object | None:
    return cast("object", value) if type(value) is dict else None


def _any(value: object) -> object:
    return value


def _tags(value: object) -> list[str] | None:
    if type(value) is not list:
        return None
    tags = {tag for item in cast("list[object]", value) if (tag := _name(item))}
    return sorted(tags)[:MAX_TAGS]


def _lost_tags(read: object, value: object) -> bool:
    kept = cast("list[object]", read)
    return any(tag not in kept for tag in cast("list[object]", value))


# Keys and common fields that may be repaired, or are left out where they can't be used.
_KEY_READERS: Mapping[str, Reader] = {
    "recorded_at": parse_instant,
    "node_id": _name,
    "session_id": _name,
    "source": _name,
    "target": _name,
    "edge_type": _text,
    "condition": key_text_of,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How records of one kind are read. `own_keys` are those that it is known by, and those of all kinds."""

    kind: RecordKind
    key: Callable[[Mapping[str, object]], str]
    key_fields: frozenset[str]
    fields: Mapping[str, tuple[str, Reader]]
    rest_field: str
    time_field: str = "created_at"
    has_phases: bool = False
    complete: Callable[[dict[str, object], int, str, int], None] | None = None
    own_keys: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "own_keys", _COMMON_KEYS | self.key_fields)


class _FieldReader:
    """Reads the fields of one record, and keeps what is left over."""

    def __init__(self, batch: Batch, index: int, shape: _Shape, key: str) -> None:
        self._batch = batch
        self._index = index
        self._shape = shape
        self._key = key

    def read(self, source: Mapping[str, object]) -> dict[str, object]:
        fields: dict[str, object] = {}
        rest: dict[str, object] = {}
        own_keys = self._shape.own_keys
        for key, value in source.items():
            if value is None:
                continue
            if key in own_keys:
                self._check_key(key, value, rest)
                continue
            known = self._shape.fields.get(key)
            if known is None:
                self._read_unknown(key, value, fields, rest)
            elif (read := known[1](value)) is not None:
                fields[known[0]] = read
                if (type(read) is str and read != value) or (key == "tags" and _lost_tags(read, value)):
                    self._note_repair(key, value, str(read), rest)
            else:
                self._keep(key, value, rest)
        if rest:
            fields[self._shape.rest_field] = {
                **rest,
                **cast("dict[str, object]", fields.get(self._shape.rest_field, {})),
            }
        return fields

    def _check_key(self, key: str, value: object, rest: dict[str, object]) -> None:
        reader = _KEY_READERS.get(key)
        if reader is None or value == "":
            return
        read = reader(value)
        if read is None:
            self._keep(key, value, rest)
        elif type(read) is str and read != value:
            self._note_repair(key, value, read, rest)

    def _read_unknown(self, key: str, value: object, fields: dict[str, object], rest: dict[str, object]) -> None:
        if key != "usage" or self._shape.kind is not RecordKind.EVENT:
            rest[key] = value
            return
        if type(value) is not dict:
            self._keep(key, value, rest)
            return
        for name, amount in cast("dict[str, object]", value).items():
            known = _USAGE_FIELDS.get(name)
            if amount is None:
                continue
            if known is not None and (read := known[1](amount)) is not None:
                fields[known[0]] = read
            else:
                self._keep(f"usage.{name}", amount, rest)

    def _keep(self, key: str, value: object, rest: dict[str, object]) -> None:
        rest[key] = value
        self._warn(f"its {key!r} has an unusable value, which was kept in {self._shape.rest_field!r}")

    def _note_repair(self, key: str, value: object, repaired: str, rest: dict[str, object]) -> None:
        rest[f"original_{key}"] = value
        self._warn(
            f"its {key!r} was repaired to {repaired[:80]!r}; the original was kept in {self._shape.rest_field!r}"
        )

    def _warn(self, reason: str) -> None:
        issue = RecordIssue(index=self._index, kind=self._shape.kind, key=self._key, reason=reason)
        self._batch.warnings.append(issue)


def _complete_run(fields: dict[str, object], rank: int, phase: str, _recorded_at: int) -> None:
    if is_placeholder(cast("str", fields.get("run_name", ""))):
        del fields["run_name"]
    # A sign of life says that the run goes on, and nothing of its status: a pause is not over because of it. Nor is it
    # because the agent has noticed a request.
    is_beat = fields.keys() & {"heartbeat_us", "seen_request"} and phase == "whole" and "error" not in fields
    if "status" not in fields and not is_beat:
        fields["status"] = _status_of(fields, rank, running="executing")


def _complete_event(fields: dict[str, object], rank: int, phase: str, recorded_at: int) -> None:
    fields.setdefault("status", _status_of(fields, rank, running="running"))
    if phase == "start":
        if recorded_at:
            fields.setdefault("started_at", recorded_at)
        return
    started_at = cast("int | None", fields.get("started_at"))
    ended_at = cast("int | None", fields.get("ended_at"))
    duration_us = cast("int | None", fields.get("duration_us"))
    if ended_at is None and started_at is not None and duration_us is not None:
        fields["ended_at"] = started_at + duration_us
        return
    if ended_at is None and recorded_at:
        ended_at = fields["ended_at"] = recorded_at
    if started_at is None and ended_at is not None and duration_us is not None:
        fields["started_at"] = ended_at - duration_us


def _status_of(fields: Mapping[str, object], rank: int, *, running: str) -> str:
    if "error" in fields:
        return "failed"
    return running if rank == Rank.START else "completed"


def _same(reader: Reader, *names: str) -> dict[str, tuple[str, Reader]]:
    return {name: (name, reader) for name in names}


_USAGE_FIELDS: Mapping[str, tuple[str, Reader]] = {
    **_same(count_of, "tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning"),
    "cost": ("cost_nanos", nanos_of),
}
_DURATION: Mapping[str, tuple[str, Reader]] = {"duration_ms": ("duration_us", duration_us_of)}

_ORIGIN: Mapping[str, tuple[str, Reader]] = {**_same(_id, "recorder_id"), **_same(_number, "number")}

_SHAPES: Mapping[str, _Shape] = {
    "session": _Shape(
        kind=RecordKind.SESSION,
        key=_name_key("session_id"),
        key_fields=frozenset({"session_id"}),
        fields={**_same(_text, "name", "status"), **_same(parse_instant, "created_at"), **_same(_map, "metadata")},
        rest_field="metadata",
    ),
    "run": _Shape(
        kind=RecordKind.RUN,
        key=lambda _: "",
        key_fields=frozenset(),
        fields={
            **_ORIGIN,
            **_same(_name, "agent_name", "session_id"),
            **_same(_run_name, "run_name"),
            **_same(_text, "status", "environment", "mode", "model"),
            **_same(_task, "task"),
            **_same(_id, "parent_run_id", "parent_event_id"),
            **_same(parse_instant, "started_at", "ended_at"),
            **_same(_any, "inputs", "outputs", "error"),
            **_same(_tags, "tags"),
            **_same(_map, "metadata"),
            **_DURATION,
            "heartbeat_interval_ms": ("heartbeat_us", duration_us_of),
            **_same(_number, "seen_request"),
        },
        rest_field="metadata",
        time_field="started_at",
        has_phases=True,
        complete=_complete_run,
    ),
    "node": _Shape(
        kind=RecordKind.NODE,
        key=_name_key("node_id"),
        key_fields=frozenset({"node_id"}),
        fields={
            **_ORIGIN,
            **_same(_text, "node_type", "name", "status"),
            **_same(_task, "goal", "why"),
            **_same(_name, "agent_name", "parent_node_id"),
            **_same(integer_of, "order_index"),
            **_same(_number, "max_attempts", "plan_version"),
            **_same(_flag, "requires_approval"),
            **_same(parse_instant, "started_at", "ended_at"),
            **_same(_any, "details", "error"),
            **_same(_map, "metadata"),
        },
        rest_field="metadata",
        time_field="started_at",
        has_phases=True,
    ),
    "edge": _Shape(
        kind=RecordKind.EDGE,
        key=_edge_key,
        key_fields=frozenset({"source", "target", "edge_type", "condition"}),
        fields={**_ORIGIN, **_same(_number, "plan_version"), **_same(_map, "metadata")},
        rest_field="metadata",
    ),
    "event": _Shape(
        kind=RecordKind.EVENT,
        key=_record_key("event_id"),
        key_fields=frozenset({"event_id"}),
        fields={
            **_ORIGIN,
            **_same(_text, "event_type", "event_subtype", "name", "status", "model", "provider"),
            **_same(_name, "node_id", "agent_name"),
            **_same(_id, "parent_event_id", "previous_event_id"),
            **_same(integer_of, "sequence"),
            **_same(parse_instant, "started_at", "ended_at", "first_token_at"),
            **_same(_any, "inputs", "outputs", "error"),
            **_same(_map, "attributes"),
            **_DURATION,
        },
        rest_field="attributes",
        time_field="started_at",
        has_phases=True,
        complete=_complete_event,
    ),
    "message": _Shape(
        kind=RecordKind.MESSAGE,
        key=_record_key("message_id"),
        key_fields=frozenset({"message_id"}),
        fields={
            **_ORIGIN,
            **_same(_text, "sender", "recipient"),
            **_same(_any, "content"),
            **_same(parse_instant, "sent_at"),
            **_same(_name, "node_id"),
            **_same(_id, "event_id"),
            **_same(count_of, "tokens"),
            **_same(_map, "metadata"),
        },
        rest_field="metadata",
        time_field="sent_at",
    ),
    "file": _Shape(
        kind=RecordKind.FILE,
        key=_record_key("file_id"),
        key_fields=frozenset({"file_id"}),
        fields={
            **_ORIGIN,
            **_same(_task, "path"),
            **_same(_text, "file_type", "media_type", "content_hash", "workflow_phase"),
            **_same(count_of, "size_bytes"),
            **_same(parse_instant, "created_at"),
            **_same(_name, "node_id", "agent_name"),
            **_same(_id, "event_id"),
            **_same(_flag, "is_final_output"),
            **_same(_map, "metadata"),
        },
        rest_field="metadata",
    ),
    "recorder": _Shape(
        kind=RecordKind.RECORDER,
        key=_record_key("recorder_id"),
        key_fields=frozenset({"recorder_id"}),
        fields={
            **_same(count_of, "record_count", "dropped_count"),
            **_same(_flag, "closed"),
            **_same(_text, "sdk", "language"),
            **_same(_map, "metadata"),
        },
        rest_field="metadata",
    ),
}
