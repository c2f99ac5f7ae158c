"""Rows of `execution_events` while their run is converted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from msgspec import Struct, field

from runreel.importers.shelf import Kept, raw_of, value_of
from runreel.importers.value import mapping_of
from runreel.model.bundle import EventPart
from runreel.wire.json import encode_json

_END_RANK = 2
(_BACKSLASH,) = b"\\"


class Stated(NamedTuple):
    """What an event says itself of its usage."""

    tokens_in: int | None
    tokens_out: int | None
    cost_nanos: int | None


# Many of them are made, and none can be part of a cycle.
class EventDraft(Struct, gc=False):
    """An event while its run is converted. `at` is when its row was written, `order` what its row says of its place."""

    event_id: str
    at: int
    event_type: str = "info"
    subtype: str | None = None
    name: str | None = None
    node_id: str | None = None
    step: str | None = None
    agent_name: str | None = None
    role: object = None
    parent: str | None = None
    status: str = "completed"
    started_at: int = 0
    ended_at: int | None = None
    duration_us: int | None = None
    order: int | None = None
    sequence: int | None = None
    model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_nanos: int | None = None
    stated: Stated | None = None
    inputs: Kept | None = None
    outputs: Kept | None = None
    meta: Kept | None = None
    error: object = None
    extra: dict[str, Any] = field(default_factory=dict[str, Any])

    def part(self) -> EventPart:
        """Return the event as a bundle carries it."""
        values = (
            self.event_id, _END_RANK, self.ended_at or self.at, self.event_type, self.subtype, self.name,
            self.node_id, self.agent_name, self.parent, None, self.sequence, self.status, self.started_at,
            self.ended_at, self.duration_us, None, self.model, None, self.tokens_in, self.tokens_out, None, None,
            None, self.cost_nanos,
        )  # fmt: skip
        return EventPart(values, self._payload())

    def _payload(self) -> bytes | None:
        members: list[bytes] = []
        if self.inputs is not None:
            members.append(b'"inputs":' + raw_of(self.inputs))
        if self.outputs is not None:
            members.append(b'"outputs":' + raw_of(self.outputs))
        if self.error is not None:
            members.append(b'"error":' + encode_json(self.error))
        attributes = self._attributes()
        if attributes is not None:
            members.append(b'"attributes":' + attributes)
        return b"{" + b",".join(members) + b"}" if members else None

    def _attributes(self) -> bytes | None:
        # Most rows have a role, and nothing else of this kind: a mapping for each would be most of what they take.
        extra = self.extra if self.role is None else {"agent_role": self.role, **self.extra}
        if self.meta is None:
            return encode_json(extra) if extra else None
        raw = raw_of(self.meta).strip()
        if raw.startswith(b'{"') and _has_none(raw, extra):
            return raw[:-1] + b"," + encode_json(extra)[1:] if extra else raw
        value = value_of(raw)
        known = mapping_of(value)
        if not known:
            extra = extra if value == {} else {"meta": value, **extra}
            return encode_json(extra) if extra else None
        if not extra:
            return raw
        if extra.keys() & known.keys():
            return encode_json({**extra, "meta": known})
        return raw[:-1] + b"," + encode_json(extra)[1:]


def _has_none(raw: bytes, names: Iterable[str]) -> bool:
    """Tell whether this JSON certainly has none of the names; to decode it would take longer."""
    if _BACKSLASH in raw:
        return False
    for name in names:  # noqa: SIM110  a generator costs more than all else here
        if name.encode() in raw:
            return False
    return True
