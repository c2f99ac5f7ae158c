"""Runs as rows: what follows from a run's records, its events and what people did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, cast

from runreel.model.error_line import error_line
from runreel.model.instant import LONGEST_US
from runreel.model.record import Rank, Record, RecordKind
from runreel.model.request import Request, find_followed, read_requests
from runreel.model.run import Run
from runreel.model.transition import BY_PERSON, BY_RECORDER
from runreel.model.usage import Usage
from runreel.model.vocabulary import DEFAULT_SESSION, UNKNOWN_AGENT, is_ended
from runreel.storage.merge import (
    Stamp,
    State,
    decode_lower,
    encode_lower,
    joined,
    merged,
    new_state,
    same,
    stamp_of_key,
)
from runreel.storage.sql import schema
from runreel.storage.sql.codec import compress, decode_json, decompress, encode_json
from runreel.storage.sql.rollup import N_TOTALS, TOTALS

COLUMNS = tuple(column.name for column in schema.runs.columns)
NAMED_BY_COUNTER, NAMED_BY_WIRE, NAMED_BY_PERSON = "auto", "wire", "person"

_EVENT = RecordKind.EVENT
_NEVER = 2**63 - 1
_COMPRESS_FROM_BYTES = 300
_BY_TIME = frozenset({"status"})
# What a person says is a field of its own, so that what the wire says stays known beside it.
_PERSON_STATUS = "person_status"
_WAITING = "waiting_approval"
REQUESTS = "requests"
"""The field of a run's state that holds what people asked of its agent."""
_PLAIN_FIELDS = ("environment", "mode", "task", "model", "parent_run_id", "parent_event_id")
# `change_no` is drawn last, see `Transaction.finish`.
_FIXED = frozenset({"run_pk", "project", "run_id", "first_seen_at", "change_no"})
_UPDATED = tuple(name for name in COLUMNS if name not in _FIXED)
_VALUES_OF = attrgetter(*COLUMNS)
_UPDATED_OF = attrgetter(*_UPDATED)
_TOTALS_OF = attrgetter(*TOTALS)
UPDATE_SQL = f"UPDATE runs SET {','.join(f'{name} = ?' for name in _UPDATED)} WHERE run_pk = ?"


@dataclass(slots=True)
class RunRow:
    """One row of `runs`, in the order of its columns."""

    run_pk: int
    project: str
    run_id: str
    agent_name: str = UNKNOWN_AGENT
    run_name: str | None = None
    name_source: str | None = None
    session_id: str = DEFAULT_SESSION
    status: str = "executing"
    environment: str | None = None
    mode: str | None = None
    task: str | None = None
    model: str | None = None
    parent_run_id: str | None = None
    parent_event_id: str | None = None
    tags: str | None = None
    error_line: str | None = None
    created_at: int = 0
    active_at: int = 0
    started_at: int | None = None
    ended_at: int | None = None
    duration_us: int | None = None
    first_seen_at: int = 0
    inferred_agent: str | None = None
    inferred_at: int | None = None
    event_count: int = 0
    error_count: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    tokens_cache_write: int = 0
    tokens_reasoning: int = 0
    cost_nanos: int = 0
    unpriced_count: int = 0
    sequenced_count: int = 0
    block_count: int = 0
    payload_bytes: int = 0
    heartbeat_at: int | None = None
    heartbeat_us: int | None = None
    is_lost: int = 0
    approval_count: int = 0
    open_approval_count: int = 0
    change_seq: int = 0
    change_no: int = 0

    def values(self) -> tuple[Any, ...]:
        """Return the columns in their order."""
        return _VALUES_OF(self)

    def update_values(self) -> tuple[Any, ...]:
        """Return the parameters of `UPDATE_SQL`."""
        return (*_UPDATED_OF(self), self.run_pk)

    def totals(self) -> tuple[int, ...]:
        """Return the totals in the order of `rollup.TOTALS`."""
        return _TOTALS_OF(self)

    def add_totals(self, sign: int, totals: Sequence[int]) -> None:
        """Add or take out what events contribute, in the order of `rollup.TOTALS`."""
        for name, amount in zip(TOTALS, totals, strict=True):
            if amount:
                setattr(self, name, getattr(self, name) + sign * amount)


