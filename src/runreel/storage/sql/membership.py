"""Of which node each event is: the one that it names, else that of its parent (ADR-020).

`events.member_of` says it, and every write keeps it right, whichever of parent and child comes first. Events that no
node is found above have none, nor have those of a circle of parents in which none names a node.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from runreel.storage.sql import schema
from runreel.storage.sql.event_row import MEMBER, NODE, PARENT
from runreel.storage.sql.transaction import Transaction

EventKey = tuple[int, str]
Row = Sequence[Any]
Move = tuple[str | None, int, str]
"""The node that a stored event is of from now on, and the key of the event."""


_KEY = ("run_pk", "event_id")
_PARENT_KEY = ("run_pk", "parent_event_id")


class Child(NamedTuple):
    """A stored event that names no node: its parent, and of which node it is so far."""

    parent: EventKey
    member_of: str | None


def settle(
    transaction: Transaction, new: Mapping[EventKey, list[Any]], old: Mapping[EventKey, Row], begun: Collection[int]
) -> list[Move]:
    """Set the node of events that are about to be written; return what becomes of the stored ones below them.

    `old` has the stored rows of those that are written anew, `begun` the runs that have stored events.
    """
    known: dict[EventKey, str | None] = {}
    left: dict[EventKey, EventKey] = {}
    for key, row in new.items():
        node_id = row[NODE]
        if node_id is None and row[PARENT] is not None:
            parent = (key[0], row[PARENT])
            if parent not in known:
                left[key] = parent
                continue
            node_id = known[parent]
        known[key] = row[MEMBER] = node_id
    if begun:
        above = {parent for parent in left.values() if parent[0] in begun and parent not in new}
        known.update(_read_nodes(transaction, above))
    _resolve(left, known)
    for key in left:
        new[key][MEMBER] = known[key]
    if not begun:
        return []
    roots = [key for key, row in new.items() if key[0] in begun and _may_move_others(row, old.get(key))]
    children = _read_children(transaction, roots)
    # Where nothing is stored below these, no node that was looked up above can be outdated.
    return _settle_below(transaction, roots, children, new, known) if children else []


def _settle_below(
    transaction: Transaction,
    roots: Sequence[EventKey],
    children: Mapping[EventKey, Child],
    new: Mapping[EventKey, list[Any]],
    known: dict[EventKey, str | None],
) -> list[Move]:
    """Find the nodes of all events below some anew, of the stored and of the written ones, as if none had one yet."""
    parents = {key: (key[0], row[PARENT]) for key, row in new.items() if row[NODE] is None and row[PARENT] is not None}
    stored = _read_below(transaction, roots, children, parents, new)
    parents.update((key, child.parent) for key, child in stored.items())
    for key in parents:
        known.pop(key, None)
    _resolve(parents, known)
    for key in parents.keys() & new.keys():
        new[key][MEMBER] = known[key]
    return [(known[key], *key) for key, child in stored.items() if known[key] != child.member_of]


def move(transaction: Transaction, moves: Sequence[Move]) -> None:
    """Write of which node stored events are. It is shown nowhere but with the node, so it draws no `change_seq`."""
    transaction.execute_many("UPDATE events SET member_of = ? WHERE run_pk = ? AND event_id = ?", moves)


def _may_move_others(row: Row, old: Row | None) -> bool:
    """Tell whether what is stored below an event may be of another node for it."""
    if old is None:
        return row[MEMBER] is not None
    return row[NODE] != old[NODE] or (row[NODE] is None and row[PARENT] != old[PARENT])


def _read_nodes(transaction: Transaction, keys: Iterable[EventKey]) -> dict[EventKey, str | None]:
    rows = transaction.dialect.select(transaction.cursor, schema.events, (*_KEY, "member_of"), _KEY, list(keys))
    return {(row[0], row[1]): row[2] for row in rows}


def _resolve(parents: Mapping[EventKey, EventKey], known: dict[EventKey, str | None]) -> None:
    """Enter the nodes of events that name none, given their parents and the nodes that are known."""
    for key, parent in parents.items():
        if parent in known:
            known[key] = known[parent]
            continue
        path: list[EventKey] = []
        at = key
        while at in parents and at not in known:
            # Also where the way up comes back to this one: then nobody on it names a node.
            known[at] = None
            path.append(at)
            at = parents[at]
        node_id = known.get(at)
        if node_id is not None:
            known.update(dict.fromkeys(path, node_id))


def _read_children(transaction: Transaction, keys: Sequence[EventKey]) -> dict[EventKey, Child]:
    """Return the stored children that name no node."""
    columns = (*_PARENT_KEY, "event_id", "node_id", "member_of")
    rows = transaction.dialect.select(transaction.cursor, schema.events, columns, _PARENT_KEY, keys)
    return {(row[0], row[2]): Child((row[0], row[1]), row[4]) for row in rows if row[3] is None}


def _read_below(
    transaction: Transaction,
    roots: Sequence[EventKey],
    children: Mapping[EventKey, Child],
    parents: Mapping[EventKey, EventKey],
    new: Mapping[EventKey, Row],
) -> dict[EventKey, Child]:
    """Return the stored events whose nodes follow from those of the roots, level by level from their children on.

    The way may lead through events that are being written, whose `parents` are other ones than the stored.
    """
    found: dict[EventKey, Child] = {}
    new_children: defaultdict[EventKey, list[EventKey]] = defaultdict(list)
    for key, parent in parents.items():
        new_children[parent].append(key)
    level, seen = roots, set(roots)
    while level:
        stored = {key: child for key, child in children.items() if key not in new}
        found.update(stored)
        through = (key for parent in level for key in new_children.get(parent, ()))
        level = [key for key in (*stored, *through) if key not in seen]
        seen.update(level)
        children = _read_children(transaction, level)
    return found
