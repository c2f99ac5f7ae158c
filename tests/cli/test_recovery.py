"""Recovery by `runreel up`: what recorders left for this server is delivered to it, and nothing else is touched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.cli.journals import is_address_of
from runreel.cli.recovery import Recovery
from runreel.errors import StorageUnavailableError
from runreel.storage.port import Store
from runreel.storage.sql import open_store
from tests.support.app import ServedApp, serving
from tests.support.eventually import eventually
from tests.support.journal import leave_journal, living_journal, numbered_run
from tests.support.patience import PATIENCE_S
from tests.support.server import free_port, running_server
from tests.support.store import StoreWith, failing

COMPLETE = {"received": 3, "expected": 3, "dropped": 0, "recorders": 1, "is_complete": True}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path / 'runreel.db'}")


@pytest.fixture
def app(store: Store) -> Iterator[ServedApp]:
    with serving(store) as app:
        yield app


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "journals"


@pytest.fixture
def recovery(app: ServedApp, root: Path) -> Iterator[Recovery]:
    recovery = Recovery(str(root), app.url, None, look_every_s=0.05)
    yield recovery
    recovery.end()


def run_ids(app: ServedApp) -> list[str]:
    return sorted(run["run_id"] for run in app.api.get("/api/runs")["runs"])


def test_what_was_left_before_and_meanwhile_is_delivered(app: ServedApp, root: Path, recovery: Recovery) -> None:
    first = leave_journal(root, app.url, numbered_run(2))
    recovery.start()
    eventually(lambda: not first.exists())
    assert app.api.get("/api/runs/run-1")["completeness"] == COMPLETE
    second = leave_journal(root, app.url, numbered_run(2, run_id="later"), recorder_id="b", api_key="a key")
    eventually(lambda: not second.exists())
    assert run_ids(app) == ["later", "run-1"]


def test_only_what_is_for_this_server_and_left_is_taken(app: ServedApp, root: Path, recovery: Recovery) -> None:
    elsewhere = leave_journal(root, "http://127.0.0.1:1", numbered_run(2, run_id="elsewhere"), recorder_id="a")
    with living_journal(root, app.url, numbered_run(2, run_id="alive"), recorder_id="b") as alive:
        ours = leave_journal(root, app.url, numbered_run(2), recorder_id="z")
        recovery.start()
        eventually(lambda: not ours.exists())
        recovery.end()
        assert (elsewhere.exists(), alive.n_records_waiting) == (True, 3)
    assert run_ids(app) == ["run-1"]


def test_a_journal_that_can_not_be_delivered_keeps_no_other_waiting(
    app: ServedApp, root: Path, recovery: Recovery
) -> None:
    newer = leave_journal(root, app.url, numbered_run(2), recorder_id="a")
    for segment in newer.glob("*.segment"):
        segment.write_bytes(b"RUNREEL\x00\xff\x00" + bytes(100))
    damaged = leave_journal(root, app.url, numbered_run(2), recorder_id="b")
    (damaged / "journal.json").write_text("{")
    sound = leave_journal(root, app.url, numbered_run(2, run_id="sound"), recorder_id="z")
    recovery.start()
    eventually(lambda: not sound.exists())
    assert (run_ids(app), newer.exists(), damaged.exists()) == (["sound"], True, True)


def test_while_the_store_is_away_it_waits_and_then_goes_on(store: Store, root: Path) -> None:
    is_away, has_refused = threading.Event(), threading.Event()
    is_away.set()

    def apply(real: object, *arguments: object, **named: object) -> object:
        if is_away.is_set():
            has_refused.set()
            failing(StorageUnavailableError("away"))()
        return real(*arguments, **named)  # type: ignore[operator]

    with serving(StoreWith(store, apply=apply)) as app:  # type: ignore[arg-type]
        folder = leave_journal(root, app.url, numbered_run(2))
        recovery = Recovery(str(root), app.url, None, look_every_s=0.05)
        recovery.start()
        assert has_refused.wait(PATIENCE_S)
        assert folder.exists()
        is_away.clear()
        eventually(lambda: not folder.exists())
        recovery.end()
        assert app.api.get("/api/runs/run-1")["completeness"] == COMPLETE


def test_it_ends_between_two_batches_and_the_rest_waits(app: ServedApp, root: Path) -> None:
    folder = leave_journal(root, app.url, numbered_run(9_000))
    recovery = Recovery(str(root), app.url, None)
    recovery.start()
    eventually(lambda: app.api.get("/api/runs")["runs"])
    recovery.end()
    assert folder.exists()
    received = app.api.get("/api/runs/run-1")["completeness"]["received"]
    assert 0 < received < 9_001
    again = Recovery(str(root), app.url, None)
    again.start()
    eventually(lambda: not folder.exists())
    again.end()
    assert app.api.get("/api/runs/run-1")["completeness"]["received"] == 9_001


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("http://127.0.0.1:4700", True),
        ("http://localhost:4700", True),
        ("http://LOCALHOST:4700/", True),
        ("http://[::1]:4700", True),
        ("http://127.0.0.1:4701", False),
        ("https://127.0.0.1:4700", False),
        ("http://127.0.0.1:4700/below", False),
        ("http://example.org:4700", False),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:port", False),
    ],
)
def test_loopback_has_many_names(url: str, is_ours: bool) -> None:
    assert is_address_of(url, "http://127.0.0.1:4700") is is_ours


def test_the_server_recovers_by_itself_and_ends_cleanly(tmp_path: Path, root: Path) -> None:
    port = free_port()
    folder = leave_journal(root, f"http://localhost:{port}", numbered_run(2))
    env = {"RUNREEL_JOURNAL": str(root)}
    with running_server(tmp_path / "data", env=env, arguments=["--port", str(port)]) as server:
        eventually(lambda: not folder.exists())
        assert server.stop() == 0
    store = open_store(f"sqlite:///{tmp_path / 'data' / 'runreel.db'}")
    from runreel.model.scope import Scope

    found = store.runs.get_run_detail(Scope(), "run-1").completeness
    store.close()
    assert found is not None
    assert (found.n_received, found.is_complete) == (3, True)
