"""Opens runs of one agent as fast as it can: a program of its own, with nothing but Python and HTTP.

Arguments: URL, number of runs, prefix of their ids, dialect. Says `ready`, waits for a line, and prints what it got.
"""

from __future__ import annotations

import http.client
import json
import sys
from urllib.parse import urlsplit

AGENT = "opened at once"


def body_of(dialect: str, run_id: str) -> tuple[str, object]:
    if dialect == "native":
        record = {"record": "run", "run_id": run_id, "agent_name": AGENT, "phase": "start"}
        return "/api/records", {"version": 1, "records": [record]}
    start = {
        "event_type": "agent_start",
        "run_id": run_id,
        "run_name": f"temp_{run_id}",
        "timestamp": "2026-01-02T03:04:05",
        "agent_name": AGENT,
        "event_id": f"{run_id}-start",
        "data": {"input": {}, "metadata": {}},
    }
    return "/api/events", {"events": [start]}


def main(url: str, n_runs: str, prefix: str, dialect: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
    connection.connect()
    print("ready", flush=True)
    sys.stdin.readline()
    errors: list[str] = []
    names: dict[str, str | None] = {}
    for number in range(int(n_runs)):
        run_id = f"{prefix}-{number}"
        path, body = body_of(dialect, run_id)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200 or answer["errors"]:
            errors.append(f"{response.status} {answer}")
        for run in answer.get("runs", []):
            names[run["run_id"]] = run["run_name"]
    print(json.dumps({"errors": errors, "names": names}), flush=True)


main(*sys.argv[1:])
