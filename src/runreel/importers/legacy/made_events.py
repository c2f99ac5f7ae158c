"""Rows of other tables that become events: approvals, checkpoints, metrics, and changes of a step's state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runreel.importers.identity import made_id
from runreel.importers.ledger import Ledger
from runreel.importers.legacy.event_row import EventDraft
from runreel.importers.legacy.reference import References
from runreel.importers.legacy.tables import Reading
from runreel.importers.source import Row
from runreel.importers.value import instant_of, json_of, number_of, plain_of, text_of
from runreel.wire.field import text_of as short_text_of

_RESOLVED = frozenset({"resolved", "approved", "rejected", "modified"})
_CALLED_OFF = frozenset({"expired", "cancelled", "canceled"})


class EventMaker:
    """Makes events of the rows of one run."""

    def __init__(self, ledger: Ledger, references: References) -> None:
        self._ledger = ledger
        self._references = references

    def approvals(self, rows: Iterable[Row], reading: Reading) -> list[EventDraft]:
        """Return the requests for approval: what was asked, and what came of it."""
        made: list[EventDraft] = []
        for row in rows:
            (
                _, raw_id, step, status, requested, resolved, snapshot, feedback, resolution, session, kind, context,
                result, created, expires, *_,
            ) = row  # fmt: skip
            event = self._new(reading, row, raw_id, requested if requested is not None else created, step)
            if event is None:
                continue
            event.event_type, event.name = "approval_requested", short_text_of(text_of(kind)) or "approval"
            word = (text_of(status) or "").lower()
            event.status = _status_of(word)
            event.subtype = short_text_of(text_of(resolution)) or short_text_of(word) or "pending"
            event.ended_at = None if resolved is None else instant_of(resolved)
            event.inputs = _raw(context) or _raw(snapshot)
            event.outputs = _of_mapping(
                {"resolution": text_of(resolution), "user_feedback": text_of(feedback), "result": _value(result)}
            )
            both = context is not None and snapshot is not None and context != snapshot
            _keep(event.extra, {
                "approval_status": text_of(status),
                "context_snapshot": _value(snapshot) if both else None,
                "created_at": plain_of(created) if requested is not None and created != requested else None,
                "expires_at": plain_of(expires),
                "session_id": plain_of(session),
            })  # fmt: skip
            made.append(event)
        return made

    def checkpoints(self, rows: Iterable[Row], reading: Reading) -> list[EventDraft]:
        """Return the checkpoints."""
        made: list[EventDraft] = []
        for row in rows:
            _, raw_id, step, kind, created, snapshot, pickle_path, meta, *_ = row
            event = self._new(reading, row, raw_id, created, step)
            if event is None:
                continue
            event.subtype, event.name = "checkpoint", short_text_of(text_of(kind)) or "checkpoint"
            event.outputs = _raw(snapshot)
            event.meta = _raw(meta)
            _keep(event.extra, {"checkpoint_type": text_of(kind), "pickle_file_path": text_of(pickle_path)})
            made.append(event)
        return made

    def metrics(self, rows: Iterable[Row], reading: Reading) -> list[EventDraft]:
        """Return what was measured."""
        made: list[EventDraft] = []
        for row in rows:
            _, raw_id, step, timestamp, name, value, meta, *_ = row
            event = self._new(reading, row, raw_id, timestamp, step)
            if event is None:
                continue
            event.subtype, event.name = "metric", short_text_of(text_of(name)) or "metric"
            number = number_of(value)
            event.outputs = _of_mapping(
                {"metric": text_of(name), "value": plain_of(value) if number is None else number}
            )
            event.meta = _raw(meta)
            made.append(event)
        return made

    def history(self, rows: Sequence[Mapping[str, Any]]) -> list[EventDraft]:
        """Return the changes of state of steps and of other things that are no runs."""
        made: list[EventDraft] = []
        for row in rows:
            extra: dict[str, Any] = dict(row.get("rest") or {})
            at = row["at"] if row["at"] is not None else self._references.at
            event_id = self._references.new_id(made_id("state", row["id"]))
            event = EventDraft(event_id, at, started_at=at, event_type="state_transition", extra=extra)
            event.node_id = self._references.node(row["node"], row["step"], extra, event_id, is_made=True)
            event.subtype, event.name = "info", f"{row['from'] or '…'} → {row['to']}"[:255]
            event.inputs = _of_mapping({"from": row["from"], "to": row["to"]})
            event.meta = _raw(row["meta"])
            _keep(extra, {
                "entity_type": row["entity_type"], "entity_id": row["entity_id"], "reason": row["reason"],
                "transitioned_by": row["who"], "state_history_id": row["id"],
            })  # fmt: skip
            made.append(event)
            self._count("state_history")
        return made

    def _new(self, reading: Reading, row: Row, raw_id: Any, time: Any, step: Any) -> EventDraft | None:
        row_id = text_of(raw_id)
        if row_id is None:
            self._ledger.left_out(reading.table, "it has no usable id", row_id)
            return None
        extra = reading.rest(row)
        at = instant_of(time)
        if at is None and time is not None:
            extra["original_time"] = plain_of(time)
        at = self._references.at if at is None else at
        event_id = self._references.new_id(made_id(_PREFIXES[reading.table], row_id))
        event = EventDraft(event_id, at, started_at=at, extra=extra)
        event.node_id = self._references.node(None, step, extra, event_id, is_made=True)
        extra[f"{_PREFIXES[reading.table]}_id"] = plain_of(raw_id)
        self._count(reading.table)
        return event

    def _count(self, table: str) -> None:
        self._ledger.stored(table)


_PREFIXES = {"approval_requests": "approval", "checkpoints": "checkpoint", "workflow_metrics": "metric"}


def _status_of(word: str) -> str:
    if word in _RESOLVED:
        return "completed"
    return "cancelled" if word in _CALLED_OFF else "running"


def _raw(value: Any) -> bytes | None:
    found = None if value is None else json_of(value)
    return None if found is None else found.raw


def _value(value: Any) -> object:
    found = None if value is None else json_of(value)
    return None if found is None else found.value


def _of_mapping(values: Mapping[str, object]) -> bytes | None:
    known = {name: value for name, value in values.items() if value is not None}
    return _raw(known) if known else None


def _keep(extra: dict[str, Any], values: Mapping[str, object]) -> None:
    extra.update({name: value for name, value in values.items() if value is not None})
