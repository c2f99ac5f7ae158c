"""What a database of Runreel has of its runs, as bundles carry it: equal bytes are equal runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from runreel.model.bundle import Part, SessionPart
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.model.vocabulary import DEFAULT_SESSION
from runreel.storage.sql import SqlStore, open_store
from runreel.testing.contract.base import read_all
from runreel.wire.bundle import BundleWriter


def exports_of(database_url: str) -> dict[str, bytes]:
    """Return the bundle of each run by its id."""
    with _opened(database_url) as store:
        runs = read_all(lambda cursor: store.runs.list_runs(Scope(), RunFilter(), limit=200, cursor=cursor))
        return {run.run_id: _export(store, run.run_id) for run in runs}


def _export(store: SqlStore, run_id: str) -> bytes:
    with closing(store.bundles.export_run(Scope(), run_id)) as parts:
        # The default session is as old as the database.
        return b"".join(BundleWriter().iter_run(part for part in parts if not _is_default(part)))


def _is_default(part: Part) -> bool:
    return isinstance(part, SessionPart) and part.session_id == DEFAULT_SESSION


@contextmanager
def _opened(database_url: str) -> Iterator[SqlStore]:
    store = open_store(database_url)
    try:
        yield store
    finally:
        store.close()
