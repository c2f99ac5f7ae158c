"""When the server looks for bytes that nothing names any more."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import pytest

from runreel.errors import StorageUnavailableError
from runreel.model.blob import SweepReport
from runreel.model.instant import now
from runreel.model.scope import Scope
from runreel.server.sweeping import Sweeping
from runreel.storage.port import FileStore, Store
from runreel.testing.contract.base import apply
from runreel.testing.contract.file_store import keep
from runreel.testing.record import make_file
from tests.support.api import problem_of
from tests.support.app import serving
from tests.support.patience import PATIENCE_S
from tests.support.store import StoreWith

HOUR = 3_600 * 1_000_000
PLACE = (1, "project", "hash")


class Files:
    """Answers sweeps as it is told, and takes note of what it is asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.reports: list[SweepReport | Exception] = []
        self.places: list[tuple[str, str] | None] = []

    def sweep(self, *, now: int, resume_after: object) -> SweepReport:
        self.asked.append(("sweep", now // HOUR, resume_after))
        report = self.reports.pop(0) if self.reports else SweepReport(n_deleted=0)
        if isinstance(report, Exception):
            raise report
        return report

    def sweep_orphans(self, *, resume_after: object) -> tuple[str, str] | None:
        self.asked.append(("orphans", resume_after))
        return self.places.pop(0) if self.places else None


class Sweeps:
    """A sweeping on a clock that the test turns."""

    def __init__(self) -> None:
        self.files = Files()
        self.hour = 0
        self.sweeping = Sweeping(cast("FileStore", self.files), now=lambda: self.hour * HOUR)

    def run(self) -> list[object]:
        """Do steps until nothing is due; return what the store was asked."""
        self.files.asked.clear()
        while self.sweeping.step():
            pass
        return list(self.files.asked)


@pytest.fixture
def sweeps() -> Sweeps:
    return Sweeps()


def test_it_sweeps_at_the_start_and_every_hour(sweeps: Sweeps) -> None:
    assert sweeps.run() == [("sweep", 0, None), ("orphans", None)]
    assert sweeps.run() == []
    sweeps.hour = 1
    assert sweeps.run() == [("sweep", 1, None)]


def test_it_looks_for_orphans_once_a_day(sweeps: Sweeps) -> None:
    sweeps.run()
    sweeps.hour = 23
    assert ("orphans", None) not in sweeps.run()
    sweeps.hour = 24
    assert sweeps.run() == [("sweep", 24, None), ("orphans", None)]


def test_it_sweeps_when_something_was_deleted(sweeps: Sweeps) -> None:
    sweeps.run()
    sweeps.sweeping.note_deletion()
    assert sweeps.run() == [("sweep", 0, None)]


def test_it_goes_on_where_a_step_ended(sweeps: Sweeps) -> None:
    sweeps.files.reports = [SweepReport(n_deleted=1, resume_after=PLACE)]
    sweeps.files.places = [("project", "hash")]
    assert sweeps.run() == [
        ("sweep", 0, None),
        ("sweep", 0, PLACE),
        ("orphans", None),
        ("orphans", ("project", "hash")),
    ]


def test_a_deletion_in_the_middle_counts_too(sweeps: Sweeps) -> None:
    sweeps.files.reports = [SweepReport(n_deleted=1, resume_after=PLACE)]
    sweeps.sweeping.step()
    sweeps.sweeping.note_deletion()
    assert sweeps.run() == [("sweep", 0, PLACE), ("sweep", 0, None), ("orphans", None)]


@pytest.mark.parametrize("place", [None, PLACE])
def test_a_step_that_failed_is_done_again(sweeps: Sweeps, place: Any) -> None:
    first = [SweepReport(n_deleted=0, resume_after=place)] if place else []
    sweeps.files.reports = [*first, StorageUnavailableError("away")]
    with pytest.raises(StorageUnavailableError):
        sweeps.run()
    assert ("sweep", 0, place) in sweeps.run()


def test_bytes_of_a_deleted_run_go_from_the_disk(store: Store, tmp_path: Path) -> None:
    swept = threading.Event()

    def sweep(real: Any, **arguments: Any) -> SweepReport:
        report = real(**arguments)
        if report.n_deleted:
            swept.set()
        return report

    old, new = (_keep(store, content, at) for content, at in ((b"old", now() - 48 * HOUR), (b"new", now())))
    with serving(StoreWith(store, sweep=sweep)) as app:
        app.api.http.delete("/api/by-id/run-1")
        assert swept.wait(PATIENCE_S)
        problem_of(app.api.http.get(f"/api/blobs/{old}"), 404)
        assert app.api.http.head(f"/api/blobs/{new}").status_code == 200
    kept = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [b"new"]


def _keep(store: Store, content: bytes, at: int) -> str:
    """Upload bytes at a time, and name them by a file of a run."""
    blob = keep(store, Scope(), content, now=at)
    apply(store, Scope(), make_file(blob.content_hash, content_hash=blob.content_hash))
    return blob.content_hash
