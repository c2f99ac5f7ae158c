"""Levels of any graph, and the edges that were taken."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runreel.model.dag import make_dag
from runreel.model.edge import Edge
from runreel.model.node import Node

_ids = st.sampled_from("abcdefgh")
_pairs = st.dictionaries(st.tuples(_ids, _ids), st.integers(1, 5), max_size=20)


@given(declared=st.lists(st.tuples(_ids, _ids), max_size=30), followed=_pairs, called=_pairs)
def test_every_edge_leads_deeper_or_is_marked(
    declared: list[tuple[str, str]], followed: dict[tuple[str, str], int], called: dict[tuple[str, str], int]
) -> None:
    nodes = [Node(node_id=node_id, name=node_id, node_type=None, status="pending") for node_id in "abcdefgh"]
    edges = [Edge(source=a, target=b, edge_type="sequential", condition=f"{n}") for n, (a, b) in enumerate(declared)]
    dag = make_dag(nodes, edges, followed, called)
    levels = {placed.node.node_id: placed.level for placed in dag.nodes}
    assert sorted(levels) == [*"abcdefgh"]
    assert [placed.place for placed in dag.nodes] == list(range(8))
    assert [placed.level for placed in dag.nodes] == sorted(levels.values())
    for edge in dag.edges:
        assert edge.is_back == (levels[edge.target] <= levels[edge.source])
    assert sum(edge.is_declared for edge in dag.edges) == len(declared)
    taken = sum(edge.n_taken for edge in dag.edges)
    assert taken == sum(followed.values()) + sum(called.values())


def test_a_graph_without_circles_has_no_edge_back() -> None:
    nodes = [Node(node_id=node_id, name=node_id, node_type=None, status="pending") for node_id in "dcba"]
    edges = [Edge(source=a, target=b, edge_type="sequential", condition="") for a, b in ("ab", "bc", "ad", "dc")]
    dag = make_dag(nodes, edges, {}, {})
    assert not any(edge.is_back for edge in dag.edges)
    assert [placed.level for placed in dag.nodes] == [0, 1, 1, 2]


def test_of_a_circle_the_edge_to_what_comes_first_leads_back() -> None:
    nodes = [Node(node_id=node_id, name=node_id, node_type=None, status="pending") for node_id in "pwxrc"]
    edges = [
        Edge(source=a, target=b, edge_type="sequential", condition="") for a, b in ("px", "xr", "rc", "cw", "wr", "pw")
    ]
    dag = make_dag(nodes, edges, {}, {})
    assert [(edge.source, edge.target) for edge in dag.edges if edge.is_back] == [("c", "w")]
    assert {placed.node.node_id: placed.level for placed in dag.nodes} == {"p": 0, "w": 1, "x": 1, "r": 2, "c": 3}


def test_a_circle_that_is_entered_at_all_its_nodes_is_one() -> None:
    nodes = [Node(node_id=node_id, name=node_id, node_type=None, status="pending") for node_id in "pbc"]
    edges = [Edge(source=a, target=b, edge_type="sequential", condition="") for a, b in ("pb", "pc", "bc", "cb")]
    dag = make_dag(nodes, edges, {}, {})
    assert [(edge.source, edge.target) for edge in dag.edges if edge.is_back] == [("c", "b")]
    assert [placed.level for placed in dag.nodes] == [0, 1, 2]


def test_a_long_chain_is_placed_without_recursion() -> None:
    nodes = [Node(node_id=f"{n}", name="", node_type=None, status="pending") for n in range(5_000)]
    edges = [Edge(source=f"{n}", target=f"{n + 1}", edge_type="sequential", condition="") for n in range(4_999)]
    assert make_dag(nodes, edges, {}, {}).nodes[-1].level == 4_999
