"""Cycles among things that name their parents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)


def find_cycles(links: Iterable[tuple[Name, Name]]) -> list[Name]:
    """Return what lies on a cycle, given pairs of a child and a parent of it, each pair any number of times."""
    parents: dict[Name, set[Name]] = defaultdict(set)
    for child, parent in links:
        parents[child].add(parent)
    _peel(parents)
    # What is left lies on a cycle or below one. Seen from the other side, what is below peels off too.
    children: dict[Name, set[Name]] = defaultdict(set)
    for child, of_child in parents.items():
        for parent in of_child:
            children[parent].add(child)
    _peel(children)
    return list(children)


def _peel(parents: dict[Name, set[Name]]) -> None:
    """Remove who has no parents here, and then those who have none any more, until all that are left have."""
    below: dict[Name, list[Name]] = defaultdict(list)
    n_parents: Counter[Name] = Counter()
    for child, of_child in parents.items():
        n_parents[child] = len(of_child)
        for parent in of_child:
            below[parent].append(child)
    free = [parent for parent in below if parent not in parents]
    while free:
        for child in below.pop(free.pop(), ()):
            n_parents[child] -= 1
            if not n_parents[child]:
                del parents[child]
                free.append(child)
    for child, of_child in parents.items():
        parents[child] = {parent for parent in of_child if parent in parents}
