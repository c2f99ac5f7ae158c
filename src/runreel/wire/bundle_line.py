"""The lines of a bundle, between bytes and the parts of runs; `docs/reference/bundle.md` describes them.

States and payloads pass as they are: they are looked at once, on their way in, and never written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from runreel.errors import DecodeError
from runreel.model.blob import parse_content_hash
from runreel.model.bundle import (
    EVENT_FIELDS,
    BlobPart,
    EventPart,
    Part,
    RecorderPart,
    RunPart,
    SessionPart,
    ThingPart,
    TransitionPart,
)
from runreel.model.name import is_run_id, repair_run_name
from runreel.model.received import MAX_RANGES, received_of_ranges
from runreel.model.record import RecordKind
from runreel.model.recorder import MAX_NUMBER
from runreel.wire.bundle_state import (
    Count,
    DurationUs,
    Instant,
    Integer,
    LongText,
    Nanos,
    RankOf,
    Text,
    check_payload,
    check_payloads,
    check_state,
    require_ids,
    require_names,
)

FORMAT = "runreel-bundle"
VERSION = 1

_NOTHING = Raw()
_N_PLAIN = 11
"""How many fields of a run's line are those of its part as they are."""


class HeaderLine(Struct, tag_field="line", tag="bundle", kw_only=True):
    """The first line."""

    format: str
    version: int
    made_at: str
    holds: dict[str, Any] = {}


class SessionLine(Struct, tag_field="line", tag="session", omit_defaults=True, forbid_unknown_fields=True):
    """The session of the runs that follow."""

    session_id: Text
    name: Text
    status: Text
    created_at: Instant
    person_name: Text | None = None
    state: Raw = _NOTHING


