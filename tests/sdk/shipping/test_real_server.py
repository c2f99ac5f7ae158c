"""Against the real server, which is killed in the middle."""

from __future__ import annotations

import json
import threading
import urllib.request
from pathlib import Path

from tests.sdk.shipping.conftest import FakeRun, MakeClient
from tests.support.patience import PATIENCE_S
from tests.support.server import free_port, running_server


def test_server_that_is_killed_and_comes_back_has_everything_once(make_client: MakeClient, tmp_path: Path) -> None:
    port = free_port()
    client = make_client(url=f"http://127.0.0.1:{port}")
    runs = [FakeRun(f"run-{number}") for number in range(4)]
    half_done = threading.Barrier(5)
    go_on = threading.Event()

    def record(run: FakeRun) -> None:
        start = {"record": "run", "run_id": run.run_id, "phase": "start", "agent_name": "writer"}
        client.add(run, json.dumps(start).encode())
        for number in range(1, 1250):
            client.add(run, run.record(f"{run.run_id}-{number}", event_type="tool_call", name="search"))
            if number == 600:
                half_done.wait(PATIENCE_S)
                go_on.wait(PATIENCE_S)

    threads = [threading.Thread(target=record, args=(run,)) for run in runs]
    with running_server(tmp_path / "data", arguments=["--port", str(port)]) as server:
        for thread in threads:
            thread.start()
        half_done.wait(PATIENCE_S)
        # Whatever it has taken and not answered by now is sent to it again.
        server.kill()
    go_on.set()
    for thread in threads:
        thread.join()
    assert client.flush(0.2).waiting > 0
    with running_server(tmp_path / "data", arguments=["--port", str(port)]) as server:
        assert client.flush(PATIENCE_S).waiting == 0
        for run in runs:
            assert seen_ids(server.url, run.run_id) == [f"{run.run_id}-{number}" for number in range(1, 1250)]
        assert {client.name_of(run.run_id) for run in runs} == {"run 1", "run 2", "run 3", "run 4"}


def seen_ids(url: str, run_id: str) -> list[str]:
    ids: list[str] = []
    path = f"/api/by-id/{run_id}/events?limit=500"
    cursor = ""
    while True:
        with urllib.request.urlopen(url + path + cursor) as response:
            page = json.load(response)
        ids += [event["event_id"] for event in page["events"]]
        if not page.get("next_cursor"):
            return sorted(ids, key=lambda text: int(text.rpartition("-")[2]))
        cursor = f"&cursor={page['next_cursor']}"
