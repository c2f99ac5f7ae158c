"""Depth of events in the tree of their run: how many known ancestors each has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, select

from runreel.storage.sql.schema import events

_KEYS_PER_QUERY = 500


def read_depths(connection: Connection, run_pk: int, parents_of: Iterable[tuple[str, str | None]]) -> dict[str, int]:
    """Return the depth of events, given with their parents, and of their ancestors."""
    parents = dict(parents_of)
    missing = {parent for parent in parents.values() if parent is not None and parent not in parents}
    parents.update(_read_ancestors(connection, run_pk, sorted(missing)))
    depths: dict[str, int] = {}
    for event_id in parents:
        _measure(event_id, parents, depths)
    return depths


def _read_ancestors(connection: Connection, run_pk: int, event_ids: Sequence[str]) -> dict[str, str | None]:
    """Return the parents of these events and of all above them."""
    parents: dict[str, str | None] = {}
    for start in range(0, len(event_ids), _KEYS_PER_QUERY):
        found = (
            select(events.c.event_id, events.c.parent_event_id)
            .where(events.c.run_pk == run_pk, events.c.event_id.in_(event_ids[start : start + _KEYS_PER_QUERY]))
            .cte("found", recursive=True)
        )
        # UNION, not UNION ALL: it ends where parents run in a circle.
        above = select(events.c.event_id, events.c.parent_event_id).join(
            found, and_(events.c.run_pk == run_pk, events.c.event_id == found.c.parent_event_id)
        )
        found = found.union(above)
        parents.update({row[0]: row[1] for row in connection.execute(select(found))})
    return parents


def _measure(event_id: str, parents: Mapping[str, str | None], depths: dict[str, int]) -> None:
    """Enter the depth of an event and its ancestors; a cycle of parents is cut above the least of its ids."""
    path: dict[str, None] = {}
    current: str | None = event_id
    while current is not None and current in parents and current not in depths and current not in path:
        path[current] = None
        current = parents[current]
    upwards = list(path)
    if current in path:
        begin = upwards.index(current)
        cycle = upwards[begin:]
        top = cycle.index(min(cycle)) + 1
        downwards = reversed(cycle[top:] + cycle[:top])
        depths.update({each: depth for depth, each in enumerate(downwards)})
        upwards = upwards[:begin]
    depth = depths[current] + 1 if current is not None and current in depths else 0
    for each in reversed(upwards):
        depths[each] = depth
        depth += 1
