"""A backup of a database in use is whole, and comes back as it was; nothing half is ever taken for one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runreel.errors import ConfigError, RunreelError, SchemaVersionError, StorageError
from runreel.model.backup import BackupReport
from runreel.model.scope import Scope
from runreel.storage.sql import backup, open_store
from runreel.storage.sql.backup import back_up, restore
from runreel.storage.sql.doctor import examine
from runreel.testing.record import NOW, make_event, make_run
from tests.cli.command_line import CommandLine
from tests.operation.conftest import fill
from tests.support.api import client_of
from tests.support.load import assert_kept, sending
from tests.support.server import running_server


def put_blob(folder: Path, content: bytes) -> Path:
    digest = hashlib.sha256(content).hexdigest()
    path = folder / "project" / digest[:2] / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data folder with a filled database and two blobs."""
    data = tmp_path / "data"
    data.mkdir()
    fill(url_of(data))
    put_blob(data / "blobs", b"one")
    put_blob(data / "blobs", b"two" * 1000)
    (data / "blobs" / "upload.partial").write_bytes(b"half")
    return data


@pytest.fixture
def copy(data: Path, tmp_path: Path) -> Path:
    """Give a backup of it."""
    make_copy(data, tmp_path / "copy")
    return tmp_path / "copy"


def url_of(data: Path) -> str:
    return f"sqlite:///{data / 'runreel.db'}"


def make_copy(data: Path, target: Path, **given: Callable[[int, int], None]) -> BackupReport:
    return back_up(url_of(data), target, blobs=data / "blobs", now=NOW, **given)


def test_what_was_backed_up_comes_back(data: Path, tmp_path: Path) -> None:
    made = make_copy(data, tmp_path / "copy")
    back = restore(tmp_path / "copy", tmp_path / "new")

    assert made == back
    assert (made.n_runs, made.n_events, made.n_blobs, made.blob_bytes) == (6, 22, 2, 3003)
    assert examine(url_of(tmp_path / "new")).is_sound
    before, after = open_store(url_of(data)), open_store(url_of(tmp_path / "new"))
    for scope in (Scope(), Scope(project="other")):
        for run_id in ("a", "b", "moved"):
            assert after.runs.get_run(scope, run_id) == before.runs.get_run(scope, run_id)
            kept, restored = (store.events.list_full_events(scope, run_id, limit=100) for store in (before, after))
            assert restored == kept
        assert len(after.runs.apply([(scope, [make_run("gone")])], now=NOW)[0].refused) == 1
    before.close()
    after.close()
    assert {path.read_bytes() for path in (tmp_path / "new" / "blobs").rglob("*") if path.is_file()} == {
        b"one",
        b"two" * 1000,
    }


