"""`BundleStore` on SQL."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from runreel.errors import NotFoundError, StorageError
from runreel.model.bundle import ImportOptions, Part, RunImport, RunParts
from runreel.model.page import Page
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.sql import bundle_reading, bundle_writing
from runreel.storage.sql.database import Database
from runreel.storage.sql.transaction import Transaction


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
            imports = bundle_writing.import_runs(transaction, scope, runs, options=options, now=now)
            if options.is_trial:
                raise _TrialEnd(imports)
            return imports

        try:
            return self._database.write(work)
        except _TrialEnd as end:
            return end.imports
        except NotFoundError as error:
            raise StorageError("the run has text that the database can't hold") from error


class _TrialEnd(Exception):  # noqa: N818  it is no error
    """Leaves a transaction without keeping what it did."""

    def __init__(self, imports: list[RunImport]) -> None:
        super().__init__()
        self.imports = imports
