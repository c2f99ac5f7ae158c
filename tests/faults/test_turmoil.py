"""Everybody does everything at once: records come while runs are renamed, moved, deleted, with agents and sessions.

`RUNREEL_TEST_TURMOIL` says how many requests each client makes.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from runreel.storage.sql import migrate
from tests.support.api import Api, client_of, event, gati_event, run_end, run_path, run_start
from tests.support.patience import PATIENCE_S
from tests.support.server import running_server

N_CLIENTS = 8
N_REQUESTS = int(os.environ.get("RUNREEL_TEST_TURMOIL", "100"))
AGENTS = ("one", "two", "three/4")
SESSIONS = ("s", "t")
NODES = ("planning", "step_1")


class Client:
    """Makes random requests, of which none may fail in the server; what it deleted it does not expect to find."""

    def __init__(self, urls: Sequence[str], seed: int) -> None:
        self._urls = urls
        self._random = random.Random(seed)
        self.seen: Counter[str] = Counter()
        self.failures: list[str] = []
        self._n = 0

    def work(self) -> None:
        actions = [self.record, self.record, self.send, self.send, self.rename, self.delete_run, self.read]
        rare = [self.delete_agent, self.delete_session]
        with ExitStack() as stack:
            clients = [
                stack.enter_context(httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False, verify=False))
                for url in self._urls
            ]
            for self._n in range(N_REQUESTS):
                http = self._random.choice(clients)
                action = self._random.choice(rare if self._n % 40 == 39 else actions)
                response = action(http)
                self.seen[f"{action.__name__} {response.status_code}"] += 1
                if response.status_code >= 500 or response.status_code == 429:
                    self.failures.append(f"{action.__name__} {response.status_code} {response.text}")

    def run_id(self) -> str:
        """Return one of a few runs that all clients work on now; what is deleted stays so, so these go on."""
        return f"run-{self._n // 3 + self._random.randrange(10)}"

    def record(self, http: httpx.Client) -> httpx.Response:
        pick = self._random.choice
        records = []
        for _ in range(self._random.randrange(1, 6)):
            run_id = self.run_id()
            start = run_start(run_id, pick(AGENTS), session_id=pick(SESSIONS), recorded_at=self._random.random() * 1e9)
            parts = [start, run_end(run_id), event(f"e{self._random.randrange(9)}", run_id, node_id=pick(NODES))]
            records += self._random.sample(parts, self._random.randrange(1, 4))
        return http.post("/api/records", json={"version": 1, "records": records})

    def send(self, http: httpx.Client) -> httpx.Response:
        events = []
        for _ in range(self._random.randrange(1, 6)):
            kind = self._random.choice(["agent_start", "agent_end", "llm_call", "node_execution"])
            sent = gati_event(f"g{self._random.randrange(9)}", self.run_id(), kind, tokens_in=1, node_name="step_1")
            events.append({**sent, "agent_name": self._random.choice(AGENTS)})
        return http.post("/api/events", json={"events": events})

    def rename(self, http: httpx.Client) -> httpx.Response:
        name = f"name {self._random.randrange(12)}"
        return http.patch(f"/api/by-id/{self.run_id()}", json={"new_run_name": name})

    def delete_run(self, http: httpx.Client) -> httpx.Response:
        return http.delete(f"/api/by-id/{self.run_id()}")

    def delete_agent(self, http: httpx.Client) -> httpx.Response:
        return http.delete(f"/api/agents/{quote(self._random.choice(AGENTS), safe='')}")

    def delete_session(self, http: httpx.Client) -> httpx.Response:
        return http.delete(f"/api/sessions/{self._random.choice(SESSIONS)}")

    def read(self, http: httpx.Client) -> httpx.Response:
        paths = [
            "/api/agents",
            "/api/runs",
            "/api/sessions",
            "/",
            f"/api/by-id/{self.run_id()}/trace",
            f"/api/runs/{self.run_id()}/nodes",
            f"/api/runs/{self.run_id()}/nodes/step_1/execution-summary",
            run_path(self._random.choice(AGENTS), "run 1") + "/timeline",
        ]
        return http.get(self._random.choice(paths))


def assert_consistent(api: Api) -> None:
    """Totals are the sums of what is there."""
    runs = [run for page in api.iter_pages("/api/runs", limit=100) for run in page["runs"]]
    assert len(runs) >= len(AGENTS)
    for run in runs:
        shown = [e for page in api.iter_pages(f"/api/by-id/{run['run_id']}/timeline") for e in page["events"]]
        assert run["event_count"] == len(shown) == len({e["event_id"] for e in shown})
        assert run["tokens_in"] == sum(e["tokens_in"] or 0 for e in shown)
    agents = {agent["name"]: agent for agent in api.list("/api/agents")}
    assert set(agents) >= {run["agent_name"] for run in runs}
    for name, agent in agents.items():
        own = [run for run in runs if run["agent_name"] == name]
        assert agent["total_runs"] == len(own)
        assert agent["total_events"] == sum(run["event_count"] for run in own)
        assert agent["tokens_in"] == sum(run["tokens_in"] for run in own)
        assert agent["failed_runs"] == sum(run["status"] == "failed" for run in own)
        names = [run["run_name"] for run in own if run["run_name"] is not None]
        assert len(names) == len(set(names))
    for session in api.get("/api/sessions")["sessions"]:
        assert session["run_count"] == sum(run["session_id"] == session["session_id"] for run in runs)


@pytest.mark.parametrize(
    ("database", "n_servers"),
    [
        ("sqlite", 1),
        pytest.param("postgres", 1, marks=pytest.mark.postgres),
        pytest.param("postgres", 2, marks=pytest.mark.postgres),
    ],
)
def test_nothing_fails_and_totals_are_right_whatever_comes_together(
    database: str, n_servers: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url, data = None, tmp_path
    if database == "postgres":
        url, data = request.getfixturevalue("empty_postgres_url"), None
        migrate(url)
    with ExitStack() as stack:
        settle = {"RUNREEL_SETTLE_AFTER_S": "0.05"}
        servers = [stack.enter_context(running_server(data, url, migrated=True, env=settle)) for _ in range(n_servers)]
        clients = [Client([server.url for server in servers], seed) for seed in range(N_CLIENTS)]
        with ThreadPoolExecutor(N_CLIENTS) as pool:
            list(pool.map(Client.work, clients))
        api = stack.enter_context(client_of(servers[0].url))
        # The last request may have deleted everything.
        api.record_all(*(run_start(f"last-{agent}".replace("/", "-"), agent, session_id="s") for agent in AGENTS))
        assert_consistent(api)

    assert [failure for client in clients for failure in client.failures] == []
    seen = sum((client.seen for client in clients), Counter[str]())
    assert all(seen[f"{name} 200"] for name in ("record", "send", "rename", "delete_run", "delete_agent", "read")), seen
    assert [line for server in servers for line in server.lines if " runreel." in line or "Traceback" in line] == []
