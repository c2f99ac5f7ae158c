"""A server in the test's own process by which people answer agents and ask them to stop, as the real one does."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.sdk.shipping.record_server import Asked, RecordServer, Reply, problem
from tests.support.eventually import eventually

Json = dict[str, Any]


class PeopleServer(RecordServer):
    """Keeps records, answers to approvals by their event, and requests by their run."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Json] = {}
        self.wishes: dict[str, list[Json]] = {}

    # What people do.

    def answer(self, event_id: str, option: str, **more: str) -> None:
        """Answer an approval."""
        at = "2026-01-02T03:04:05.000000Z"
        with self._changed:
            self.answers[event_id] = {"status": "answered", "option": option, "answered_at": at, **more}
            self._changed.notify_all()

    def request(self, run_id: str, action: str, *, is_seen: bool = False, **more: str) -> None:
        """Ask the agent of a run for something."""
        with self._changed:
            wishes = self.wishes.setdefault(run_id, [])
            wishes.append({"number": len(wishes) + 1, "action": action, "is_seen": is_seen, **more})
            self._changed.notify_all()

    # What tests look at.

    def asked(self, number: int = 1) -> Json:
        """Return the start of the approval that was asked for as the manieth, once it is here."""
        return eventually(lambda: [*self._starts(), *[{}] * number][number - 1])

    def merged(self, event_id: str) -> Json:
        """Return an event with all fields that its records state."""
        event: Json = {}
        for record in self.records:
            if record.get("event_id") == event_id:
                event |= record
        return event

    def run(self, run_id: str) -> Json:
        """Return a run with all fields that its records state."""
        run: Json = {}
        for record in self.of_kind("run"):
            if record["run_id"] == run_id:
                run |= record
        return run

    def statuses(self, run_id: str) -> list[str]:
        """Return the statuses of a run, one after the other."""
        return [run["status"] for run in self.of_kind("run") if run["run_id"] == run_id and "status" in run]

    def n_asked(self, part: str) -> int:
        """Return how many requests had this in their path."""
        return sum(part in asked.path for asked in self.requests)

    def wait_until_asked(self, part: str) -> None:
        """Wait until somebody asks for a path with this in it."""
        self.wait_for(lambda: self.n_asked(part) > 0)

    # What the contract says.

    def _usual(self, asked: Asked) -> Reply:
        address = urlsplit(asked.path)
        parts = address.path.split("/")
        if parts[2] != "by-id":
            return super()._usual(asked)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        if parts[4] == "requests":
            return self._list_requests(parts[3], int(query["after"]), int(query["wait_s"]))
        if parts[-1] == "expire":
            return self._expire(parts[5], json.loads(asked.body)["option"])
        return self._find_approval(parts[5], int(query["wait_s"]))

    def _find_approval(self, event_id: str, wait_s: int) -> Reply:
        with self._changed:
            if not self.merged(event_id):
                return problem(404, "no such approval")
            self._changed.wait_for(lambda: self._view(event_id)["status"] != "open", wait_s)
            return _json(self._view(event_id))

    def _expire(self, event_id: str, option: str | None) -> Reply:
        with self._changed:
            if not self.merged(event_id):
                return problem(404, "no such approval")
            if self._view(event_id)["status"] == "open":
                self.answers[event_id] = {"status": "expired", "option": option}
            return _json(self._view(event_id))

    def _list_requests(self, run_id: str, after: int, wait_s: int) -> Reply:
        with self._changed:
            if not self.run(run_id):
                return problem(404, "no such run")
            self._changed.wait_for(lambda: self._after(run_id, after), wait_s)
            return _json({"run_id": run_id, "requests": self._after(run_id, after)})

    def _after(self, run_id: str, after: int) -> list[Json]:
        return [wish for wish in self.wishes.get(run_id, []) if wish["number"] > after]

    def _view(self, event_id: str) -> Json:
        event = self.merged(event_id)
        return self.answers.get(event_id) or {
            "status": "expired" if event["phase"] == "end" else "open",
            "option": None,
        }

    def _starts(self) -> list[Json]:
        return [
            record
            for record in self.records
            if record.get("event_type") == "approval_requested" and record["phase"] == "start"
        ]


def _json(view: Json) -> Reply:
    return Reply(200, json.dumps(view).encode(), {"Content-Type": "application/json"})
