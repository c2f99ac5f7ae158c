"""`python -m runreel.demo` as a process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.demo.fake_server import serving


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "runreel.demo", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_ends_after_its_runs_when_everything_is_delivered() -> None:
    with serving() as server:
        demo = start("--url", server.url, "--runs", "4", "--pace", "0")
        _, err = demo.communicate(timeout=30)

        runs = {record["run_id"]: record["status"] for record in server.records() if record["record"] == "run"}
    assert (demo.returncode, err) == (0, "")
    assert sorted(runs.values()) == ["completed", "completed", "completed", "completed", "failed"]


def test_it_ends_with_its_input_and_cancels_what_goes_on() -> None:
    with serving() as server:
        demo = start("--url", server.url, "--pace", "1000", "--until-input-ends")
        assert server.has_batch.wait(20)
        demo.communicate(timeout=20)

        records = server.records()
    assert demo.returncode == 0
    ends = [record for record in records if record["record"] == "run" and record["phase"] == "end"]
    starts = {record["run_id"] for record in records if record["record"] == "run"}
    assert {end["run_id"] for end in ends} == starts


def test_a_signal_and_an_absent_server_lose_nothing(tmp_path: Path) -> None:
    unsent_file = tmp_path / "unsent.json"
    demo = start("--url", "http://127.0.0.1:9", "--unsent", str(unsent_file))
    assert demo.stdout is not None
    assert "on their way" in demo.stdout.readline()
    demo.send_signal(signal.SIGTERM)
    demo.communicate(timeout=20)
    waiting = json.loads(unsent_file.read_text())

    with serving() as server:
        again = start("--url", server.url, "--runs", "0", "--unsent", str(unsent_file))
        again.communicate(timeout=20)
        delivered = server.records()

    assert demo.returncode == 0
    assert waiting
    assert delivered[: len(waiting)] == waiting
    assert not unsent_file.exists()
