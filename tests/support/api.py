"""The HTTP API as tests speak it: batches, paths of names, pages, and problem documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx

from tests.support.patience import PATIENCE_S

Json = dict[str, Any]
PROBLEM = "application/problem+json"


class Api:
    """A client of one server; `http` is for what has no word of its own here."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def record(self, *records: Json) -> Json:
        """Send a native batch and return the answer; fails the test if it could not be read."""
        response = self.http.post("/api/records", json={"version": 1, "records": records})
        assert response.status_code == 200, response.text
        return response.json()

    def record_all(self, *records: Json) -> Json:
        """Send a native batch of which nothing may be refused."""
        answer = self.record(*records)
        assert answer["errors"] == []
        return answer

    def send_events(self, *events: Json) -> Json:
        """Send a batch of the GATI dialect and return the answer."""
        response = self.http.post("/api/events", json={"events": events})
        assert response.status_code == 200, response.text
        return response.json()

    def get(self, path: str, **parameters: object) -> Json:
        """Return the JSON at a path; fails the test unless the answer is 200."""
        response = self.http.get(path, params=_given(parameters))
        assert response.status_code == 200, f"{path}: {response.text}"
        return response.json()

    def list(self, path: str, **parameters: object) -> list[Json]:
        """Return the array at a path; fails the test unless the answer is 200."""
        found: Any = self.get(path, **parameters)
        assert isinstance(found, list)
        return found

    def iter_pages(self, path: str, **parameters: object) -> Iterator[Json]:
        """Follow `next_cursor` to the end."""
        cursor: str | None = None
        while True:
            page = self.get(path, **parameters, cursor=cursor)
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def iter_linked(self, path: str) -> Iterator[Any]:
        """Follow `Link: rel="next"` to the end."""
        following: str | None = path
        while following is not None:
            response = self.http.get(following)
            assert response.status_code == 200, response.text
            yield response.json()
            following = response.links["next"]["url"] if "next" in response.links else None

    def runs_of(self, agent_name: str) -> list[Json]:
        """Return the newest runs of an agent."""
        return self.list(f"{agent_path(agent_name)}/runs", limit=500)

    def timeline(self, agent_name: str, run_name: str, **parameters: object) -> list[Json]:
        """Return all events of a run in execution order."""
        path = f"{run_path(agent_name, run_name)}/timeline"
        return [event for page in self.iter_pages(path, **parameters) for event in page["events"]]


@contextmanager
def client_of(url: str) -> Iterator[Api]:
    """Give a client of a server until the block ends."""
    with httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False, verify=False) as http:
        yield Api(http)


def _given(parameters: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in parameters.items() if value is not None}


def agent_path(agent_name: str) -> str:
    return f"/api/agents/{quote(agent_name, safe='')}"


def run_path(agent_name: str, run_name: str) -> str:
    return f"/api/runs/{quote(agent_name, safe='')}/{quote(run_name, safe='')}"


def node_path(run_id: str, node_id: str) -> str:
    return f"/api/runs/{quote(run_id, safe='')}/nodes/{quote(node_id, safe='')}"


def problem_of(response: httpx.Response, status: int) -> Json:
    """Return the problem document of a refusal, once it is one."""
    assert response.status_code == status, f"{response.status_code}: {response.text}"
    assert response.headers["content-type"] == PROBLEM
    problem = response.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


def run_start(run_id: str = "run-1", agent_name: str = "planner", **fields: object) -> Json:
    """Build the record of a run's start."""
    at = "2026-01-02T03:04:05Z"
    return {"record": "run", "run_id": run_id, "agent_name": agent_name, "phase": "start", "started_at": at, **fields}


def run_end(run_id: str = "run-1", **fields: object) -> Json:
    """Build the record of a run's end."""
    return {"record": "run", "run_id": run_id, "phase": "end", "ended_at": "2026-01-02T03:04:15Z", **fields}


def event(event_id: str = "event-1", run_id: str = "run-1", **fields: object) -> Json:
    """Build the record of a tool call that took half a second."""
    return {
        "record": "event",
        "run_id": run_id,
        "event_id": event_id,
        "event_type": "tool_call",
        "started_at": "2026-01-02T03:04:06Z",
        "ended_at": "2026-01-02T03:04:06.5Z",
        **fields,
    }


def gati_event(event_id: str, run_id: str, event_type: str = "tool_call", **data: object) -> Json:
    """Build an event of the GATI dialect as its SDK sends it, each field of `data` repeated at the top."""
    return {
        "event_type": event_type,
        "run_id": run_id,
        "run_name": f"temp_{run_id}",
        "timestamp": "2026-01-02T03:04:06",
        "agent_name": "planner",
        "event_id": event_id,
        "parent_event_id": None,
        "previous_event_id": None,
        **data,
        "data": data,
    }