def test_a_backup_is_of_one_moment_while_others_write(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runreel.storage.sql.dialect._COPY_PAGES", 10)
    store = open_store(url_of(data))
    n_steps = 0

    def write(_done: int, _all: int) -> None:
        nonlocal n_steps
        n_steps += 1
        store.runs.apply([(Scope(), [make_event(f"late {n_steps}", "b", inputs="x" * 5000)])], now=NOW)

    report = make_copy(data, tmp_path / "copy", on_progress=write)
    store.close()

    assert n_steps > 3
    assert report.n_events == 22
    restore(tmp_path / "copy", tmp_path / "new")
    diagnosis = examine(url_of(tmp_path / "new"))
    assert (diagnosis.is_sound, diagnosis.n_events) == (True, 22)


def test_a_blob_that_comes_during_the_copy_is_copied_too(data: Path, tmp_path: Path) -> None:
    def come(_done: int, _all: int) -> None:
        put_blob(data / "blobs", b"three")

    assert make_copy(data, tmp_path / "copy", on_progress=come).n_blobs == 3


def test_everything_acknowledged_before_it_began_is_there(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_server(data) as server, sending(server.url) as senders:
        senders.go_on()
        senders.wait_for_batches(20)
        senders.pause()
        acknowledged = {run_id: set(ids) for run_id, ids in senders.ledger.acknowledged.items()}
        n_before = senders.ledger.n_batches
        senders.go_on()
        senders.wait_for_batches(3)
        result = CommandLine(server.url)("backup", str(tmp_path / "copy"), "--data", str(data))
        assert (result.code, result.err) == (0, "")
        assert senders.ledger.n_batches >= n_before + 3
        senders.pause()

    result = CommandLine("")("restore", str(tmp_path / "copy"), "--data", str(tmp_path / "new"))
    assert (result.code, result.err) == (0, "")
    assert examine(url_of(tmp_path / "new")).is_sound
    senders.ledger.acknowledged.clear()
    senders.ledger.acknowledged.update(acknowledged)
    with running_server(tmp_path / "new") as server, client_of(server.url) as api:
        assert_kept(api, senders.ledger, run_ids=set(acknowledged))


@pytest.mark.parametrize("what", ["a folder with something in it", "a file"])
def test_nothing_is_written_over(data: Path, tmp_path: Path, what: str) -> None:
    target = tmp_path / "target"
    if what == "a file":
        target.write_text("mine")
    else:
        (target / "mine").mkdir(parents=True)
    with pytest.raises(ConfigError, match="has something in it already"):
        make_copy(data, target)
    with pytest.raises(ConfigError, match="has something in it already"):
        restore(make_copy(data, tmp_path / "copy") and tmp_path / "copy", data)


def test_blobs_are_copied_from_where_the_setting_keeps_them(data: Path, tmp_path: Path) -> None:
    (data / "blobs").rename(tmp_path / "elsewhere")
    arguments = ("backup", str(tmp_path / "copy"), "--data", str(data), "--json")
    result = CommandLine("")(*arguments, RUNREEL_BLOBS=str(tmp_path / "elsewhere"))
    assert json.loads(result.out)["blobs"] == 2


def test_a_bucket_is_not_part_of_a_backup_and_that_is_said(data: Path, tmp_path: Path) -> None:
    result = CommandLine("")(
        "backup", str(tmp_path / "copy"), "--data", str(data), "--json", RUNREEL_BLOBS="s3://bucket/prefix"
    )
    assert (result.code, json.loads(result.out)["blobs"]) == (0, 0)
    assert "bucket" in result.err


def test_a_copy_that_fails_leaves_no_backup(data: Path, tmp_path: Path) -> None:
    def fail(_done: int, _all: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left on device"):
        make_copy(data, tmp_path / "copy", on_progress=fail)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert make_copy(data, tmp_path / "copy").n_runs == 6


def test_what_is_wrong_in_the_copy_is_told(data: Path, tmp_path: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(data / "runreel.db")
    connection.execute("UPDATE agents SET run_count = 9")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match=r"the copy is not sound .* runreel doctor"):
        make_copy(data, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def damage_database(copy: Path) -> None:
    path = copy / "runreel.db"
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def damage_blob(copy: Path) -> None:
    next(path for path in (copy / "blobs").rglob("*") if path.is_file()).write_bytes(b"other")


def lose_blob(copy: Path) -> None:
    next(path for path in (copy / "blobs").rglob("*") if path.is_file()).unlink()


def forget_manifest(copy: Path) -> None:
    (copy / "backup.json").unlink()


def be_newer(copy: Path) -> None:
    manifest = json.loads((copy / "backup.json").read_text())
    (copy / "backup.json").write_text(json.dumps({**manifest, "schema": "9999"}))


@pytest.mark.parametrize(
    ("damage", "error", "match"),
    [
        (damage_database, StorageError, "is not the one that was backed up"),
        (damage_blob, StorageError, "is damaged"),
        (lose_blob, StorageError, "has 1 blobs, and had 2"),
        (forget_manifest, ConfigError, "is no backup"),
        (be_newer, SchemaVersionError, "which is newer"),
    ],
)
def test_a_damaged_backup_is_refused_and_touches_nothing(
    copy: Path, tmp_path: Path, damage: Callable[[Path], None], error: type[RunreelError], match: str
) -> None:
    damage(copy)
    with pytest.raises(error, match=match):
        restore(copy, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_database_that_a_server_uses_is_not_replaced(copy: Path, data: Path) -> None:
    store = open_store(url_of(data))
    store.runs.check()
    with pytest.raises(StorageError, match="a server uses the database"):
        restore(copy, data, replace=True)
    store.runs.apply([(Scope(), [make_run("new")])], now=NOW)
    store.close()

    restore(copy, data, replace=True)

    assert examine(url_of(data)).n_runs == 6


def test_a_database_that_can_not_be_read_is_replaced(copy: Path, data: Path) -> None:
    (data / "runreel.db").write_bytes(b"no database at all" * 1000)
    restore(copy, data, replace=True)
    assert examine(url_of(data)).is_sound


def test_the_manifest_says_what_is_in_it(copy: Path) -> None:
    manifest = json.loads((copy / backup.MANIFEST_NAME).read_text())
    assert (manifest["runs"], manifest["events"], manifest["blobs"]) == (6, 22, 2)
    assert manifest["created_at"].endswith("Z")


@pytest.mark.postgres
def test_a_database_server_is_backed_up_by_its_own_tool(empty_postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pg_dump --format=custom"):
        back_up(empty_postgres_url, tmp_path / "copy", blobs=tmp_path / "blobs", now=NOW)
    assert list(tmp_path.iterdir()) == []
