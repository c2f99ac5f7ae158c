"""A legacy workflow database as runs of a bundle, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from runreel.importers.file_folder import FileFolder, FoundFile
from runreel.importers.grouped import Grouped
from runreel.importers.identity import name_of
from runreel.importers.ledger import Ledger
from runreel.importers.legacy import run_row, session
from runreel.importers.legacy.event_row import EventDraft
from runreel.importers.legacy.events import TABLE as EVENTS
from runreel.importers.legacy.events import EventReader, number
from runreel.importers.legacy.made_events import EventMaker
from runreel.importers.legacy.node_book import NodeBook
from runreel.importers.legacy.preparation import Preparation
from runreel.importers.legacy.reference import References
from runreel.importers.legacy.steps import describe_steps
from runreel.importers.legacy.tables import COLUMNS, reading_of
from runreel.importers.legacy.things import iter_files, iter_messages
from runreel.importers.legacy.usage import spread_costs
from runreel.importers.legacy.workspace import Workspace
from runreel.importers.shelf import Shelf
from runreel.importers.source import Row, Source
from runreel.importers.value import text_of
from runreel.model.bundle import Part, SessionPart

# These are read run by run, beside the runs themselves.
_STREAMED = (
    "workflow_steps", EVENTS, "messages", "files", "cost_records", "approval_requests", "checkpoints",
    "workflow_metrics",
)  # fmt: skip
_NO_RUN = "it names no run"
_MISSING_RUN = "its run is missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run with the rows of its tables."""

    row: Row
    raw_id: str
    run_id: str
    number: int
    at: int
    rows: Mapping[str, Iterator[Row]]