def new_row(run_pk: int, project: str, run_id: str, *, now: int) -> RunRow:
    """Return the row of a run of which nothing is known yet.

    Until a record speaks of a time, the run stands at the time it was first seen; `active_at` before `created_at` marks
    that, which no times of records can.
    """
    return RunRow(run_pk, project, run_id, created_at=now, active_at=now - 1, first_seen_at=now)


class RunChange:
    """A run while a transaction works on it: its row and state, and the row as it was before."""

    def __init__(self, row: RunRow, state: State) -> None:
        self.row = row
        self.before = RunRow(*row.values())
        self.state = state
        self.is_new = row.change_seq == 0
        self.state_changed = False
        self.who = BY_RECORDER
        self.why: str | None = None
        self.at: int | None = None
        self._status_at: int | None = None
        self.has_history = False
        self.wish_before = self.wish()
        self._earliest = _NEVER
        self._latest = -_NEVER

    def merge_record(self, record: Record) -> None:
        """Merge one run record into the state."""
        before = self.state
        self._set_state(merged(before, record, by_time=_BY_TIME) if before.top[0] >= 0 else new_state(record))

    def merge_state(self, state: State) -> None:
        """Merge what run records were merged to elsewhere."""
        before = self.state
        self._set_state(joined(before, state, by_time=_BY_TIME) if before.top[0] >= 0 else state)

    def _set_state(self, state: State) -> None:
        self.state_changed = self.state_changed or not same(state, self.state)
        self.state = state

    def merge_edit(self, fields: dict[str, object], *, now: int) -> None:
        """Merge what a person stated: later than all that persons stated before, and than the status that they saw."""
        top, at = self.state.top, now
        if top[0] == Rank.PERSON:
            at = max(at, top[1] + 1)
        if (status := fields.pop("status", None)) is not None:
            fields[_PERSON_STATUS] = status
            at = max(at, self._stamp("status")[1] if "status" in self.state.fields else 0)
            self.at, self.row.is_lost = now, 0
        self.merge_record(Record(RecordKind.RUN, self.row.run_id, "", Rank.PERSON, at, fields))

    def beat(self, now: int) -> None:
        """Take note that a sign of life came, if the recorder of the run promised more of them."""
        row = self.row
        row.heartbeat_at = None if row.heartbeat_us is None or is_ended(row.status) else now

    def see(self, records: Iterable[Record]) -> None:
        """Take note of the times that records of the run and below it speak of, and of the agents of events."""
        row = self.row
        earliest, latest = self._earliest, self._latest
        for record in records:
            fields = record.fields
            recorded_at = record.recorded_at
            for at in (recorded_at, fields.get("started_at"), fields.get("ended_at")):
                if at:
                    if at > latest:  # pyright: ignore[reportOperatorIssue]  times are integers
                        latest = cast("int", at)
                    if at < earliest:  # pyright: ignore[reportOperatorIssue]
                        earliest = cast("int", at)
            # The agent of the earliest event is the run's, while no record of the run settles it.
            if (
                (row.inferred_at is None or recorded_at <= row.inferred_at)
                and record.kind is _EVENT
                and "agent_name" in fields
            ):
                self.infer_agent(cast("str", fields["agent_name"]), recorded_at)
        self._earliest, self._latest = earliest, latest

    def see_span(self, earliest: int, latest: int) -> None:
        """Take note of the first and the last time that records seen elsewhere speak of."""
        self._earliest, self._latest = min(self._earliest, earliest), max(self._latest, latest)

    def infer_agent(self, agent_name: str, at: int) -> None:
        """Take note of the agent of an event, in case that it is the earliest one."""
        row = self.row
        if row.inferred_at is None or (at, agent_name) < (row.inferred_at, row.inferred_agent or ""):
            row.inferred_agent, row.inferred_at = agent_name, at

    def settle_waiting(self) -> None:
        """Let the status follow the approvals that are open now; what records state of it stands beneath."""
        row = self.row
        if bool(row.open_approval_count) == bool(self.before.open_approval_count):
            return
        status, at = self._settled_status()
        if status != row.status:
            row.status, self._status_at = status, at if row.open_approval_count else row.active_at

    def is_changed(self) -> bool:
        """Tell whether the row differs from the stored one, or the state does."""
        return self.is_new or self.state_changed or self.row.values() != self.before.values()

    def differing(self) -> dict[str, Any]:
        """Return the columns that are to be written, by name; of a new run these are all."""
        values = zip(_UPDATED, _UPDATED_OF(self.row), _UPDATED_OF(self.before), strict=True)
        return {name: value for name, value, before in values if value != before or self.is_new}

    def has_new_status(self) -> bool:
        """Tell whether the status is another than the stored one, or the run's first; not where its history says so."""
        if self.has_history:
            return False
        return self.is_new or self.row.status != self.before.status

    def transition(self) -> tuple[Any, ...]:
        """Return the row of `run_transitions` that tells of the new status."""
        row = self.row
        at = self.at or self._status_at or row.created_at
        former = None if self.is_new else self.before.status
        who, why = self.who, self.why
        if who == BY_RECORDER and why is None:
            request = find_followed(requests_of(self.state), former, row.status)
            if request is not None:
                who, why = request.requested_by or BY_PERSON, request.why
        return row.run_pk, row.change_seq, at, former, row.status, who, why

    def is_moved(self) -> bool:
        """Tell whether the run belongs to another agent or session than before."""
        row, before = self.row, self.before
        return (row.agent_name, row.session_id) != (before.agent_name, before.session_id)

    def has_left_session(self) -> bool:
        """Tell whether the run was stored in another session before."""
        return not self.is_new and self.row.session_id != self.before.session_id

    def is_settled(self) -> bool:
        """Tell whether the agent is known from a record of the run itself, or the run has ended."""
        is_stated = "agent_name" in self.state.fields and self._stamp("agent_name")[0] >= Rank.START
        return is_stated or is_ended(self.row.status)

    def wish(self) -> str | None:
        """Return the name that the recorder asked for."""
        return cast("str | None", self.state.fields.get("run_name"))

    def derive(self) -> None:
        """Set the columns that follow from the state, the inferences and the times seen."""
        row, fields = self.row, self.state.fields
        row.agent_name = cast("str", fields.get("agent_name")) or row.inferred_agent or UNKNOWN_AGENT
        row.session_id = cast("str", fields.get("session_id")) or DEFAULT_SESSION
        row.status, self._status_at = self._settled_status()
        row.heartbeat_us = cast("int | None", fields.get("heartbeat_us"))
        for name in _PLAIN_FIELDS:
            setattr(row, name, fields.get(name))
        tags = fields.get("tags")
        row.tags = json.dumps(tags, ensure_ascii=False) if tags else None
        row.error_line = error_line(error_of(self.state, row.status))
        self._derive_times()

    def _settled_status(self) -> tuple[str, int | None]:
        """Return the status and since when it is.

        The server's word counts only where the run has not ended otherwise, and an open approval only where it goes on.
        """
        status, at = self._stated_status()
        if is_ended(status):
            return status, at
        if self.row.is_lost:
            return "lost", None
        return (_WAITING, self.row.active_at) if self.row.open_approval_count else (status, at)

    def _stated_status(self) -> tuple[str, int | None]:
        """Return a person's word where it is an end, or not older than the wire's; else the wire's."""
        fields = self.state.fields
        status = cast("str | None", fields.get("status"))
        chosen = cast("str | None", fields.get(_PERSON_STATUS))
        if chosen is not None:
            at = self._stamp(_PERSON_STATUS)[1]
            if status is None or is_ended(chosen) or at >= self._stamp("status")[1]:
                return chosen, at
        return ("executing", None) if status is None else (status, self._stamp("status")[1])

    def _derive_times(self) -> None:
        row, fields = self.row, self.state.fields
        if self._earliest != _NEVER:
            unknown = row.active_at < row.created_at
            row.created_at = self._earliest if unknown else min(row.created_at, self._earliest)
            row.active_at = self._latest if unknown else max(row.active_at, self._latest)
        row.started_at = cast("int | None", fields.get("started_at"))
        row.ended_at = row.duration_us = None
        if is_ended(row.status):
            row.ended_at = self._of_this_end("ended_at") or self._status_at or max(row.active_at, row.created_at)
            row.duration_us = self._of_this_end("duration_us")
            elapsed = max(0, row.ended_at - (row.started_at or row.created_at))
            if row.duration_us is None and elapsed <= LONGEST_US:
                row.duration_us = elapsed

    def _of_this_end(self, name: str) -> int | None:
        """Return a stated end or duration, unless it was said before what ended the run: then it is of a former end."""
        value = cast("int | None", self.state.fields.get(name))
        is_of_it = value is not None and self._status_at is not None and self._stamp(name)[1] >= self._status_at
        return value if is_of_it else None

    def _stamp(self, name: str) -> Stamp:
        return _stamp_of(self.state, name)


