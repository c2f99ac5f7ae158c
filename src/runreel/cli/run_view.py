"""One run as `runs show` reads it: the run, its nodes, and its events in the order in which they happened."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from runreel.cli.answer import JsonObject, list_at, objects_at, text_at
from runreel.cli.client import MAX_PAGE, Client
from runreel.errors import RunreelError


@dataclass(frozen=True, slots=True)
class EventInTree:
    """An event and the event that it hangs under."""

    event: JsonObject
    parent_event_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run with what is in it; `is_whole` tells whether these are all of its events."""

    run: JsonObject
    nodes: Sequence[JsonObject]
    edges: Sequence[object]
    events: Sequence[EventInTree]
    is_whole: bool

    def as_json(self) -> JsonObject:
        """Return the run with `nodes`, `edges` and its flat list of `events`."""
        return {
            **self.run,
            "nodes": list(self.nodes),
            "edges": list(self.edges),
            "events": [item.event for item in self.events],
        }


def read_run_view(client: Client, address: tuple[str, ...], *, n_events: int) -> RunView:
    """Read a run by the path of its names or its id, with its first `n_events` events."""
    run = client.get(*address)
    graph = client.get("api", "runs", str(run.get("run_id")), "nodes")
    events, is_whole = _read_events(client, run, n_events)
    return RunView(
        run=run, nodes=objects_at(graph, "nodes"), edges=list_at(graph, "edges"), events=events, is_whole=is_whole
    )


def name_of(run: JsonObject) -> str:
    """Return how people call a run."""
    agent_name = text_at(run, "agent_name") or "unknown"
    run_name = text_at(run, "run_name")
    return f"{agent_name} / {run_name}" if run_name else f"{agent_name} / new run ({run.get('run_id')})"


def _read_events(client: Client, run: JsonObject, n_events: int) -> tuple[list[EventInTree], bool]:
    agent_name, run_name = text_at(run, "agent_name"), text_at(run, "run_name")
    events: list[EventInTree] = []
    cursor: str | None = None
    # A run that is seconds old may have no name yet, and the trace is found by name.
    while agent_name and run_name:
        query = {"limit": str(min(n_events - len(events), MAX_PAGE))}
        page = client.get(
            "api", "runs", agent_name, run_name, "trace", query=query if cursor is None else {**query, "cursor": cursor}
        )
        if page.get("run_id", run.get("run_id")) != run.get("run_id"):
            raise RunreelError(f"{name_of(run)} was renamed meanwhile, and another run took its name; try again")
        events += _flatten(objects_at(page, "execution_tree"), {str(item.event.get("event_id")) for item in events})
        cursor = text_at(page, "next_cursor")
        if cursor is None or len(events) >= n_events:
            break
    return events, cursor is None


def _flatten(roots: Sequence[JsonObject], known_ids: Set[str]) -> list[EventInTree]:
    """Return the events of one page's trees; a root may hang under an event of an earlier page."""
    items: list[EventInTree] = []
    waiting = [(root, _known_parent(root, known_ids)) for root in reversed(roots)]
    while waiting:
        event, parent_event_id = waiting.pop()
        items.append(EventInTree({key: event[key] for key in event if key != "children"}, parent_event_id))
        waiting += [(child, text_at(event, "event_id")) for child in reversed(objects_at(event, "children"))]
    return items


def _known_parent(event: JsonObject, known_ids: Set[str]) -> str | None:
    parent_event_id = text_at(event, "parent_event_id")
    return parent_event_id if parent_event_id in known_ids else None
