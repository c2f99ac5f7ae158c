"""GATI databases as runs of a bundle, one after another: named by their creation, with their events as a server that
speaks this dialect would have taken them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from runreel.importers.grouped import Grouped
from runreel.importers.identity import run_id_of
from runreel.importers.ledger import Ledger
from runreel.importers.part import event_of, record_of, state_of, thing_of
from runreel.importers.shelf import Kept, Shelf, raw_of
from runreel.importers.source import Row, Source
from runreel.importers.value import beside, clean, instant_of, meta_of, number_of, plain_of, rest_of, text_of
from runreel.model.bundle import EVENT_FIELDS, EventPart, Part, RunPart, SessionPart, ThingPart, TransitionPart
from runreel.model.name import is_placeholder, is_record_id, numbered_name, repair_name, repair_run_name
from runreel.model.name import number_of as run_number_of
from runreel.model.record import Rank, Record, RecordKind, split_edge_key
from runreel.model.transition import BY_RECORDER
from runreel.model.vocabulary import DEFAULT_SESSION, UNKNOWN_AGENT
from runreel.storage.merge import merged, new_state
from runreel.wire.field import text_of as short_text_of
from runreel.wire.gati import read_event

_RUN_COLUMNS = (
    "run_id", "agent_name", "run_name", "environment", "status", "total_duration_ms", "total_cost", "tokens_in",
    "tokens_out", "metadata", "created_at", "updated_at",
)  # fmt: skip
_EVENT_COLUMNS = (
    "run_id", "event_id", "agent_name", "event_type", "timestamp", "parent_event_id", "previous_event_id", "data",
    "created_at", "updated_at",
)  # fmt: skip
_TABLES = ("agents", "runs", "events")
_NOT_DATA = frozenset({"alembic_version"})
# What that system calls every run, however it ended.
_SAYS_NOTHING = frozenset({"active"})
_BY_TIME = frozenset({"status"})
_RECORDED_AT, _NODE, _STARTED_AT = map(EVENT_FIELDS.index, ("recorded_at", "node_id", "started_at"))
_NAMES = """
CREATE TABLE runs (raw_id TEXT PRIMARY KEY, agent TEXT, created_at INTEGER, name TEXT, source TEXT) WITHOUT ROWID;
CREATE TABLE agents (name TEXT PRIMARY KEY, description TEXT, n_runs INTEGER DEFAULT 0) WITHOUT ROWID;
"""


class GatiConversion:
    """Converts one database. `n_runs` and `n_events` are what there is to do."""

    def __init__(self, source: Source, ledger: Ledger) -> None:
        self._source = source
        self._ledger = ledger
        self._run_extra = [name for name in source.tables.get("runs", ()) if name not in _RUN_COLUMNS]
        self._event_extra = [name for name in source.tables.get("events", ()) if name not in _EVENT_COLUMNS]
        # Without a name it is a file that is gone with the connection; a small one stays in memory.
        self._names = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._names.executescript(_NAMES)
        self._names.execute("BEGIN")
        self.n_runs = source.count("runs")
        self.n_events = source.count("events")
        self.n_read = 0

    def iter_runs(self) -> Iterator[Iterator[Part]]:
        """Yield the parts of each run. Read each to its end before the next."""
        self._count_tables()
        self._read_agents()
        self._read_names()
        events = Grouped(
            self._source.iter_rows("events", [*_EVENT_COLUMNS, *self._event_extra], order_by=("run_id",)),
            self._leave_out_event,
        )
        last: str | None = None
        for row in self._source.iter_rows("runs", [*_RUN_COLUMNS, *self._run_extra], order_by=("run_id",)):
            raw_id = text_of(row[0])
            if raw_id is None or raw_id == last:
                continue
            last = raw_id
            run_id = run_id_of(raw_id, "gati")
            yield self._iter_parts(row, run_id, events.take(row[0]))
            self._ledger.end_run(run_id)
        events.drain()
        self._settle_agents()

    def iter_sessions(self) -> Iterator[SessionPart]:
        """Yield nothing: that system knows no sessions."""
        return iter(())

    def close(self) -> None:
        """Let go of what is on disk; safe twice."""
        self._names.close()

    def _count_tables(self) -> None:
        for table in self._source.tables:
            if table in _NOT_DATA:
                continue
            n_rows = self._source.count(table)
            self._ledger.found(table, n_rows)
            if table not in _TABLES and n_rows:
                self._ledger.left_out(table, "Runreel has no place for rows of this table", None, n_rows)

    def _leave_out_event(self, row: Row) -> None:
        reason = "it names no run" if row[0] is None else "its run is missing"
        self._ledger.left_out("events", reason, text_of(row[1]))

    def _read_agents(self) -> None:
        for raw_name, description in self._source.iter_rows("agents", ("name", "description")):
            name = text_of(raw_name)
            if name is None:
                self._ledger.left_out("agents", "it has no name")
                continue
            statement = "INSERT OR IGNORE INTO agents VALUES (?, ?, 0)"
            if self._names.execute(statement, (name, text_of(description))).rowcount != 1:
                self._ledger.left_out("agents", "another row has the same name", name)

    def _read_names(self) -> None:
        for raw_id, agent, run_name, created in self._source.iter_rows(
            "runs", ("run_id", "agent_name", "run_name", "created_at"), order_by=("run_id",)
        ):
            own_id = text_of(raw_id)
            if own_id is None:
                self._ledger.left_out("runs", "it has no id")
                continue
            given = text_of(run_name)
            name = None if given is None or is_placeholder(given) else repair_run_name(given)
            source = None if name is None else "auto" if run_number_of(name) else "wire"
            values = (own_id, agent_of(agent), instant_of(created) or 0, name, source)
            if self._names.execute("INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?)", values).rowcount != 1:
                self._ledger.left_out("runs", "another row has the same id", own_id)
                continue
            self._names.execute("UPDATE agents SET n_runs = n_runs + 1 WHERE name = ?", (text_of(agent),))
        self._number_runs()

    def _number_runs(self) -> None:
        """Name the runs without a name by their creation, past the names that others of the agent have."""
        agents = [row[0] for row in self._names.execute("SELECT DISTINCT agent FROM runs WHERE name IS NULL")]
        for agent in agents:
            given = self._names.execute("SELECT name FROM runs WHERE agent = ? AND name IS NOT NULL", (agent,))
            taken = {name for (name,) in given}
            unnamed = self._names.execute(
                "SELECT raw_id FROM runs WHERE agent = ? AND name IS NULL ORDER BY created_at, raw_id", (agent,)
            ).fetchall()
            number = 0
            for (raw_id,) in unnamed:
                number += 1
                while numbered_name(number) in taken:
                    number += 1
                self._names.execute(
                    "UPDATE runs SET name = ?, source = 'auto' WHERE raw_id = ?", (numbered_name(number), raw_id)
                )
            self._ledger.repaired("runs without a name were named by their creation", agent, len(unnamed))

    def _settle_agents(self) -> None:
        for name, n_runs in self._names.execute("SELECT name, n_runs FROM agents"):
            if n_runs:
                self._ledger.stored("agents")
            else:
                self._ledger.left_out("agents", "it has no run; here agents are known by their runs", name)
        self._ledger.end_run("")

    def _iter_parts(self, row: Row, run_id: str, rows: Iterable[Row]) -> Iterator[Part]:
        with closing(Shelf()) as shelf:
            yield from self._parts_on(shelf, row, run_id, rows)

    def _parts_on(self, shelf: Shelf, row: Row, run_id: str, rows: Iterable[Row]) -> Iterator[Part]:
        records: list[Record] = []
        events: list[EventPart] = []
        payloads: list[Kept | None] = []
        seen: set[str] = set()
        for event in rows:
            self.n_read += 1
            for record in self._read_event(event, run_id, seen):
                if record.kind is RecordKind.EVENT:
                    part = event_of(record)
                    payloads.append(None if part.payload is None else shelf.put(part.payload))
                    events.append(EventPart(part.values, None))
                else:
                    records.append(record)
        things: dict[tuple[RecordKind, str], list[Record]] = {}
        for record in records:
            things.setdefault((record.kind, record.key), []).append(record)
        lifecycle = things.pop((RecordKind.RUN, ""), [])
        yield self._run_part(row, run_id, lifecycle, events)
        yield from self._iter_things(things, events)
        self._ledger.sent("events", len(events))
        for part, payload in zip(events, payloads, strict=True):
            yield EventPart(part.values, None if payload is None else raw_of(payload))

    def _read_event(self, row: Row, run_id: str, seen: set[str]) -> Sequence[Record]:
        _, raw_id, agent, event_type, timestamp, parent, previous, data, *_ = row
        event_id = text_of(raw_id)
        if event_id is None or not is_record_id(event_id):
            self._ledger.left_out("events", "it has no usable id", event_id)
            return ()
        if event_id in seen:
            self._ledger.left_out("events", "another event of the run has the same id", event_id)
            return ()
        seen.add(event_id)
        at = instant_of(timestamp)
        event: dict[str, object] = {
            "event_id": event_id,
            "run_id": run_id,
            "agent_name": text_of(agent),
            "event_type": text_of(event_type),
            "timestamp": plain_of(timestamp) if at is None else at / 1_000_000,
            "parent_event_id": text_of(parent),
            "previous_event_id": text_of(previous),
        }
        event |= rest_of(self._event_extra, row[len(_EVENT_COLUMNS) :])
        event |= {key: value for key, value in meta_of(data).items() if key not in event}
        self._ledger.stored("events")
        return read_event(event).records

    def _run_part(self, row: Row, run_id: str, lifecycle: Sequence[Record], events: Sequence[EventPart]) -> RunPart:
        (
            raw_id, agent, _, environment, status, duration_ms, cost, tokens_in, tokens_out, metadata, created,
            updated, *_,
        ) = row  # fmt: skip
        own_id = text_of(raw_id) or ""
        [(agent_name, name, name_source)] = self._names.execute(
            "SELECT agent, name, source FROM runs WHERE raw_id = ?", (own_id,)
        ).fetchall()
        created_at, updated_at = instant_of(created), instant_of(updated)
        times = [event.values[_RECORDED_AT] for event in events]
        times += [event.values[_STARTED_AT] for event in events if event.values[_STARTED_AT] is not None]
        times += [record.recorded_at for record in lifecycle]
        times += [at for at in (created_at,) if at is not None]
        times = [at for at in times if at] or [updated_at or 0]
        totals = {
            key: number
            for key, value in (
                ("total_duration_ms", duration_ms), ("total_cost", cost), ("tokens_in", tokens_in),
                ("tokens_out", tokens_out),
            )
            if (number := number_of(value))
        }  # fmt: skip
        word = short_text_of(text_of(status))
        description = self._names.execute("SELECT description FROM agents WHERE name = ?", (agent_name,)).fetchone()
        values: dict[str, object] = {
            **rest_of(self._run_extra, row[len(_RUN_COLUMNS) :]),
            "recorded_totals": totals or None,
            "recorded_status": word if word not in _SAYS_NOTHING else None,
            "agent_description": None if description is None else description[0],
            "original_run_id": clean(own_id) if run_id != own_id else None,
            "original_agent_name": plain_of(agent) if agent_of(agent) != agent else None,
        }
        fields: dict[str, object] = {
            "agent_name": agent_name,
            "environment": short_text_of(text_of(environment)),
            "metadata": beside(meta_of(metadata), values),
        }
        is_told = any("status" in record.fields for record in lifecycle)
        if not is_told and word is not None and word not in _SAYS_NOTHING:
            fields["status"] = word
        # By its row the agent of a run is settled; what its events say of it counts for less than that.
        others = [record for record in lifecycle if record.fields]
        for record in others:
            record.fields.pop("agent_name", None)
        state = new_state(record_of(RecordKind.RUN, "", created_at or min(times), fields, rank=Rank.START))
        for record in others:
            state = merged(state, record, by_time=_BY_TIME)
        settled = state.fields.get("status")
        status_at = state.lower.get("status", state.top)[1] if settled is not None else min(times)
        self._ledger.stored("runs")
        self._ledger.sent("runs")
        self._ledger.sent("transitions")
        self._ledger.made("transitions")
        return RunPart(
            run_id=run_id,
            agent_name=agent_name,
            run_name=name,
            name_source=name_source,
            session_id=DEFAULT_SESSION,
            created_at=min(times),
            active_at=max(times),
            first_seen_at=min(times),
            state=state_of([state]),
            transitions=[
                TransitionPart(
                    at=status_at, from_status=None, to_status=str(settled or "executing"), who=BY_RECORDER, why=None
                )
            ],
        )

    def _iter_things(
        self, things: dict[tuple[RecordKind, str], list[Record]], events: Sequence[EventPart]
    ) -> Iterator[ThingPart]:
        named = {event.values[_NODE] for event in events if event.values[_NODE] is not None}
        for kind, key in things:
            if kind is RecordKind.EDGE:
                named.update(split_edge_key(key)[:2])
        for (kind, _), records in sorted(things.items()):
            if kind is RecordKind.NODE:
                named.discard(records[0].key)
            self._ledger.sent("nodes" if kind is RecordKind.NODE else "edges")
            self._ledger.made("nodes" if kind is RecordKind.NODE else "edges")
            yield thing_of(records)
        self._ledger.sent("nodes", len(named))
        self._ledger.made("nodes", len(named))
        for node_id in sorted(named):
            yield ThingPart(RecordKind.NODE, (node_id,), None)


def agent_of(value: Any) -> str:
    """Return the agent of a run."""
    text = text_of(value)
    return (repair_name(text) if text else None) or UNKNOWN_AGENT
