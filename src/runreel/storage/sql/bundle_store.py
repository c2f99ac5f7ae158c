"""`BundleStore` on SQL."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from runreel.errors import NotFoundError, StorageError
from runreel.model.bundle import ImportOptions, Part, RunImport, RunParts, SessionPart
from runreel.model.page import Page
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.sql import bundle_reading, bundle_session, bundle_writing
from runreel.storage.sql.applying import put_projects
from runreel.storage.sql.database import Database
from runreel.storage.sql.transaction import Transaction

Result = TypeVar("Result")


class SqlBundleStore:
    """Takes runs out whole, and puts them in again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_run_ids(self, scope: Scope, query: RunFilter, *, limit: int, cursor: str | None = None) -> Page[str]:
        with self._database.read() as connection:
            return bundle_reading.list_run_ids(
                connection, self._database.dialect, scope, query, limit=limit, cursor=cursor
            )

    def export_run(self, scope: Scope, run_id: str, *, has_files: bool = True) -> Generator[Part]:
        blobs = self._database.blobs
        with self._database.read() as connection:
            yield from bundle_reading.iter_parts(connection, scope, run_id, blobs=blobs, has_files=has_files)

    def import_runs(
        self, scope: Scope, runs: Sequence[RunParts], *, options: ImportOptions, now: int
    ) -> list[RunImport]:
        def work(transaction: Transaction) -> list[RunImport]:
            return bundle_writing.import_runs(transaction, scope, runs, options=options, now=now)

        try:
            return self._write(work, is_trial=options.is_trial)
        except NotFoundError as error:
            raise StorageError("the run has text that the database can't hold") from error

    def import_sessions(
        self, scope: Scope, sessions: Sequence[SessionPart], *, options: ImportOptions, now: int
    ) -> set[str]:
        def work(transaction: Transaction) -> set[str]:
            put_projects(transaction, {scope.project}, now)
            kept = bundle_session.put_brought(transaction, scope, sessions, now)
            transaction.finish()
            return kept

        if options.session_id is not None:
            return set()
        return self._write(work, is_trial=options.is_trial)

    def _write(self, work: Callable[[Transaction], Result], *, is_trial: bool) -> Result:
        """Do the work in a transaction, which a trial leaves without keeping anything."""

        def tried(transaction: Transaction) -> Result:
            raise _TrialEnd(work(transaction))

        try:
            return self._database.write(tried if is_trial else work)
        except _TrialEnd as end:
            return end.result


class _TrialEnd(Exception):  # noqa: N818  it is no error
    """Leaves a transaction without keeping what it did."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result
