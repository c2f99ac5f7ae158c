"""Record a run with nothing but Python's standard library: start a server with `runreel up`, then run this.

A run is a handful of records, posted as JSON; the record of an end is merged with the one of its start by their ids.
Sending a batch twice changes nothing, so a client that got no answer simply sends it again.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from urllib.request import Request, urlopen
from uuid import uuid4

SERVER = os.environ.get("RUNREEL_URL", "http://127.0.0.1:4700")
RUN_ID = uuid4().hex


def send(*records: dict[str, object]) -> None:
    body = json.dumps({"version": 1, "records": [{"run_id": RUN_ID, **record} for record in records]}).encode()
    request = Request(f"{SERVER}/api/records", data=body, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as response:
        answer = json.load(response)
    for problem in answer["errors"] + answer["warnings"]:
        print("the server says:", problem)


def now() -> str:
    return datetime.now(UTC).isoformat()


def main() -> None:
    call_id = uuid4().hex
    run = {"record": "run", "agent_name": "adder", "task": "Add two numbers", "started_at": now()}
    call = {"record": "event", "event_id": call_id, "event_type": "tool_call", "name": "add", "started_at": now()}
    send({**run, "phase": "start"}, {**call, "phase": "start", "inputs": {"a": 19, "b": 23}})

    # The run can be watched from here on.
    time.sleep(0.2)
    result = 19 + 23

    ended = {"phase": "end", "ended_at": now(), "outputs": {"sum": result}}
    send({"record": "event", "event_id": call_id, **ended}, {"record": "run", **ended})
    print(f"recorded: {SERVER}/api/runs/{RUN_ID}")


if __name__ == "__main__":
    main()
