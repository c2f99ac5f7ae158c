"""Examining a database: whether every sum is what a recount gives, and everything stored can be read.

It streams over the runs, so memory does not grow with the database. It sees one state of it; a server may go on
meanwhile. Totals can be counted anew; what can't be read can only come from a backup.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import func, select

from runreel.errors import SchemaVersionError
from runreel.model.diagnosis import Diagnosis, Finding
from runreel.storage.sql import recount, repairing, schema
from runreel.storage.sql.blob_check import ReadBlob, iter_blob_faults
from runreel.storage.sql.content_check import RunContentCheck
from runreel.storage.sql.database import Database
from runreel.storage.sql.dialect import Cursor, make_dialect
from runreel.storage.sql.migration import HEAD, current_revision
from runreel.storage.sql.price_book import PriceBook
from runreel.storage.sql.rollup import TOTALS
from runreel.storage.sql.run_row import AGENT_SUMS, RunRow
from runreel.storage.sql.transaction import Transaction

MAX_LISTED = 500

AgentKey = tuple[str, str]
Progress = Callable[[int, int], None]


def examine(
    database_url: str,
    *,
    quick: bool = False,
    repair: bool = False,
    read_blob: ReadBlob | None = None,
    on_progress: Progress = lambda _done, _all: None,
) -> Diagnosis:
    """Examine a database; `quick` compares the sums with each other and reads no event.

    `read_blob` gives the bytes of a project by their hash, or raises `NotFoundError`; without it they are left out.

    With `repair`, which is never quick, totals and nodes of events that differ are made right, and it is examined
    again: the diagnosis is what is left.

    Raises:
        SchemaVersionError: the database must be migrated first, or was written by a newer Runreel.
        StorageError: it can't be read at all.
    """
    dialect = make_dialect(database_url)
    dialect.require_existing()
    # What is stored was priced already; examining and repairing price nothing anew.
    database = Database(dialect, PriceBook([]))
    try:
        examination = _Examination(database, quick=quick and not repair, read_blob=read_blob, on_progress=on_progress)
        found = examination.run()
        if not repair or not examination.n_repairable:
            return found
        for project, agent_name in sorted(examination.wrong_agents):
            database.write(partial(repairing.repair_agent, project=project, agent_name=agent_name))
        for project in sorted(examination.projects):
            database.write(partial(repairing.repair_project, project=project))
        left = _Examination(database, quick=False, read_blob=read_blob, on_progress=on_progress).run()
        return Diagnosis(
            n_runs=left.n_runs,
            n_events=left.n_events,
            findings=left.findings,
            n_findings=left.n_findings,
            n_repaired=found.n_findings - left.n_findings,
        )
    finally:
        database.close()


class _Examination:
    def __init__(self, database: Database, *, quick: bool, read_blob: ReadBlob | None, on_progress: Progress) -> None:
        self._database = database
        self._is_quick = quick
        self._read_blob = read_blob
        self._on_progress = on_progress
        self._findings: list[Finding] = []
        self._n_findings = 0
        self._n_runs = 0
        self._n_events = 0
        self.n_repairable = 0
        self.wrong_agents: set[AgentKey] = set()
        self.projects: list[str] = []

    def run(self) -> Diagnosis:
        with self._snapshot() as transaction:
            self._require_head(transaction)
            for text in self._database.dialect.check_integrity(transaction.connection, quick=self._is_quick):
                self._note("database", "the file", text)
            self.projects = list(transaction.connection.execute(select(schema.projects.c.project)).scalars())
            agents = transaction.connection.execute(select(schema.agents.c.project, schema.agents.c.agent_name)).all()
            n_all = transaction.connection.execute(select(func.count()).select_from(schema.runs)).scalar_one()
            for project, agent_name in sorted((row[0], row[1]) for row in agents):
                if self._is_quick:
                    self._compare_agent(transaction, project, agent_name)
                else:
                    self._recount_agent(transaction, project, agent_name, n_all)
            for project in self.projects:
                self._check_project(transaction, project)
        return Diagnosis(
            n_runs=self._n_runs,
            n_events=self._n_events,
            findings=tuple(self._findings),
            n_findings=self._n_findings,
        )

    @contextmanager
    def _snapshot(self) -> Generator[Transaction]:
        """Give a transaction that only reads; all its statements see one state of the database."""
        with self._database.read() as connection:
            cursor: Cursor = connection.connection.cursor()  # pyright: ignore[reportAssignmentType]
            yield Transaction(connection, cursor, self._database.dialect, self._database.price_book)

    def _require_head(self, transaction: Transaction) -> None:
        revision = current_revision(transaction.connection)
        if revision != HEAD:
            raise SchemaVersionError(
                f"the database has schema {revision}, this Runreel needs {HEAD}; run `runreel migrate` first"
            )

    def _recount_agent(self, transaction: Transaction, project: str, agent_name: str, n_all: int) -> None:
        # A transaction of its own collects the differences of one agent; both read the same state.
        of_agent = Transaction(transaction.connection, transaction.cursor, transaction.dialect, transaction.price_book)
        last_number = 0
        for row in recount.iter_runs(of_agent, project, agent_name):
            self._check_run(of_agent, row)
            last_number = max(last_number, recount.number_of(row))
            self._n_runs += 1
            self._on_progress(self._n_runs, n_all)
        recount.subtract_agent(of_agent, project, agent_name)
        self._note_agent_differences(of_agent, project, agent_name)
        (drawn,) = of_agent.fetch(
            "SELECT last_number FROM agents WHERE project = ? AND agent_name = ?", project, agent_name
        )
        if drawn[0] < last_number:
            self._note("numbers", _of_agent(project, agent_name), f"gave {last_number} but counts up to {drawn[0]}")

    def _check_run(self, transaction: Transaction, row: RunRow) -> None:
        subject = _of_run(row)
        content = RunContentCheck(transaction, row, partial(self._note_content, subject))
        wrong_flags = recount.find_wrong_flags(transaction, row.run_pk)
        counted = recount.recount_run(transaction, row, see_event=content.see_event)
        transaction.add_run(1, counted)
        content.finish()
        self._n_events += counted.event_count
        wrong_members = recount.find_wrong_members(transaction, row.run_pk)
        if wrong_members:
            self._note_wrong("nodes", row, f"{len(wrong_members)} events are kept as events of the wrong node")
        if wrong_flags:
            self._note_wrong("usage", row, f"{len(wrong_flags)} events count their usage wrongly")
        for name in (*TOTALS, "sequenced_count", "approval_count", "open_approval_count"):
            stored, real = getattr(row, name), getattr(counted, name)
            if stored != real:
                self._note_wrong("totals", row, f"{name} is {stored}, and a recount gives {real}")
        if row.payload_bytes < content.n_bytes:
            self._note_wrong("totals", row, f"payload_bytes is {row.payload_bytes}, and there are {content.n_bytes}")

    def _compare_agent(self, transaction: Transaction, project: str, agent_name: str) -> None:
        """Compare the sums of an agent with those of its runs and rollups, as the database adds them up."""
        sums = ",".join(f"COALESCE(SUM({name}), 0)" for name in ("duration_us", *TOTALS))
        key = (project, agent_name)
        columns = ",".join(("run_count", "duration_us", *TOTALS))
        (stored,) = transaction.fetch(f"SELECT {columns} FROM agents WHERE project = ? AND agent_name = ?", *key)
        of_agent = "WHERE project = ? AND agent_name = ?"
        (of_runs,) = transaction.fetch(f"SELECT COUNT(*), {sums} FROM runs {of_agent}", *key)
        totals = ",".join(f"COALESCE(SUM({name}), 0)" for name in TOTALS)
        (of_rollups,) = transaction.fetch(f"SELECT {totals} FROM rollups {of_agent} AND event_type <> 'run'", *key)
        self._n_runs += int(of_runs[0])
        self._n_events += int(of_runs[2])
        for name, amount, real in zip(("run_count", "duration_us", *TOTALS), stored, of_runs, strict=True):
            if amount != real:
                self._note_agent(project, agent_name, f"{name} is {amount}, and its runs come to {int(real)}")
        for name, amount, real in zip(TOTALS, stored[2:], of_rollups, strict=True):
            if amount != real:
                self._note_agent(project, agent_name, f"{name} is {amount}, and its rollups come to {int(real)}")

    def _note_agent_differences(self, transaction: Transaction, project: str, agent_name: str) -> None:
        key = (project, agent_name)
        for name, difference in zip(AGENT_SUMS, transaction.agent_deltas.get(key, ()), strict=False):
            if difference:
                self._note_agent(project, agent_name, f"{name} differs from a recount by {-difference}")
        if any(transaction.agent_durations.get(key, {}).values()):
            self._note_agent(project, agent_name, "the durations of its runs differ from a recount")
        for _, _, hour, event_type, label in transaction.rollup.differing_keys():
            self._note_agent(project, agent_name, f"the rollup of hour {hour}, {event_type!r} {label!r} differs")

    def _check_project(self, transaction: Transaction, project: str) -> None:
        for delta in recount.iter_project_differences(transaction, project):
            for _, _, hour, event_type, label in delta.differing_keys():
                detail = f"the sums of hour {hour}, {event_type!r} {label!r} are not those of its agents"
                self._note("rollups", f"project {project!r}", detail, is_repairable=True)
        if self._read_blob is not None and not self._is_quick:
            for fault in iter_blob_faults(transaction, project, self._read_blob):
                self._note("blobs", f"project {project!r}", fault)
        (row,) = transaction.fetch(
            "SELECT change_no, (SELECT COALESCE(MAX(change_no), 0) FROM runs WHERE runs.project = projects.project) "
            "FROM projects WHERE project = ?",
            project,
        )
        if row[0] < row[1]:
            self._note("changes", f"project {project!r}", f"its number is {row[0]}, and a run has {row[1]}")

    def _note_content(self, subject: str, check: str, detail: str) -> None:
        self._note(check, subject, detail)

    def _note_wrong(self, check: str, row: RunRow, detail: str) -> None:
        self.wrong_agents.add((row.project, row.agent_name))
        self._note(check, _of_run(row), detail, is_repairable=True)

    def _note_agent(self, project: str, agent_name: str, detail: str) -> None:
        self.wrong_agents.add((project, agent_name))
        self._note("totals", _of_agent(project, agent_name), detail, is_repairable=True)

    def _note(self, check: str, subject: str, detail: str, *, is_repairable: bool = False) -> None:
        self._n_findings += 1
        self.n_repairable += is_repairable
        if len(self._findings) < MAX_LISTED:
            self._findings.append(Finding(check=check, subject=subject, detail=detail, is_repairable=is_repairable))


def _of_run(row: RunRow) -> str:
    return f"run {row.run_id!r} of project {row.project!r}"


def _of_agent(project: str, agent_name: str) -> str:
    return f"agent {agent_name!r} of project {project!r}"
