"""Layers of a graph that may have circles: which edges lead back, and how deep each node lies without them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from runreel.model.circle import Pair, find_back_edges


def find_levels(ids: Sequence[str], pairs: Iterable[Pair]) -> dict[str, int]:
    """Return the longest way to each node along edges without circles."""
    sources: dict[str, list[str]] = {node_id: [] for node_id in ids}
    for source, target in pairs:
        sources[target].append(source)
    sorter: TopologicalSorter[str] = TopologicalSorter(sources)
    sorter.prepare()
    levels: dict[str, int] = {}
    level = 0
    while ready := sorter.get_ready():
        levels.update(dict.fromkeys(ready, level))
        sorter.done(*ready)
        level += 1
    return levels


@dataclass(frozen=True, slots=True)
class Layers:
    """Which edges lead back, and how deep each node lies without them."""

    back: frozenset[Pair]
    levels: Mapping[str, int]


def find_layers(ids: Sequence[str], pairs: Sequence[Pair]) -> Layers:
    """Return the layers of a graph, of which the nodes are given in their own order."""
    back = frozenset(find_back_edges(ids, pairs))
    return Layers(back, find_levels(ids, [pair for pair in pairs if pair not in back]))
