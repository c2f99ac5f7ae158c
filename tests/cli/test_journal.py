"""`runreel journal`: what waits on this machine, and what was refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from runreel.sdk.blob_spool import BlobSpool
from runreel.sdk.dead_letter import DeadLetters
from tests.cli.command_line import CommandLine, Result
from tests.support.journal import leave_journal, living_journal, numbered_run

URL = "http://127.0.0.1:4700"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "journals"


def journal(root: Path, *arguments: str) -> Result:
    return CommandLine("http://127.0.0.1:1")("journal", *arguments, RUNREEL_JOURNAL=str(root))


def test_nothing_waits(root: Path) -> None:
    result = journal(root)
    assert (result.code, result.out, result.err) == (0, "Nothing waits.\n", "")
    assert not root.exists()


def test_what_waits_is_shown_with_who_has_it(root: Path) -> None:
    folder = leave_journal(root, URL, numbered_run(1_233))
    with living_journal(root, "https://elsewhere.example", numbered_run(1), recorder_id="living") as alive:
        result = journal(root)
    lines = result.out.splitlines()
    assert lines[0].split() == ["SERVER", "RECORDS", "FILES", "SIZE", "AGE", "RECORDER", "FOLDER"]
    (gone,) = [line for line in lines if str(folder) in line]
    assert gone.startswith(URL)
    assert {"1,234", "gone", "KiB"} <= set(gone.split())
    (living,) = [line for line in lines if alive.folder in line]
    assert "alive, process " in living
    assert result.err == "`runreel push` delivers what recorders left that are gone.\n"


def test_what_somebody_delivers_is_told_from_what_a_living_recorder_has(root: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with living_journal(root, URL, numbered_run(1)) as held:
        description = Path(held.folder, "journal.json")
        description.write_text(json.dumps(json.loads(description.read_text()) | {"pid": ended.pid}))
        assert "being delivered" in journal(root).out


def test_json_has_all_of_it(root: Path) -> None:
    folder = leave_journal(root, URL, numbered_run(2))
    BlobSpool(str(folder)).keep("run-1", "f", b"12345", max_bytes=10)
    (said,) = json.loads(journal(root, "--json").out)["journals"]
    assert said == {
        **said,
        "folder": str(folder),
        "url": URL,
        "recorder_id": folder.name,
        "records": 3,
        "files": 1,
        "file_bytes": 5,
        "is_alive": False,
        "problem": None,
    }
    assert said["bytes"] > 300
    assert 0 <= said["age_s"] < 60


def test_refused_records_are_counted_by_reason(root: Path) -> None:
    folder = leave_journal(root, URL, numbered_run(1))
    letters = DeadLetters(str(folder.parent))
    for _ in range(2):
        letters.add(b'{"record": "event"}', reason="its run was deleted", status=200)
    letters.add(b"no json", reason="it is not JSON", status=400)
    result = journal(root)
    assert result.out.splitlines()[2:] == [
        "Refused: 3 records.",
        f"  2 event: its run was deleted ({folder.parent})",
        f"  1 record: it is not JSON ({folder.parent})",
    ]
    said = json.loads(journal(root, "--json").out)["dead_letters"]
    assert [(each["kind"], each["reason"], each["count"]) for each in said] == [
        ("event", "its run was deleted", 2),
        ("", "it is not JSON", 1),
    ]


def test_letters_are_shown_where_nothing_waits_any_more(root: Path) -> None:
    DeadLetters(str(root / "0123456789abcdef")).add(b"{}", reason="because", status=None)
    result = journal(root)
    assert result.out.startswith("Nothing waits.\nRefused: 1 record.\n  1 record: because")


def test_a_folder_that_is_not_there_is_an_error(root: Path) -> None:
    result = journal(root, str(root))
    assert (result.code, "there is no folder" in result.err) == (2, True)
