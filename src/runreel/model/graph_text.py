"""The graph of a run as text that other programs draw: Mermaid, and DOT of Graphviz.

Ids of runs hold any characters, so nodes are called `n0`, `n1`, … in both, and what people read is a quoted label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from runreel.model.dag import Dag, DagEdge, DagNode
from runreel.model.node_history import PENDING

_PLAIN_MERMAID: Final = frozenset(" _-.,/")
_COLOURS: Final[Mapping[str, str]] = {
    "pending": "#eceff1",
    "running": "#bbdefb",
    "paused": "#d1c4e9",
    "waiting_approval": "#ffe0b2",
    "completed": "#c8e6c9",
    "failed": "#ffcdd2",
    "skipped": "#cfd8dc",
    "cancelled": "#d7ccc8",
}
_OTHER_COLOUR: Final = "#ffffff"


def format_mermaid(dag: Dag, *, with_path: bool) -> str:
    """Return a flowchart; with the path, thick arrows were taken, and nodes have the colours of their states."""
    places = _places_of(dag.nodes)
    lines = ["flowchart TD"]
    lines += [
        f'    {places[node.node.node_id]}["{_mermaid_label(_lines_of(node, with_path=with_path))}"]'
        for node in dag.nodes
    ]
    for edge in _edges_of(dag, with_path=with_path):
        label = _label_of(edge, with_path=with_path)
        arrow = _mermaid_arrow(edge, with_path=with_path)
        told = f'|"{_mermaid_label([label])}"|' if label else ""
        lines.append(f"    {places[edge.source]} {arrow}{told} {places[edge.target]}")
    if with_path:
        for place, (status, members) in enumerate(_by_status(dag.nodes, places)):
            lines.append(f"    classDef state{place} fill:{_COLOURS.get(status, _OTHER_COLOUR)},color:#000000")
            lines.append(f"    class {','.join(members)} state{place}")
    return "\n".join(lines) + "\n"


def format_dot(dag: Dag, *, with_path: bool) -> str:
    """Return a directed graph; with the path, thick arrows were taken, and nodes have the colours of their states."""
    places = _places_of(dag.nodes)
    lines = ["digraph run {", "    node [shape=box, style=filled, fillcolor=white];"]
    for node in dag.nodes:
        label = "\\n".join(map(_dot_text, _lines_of(node, with_path=with_path)))
        colour = f', fillcolor="{_COLOURS.get(node.node.status, _OTHER_COLOUR)}"' if with_path else ""
        lines.append(f'    {places[node.node.node_id]} [label="{label}"{colour}];')
    for edge in _edges_of(dag, with_path=with_path):
        style = _dot_style(edge, with_path=with_path)
        label = _dot_text(_label_of(edge, with_path=with_path))
        lines.append(f'    {places[edge.source]} -> {places[edge.target]} [label="{label}", style={style}];')
    return "\n".join([*lines, "}"]) + "\n"


def _places_of(nodes: Sequence[DagNode]) -> dict[str, str]:
    return {node.node.node_id: f"n{place}" for place, node in enumerate(nodes)}


def _edges_of(dag: Dag, *, with_path: bool) -> Iterator[DagEdge]:
    return (edge for edge in dag.edges if edge.is_declared or (with_path and edge.n_taken))


def _lines_of(node: DagNode, *, with_path: bool) -> list[str]:
    if not with_path:
        return [node.node.name]
    status = node.node.status
    tries = f", {node.n_attempts} attempts" if node.n_attempts > 1 else ""
    by_run = ", ended by the run" if node.node.ended_by_run else ""
    return [node.node.name, f"{status}{tries}{by_run}"] if status != PENDING or tries else [node.node.name]


def _label_of(edge: DagEdge, *, with_path: bool) -> str:
    kind = edge.edge_type if edge.edge_type not in ("sequential", "conditional") else ""
    times = f"{edge.n_taken} times" if with_path and edge.n_taken > 1 else ""
    return ", ".join(filter(None, (edge.condition or kind, times)))


def _mermaid_arrow(edge: DagEdge, *, with_path: bool) -> str:
    if with_path:
        return "==>" if edge.n_taken else "-.->"
    return "-.->" if edge.edge_type in ("conditional", "optional") else "-->"


def _dot_style(edge: DagEdge, *, with_path: bool) -> str:
    if with_path:
        return "bold" if edge.n_taken else "dashed"
    return "dashed" if edge.edge_type in ("conditional", "optional") else "solid"


def _mermaid_label(lines: Sequence[str]) -> str:
    return "<br/>".join(map(_mermaid_text, lines))


def _mermaid_text(text: str) -> str:
    """Return text in which every character that could mean something is named by its number."""
    return "".join(
        character if character.isalnum() or character in _PLAIN_MERMAID else f"#{ord(character)};" for character in text
    )


def _dot_text(text: str) -> str:
    """Return text for a quoted label, in which backslashes, quotes, ends of lines and entities mean something."""
    return text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", "\\n")


def _by_status(nodes: Sequence[DagNode], places: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    members: dict[str, list[str]] = {}
    for node in nodes:
        members.setdefault(node.node.status, []).append(places[node.node.node_id])
    yield from members.items()
