"""Room on the disk: records are refused in time, deleting is not, and it goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from runreel.errors import StorageFullError
from runreel.server.disk import DiskGuard
from runreel.storage.port import Store
from runreel.storage.sql import open_store
from tests.support.api import event, gati_event, problem_of, run_start
from tests.support.app import serving

MIB = 1024 * 1024


class Disk:
    """A disk and a clock that the test moves."""

    def __init__(self, free_bytes: int) -> None:
        self.free_bytes = free_bytes
        self.at = 0.0
        self.n_looks = 0

    def look(self, _path: Path) -> int:
        self.n_looks += 1
        if self.free_bytes < 0:
            raise FileNotFoundError
        return self.free_bytes

    def guard(self, folder: Path | None = Path("data"), *, min_free_bytes: int = 100 * MIB) -> DiskGuard:
        return DiskGuard(folder, min_free_bytes=min_free_bytes, clock=lambda: self.at, free_bytes_at=self.look)


def test_it_refuses_below_the_reserve_and_says_how_much_there_is() -> None:
    with pytest.raises(StorageFullError, match="only 99 MiB of the disk are free, and 100 MiB must stay free"):
        Disk(100 * MIB - 1).guard().require_room()
    Disk(100 * MIB).guard().require_room()


def test_it_looks_once_a_second_and_recovers_by_itself() -> None:
    disk = Disk(0)
    guard = disk.guard()
    for _ in range(3):
        with pytest.raises(StorageFullError):
            guard.require_room()
    disk.free_bytes = 200 * MIB
    disk.at = 0.9
    with pytest.raises(StorageFullError):
        guard.require_room()
    assert disk.n_looks == 1
    disk.at = 1.0
    guard.require_room()
    assert (disk.n_looks, guard.free_bytes()) == (2, 200 * MIB)


def test_without_a_reserve_a_folder_or_an_answer_there_is_room() -> None:
    Disk(0).guard(min_free_bytes=0).require_room()
    Disk(0).guard(None).require_room()
    Disk(-1).guard().require_room()
    assert Disk(0).guard(None).free_bytes() is None


def test_records_are_refused_readiness_says_why_and_deleting_works(store: Store, tmp_path: Path) -> None:
    with serving(store) as app:
        app.api.record_all(run_start(), event())
        store_url = f"sqlite:///{tmp_path / 'runreel.db'}"
    with serving(open_store(store_url), database=store_url, min_free_bytes=2**59) as app:
        for path, body in (
            ("/api/records", {"version": 1, "records": [event("late")]}),
            ("/api/events", {"events": [gati_event("late", "run-1")]}),
        ):
            response = app.api.http.post(path, json=body)
            problem = problem_of(response, 507)
            assert "must stay free" in problem["detail"]
            assert str(tmp_path) not in problem["detail"]
            assert int(response.headers["retry-after"]) >= 1
        assert "must stay free" in problem_of(app.api.http.get("/ready"), 507)["detail"]
        assert app.api.get("/health")["status"] == "ok"
        assert app.api.get("/api/by-id/run-1")["event_count"] == 1
        assert app.api.http.delete("/api/by-id/run-1").json()["deleted_runs"] == 1
        figures = app.api.http.get("/metrics").text
    assert 'runreel_ingest_bodies_total{dialect="native",outcome="no_room"} 1.0' in figures
    assert "runreel_disk_free_bytes" in figures
