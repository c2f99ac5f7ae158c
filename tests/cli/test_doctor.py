"""`runreel doctor`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runreel.model.scope import Scope
from runreel.storage.blobs import open_blobs
from runreel.storage.sql import open_store
from runreel.testing.record import NOW, make_event
from runreel.testing.workflow import make_workflow
from tests.cli.command_line import CommandLine, Result


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = open_store(f"sqlite:///{tmp_path / 'runreel.db'}")
    store.runs.apply([(Scope(), make_workflow("a"))], now=NOW)
    store.close()
    return tmp_path


def damage(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "runreel.db")) as connection:
        connection.execute(statement)
        connection.commit()


def doctor(data: Path, *options: str, is_terminal: bool = False) -> Result:
    return CommandLine("")("doctor", "--data", str(data), *options, is_terminal=is_terminal)


@pytest.mark.parametrize("options", [(), ("--quick",), ("--repair",)])
def test_a_sound_database_is_told(data: Path, options: tuple[str, ...]) -> None:
    result = doctor(data, *options)
    assert (result.code, result.out, result.err) == (0, "1 run with 6 events: all is as it must be.\n", "")


def test_damage_is_listed_and_the_code_is_1(data: Path) -> None:
    damage(data, "UPDATE runs SET error_count = 5")
    damage(data, "UPDATE runs SET change_seq = 0")
    result = doctor(data)
    assert result.code == 1
    assert "totals: run 'a' of project 'default': error_count is 5, and a recount gives 0" in result.out
    assert "changes: run 'a'" in result.out
    assert "--repair" in result.err
    assert "backup" in result.err


def test_bytes_that_are_gone_are_told(data: Path) -> None:
    blobs = data / "elsewhere"
    store = open_store(f"sqlite:///{data / 'runreel.db'}", open_blobs(str(blobs)))
    batch = [make_event("large", "a", inputs="".join(map(str, range(200_000))))]
    store.runs.apply([(Scope(), batch)], now=NOW)
    store.close()
    assert CommandLine("")("doctor", "--data", str(data), RUNREEL_BLOBS=str(blobs)).code == 0

    (blob,) = [path for path in blobs.rglob("*") if path.is_file()]
    blob.write_bytes(b"other")
    found = CommandLine("")("doctor", "--data", str(data), RUNREEL_BLOBS=str(blobs))
    blob.unlink()
    gone = CommandLine("")("doctor", "--data", str(data), RUNREEL_BLOBS=str(blobs))

    assert (found.code, gone.code) == (1, 1)
    assert "has other bytes than its hash says" in found.out
    assert "is missing" in gone.out


def test_repairing_says_how_much_was_made_right(data: Path) -> None:
    damage(data, "UPDATE runs SET error_count = 5")
    result = doctor(data, "--repair")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Made right: ")
    assert doctor(data).code == 0


def test_the_result_as_json(data: Path) -> None:
    damage(data, "UPDATE agents SET run_count = 5")
    result = doctor(data, "--json", "--quick")
    found = json.loads(result.out)
    assert (result.code, found["sound"], found["runs"], found["events"], found["repaired"]) == (1, False, 1, 6, 0)
    assert found["finding_count"] == len(found["findings"]) == 1
    assert found["findings"][0]["repairable"] is True


def test_repairing_is_never_quick(data: Path) -> None:
    assert doctor(data, "--quick", "--repair").code == 2


def test_without_a_database_it_fails(tmp_path: Path) -> None:
    result = doctor(tmp_path)
    assert (result.code, result.out) == (1, "")
    assert "there is no database yet" in result.err
