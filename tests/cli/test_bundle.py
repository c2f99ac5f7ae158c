"""`runreel export` and `import`, on databases that no server serves."""

from __future__ import annotations

import gzip
import json
import os
from contextlib import closing
from io import StringIO
from pathlib import Path
from threading import Thread

import pytest

from runreel.cli.console import Console
from runreel.cli.progress import counting_bytes
from runreel.errors import RunreelError
from runreel.model.scope import Scope
from runreel.storage.blobs import open_blobs
from runreel.storage.sql import open_store
from runreel.testing.record import NOW, make_event, make_file, make_run, make_run_end
from tests.cli.command_line import CommandLine, Stream


@pytest.fixture
def runreel() -> CommandLine:
    return CommandLine("")


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Give a data folder with the runs `a` and `b` of the agent `x/y`, the first of which has three events."""
    store = open_store(f"sqlite:///{tmp_path / 'data' / 'runreel.db'}")
    events = [make_event(f"{n}", "a", name=f"tool {n}", status="failed" if n == 1 else "completed") for n in range(3)]
    records = [make_run("a", agent_name="x/y"), *events, make_run_end("a"), make_run("b", at=NOW, agent_name="x/y")]
    store.runs.apply([(Scope(), records)], now=NOW)
    store.close()
    return str(tmp_path / "data")


def test_runs_go_from_one_database_to_another(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    file, other = str(tmp_path / "runs.jsonl.gz"), str(tmp_path / "other")
    assert runreel("export", "--data", data, "-o", file).err.startswith("Wrote ")
    assert gzip.decompress(Path(file).read_bytes()).count(b'{"line":"run"') == 2
    assert runreel("import", "--data", other, file).out == ("Runs: 2 new, 0 same, 0 changed, 0 refused. Events: 3.\n")
    again = runreel("import", "--data", other, file, "--json")
    assert (again.code, json.loads(again.out)["same"]) == (0, 2)
    listed = [json.loads(runreel("runs", "--data", where, "--json").out)["runs"] for where in (data, other)]
    assert [run["run_name"] for run in listed[1]] == [run["run_name"] for run in listed[0]] == ["run 2", "run 1"]


def test_one_run_is_exported_by_its_name_or_its_id(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    texts: list[list[str]] = []
    for number, address in enumerate((("--run", "x/y/run 1"), ("--id", "a"))):
        file = tmp_path / f"{number}.jsonl"
        assert runreel("export", "--data", data, *address, "-o", str(file)).code == 0
        texts.append(file.read_text().splitlines()[1:-1])
    assert texts[0] == texts[1]
    missing = runreel("export", "--data", data, "--run", "x/y/run 9", "-o", str(tmp_path / "none"))
    assert (missing.code, list(tmp_path.glob("none*"))) == (1, [])
    assert runreel("export", "--data", data, "--id", "a", "--agent", "x/y").code == 2


def test_files_come_along_unless_they_are_left_out(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{data}/runreel.db", open_blobs(f"{data}/blobs"))
    with closing(store.files.begin_upload(Scope())) as upload:
        upload.write(b"bytes of a file")
        content_hash = store.files.keep(Scope(), upload, now=NOW).content_hash
    store.runs.apply([(Scope(), [make_file("f", "a", content_hash=content_hash)])], now=NOW)
    store.close()
    for options, n_blobs in (((), 1), (("--no-files",), 0)):
        file = tmp_path / f"{n_blobs}.jsonl"
        assert runreel("export", "--data", data, *options, "-o", str(file)).code == 0
        assert file.read_bytes().count(b'{"line":"blob"') == n_blobs
    other = tmp_path / "other"
    assert runreel("import", "--data", str(other), str(tmp_path / "1.jsonl")).code == 0
    assert [path.read_bytes() for path in (other / "blobs").rglob("*") if path.is_file()] == [b"bytes of a file"]


def test_a_dry_run_keeps_nothing(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    file, other = str(tmp_path / "runs.jsonl"), str(tmp_path / "other")
    runreel("export", "--data", data, "-o", file)
    assert "nothing was kept" in runreel("import", "--data", other, file, "--dry-run").out
    assert json.loads(runreel("runs", "--data", other, "--json").out)["runs"] == []


def test_refused_runs_are_listed_and_fail_the_command(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    file = str(tmp_path / "runs.jsonl")
    runreel("export", "--data", data, "-o", file)
    assert runreel("runs", "delete", "--data", data, "--yes", "a").code == 0
    refused = runreel("import", "--data", data, file)
    assert (refused.code, "it was deleted here" in refused.out) == (1, True)
    assert runreel("import", "--data", data, file, "--revive", "--into", "trip").code == 0
    runs = json.loads(runreel("runs", "--data", data, "--json", "--session", "trip").out)["runs"]
    assert [run["run_id"] for run in runs] == ["b", "a"]


def test_a_bundle_that_is_cut_short_fails_the_command(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    file = tmp_path / "runs.jsonl"
    runreel("export", "--data", data, "-o", str(file))
    file.write_bytes(file.read_bytes()[:-10])
    result = runreel("import", "--data", str(tmp_path / "other"), str(file))
    assert (result.code, result.err) == (1, "The bundle ends early: its last line is missing.\n")


def test_what_is_no_bundle_is_no_import(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello\n")
    result = runreel("import", "--data", data, str(file))
    wanted = f"runreel: '{file}' is neither a bundle nor an SQLite database, or it is encrypted\n"
    assert (result.code, result.out, result.err) == (1, "", wanted)
    missing = runreel("import", "--data", data, str(tmp_path / "missing"))
    assert (missing.code, "can't be read" in missing.err) == (1, True)


def test_reading_begins_no_database(runreel: CommandLine, tmp_path: Path) -> None:
    result = runreel("runs", "--data", str(tmp_path / "none"))
    assert (result.code, "there is no database" in result.err) == (1, True)
    assert not (tmp_path / "none").exists()


def test_progress_is_shown_on_a_terminal() -> None:
    err = Stream(is_terminal=True)
    console = Console.of_streams(env={}, out=StringIO(), err=err, inp=StringIO())
    assert list(counting_bytes([b"x" * 2_000_000] * 2, console, total_bytes=4_000_000)) == [b"x" * 2_000_000] * 2
    assert f"[{'#' * 15}{'.' * 15}] 1.9 MiB of 3.8 MiB" in err.getvalue()
    with pytest.raises(RunreelError):
        for _ in counting_bytes(_broken(), console, total_bytes=None):
            pass
    assert err.getvalue().endswith("\r\x1b[K")


def _broken():
    yield b"x"
    raise RunreelError("it broke")


def test_a_bundle_may_come_through_a_pipe_that_has_a_name(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    file, pipe, other = tmp_path / "runs.jsonl", tmp_path / "pipe", str(tmp_path / "other")
    runreel("export", "--data", data, "-o", str(file))
    os.mkfifo(pipe)
    writer = Thread(target=lambda: pipe.write_bytes(file.read_bytes()), daemon=True)
    writer.start()
    assert runreel("import", "--data", other, str(pipe)).out == (
        "Runs: 2 new, 0 same, 0 changed, 0 refused. Events: 3.\n"
    )
    writer.join(10)


def test_a_database_can_not_come_through_a_pipe(runreel: CommandLine, data: str, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=lambda: pipe.write_bytes(b"SQLite format 3\0" + bytes(84)), daemon=True)
    writer.start()
    result = runreel("import", "--data", data, str(pipe))
    writer.join(10)
    assert (result.code, result.err) == (
        1,
        f"runreel: '{pipe}' is a database, which can't be read from a pipe; write it to a file first\n",
    )


def test_a_database_is_sound_with_runs_that_were_renamed_as_they_came(
    runreel: CommandLine, data: str, tmp_path: Path
) -> None:
    file, other = str(tmp_path / "runs.jsonl"), tmp_path / "other"
    store = open_store(f"sqlite:///{other / 'runreel.db'}")
    store.runs.apply([(Scope(), [make_run("c", agent_name="x/y"), make_run_end("c")])], now=NOW)
    store.close()
    runreel("export", "--data", data, "-o", file)
    renamed = json.loads(runreel("import", "--data", str(other), file, "--json").out)["renamed_runs"]
    assert [run["run_name"] for run in renamed] == ["run 1 (2)"]
    assert runreel("doctor", "--data", str(other)).code == 0