class TransitionLine(Struct, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """One change of status, within the line of its run."""

    at: Instant
    from_status: Text | None = None
    to_status: Text
    who: Text
    why: LongText | None = None


class RunLine(Struct, tag_field="line", tag="run", omit_defaults=True, forbid_unknown_fields=True):
    """A run; what is below it follows."""

    run_id: str
    agent_name: Text
    run_name: Text | None
    name_source: Text | None
    session_id: Text
    created_at: Instant
    active_at: Instant
    first_seen_at: Instant
    inferred_agent: Text | None = None
    inferred_at: Instant | None = None
    is_lost: bool = False
    state: Raw = _NOTHING
    aliases: list[tuple[Text, Text]] = []
    transitions: list[TransitionLine] = []


class _ThingLine(Struct, tag_field="line", omit_defaults=True, forbid_unknown_fields=True):
    key: tuple[str, ...]
    state: Raw = _NOTHING


class NodeLine(_ThingLine, tag="node"):
    """A node."""


class EdgeLine(_ThingLine, tag="edge"):
    """An edge."""


class MessageLine(_ThingLine, tag="message"):
    """A message."""


class FileLine(_ThingLine, tag="file"):
    """A file: the reference, not its bytes."""


class EventLine(Struct, tag_field="line", tag="event", omit_defaults=True, forbid_unknown_fields=True):
    """An event; those of its fields that must be there come first."""

    event_id: str
    rank: RankOf
    recorded_at: Instant
    event_type: Text
    status: Text
    started_at: Instant
    ended_at: Instant | None = None
    duration_us: DurationUs | None = None
    event_subtype: Text | None = None
    name: Text | None = None
    node_id: Text | None = None
    agent_name: Text | None = None
    parent_event_id: Text | None = None
    previous_event_id: Text | None = None
    sequence: Integer | None = None
    first_token_at: Instant | None = None
    model: Text | None = None
    provider: Text | None = None
    tokens_in: Count | None = None
    tokens_out: Count | None = None
    tokens_cached: Count | None = None
    tokens_cache_write: Count | None = None
    tokens_reasoning: Count | None = None
    cost_nanos: Nanos | None = None
    is_silent: bool = False
    payload: Raw = _NOTHING


Number = Annotated[int, Meta(ge=1, le=MAX_NUMBER)]


class RecorderLine(Struct, tag_field="line", tag="recorder", omit_defaults=True, forbid_unknown_fields=True):
    """What came of a recorder: ranges of numbers, and how many of those up to one that are in no range any more."""

    recorder_id: str
    received: Annotated[list[tuple[Number, Number]], Meta(max_length=MAX_RANGES)] = []
    settled_until: Annotated[int, Meta(ge=0, le=MAX_NUMBER)] = 0
    settled_count: Count = 0
    record_count: Count = 0
    dropped_count: Count = 0
    state: Raw = _NOTHING


class BlobLine(Struct, tag_field="line", tag="blob", forbid_unknown_fields=True):
    """Some of the bytes of files of the run; JSON has them as Base64."""

    content_hash: str
    size_bytes: Annotated[int, Meta(ge=0, le=2**60)]
    offset: Annotated[int, Meta(ge=0, le=2**60)]
    data: bytes


class EndLine(Struct, tag_field="line", tag="end", kw_only=True):
    """Ends a run: how many lines it has before this one, and their SHA-256."""

    run_id: str
    lines: int
    sha256: str


class CloseLine(Struct, tag_field="line", tag="close", kw_only=True):
    """The last line: how many lines of each kind there are before it, and the SHA-256 of all of them."""

    counts: dict[str, int]
    sha256: str


Line = (
    HeaderLine
    | SessionLine
    | RunLine
    | NodeLine
    | EdgeLine
    | MessageLine
    | FileLine
    | RecorderLine
    | EventLine
    | BlobLine
    | EndLine
    | CloseLine
)

_THING_LINES: Mapping[RecordKind, type[NodeLine | EdgeLine | MessageLine | FileLine]] = {
    RecordKind.NODE: NodeLine,
    RecordKind.EDGE: EdgeLine,
    RecordKind.MESSAGE: MessageLine,
    RecordKind.FILE: FileLine,
}
_KINDS: Mapping[type, RecordKind] = {line_type: kind for kind, line_type in _THING_LINES.items()}
# Their values come as one sequence.
_make_event: Callable[..., EventLine] = EventLine
_make_run: Callable[..., RunLine] = RunLine

encode_line: Callable[[Struct], bytes] = msgspec.json.Encoder().encode
_decode_line: Callable[[bytes], Line] = msgspec.json.Decoder(Line).decode
_decode_events: Callable[[bytes], list[EventLine]] = msgspec.json.Decoder(list[EventLine]).decode
_event_values: Callable[[EventLine], tuple[Any, ...]] = attrgetter(*EVENT_FIELDS)
# An event's values as its line has them, from where `EVENT_FIELDS` has them.
_in_line_order: Callable[[Sequence[Any]], tuple[Any, ...]] = itemgetter(
    *(EVENT_FIELDS.index(name) for name in EventLine.__struct_fields__[: len(EVENT_FIELDS)])
)
_event_texts: Callable[[EventLine], tuple[str | None, ...]] = attrgetter(
    "event_type", "status", "event_subtype", "name", "node_id", "agent_name", "model", "provider"
)
_event_ids: Callable[[EventLine], tuple[str | None, ...]] = attrgetter(
    "event_id", "parent_event_id", "previous_event_id"
)


def line_of(part: Part) -> Line:
    """Return a part of a run as a line."""
    if isinstance(part, EventPart):
        payload = _NOTHING if part.payload is None else Raw(part.payload)
        return _make_event(*_in_line_order(part.values), part.is_silent, payload)
    if isinstance(part, ThingPart):
        return _THING_LINES[part.kind](part.key, _raw(part.state))
    if isinstance(part, RecorderPart):
        return _recorder_line(part)
    if isinstance(part, BlobPart):
        return BlobLine(part.content_hash, part.size_bytes, part.offset, part.data)
    if isinstance(part, RunPart):
        return _run_line(part)
    return SessionLine(part.session_id, part.name, part.status, part.created_at, part.person_name, _raw(part.state))


def _run_line(run: RunPart) -> RunLine:
    values = [getattr(run, name) for name in RunLine.__struct_fields__[:_N_PLAIN]]
    transitions = [
        TransitionLine(at=each.at, from_status=each.from_status, to_status=each.to_status, who=each.who, why=each.why)
        for each in run.transitions
    ]
    return _make_run(*values, _raw(run.state), list(run.aliases), transitions)


def _recorder_line(recorder: RecorderPart) -> RecorderLine:
    received = recorder.received
    return RecorderLine(
        recorder.recorder_id,
        received.ranges,
        received.settled_until,
        received.n_settled,
        recorder.record_count,
        recorder.dropped_count,
        _raw(recorder.state),
    )


def _raw(state: bytes | None) -> Raw:
    return _NOTHING if state is None else Raw(state)


def decode_line(raw: bytes) -> Line:
    """Return the line that these bytes are.

    Raises:
        DecodeError: they are none of this version; the text says what is wrong, and repeats nothing of them.
    """
    try:
        return _decode_line(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"a line can't be read: {str(error)[:200]}") from None


def part_of(line: Line) -> Part | None:
    """Return the part of a run that a line carries, None where it carries none.

    Raises:
        DecodeError: a value in it could not be kept or shown.
    """
    try:
        if isinstance(line, EventLine):
            return _event_part(line)
        if isinstance(line, _ThingLine):
            return _thing_part(line)
        if isinstance(line, RecorderLine):
            return _recorder_part(line)
        if isinstance(line, BlobLine):
            return _blob_part(line)
        if isinstance(line, RunLine):
            return _run_part(line)
        if isinstance(line, SessionLine):
            return _session_part(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"a {tag_of(line)} can't be read: {str(error)[:200]}") from None
    return None


def events_of(texts: Sequence[bytes]) -> list[EventPart]:
    """Return the events of lines that all begin as events do: checked together, which is far quicker than one by one.

    Raises:
        DecodeError: one of them can't be read; `part_of` tells which, and why.
    """
    try:
        lines = _decode_events(b"[%b]" % b",".join(texts))
        if len(lines) != len(texts):
            raise DecodeError("there is more than one event in a line")
        payloads = [bytes(line.payload) if line.payload else None for line in lines]
        check_payloads([payload for payload in payloads if payload is not None])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"an event can't be read: {str(error)[:200]}") from None
    require_ids(set(chain.from_iterable(map(_event_ids, lines))))
    require_names(set(chain.from_iterable(map(_event_texts, lines))))
    values = map(_event_values, lines)
    return [
        EventPart(each, payload, line.is_silent) for each, payload, line in zip(values, payloads, lines, strict=True)
    ]


