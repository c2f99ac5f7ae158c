"""States and payloads in a bundle: looked at once, so that nothing gets in that could not be merged or shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta, Struct

from runreel.errors import DecodeError
from runreel.model.name import is_record_id, repair_name
from runreel.model.record import RecordKind
from runreel.model.statement import MAX_STATEMENTS
from runreel.wire.json import MAX_DEPTH, is_deeper

_MAX = 2**63 - 1
Instant = Annotated[int, Meta(ge=-(2**60), le=2**60)]
Integer = Annotated[int, Meta(ge=-_MAX, le=_MAX)]
# The bounds within which values are read from records; sums of so large ones still fit.
Count = Annotated[int, Meta(ge=0, le=10**12)]
Nanos = Annotated[int, Meta(ge=0, le=10**14)]
DurationUs = Annotated[int, Meta(ge=0, le=2**60)]
RankOf = Annotated[int, Meta(ge=-1, le=9)]
Text = Annotated[str, Meta(min_length=1, max_length=255)]
LongText = Annotated[str, Meta(max_length=20_000)]
Stamp = tuple[RankOf, Instant]


class _SessionFields(Struct):
    name: Text | None = None
    status: Text | None = None
    created_at: Instant | None = None
    metadata: dict[str, Any] | None = None


class _Request(Struct, forbid_unknown_fields=True):
    number: Annotated[int, Meta(ge=1, le=_MAX)]
    action: Literal["cancel", "pause", "resume"]
    requested_at: Instant
    why: LongText | None = None
    requested_by: Text | None = None


class _RunFields(Struct):
    agent_name: Text | None = None
    session_id: Text | None = None
    run_name: Text | None = None
    status: Text | None = None
    environment: Text | None = None
    mode: Text | None = None
    model: Text | None = None
    task: LongText | None = None
    parent_run_id: Text | None = None
    parent_event_id: Text | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    duration_us: DurationUs | None = None
    tags: list[Text] | None = None
    metadata: dict[str, Any] | None = None
    heartbeat_us: DurationUs | None = None
    person_status: Text | None = None
    seen_request: Count | None = None
    requests: list[_Request] | None = None


class _Said(Struct, forbid_unknown_fields=True):
    status: Text
    who: Text | None = None
    why: LongText | None = None


# A moment and a rank, as `model/statement.py` writes them.
StatementKey = Annotated[str, Meta(pattern=r"^-?[0-9]{1,18}\.[0-9]\Z")]
Statements = Annotated[dict[StatementKey, _Said], Meta(max_length=MAX_STATEMENTS)]


class _NodeFields(Struct):
    node_type: Text | None = None
    name: Text | None = None
    status: Text | None = None
    goal: LongText | None = None
    agent_name: Text | None = None
    parent_node_id: Text | None = None
    order_index: Integer | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    metadata: dict[str, Any] | None = None
    requires_approval: bool | None = None
    max_attempts: Count | None = None
    plan_version: Count | None = None
    states: Statements | None = None


class _EdgeFields(Struct):
    plan_version: Count | None = None
    metadata: dict[str, Any] | None = None


class _MessageFields(Struct):
    sender: Text | None = None
    recipient: Text | None = None
    sent_at: Instant | None = None
    node_id: Text | None = None
    event_id: Text | None = None
    tokens: Count | None = None
    metadata: dict[str, Any] | None = None


class _FileFields(Struct):
    path: LongText | None = None
    file_type: Text | None = None
    media_type: Text | None = None
    content_hash: Text | None = None
    workflow_phase: Text | None = None
    size_bytes: Count | None = None
    created_at: Instant | None = None
    node_id: Text | None = None
    agent_name: Text | None = None
    event_id: Text | None = None
    is_final_output: bool | None = None
    metadata: dict[str, Any] | None = None


class _Payload(Struct, forbid_unknown_fields=True):
    inputs: Any = None
    outputs: Any = None
    error: Any = None
    attributes: dict[str, Any] = {}
    lower: dict[str, Stamp] = {}


class _RecorderFields(Struct):
    closed: bool | None = None
    sdk: Text | None = None
    language: Text | None = None
    metadata: dict[str, Any] | None = None


_FIELDS: Mapping[RecordKind, type[Struct]] = {
    RecordKind.SESSION: _SessionFields,
    RecordKind.RUN: _RunFields,
    RecordKind.NODE: _NodeFields,
    RecordKind.EDGE: _EdgeFields,
    RecordKind.MESSAGE: _MessageFields,
    RecordKind.FILE: _FileFields,
    RecordKind.RECORDER: _RecorderFields,
}
_NAMES = (
    "agent_name",
    "session_id",
    "run_name",
    "node_id",
    "parent_node_id",
    "status",
    "environment",
    "mode",
    "model",
    "person_status",
    "sdk",
    "language",
)
_IDS = ("parent_run_id", "parent_event_id", "event_id", "content_hash")


class _State(Struct, forbid_unknown_fields=True):
    """What any state must be; its fields are looked at once more, by what they are of."""

    fields: dict[str, Any]
    top: Stamp
    lower: dict[str, Stamp]


_decode_payload: Callable[[bytes], _Payload] = msgspec.json.Decoder(_Payload).decode
_decode_payloads: Callable[[bytes], list[_Payload]] = msgspec.json.Decoder(list[_Payload]).decode
_decode_state: Callable[[bytes], _State] = msgspec.json.Decoder(_State).decode


def check_payload(text: bytes) -> None:
    """Refuse a payload that could not be read again.

    Raises:
        DecodeError: it is nested too deep.
        msgspec.DecodeError: it is no payload.
    """
    _check_payload_depth(text, _decode_payload(text))


def check_payloads(texts: Sequence[bytes]) -> None:
    """Refuse payloads of which one could not be read again; raises as `check_payload` does."""
    payloads = _decode_payloads(b"[%b]" % b",".join(texts))
    for text, payload in zip(texts, payloads, strict=True):
        if _may_be_deep(text):
            _check_payload_depth(text, payload)


def check_state(kind: RecordKind, text: bytes) -> None:
    """Refuse a state that could not be merged or read again.

    Raises:
        DecodeError: it is nested too deep, or a name in it breaks the rules.
        msgspec.DecodeError: it is no state of this kind of thing.
    """
    state = _decode_state(text)
    fields = msgspec.convert(state.fields, _FIELDS[kind])
    require_names(getattr(fields, name, None) for name in _NAMES)
    require_ids(getattr(fields, name, None) for name in _IDS)
    require_names(getattr(fields, "tags", None) or ())
    if isinstance(fields, _NodeFields) and fields.states:
        require_names(name for said in fields.states.values() for name in (said.status, said.who))
    _check_depth(text, [state.fields])


def require_ids(ids: Iterable[str | None]) -> None:
    """Refuse ids that no record could have."""
    for text in ids:
        if text is not None and not is_record_id(text):
            raise DecodeError("an id is unusable; 1-255 characters without controls can be one")


def require_names(names: Iterable[str | None]) -> None:
    """Refuse names and short texts that no record could have."""
    for name in names:
        if name is not None and repair_name(name) != name:
            raise DecodeError("a name or a short text breaks the rules of names")


def _check_payload_depth(text: bytes, payload: _Payload) -> None:
    _check_depth(text, [payload.inputs, payload.outputs, payload.error, payload.attributes])


def _check_depth(text: bytes, values: list[Any]) -> None:
    if _may_be_deep(text) and is_deeper(cast("list[object]", [values]), MAX_DEPTH + 2):
        raise DecodeError(f"it is nested deeper than {MAX_DEPTH} levels")


def _may_be_deep(text: bytes) -> bool:
    # Counting brackets is quick, and what has few of them can't be deep.
    return len(text) > MAX_DEPTH and text.count(b"[") + text.count(b"{") > MAX_DEPTH
