"""One run as `runs show` reads it: with its nodes, its events in the order in which they happened, its child runs."""

from __future__ import annotations

from collections.abc import Sequence
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
    children: Sequence[JsonObject]
    is_whole: bool

    def as_json(self) -> JsonObject:
        """Return the run with its `nodes`, `edges`, `events` in one list, and `children`, the runs that it caused."""
        return {
            **self.run,
            "nodes": list(self.nodes),
            "edges": list(self.edges),
            "events": [item.event for item in self.events],
            "children": list(self.children),
        }


def read_run_view(client: Client, address: tuple[str, ...], *, n_events: int) -> RunView:
    """Read a run by the path of its names or its id, with its first `n_events` events."""
    run = client.get(*address)
    run_id = str(run.get("run_id"))
    graph = client.get("api", "runs", run_id, "nodes")
    children = client.get("api", "runs", query={"parent": run_id, "limit": str(MAX_PAGE)})
    events, is_whole = _read_events(client, run, n_events)
    return RunView(
        run=run,
        nodes=objects_at(graph, "nodes"),
        edges=list_at(graph, "edges"),
        events=events,
        children=objects_at(children, "runs")[::-1],
        is_whole=is_whole,
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
        _append_trees(events, objects_at(page, "execution_tree"))
        cursor = text_at(page, "next_cursor")
        if cursor is None or len(events) >= n_events:
            break
    return events, cursor is None


def _append_trees(events: list[EventInTree], roots: Sequence[JsonObject]) -> None:
    """Append the events of one page's trees. A root may hang under an event that came before it.

    So it is where its parent was on an earlier page, or where the server cut a very deep tree. No parent is taken that
    comes later: parents can't form a circle then.
    """
    known_ids = {text_at(item.event, "event_id") for item in events}
    for root in roots:
        parent_event_id = text_at(root, "parent_event_id")
        waiting = [(root, parent_event_id if parent_event_id in known_ids else None)]
        while waiting:
            event, parent_id = waiting.pop()
            event_id = text_at(event, "event_id")
            known_ids.add(event_id)
            events.append(EventInTree({key: event[key] for key in event if key != "children"}, parent_id))
            waiting += [(child, event_id) for child in reversed(objects_at(event, "children"))]
