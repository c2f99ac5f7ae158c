"""Circles of a graph, found on a walk through it.

The SDK looks for them in the host's own thread, so nothing is imported that takes long.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Pair = tuple[str, str]


def find_back_edges(ids: Sequence[str], pairs: Iterable[Pair]) -> set[Pair]:
    """Return the edges that lead back onto the path of a walk which takes nodes, and what follows them, in their order.

    So of a circle that edge leads back which people would say does: the one to the node that comes before the others.
    """
    return {(next(reversed(path)), target) for path, target in _walk(ids, pairs)}


def find_circles(ids: Sequence[str], pairs: Iterable[Pair]) -> Iterator[list[str]]:
    """Return for each edge that leads back the nodes of a circle with it; it leads from the last one to the first."""
    for path, target in _walk(ids, pairs):
        nodes = list(path)
        yield nodes[nodes.index(target) :]


def _walk(ids: Sequence[str], pairs: Iterable[Pair]) -> Iterator[tuple[dict[str, Iterator[str]], str]]:
    """Walk the graph; give the path (of the moment) wherever an edge leads back onto it, and the node that it leads to.

    An edge that is stated twice is given twice.
    """
    targets: dict[str, list[str]] = {}
    for source, target in pairs:
        targets.setdefault(source, []).append(target)
    rank = {node_id: place for place, node_id in enumerate(ids)}
    for following in targets.values():
        following.sort(key=rank.__getitem__)
    done: set[str] = set()
    for root in ids:
        if root in done:
            continue
        path = {root: iter(targets.get(root, ()))}
        while path:
            current, remaining = next(reversed(path.items()))
            target = next(remaining, None)
            if target is None:
                done.add(current)
                del path[current]
            elif target in path:
                yield path, target
            elif target not in done:
                path[target] = iter(targets.get(target, ()))
