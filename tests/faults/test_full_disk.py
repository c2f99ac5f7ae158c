"""The disk is full: a clear refusal, nothing acknowledged is lost, and it goes on by itself once there is room."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.api import Api, Json, client_of, event, gati_event, problem_of
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server

MIB = 1024 * 1024
WITHOUT_RESERVE = {"RUNREEL_MIN_FREE_BYTES": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDisk:
    """A disk with little room; `fill` takes what is left of it, `make_room` gives it back."""

    folder: Path
    status: int
    fill: Callable[[int], None]
    make_room: Callable[[int], None]


@pytest.fixture
def small_file_system(tmp_path: Path) -> Iterator[SmallDisk]:
    """Give a file system of a few megabytes, where mounting is allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "runreel-test", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=PATIENCE_S)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("left out: no file system may be mounted here; a limit on file sizes stands in for it")
    ballast = folder / "ballast"

    def fill(_pid: int) -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    try:
        yield SmallDisk(folder=folder, status=507, fill=fill, make_room=lambda _pid: ballast.unlink())
    finally:
        subprocess.run(["umount", str(folder)], check=True, capture_output=True, timeout=PATIENCE_S)


@pytest.fixture
def limited_file_size(tmp_path: Path) -> SmallDisk:
    """Give a folder where the server's files can be kept from growing; to it that is an error of the disk."""

    def largest() -> int:
        return max(path.stat().st_size for path in tmp_path.glob("runreel.db*"))

    def limit(pid: int, n_bytes: int) -> None:
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (n_bytes, hard))

    return SmallDisk(
        folder=tmp_path,
        status=503,
        fill=lambda pid: limit(pid, largest()),
        make_room=lambda pid: limit(pid, resource.RLIM_INFINITY),
    )


@pytest.fixture(params=["file system", "file size"])
def disk(request: pytest.FixtureRequest) -> SmallDisk:
    return request.getfixturevalue("small_file_system" if request.param == "file system" else "limited_file_size")


def incompressible(n_bytes: int) -> str:
    return os.urandom(n_bytes // 2).hex()


def large_batch(n: int) -> list[Json]:
    return [event(f"e{n}-{m}", f"run-{n}", inputs=incompressible(20_000), usage={"tokens_in": 1}) for m in range(20)]


def send_until_full(api: Api, disk: SmallDisk) -> tuple[list[int], int]:
    """Send batches until one is refused; returns the numbers of those acknowledged, and of the refused one."""
    taken: list[int] = []
    for n in range(1, 1000):
        response = api.http.post("/api/records", json={"version": 1, "records": large_batch(n)})
        if response.status_code != 200:
            problem = problem_of(response, disk.status)
            assert str(disk.folder) not in problem["detail"]
            assert int(response.headers["retry-after"]) >= 1
            return taken, n
        assert response.json()["refused"] == 0
        taken.append(n)
    raise AssertionError("the disk never was full")


def send_gati_until_full(api: Api) -> httpx.Response:
    """Send until something is refused: once the log was brought into the database, there may be room in it again."""
    for n in range(1000):
        batch = {"events": [gati_event(f"e{n}", "r", input=incompressible(500_000))]}
        response = api.http.post("/api/events", json=batch)
        if response.status_code != 200:
            return response
    raise AssertionError("the disk never was full")


def assert_taken(api: Api, taken: list[int]) -> None:
    for n in taken:
        run = api.get(f"/api/by-id/run-{n}")
        assert (run["event_count"], run["tokens_in"]) == (20, 20)
        shown = api.get(f"/api/by-id/run-{n}/timeline", limit=100)["events"]
        assert {e["event_id"] for e in shown} == {f"e{n}-{m}" for m in range(20)}
        assert all(len(e["data"]["input"]) == 20_000 for e in shown)


def test_a_full_disk_refuses_loses_nothing_and_recovers(disk: SmallDisk) -> None:
    with running_server(disk.folder, env=WITHOUT_RESERVE) as server, client_of(server.url) as api:
        api.record_all(*large_batch(0))
        disk.fill(server.pid)

        taken, refused = send_until_full(api, disk)

        problem_of(send_gati_until_full(api), disk.status)
        assert api.get("/health")["status"] == "ok"
        assert_taken(api, [0, *taken])
        problem_of(api.http.get(f"/api/by-id/run-{refused}"), 404)

        disk.make_room(server.pid)
        api.record_all(*large_batch(refused))
        assert_taken(api, [0, *taken, refused])

    assert "Traceback" not in server.output
    with running_server(disk.folder, env=WITHOUT_RESERVE) as server, client_of(server.url) as api:
        assert_taken(api, [0, *taken, refused])


def test_readiness_tells_that_the_disk_is_full(small_file_system: SmallDisk) -> None:
    disk = small_file_system
    with running_server(disk.folder, env=WITHOUT_RESERVE) as server, client_of(server.url) as api:
        api.record_all(*large_batch(0))
        disk.fill(server.pid)
        _, refused = send_until_full(api, disk)

        response = api.http.get("/ready")
        problem_of(response, disk.status)
        assert int(response.headers["retry-after"]) >= 1

        disk.make_room(server.pid)
        api.record_all(*large_batch(refused))
        assert api.get("/ready")["status"] == "ready"