def metadata_of(state: State) -> dict[str, object]:
    """Return the metadata of a run, without the keys that a person took out."""
    metadata = cast("dict[str, object]", state.fields.get("metadata", {}))
    return {key: value for key, value in metadata.items() if value is not None or not _is_taken_out(state, key)}


def error_of(state: State, status: str) -> object:
    """Return why a run of this status failed; nothing where that was said before it completed after all."""
    if status != "completed" or "error" not in state.fields:
        return state.fields.get("error")
    completed_at = max(_stamp_of(state, name)[1] for name in ("status", _PERSON_STATUS) if name in state.fields)
    return state.fields["error"] if _stamp_of(state, "error")[1] >= completed_at else None


def requests_of(state: State) -> tuple[Request, ...]:
    """Return what people asked of the agent of a run, oldest first."""
    return read_requests(state.fields.get(REQUESTS), state.fields.get("seen_request"))


def _stamp_of(state: State, name: str) -> Stamp:
    return state.lower.get(name, state.top)


def _is_taken_out(state: State, key: str) -> bool:
    return stamp_of_key(state, "metadata", key)[0] == Rank.PERSON


def empty_state() -> State:
    """Return the state of a run before any record of it."""
    return State({}, (-1, 0))


def encode_state(state: State) -> bytes:
    """Return a state as stored bytes."""
    content = encode_json({"fields": state.fields, "top": list(state.top), "lower": encode_lower(state.lower)})
    return content if len(content) < _COMPRESS_FROM_BYTES else compress(content)


