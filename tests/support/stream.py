"""Server-sent events as a client reads them, and a copy of a run that is kept by them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from runreel.model.instant import LONGEST_US
from runreel.model.vocabulary import ENDED_RUN_STATUSES
from tests.support.api import Api, Json

_KEYS = {
    "nodes": ("node_id",),
    "edges": ("source", "target", "edge_type", "condition"),
    "events": ("event_id",),
    "messages": ("message_id",),
    "files": ("file_id",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of a stream; a comment has nothing but itself."""

    event: str = ""
    id: int = 0
    data: Json = field(default_factory=dict[str, Any])
    comment: str = ""


class Stream:
    """An open stream; reading it waits for the next message."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()
        self.retry_ms: int | None = None

    def __iter__(self) -> Iterator[Message]:
        """Give all messages but comments, until the server ends the stream."""
        return (message for message in self.iter_all() if not message.comment)

    def next(self) -> Message:
        """Wait for the next message that is no comment."""
        return next(iter(self))

    def iter_all(self) -> Iterator[Message]:
        """Give all messages."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line:
                name, _, value = line.partition(":")
                fields[name or "comment"] = value.removeprefix(" ")
                continue
            if "retry" in fields:
                self.retry_ms = int(fields.pop("retry"))
            if fields:
                yield _message(fields)
            fields = {}


def _message(fields: dict[str, str]) -> Message:
    return Message(
        event=fields.get("event", ""),
        id=int(fields.get("id", "0")),
        data=json.loads(fields.get("data", "{}")),
        comment=fields.get("comment", ""),
    )


def stream_path(run_id: str) -> str:
    return f"/api/by-id/{run_id}/stream"


@contextmanager
def streaming(api: Api, path: str, *, last_event_id: int | None = None, **parameters: int) -> Iterator[Stream]:
    """Follow what is at a path until the block ends; fails the test unless the answer is 200."""
    headers = {} if last_event_id is None else {"last-event-id": str(last_event_id)}
    with api.http.stream("GET", path, params=parameters, headers=headers) as response:
        assert response.status_code == 200, response.read()
        yield Stream(response)


def as_shown(event: Json, run: Json) -> Json:
    """Return an event of a stream as the other views show it in its run: what goes on in an ended run ended with it."""
    if event["status"] != "running" or run["status"] not in ENDED_RUN_STATUSES:
        return event
    ended_at = max(event["started_at"], run["ended_at"])
    begin, end = datetime.fromisoformat(event["started_at"]), datetime.fromisoformat(ended_at)
    duration_ms = (end - begin) / timedelta(milliseconds=1)
    return {
        **event,
        "status": "completed" if run["status"] == "completed" else "cancelled",
        "ended_at": ended_at,
        "duration_ms": duration_ms if duration_ms <= LONGEST_US / 1000 else None,
        "ended_by_run": True,
    }


class Mirror:
    """A copy of a run, kept by what a stream tells, and where the stream is to go on."""

    def __init__(self) -> None:
        self.run: Json | None = None
        self.things: dict[str, dict[tuple[str, ...], Json]] = {kind: {} for kind in _KEYS}
        self.last_id: int = 0
        self.is_caught_up = False
        self.is_gone = False

    def take(self, message: Message) -> None:
        """Put in what one message tells."""
        if message.event == "gone":
            self.__init__()
            self.is_gone = True
            return
        assert message.event == "changes"
        assert message.id == message.data["change_seq"] >= self.last_id
        assert sum(len(message.data[kind]) for kind in _KEYS) <= 500
        for kind, names in _KEYS.items():
            for thing in message.data[kind]:
                self.things[kind][tuple(thing[name] for name in names)] = thing
        self.run = message.data["run"] or self.run
        self.last_id, self.is_caught_up = message.id, message.data["caught_up"]

    def read(self, api: Api, run_id: str) -> Mirror:
        """Read until there is nothing more."""
        with streaming(api, stream_path(run_id), last_event_id=self.last_id) as stream:
            for message in stream:
                self.take(message)
                if self.is_caught_up:
                    break
        return self
