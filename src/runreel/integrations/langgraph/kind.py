"""What all calls of one graph have in common, and how its nodes stand in a run."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from langgraph.constants import END, START

from runreel.integrations.langgraph.shape import Shape
from runreel.sdk.quoting import quote
from runreel.sdk.record import name_field
from runreel.sdk.run_kind import settings_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runreel.sdk.client import Client
    from runreel.sdk.context import Place
    from runreel.sdk.run import Run

_MAX_LAYOUTS = 256
# A record that takes a larger graph would wait longer for its place in the journal.
_MAX_GRAPH_CHARS = 200_000


class GraphKind:
    """What all calls of one compiled graph have in common."""

    __slots__ = (
        "_fields_of_runs",
        "_layouts",
        "agent",
        "capture_inputs",
        "capture_outputs",
        "has_tasks",
        "is_named",
        "name",
        "shape",
        "subgraphs",
    )

    def __init__(
        self,
        shape: Shape,
        subgraphs: dict[str, GraphKind],
        *,
        agent: str | None,
        is_named: bool,
        has_tasks: bool,
        capture_inputs: bool,
        capture_outputs: bool,
    ) -> None:
        self.name = shape.name
        self.shape = shape
        self.subgraphs = subgraphs  # those that are nodes of this one
        self.agent = agent
        self.is_named = is_named
        self.has_tasks = has_tasks
        self.capture_inputs = capture_inputs
        self.capture_outputs = capture_outputs
        self._fields_of_runs: tuple[Client, str] | None = None
        self._layouts: dict[tuple[str, str | None], Layout] = {}

    def fields_of_runs(self, client: Client, run: Run) -> str:
        """Write what all runs of the graph have in common, those that say nothing of their own."""
        known = self._fields_of_runs
        if known is None or known[0] is not client:
            fields = settings_fields(client, run, metadata={"framework": "langgraph"})
            if '"$file"' in fields:
                # The file is one of this run; another one has its own.
                return fields
            known = self._fields_of_runs = (client, fields)
        return known[1]

    def lay_out(self, place: Place) -> Layout:
        """Return where the nodes are for a call in `place`, and declare them where they are new in the run."""
        run, parent = place.run, place.node_id
        if run.graphs is None:
            run.graphs = {}
        base = "" if parent is None else f"{parent}:"
        prefix = base
        for number in count(1):
            # A graph that is compiled again has the same nodes; another one has nodes of its own.
            if run.graphs.setdefault(prefix, self.shape) == self.shape:
                break
            prefix = f"{base}{self.name}{'' if number == 1 else f' {number}'}:"
        layout = self._layout(prefix, parent)
        layout.declare(run)
        return layout

    def _layout(self, prefix: str, parent: str | None) -> Layout:
        layout = self._layouts.get((prefix, parent))
        if layout is None:
            layout = Layout(self, prefix, parent)
            if len(self._layouts) < _MAX_LAYOUTS:
                self._layouts[prefix, parent] = layout
        return layout


class Layout:
    """Where the nodes of a graph are in a run: below which node, and under which ids."""

    __slots__ = ("_graphs", "_marks", "end", "nodes", "prefix")

    def __init__(self, kind: GraphKind, prefix: str, parent: str | None) -> None:
        self.prefix = prefix
        # The id of each, and how a record says so.
        self.nodes = {
            node.name: (prefix + node.name, f',"node_id":{quote(prefix + node.name)}') for node in kind.shape.nodes
        }
        # Where a graph begins and ends inside another is told by the node that it is.
        is_inner = parent is not None
        self.end = None if is_inner or END not in self.nodes else f'{self.nodes[END][1]},"status":"completed"'
        self._graphs = [*_graphs(*_parts(kind, prefix, parent, is_inner=is_inner))]
        self._marks = [*_marks(kind, prefix)]

    def declare(self, run: Run) -> None:
        """Tell all nodes and edges, once in a run."""
        nodes = run.nodes = run.nodes or set()
        if self._marks[0] not in nodes:
            nodes.update(self._marks)
            for graph in self._graphs:
                run.add('"record":"graph"', graph)


def _marks(kind: GraphKind, prefix: str) -> Iterator[str]:
    """Give ids that tell that the nodes of a graph, and of those inside it, are declared."""
    yield prefix + START
    for name, subgraph in kind.subgraphs.items():
        yield from _marks(subgraph, f"{prefix}{name}:")


def _parts(kind: GraphKind, prefix: str, parent: str | None, *, is_inner: bool) -> tuple[list[str], list[str]]:
    """Write the nodes and the edges of a graph, and of those inside it."""
    nodes: list[str] = []
    edges: list[str] = []
    hidden = {START, END} if is_inner else set[str]()
    for order_index, node in enumerate(kind.shape.nodes):
        if node.name in hidden:
            continue
        node_id = prefix + node.name
        text = f'"node_id":{quote(node_id)},"node_type":{quote(node.node_type)},"order_index":{order_index}'
        if node.name in (START, END):
            text += f',"name":{quote(node.name.strip("_"))}'
        elif prefix:
            text += f',"name":{quote(node.name)}'
        if node.name == START:
            # It is what has happened when a graph is called.
            text += ',"status":"completed"'
        text += name_field("goal", node.goal) + name_field("parent_node_id", parent)
        if node.max_attempts is not None:
            text += f',"max_attempts":{node.max_attempts}'
        if node.requires_approval:
            text += ',"requires_approval":true'
        nodes.append(f"{{{text}}}")
        if (subgraph := kind.subgraphs.get(node.name)) is not None:
            inner_nodes, inner_edges = _parts(subgraph, f"{node_id}:", node_id, is_inner=True)
            nodes += inner_nodes
            edges += inner_edges
    for edge in kind.shape.edges:
        if edge.source not in hidden and edge.target not in hidden:
            text = f'"source":{quote(prefix + edge.source)},"target":{quote(prefix + edge.target)}'
            edges.append(f'{{{text},"edge_type":"{edge.edge_type}"{name_field("condition", edge.condition)}}}')
    return nodes, edges


def _graphs(nodes: list[str], edges: list[str]) -> Iterator[str]:
    """Write nodes and edges as fields of graph records, as few as may be."""
    lists: dict[str, list[str]] = {"nodes": [], "edges": []}
    n_chars = 0
    for name, part in (*(("nodes", node) for node in nodes), *(("edges", edge) for edge in edges)):
        if n_chars + len(part) > _MAX_GRAPH_CHARS and n_chars:
            yield _graph(lists)
            lists = {"nodes": [], "edges": []}
            n_chars = 0
        lists[name].append(part)
        n_chars += len(part)
    if n_chars:
        yield _graph(lists)


def _graph(lists: dict[str, list[str]]) -> str:
    return "".join(f',"{name}":[{",".join(parts)}]' for name, parts in lists.items() if parts)
