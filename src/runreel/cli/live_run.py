"""A run as its stream tells of it, so far."""

from __future__ import annotations

from runreel.cli.answer import JsonObject, number_at, object_of, objects_at, text_at
from runreel.cli.run_view import EventInTree, RunView
from runreel.model.ending import RUNNING, find_run_end
from runreel.model.instant import parse_instant
from runreel.model.vocabulary import is_ended

# What a person can look at; of a longer run the latest events are kept.
MOST_EVENTS = 5_000


class LiveRun:
    """Collects what frames bring."""

    def __init__(self, run: JsonObject) -> None:
        self.run = run
        self.is_caught_up = False
        self._nodes: dict[str, JsonObject] = {}
        self._events: dict[str, JsonObject] = {}

    def take(self, changes: JsonObject) -> None:
        """Take the changes of one frame."""
        self.run = object_of(changes.get("run")) or self.run
        for node in objects_at(changes, "nodes"):
            self._nodes[str(node.get("node_id"))] = node
        for event in objects_at(changes, "events"):
            self._events[str(event.get("event_id"))] = event
        while len(self._events) > MOST_EVENTS:
            del self._events[next(iter(self._events))]
        self.is_caught_up = changes.get("caught_up") is True

    def is_over(self) -> bool:
        """Tell whether everything that happened is known, and nothing more is to come."""
        return self.is_caught_up and is_ended(text_at(self.run, "status") or "")

    def view(self) -> RunView:
        """Return the run as `runs show` draws it."""
        events = sorted(self._events.values(), key=_place)
        return RunView(
            run=self.run,
            nodes=sorted(self._nodes.values(), key=lambda node: number_at(node, "order_index")),
            edges=(),
            events=[EventInTree(_as_shown(event, self.run), self._parent_of(event)) for event in events],
            children=(),
            is_whole=len(events) >= number_at(self.run, "event_count"),
        )

    def _parent_of(self, event: JsonObject) -> str | None:
        parent = text_at(event, "parent_event_id")
        return parent if parent in self._events else None


def _as_shown(event: JsonObject, run: JsonObject) -> JsonObject:
    """Return an event as other views show it: a stream tells what was recorded, not what ended with the run."""
    end = find_run_end(text_at(run, "status") or "", parse_instant(run.get("ended_at")))
    started_at = parse_instant(event.get("started_at"))
    if end is None or started_at is None or event.get("status") != RUNNING:
        return event
    duration_us = end.duration_us_of(started_at)
    return {**event, "status": end.status, "duration_ms": None if duration_us is None else duration_us / 1000}


def _place(event: JsonObject) -> tuple[float, str, str]:
    return number_at(event, "sequence"), text_at(event, "started_at") or "", text_at(event, "event_id") or ""
