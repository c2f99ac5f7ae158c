"""`runreel push`: what recorders left is delivered, once, and what can't be is said."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.storage.sql import open_store
from tests.cli.command_line import CommandLine, Result
from tests.support.app import ServedApp, serving
from tests.support.journal import leave_journal, living_journal, numbered_run


@pytest.fixture
def app(tmp_path: Path) -> Iterator[ServedApp]:
    with serving(open_store(f"sqlite:///{tmp_path / 'runreel.db'}")) as app:
        yield app


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "journals"


def push(root: Path, *arguments: str, **env: str) -> Result:
    return CommandLine("http://127.0.0.1:1")("push", *arguments, RUNREEL_JOURNAL=str(root), **env)


def completeness_of(app: ServedApp, run_id: str = "run-1") -> object:
    return app.api.get(f"/api/runs/{run_id}")["completeness"]


COMPLETE = {"received": 3, "expected": 3, "dropped": 0, "recorders": 1, "is_complete": True}


def test_what_a_recorder_left_is_delivered_to_its_server(app: ServedApp, root: Path) -> None:
    folder = leave_journal(root, app.url, numbered_run(2))
    result = push(root)
    assert (result.code, result.err) == (0, "")
    assert result.out == f"Delivered 3 records of 1 recorder to {app.url}.\n"
    assert completeness_of(app) == COMPLETE
    assert not folder.exists()


def test_twice_is_harmless(app: ServedApp, root: Path) -> None:
    leave_journal(root, app.url, numbered_run(2))
    push(root)
    before = app.api.get("/api/runs/run-1")
    result = push(root)
    assert (result.code, result.out) == (0, "Nothing waits.\n")
    leave_journal(root, app.url, numbered_run(2))
    assert push(root).code == 0
    assert app.api.get("/api/runs/run-1") == before


def test_a_recorder_that_lives_is_left_alone_and_said(app: ServedApp, root: Path) -> None:
    leave_journal(root, app.url, numbered_run(2))
    with living_journal(root, app.url, numbered_run(4, run_id="alive"), recorder_id="living") as journal:
        result = push(root)
        assert journal.n_records_waiting == 5
    assert result.code == 0
    assert "1 recorder still at work: what they have they deliver themselves." in result.out
    assert [run["run_id"] for run in app.api.get("/api/runs")["runs"]] == ["run-1"]


def test_one_folder_is_delivered_alone(app: ServedApp, root: Path) -> None:
    folder = leave_journal(root, app.url, numbered_run(2))
    other = leave_journal(root, app.url, numbered_run(2, run_id="other"), recorder_id="other")
    assert push(Path("nowhere"), str(folder)).code == 0
    assert (folder.exists(), other.exists()) == (False, True)
    assert push(Path("nowhere"), str(root)).code == 0
    assert not other.exists()


def test_an_address_counts_more_than_that_of_the_journal(app: ServedApp, root: Path) -> None:
    leave_journal(root, "http://127.0.0.1:1", numbered_run(2), api_key="secret")
    assert push(root, "--url", app.url).code == 0
    assert completeness_of(app) == COMPLETE


def test_without_a_server_it_waits_and_is_said(root: Path) -> None:
    folder = leave_journal(root, "http://127.0.0.1:1", numbered_run(2))
    result = push(root)
    assert result.code == 1
    assert result.err.startswith(f"{folder}: no Runreel answers at http://127.0.0.1:1 (")
    assert folder.exists()


def test_a_server_that_is_away_is_waited_for_once(root: Path) -> None:
    for n in range(5):
        leave_journal(root, "http://127.0.0.1:1", numbered_run(1), recorder_id=f"{n}")
    began = time.monotonic()
    said = json.loads(push(root, "--json").out)
    assert [each["outcome"] for each in said["journals"]] == ["failed"] * 5
    assert time.monotonic() - began < 10


def test_what_is_wrong_with_many_is_said_once(root: Path) -> None:
    for n in range(3):
        leave_journal(root, "http://127.0.0.1:1", numbered_run(2), recorder_id=f"{n}")
    (line,) = push(root).err.splitlines()
    assert line.startswith("9 records of 3 recorders wait: no Runreel answers at http://127.0.0.1:1 (")


def test_what_was_recorded_with_another_key_is_not_sent_without_it(app: ServedApp, root: Path) -> None:
    leave_journal(root, app.url, numbered_run(2), api_key="secret")
    for key in ("", "another"):
        result = push(root, RUNREEL_API_KEY=key)
        assert (result.code, "set RUNREEL_API_KEY" in result.err, "secret" in result.err) == (1, True, False)
    assert app.api.get("/api/runs")["runs"] == []
    assert push(root, RUNREEL_API_KEY="secret").code == 0
    assert completeness_of(app) == COMPLETE


def test_what_was_recorded_without_a_key_goes_without_one(app: ServedApp, root: Path) -> None:
    leave_journal(root, app.url, numbered_run(2))
    assert push(root, RUNREEL_API_KEY="mine").code == 0
    assert completeness_of(app) == COMPLETE


def test_refused_records_are_counted_and_cost_no_other(app: ServedApp, root: Path) -> None:
    bad = {"record": "dream", "run_id": "run-1", "recorder_id": "aa", "number": 4}
    leave_journal(root, app.url, [*numbered_run(2), bad])
    result = push(root)
    assert result.code == 0
    assert "Delivered 3 records of 1 recorder" in result.out
    assert result.err == "1 record refused; `runreel journal` says why.\n"


def test_json_tells_of_every_journal(app: ServedApp, root: Path) -> None:
    folder = leave_journal(root, app.url, numbered_run(2))
    with living_journal(root, app.url, [], recorder_id="living"):
        said = json.loads(push(root, "--json").out)
    assert (said["delivered"], said["refused"]) == (3, 0)
    by_outcome = {each["outcome"]: each for each in said["journals"]}
    assert sorted(by_outcome) == ["alive", "delivered"]
    assert by_outcome["delivered"] == {
        "folder": str(folder),
        "recorder_id": folder.name,
        "url": app.url,
        "outcome": "delivered",
        "delivered": 3,
        "refused": 0,
        "problem": None,
    }


@pytest.mark.parametrize("arguments", [("no such folder",), ("--url", "ftp://x")])
def test_a_wrong_command_line_is_told_from_a_failure(root: Path, arguments: tuple[str, ...]) -> None:
    result = push(root, *arguments)
    assert (result.code, result.out) == (2, "")
    assert arguments[-1] in result.err
