"""`runreel up`, as far as the command line has a part in it."""

from __future__ import annotations

from pathlib import Path

from runreel.cli.up import demo_beside
from tests.demo.fake_server import serving


def test_the_demo_ends_with_the_server_and_leaves_no_run_open(tmp_path: Path) -> None:
    with serving() as server:
        with demo_beside(tmp_path) as start_demo:
            start_demo(server.url)
            assert server.has_batch.wait(20)
        runs = [record for record in server.records() if record["record"] == "run"]

    assert {run["run_id"] for run in runs} == {run["run_id"] for run in runs if run["phase"] == "end"}


def test_what_the_demo_could_not_send_waits_beside_the_data(tmp_path: Path) -> None:
    with serving(status=503) as server, demo_beside(tmp_path) as start_demo:
        start_demo(server.url)
        assert server.has_batch.wait(20)

    assert (tmp_path / "demo-unsent.json").exists()


def test_without_a_ready_server_there_is_no_demo(tmp_path: Path) -> None:
    with demo_beside(tmp_path):
        pass

    assert list(tmp_path.iterdir()) == []