def tag_of(line: Struct) -> str:
    """Return the kind of a line, as it says by itself."""
    return str(line.__struct_config__.tag)


def _event_part(line: EventLine) -> EventPart:
    require_ids(_event_ids(line))
    require_names(_event_texts(line))
    payload = None
    if line.payload:
        payload = bytes(line.payload)
        check_payload(payload)
    return EventPart(_event_values(line), payload, line.is_silent)


def _thing_part(line: _ThingLine) -> ThingPart:
    kind = _KINDS[type(line)]
    if len(line.key) != (4 if kind is RecordKind.EDGE else 1):
        raise DecodeError(f"the key of a {kind} has {len(line.key)} parts")
    if kind in (RecordKind.NODE, RecordKind.EDGE):
        require_names(line.key[:3])
        require_names(part or None for part in line.key[3:])
    else:
        require_ids(line.key)
    state = _state_of(kind, line.state)
    if state is None and kind is not RecordKind.NODE:
        raise DecodeError(f"a {kind} has no state")
    return ThingPart(kind, line.key, state)


def _recorder_part(line: RecorderLine) -> RecorderPart:
    require_ids((line.recorder_id,))
    is_sound, after = line.settled_count <= line.settled_until, line.settled_until
    for first, last in line.received:
        is_sound, after = is_sound and after < first <= last, last + 1
    if not is_sound:
        raise DecodeError("what a recorder's numbers are is no list of ranges that stand in order and apart")
    return RecorderPart(
        recorder_id=line.recorder_id,
        received=received_of_ranges(line.received, settled_until=line.settled_until, n_settled=line.settled_count),
        record_count=line.record_count,
        dropped_count=line.dropped_count,
        state=_state_of(RecordKind.RECORDER, line.state),
    )


def _blob_part(line: BlobLine) -> BlobPart:
    if parse_content_hash(line.content_hash) != line.content_hash:
        raise DecodeError("bytes have no content hash")
    return BlobPart(content_hash=line.content_hash, size_bytes=line.size_bytes, offset=line.offset, data=line.data)


def _run_part(line: RunLine) -> RunPart:
    if not is_run_id(line.run_id):
        raise DecodeError("the id of a run is unusable; 1-64 of A-Z a-z 0-9 . _ : - can identify a run")
    require_names((line.agent_name, line.session_id, line.inferred_agent, line.name_source))
    for name in (line.run_name, *(name for _, name in line.aliases)):
        if name is not None and repair_run_name(name) != name:
            raise DecodeError("the name of a run breaks the rules of names")
    require_names([agent_name for agent_name, _ in line.aliases])
    values = {name: getattr(line, name) for name in RunLine.__struct_fields__[:_N_PLAIN]}
    transitions = [
        TransitionPart(at=each.at, from_status=each.from_status, to_status=each.to_status, who=each.who, why=each.why)
        for each in line.transitions
    ]
    state = _state_of(RecordKind.RUN, line.state)
    return RunPart(**values, state=state, aliases=line.aliases, transitions=transitions)


def _session_part(line: SessionLine) -> SessionPart:
    require_names((line.session_id, line.name, line.status, line.person_name))
    return SessionPart(
        session_id=line.session_id,
        name=line.name,
        status=line.status,
        created_at=line.created_at,
        person_name=line.person_name,
        state=_state_of(RecordKind.SESSION, line.state),
    )


def _state_of(kind: RecordKind, raw: Raw) -> bytes | None:
    if not raw:
        return None
    state = bytes(raw)
    check_state(kind, state)
    return state
