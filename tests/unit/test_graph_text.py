"""Graphs as text: whatever nodes are called, each name is read back as it was, and nothing else is drawn."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runreel.model.dag import Dag, make_dag
from runreel.model.edge import Edge
from runreel.model.graph_text import format_dot, format_mermaid
from runreel.model.node import Node

AWKWARD = [
    'say "hi"',
    "a\\",
    '\\"',
    "end",
    "a --> b",
    "x]; n0",
    "<b>bold</b>",
    "&quot; #35;",
    "`markdown`",
    "a\\nb",
    "subgraph {}",
    "名前 🤖",
    "100 % | x",
]
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|[\w.]+|->|[{}\[\];,=]', re.DOTALL)
_MERMAID_NODE = re.compile(r'    (n\d+)\["([^"]*)"\]')
_MERMAID_EDGE = re.compile(r'    (n\d+) (-->|-\.->|==>)(?:\|"([^"]*)"\|)? (n\d+)')


def dag_of(names: list[str], edges: list[Edge] | None = None, taken: dict[tuple[str, str], int] | None = None) -> Dag:
    nodes = [Node(node_id=name, name=name, node_type=None, status="completed") for name in names]
    return make_dag(nodes, edges or [], taken or {}, {})


def edge_of(source: str, target: str, edge_type: str = "sequential", condition: str = "") -> Edge:
    return Edge(source=source, target=target, edge_type=edge_type, condition=condition)


def dot_labels(text: str) -> list[str]:
    """Return the labels as Graphviz reads them; fails where its grammar would not be met."""
    tokens = _TOKEN.sub("", text).split()
    assert tokens == [], tokens
    quoted = [match[1] for match in _TOKEN.finditer(text) if match[1] is not None]
    texts = [re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] == "n" else escaped[1], label) for label in quoted]
    return [unescape(text) for text in texts]


def mermaid_text(label: str) -> str:
    """Return a label as Mermaid shows it."""
    return re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), label)


def test_names_are_read_back_from_dot() -> None:
    text = format_dot(dag_of(AWKWARD), with_path=False)
    assert dot_labels(text) == sorted(AWKWARD, key=AWKWARD.index)


def test_names_are_read_back_from_mermaid() -> None:
    lines = format_mermaid(dag_of(AWKWARD), with_path=False).splitlines()
    nodes = [_MERMAID_NODE.fullmatch(line) for line in lines[1:]]
    assert [mermaid_text(node[2]) for node in nodes if node is not None] == AWKWARD
    assert all(nodes)


@given(names=st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1), min_size=1, unique=True))
def test_any_name_is_read_back(names: list[str]) -> None:
    dag = dag_of(names, [edge_of(names[0], names[-1], "conditional", names[0])])
    *labels, condition = dot_labels(format_dot(dag, with_path=False))
    assert (labels, condition) == (names, names[0])
    lines = format_mermaid(dag, with_path=False).split("\n")[1:-1]
    assert [mermaid_text(node[2]) for node in map(_MERMAID_NODE.fullmatch, lines[:-1]) if node] == names
    edge = _MERMAID_EDGE.fullmatch(lines[-1])
    assert edge is not None
    assert mermaid_text(edge[3]) == names[0]


@pytest.mark.parametrize("write", [format_mermaid, format_dot])
def test_the_path_is_left_out_or_drawn(write: object) -> None:
    assert callable(write)
    edges = [edge_of("a", "b"), edge_of("a", "c", "conditional", "if not")]
    dag = dag_of(["a", "b", "c"], edges, {("a", "b"): 2, ("b", "a"): 1})
    plain, with_path = write(dag, with_path=False), write(dag, with_path=True)
    assert plain.count("n0 -") == 2
    assert "completed" not in plain
    assert "n1 -" not in plain
    assert with_path.count("completed") == 3
    assert "2 times" in with_path
    assert "n1 " in with_path


def test_mermaid_of_a_small_graph() -> None:
    edges = [edge_of("a", "b"), edge_of("b", "a", "conditional", "again?")]
    dag = dag_of(["a", "b"], edges, {("a", "b"): 1})
    assert format_mermaid(dag, with_path=True) == (
        "flowchart TD\n"
        '    n0["a<br/>completed"]\n'
        '    n1["b<br/>completed"]\n'
        "    n0 ==> n1\n"
        '    n1 -.->|"again#63;"| n0\n'
        "    classDef state0 fill:#c8e6c9,color:#000000\n"
        "    class n0,n1 state0\n"
    )


def test_dot_of_a_small_graph() -> None:
    dag = dag_of(["a", "b"], [edge_of("a", "b", "parallel")])
    assert format_dot(dag, with_path=False) == (
        "digraph run {\n"
        "    node [shape=box, style=filled, fillcolor=white];\n"
        '    n0 [label="a"];\n'
        '    n1 [label="b"];\n'
        '    n0 -> n1 [label="parallel", style=solid];\n'
        "}\n"
    )