class LegacyConversion:
    """Converts one database. `n_runs` and `n_events` are what there is to do."""

    def __init__(self, source: Source, ledger: Ledger, *, folder: FileFolder | None = None) -> None:
        self._source = source
        self._ledger = ledger
        self._folder = folder
        self._workspace = Workspace()
        self._readings = {table: reading_of(source, table) for table in COLUMNS}
        self.n_runs = source.count("workflow_runs")
        self.n_events = source.count(EVENTS)
        self.n_read = 0

    def iter_runs(self) -> Iterator[Iterator[Part]]:
        """Yield the parts of each run. Read each to its end before the next."""
        self._count_tables()
        Preparation(self._source, self._ledger, self._workspace, self._readings).prepare()
        groups = {
            table: Grouped(
                self._readings[table].rows(self._source, order_by=("run_id",)),
                _orphans(table, self._ledger),
            )
            for table in _STREAMED
        }
        reading = self._readings["workflow_runs"]
        last: str | None = None
        for row in reading.rows(self._source, order_by=("id",)):
            raw_id = text_of(row[0])
            if raw_id == last:
                # The first of those with one id was taken; they stand together.
                continue
            last = raw_id
            known = None if raw_id is None else self._workspace.run(raw_id)
            if raw_id is None or known is None:
                continue
            run_id, run_number, at = known
            rows = {table: group.take(row[0]) for table, group in groups.items()}
            run = _Run(row=row, raw_id=raw_id, run_id=run_id, number=run_number, at=at, rows=rows)
            yield self._iter_parts(run)
            session = text_of(row[1])
            self._ledger.end_run(run_id, None if session is None else name_of(session))
        for group in groups.values():
            group.drain()
        for edge in self._workspace.loose_edges():
            reason = self._why_loose(edge.source, edge.target)
            self._ledger.left_out("dag_edges", reason, f"{edge.source} → {edge.target}")

    def iter_sessions(self) -> Iterator[SessionPart]:
        """Yield the sessions that no run belongs to."""
        for data in self._workspace.unsent_sessions():
            yield session.part_of(data)

    def close(self) -> None:
        """Let go of the workspace; safe twice."""
        self._workspace.close()

    def _count_tables(self) -> None:
        for table in COLUMNS:
            if table in self._source.tables:
                self._ledger.found(table, self._source.count(table))
        for table in self._source.tables:
            if table not in COLUMNS and table not in _NOT_DATA:
                n_rows = self._source.count(table)
                self._ledger.found(table, n_rows)
                if n_rows:
                    self._ledger.left_out(table, "Runreel has no place for rows of this table", None, n_rows)

    def _iter_parts(self, run: _Run) -> Iterator[Part]:
        with closing(Shelf()) as shelf:
            yield from self._parts_on(shelf, run)

    def _parts_on(self, shelf: Shelf, run: _Run) -> Iterator[Part]:
        ledger, workspace = self._ledger, self._workspace
        book = NodeBook(workspace, ledger, run.raw_id, run.at)
        references = References(workspace, ledger, book, run.raw_id, run.at)
        describe_steps(run.rows["workflow_steps"], self._readings["workflow_steps"], book, ledger, run.at)
        events = self._events(run, book, references, shelf)
        found: dict[str, FoundFile] = {}
        messages = list(iter_messages(run.rows["messages"], self._readings["messages"], references, ledger))
        files = list(
            iter_files(
                run.rows["files"],
                self._readings["files"],
                references,
                ledger,
                run_id=run.run_id,
                folder=self._folder,
                found=found,
            )
        )
        part, session_part = run_row.part_of(
            run.row,
            self._readings["workflow_runs"],
            workspace,
            ledger,
            raw_id=run.raw_id,
            run_id=run.run_id,
            run_number=run.number,
            at=run.at,
            events=events,
        )
        if session_part is not None:
            yield session_part
        yield part
        yield from book.parts()
        yield from book.edges()
        yield from messages
        yield from files
        ledger.sent("events", len(events))
        for event in events:
            yield event.part()
        for one in found.values():
            yield from one.iter_parts()

    def _events(self, run: _Run, book: NodeBook, references: References, shelf: Shelf) -> list[EventDraft]:
        ledger, readings, rows = self._ledger, self._readings, run.rows
        reader = EventReader(readings[EVENTS], ledger, book, references, shelf, run.at)
        events = reader.read(self._counted(rows[EVENTS]), text_of(run.row[1]))
        maker = EventMaker(ledger, references)
        history = [row for row in self._workspace.history_of(run.raw_id) if row["step"] or row["node"]]
        made = [
            *spread_costs(rows["cost_records"], events, readings["cost_records"], references, ledger),
            *maker.approvals(rows["approval_requests"], readings["approval_requests"]),
            *maker.checkpoints(rows["checkpoints"], readings["checkpoints"]),
            *maker.metrics(rows["workflow_metrics"], readings["workflow_metrics"]),
            *maker.history(history),
        ]
        ledger.made("events", len(made))
        events = _merged_by_time(events, made)
        number(events)
        return events

    def _counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self.n_read += 1
            yield row

    def _why_loose(self, source: str, target: str) -> str:
        if any(self._workspace.find_node(each) is None for each in (source, target)):
            return "one of its nodes is missing"
        return "its nodes belong to different runs"


_NOT_DATA = frozenset({"alembic_version"})


def _orphans(table: str, ledger: Ledger) -> Callable[[Row], None]:
    def leave_out(row: Row) -> None:
        ledger.left_out(table, _NO_RUN if row[0] is None else _MISSING_RUN, text_of(row[1]))

    return leave_out


def _merged_by_time(events: list[EventDraft], made: list[EventDraft]) -> list[EventDraft]:
    """Return the events with the others, each before the first of them that came later."""
    if not made:
        return events
    made.sort(key=lambda event: (event.at, event.event_id))
    merged: list[EventDraft] = []
    place = 0
    for event in events:
        while place < len(made) and made[place].at < event.at:
            merged.append(made[place])
            place += 1
        merged.append(event)
    return [*merged, *made[place:]]