def decode_fields(stored: bytes) -> dict[str, Any]:
    """Return the fields of a state that `encode_state` stored."""
    return _decode_content(stored)["fields"]


def _decode_content(stored: bytes) -> dict[str, Any]:
    # JSON begins with a brace, and a zstd frame with a mark of its own.
    return cast("dict[str, Any]", decode_json(stored if stored[:1] == b"{" else decompress(stored)))


def decode_state(stored: bytes) -> State:
    """Return the state that `encode_state` stored."""
    content = _decode_content(stored)
    rank, at = content["top"]
    return State(content["fields"], (rank, at), decode_lower(content["lower"]))


def read_run(row: RunRow) -> Run:
    """Return the run of a row."""
    return Run(
        run_id=row.run_id,
        run_name=row.run_name,
        agent_name=row.agent_name,
        session_id=row.session_id,
        status=row.status,
        created_at=row.created_at,
        active_at=max(row.active_at, row.created_at),
        started_at=row.started_at,
        ended_at=row.ended_at,
        duration_us=row.duration_us,
        environment=row.environment,
        mode=row.mode,
        task=row.task,
        model=row.model,
        parent_run_id=row.parent_run_id,
        parent_event_id=row.parent_event_id,
        tags=tuple(json.loads(row.tags)) if row.tags else (),
        error_line=row.error_line,
        usage=read_usage(row.totals()),
        n_events=row.event_count,
        n_errors=row.error_count,
        n_open_approvals=row.open_approval_count,
        change_seq=row.change_seq,
    )


def read_usage(totals: Sequence[int]) -> Usage:
    """Return the usage in totals that are in the order of `rollup.TOTALS`."""
    assert len(totals) == N_TOTALS
    return Usage(
        tokens_in=totals[2],
        tokens_out=totals[3],
        tokens_cached=totals[4],
        tokens_cache_write=totals[5],
        tokens_reasoning=totals[6],
        cost_nanos=totals[7],
        n_unpriced=totals[8],
    )


def agent_totals(row: RunRow) -> tuple[int, ...]:
    """Return what a run adds to its agent, in the order of `AGENT_SUMS`."""
    ended = is_ended(row.status)
    failed = row.status == "failed"
    return (1, int(ended), int(failed), row.duration_us or 0, *row.totals())


AGENT_SUMS = ("run_count", "ended_run_count", "failed_run_count", "duration_us", *TOTALS)
