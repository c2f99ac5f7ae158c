"""Layers of a graph that may have circles: which edges lead back, and how deep each node lies without them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from runreel.model.circle import Pair, find_back_edges


def _find_levels(ids: Sequence[str], pairs: Iterable[Pair]) -> dict[str, int] | None:
    """Return the longest way to each node; None where edges lead in a circle, on which no node's turn comes."""
    targets: dict[str, list[str]] = {node_id: [] for node_id in ids}
    n_awaited = dict.fromkeys(ids, 0)
    for source, target in pairs:
        targets[source].append(target)
        n_awaited[target] += 1
    levels = {node_id: 0 for node_id, count in n_awaited.items() if not count}
    for node_id in (waiting := [*levels]):
        level = levels[node_id] + 1
        for target in targets[node_id]:
            levels[target] = max(level, levels.get(target, 0))
            n_awaited[target] -= 1
            if not n_awaited[target]:
                waiting.append(target)
    return levels if len(waiting) == len(n_awaited) else None


@dataclass(frozen=True, slots=True)
class Layers:
    """Which edges lead back, and how deep each node lies without them."""

    back: frozenset[Pair]
    levels: Mapping[str, int]


def find_layers(ids: Sequence[str], pairs: Sequence[Pair]) -> Layers:
    """Return the layers of a graph, of which the nodes are given in their own order."""
    back: frozenset[Pair] = frozenset()
    levels = _find_levels(ids, pairs)
    if levels is None:
        back = frozenset(find_back_edges(ids, pairs))
        levels = _find_levels(ids, [pair for pair in pairs if pair not in back])
    assert levels is not None
    return Layers(back, levels)
