"""What is wrong with a plan is named, all of it, and what is left without it is right."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runreel.errors import InvalidPlanError
from runreel.model.plan import PlanProblem, check_plan, dependency_edges, require_plan

NEVER_STARTS = "can never start, as each node waits for the one before; make one of its edges conditional or optional"

Edge = tuple[str, str, str]

_ids = st.sampled_from("abcdef")
_types = st.sampled_from(["sequential", "parallel", "conditional", "optional", "other"])
_edges = st.lists(st.tuples(_ids, _ids, _types), max_size=20)


def sequential(*pairs: str) -> list[Edge]:
    return [(pair[0], pair[1], "sequential") for pair in pairs]


def told(problems: list[PlanProblem]) -> list[tuple[str, str]]:
    return [(problem.kind, problem.text) for problem in problems]


def test_a_plan_with_branches_that_join_is_right() -> None:
    assert check_plan("abcd", sequential("ab", "ac", "bd", "cd", "ad")) == []


def test_a_circle_is_named_with_its_way() -> None:
    (problem,) = check_plan("abc", sequential("ab", "bc", "cb"))
    assert problem.kind == "circle"
    assert "b → c → b" in problem.text
    assert problem.edges == (("c", "b", "sequential"),)


def test_two_circles_are_both_named() -> None:
    problems = check_plan("abcd", sequential("ab", "ba", "cd", "dc"))
    assert [problem.kind for problem in problems] == ["circle", "circle"]
    assert "a → b → a" in problems[0].text
    assert "c → d → c" in problems[1].text


@pytest.mark.parametrize("edge_type", ["conditional", "optional"])
def test_a_circle_that_can_end_is_a_loop(edge_type: str) -> None:
    assert check_plan("abc", [*sequential("ab", "bc"), ("c", "a", edge_type)]) == []
    assert check_plan("a", [("a", "a", edge_type)]) == []


def test_a_conditional_edge_does_not_open_the_circle_beside_it() -> None:
    problems = check_plan("ab", [*sequential("ab", "ba"), ("b", "a", "conditional")])
    assert [(problem.kind, problem.edges) for problem in problems] == [("circle", (("b", "a", "sequential"),))]


def test_a_circle_of_parallel_edges_never_starts_either() -> None:
    problems = check_plan("ab", [("a", "b", "parallel"), ("b", "a", "sequential"), ("b", "a", "parallel")])
    assert [problem.edges for problem in problems] == [(("b", "a", "sequential"), ("b", "a", "parallel"))]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    problems = check_plan("abab", sequential("ab", "xb", "xy", "aa", "ba"))
    assert told(problems) == [
        ("duplicate", "the node 'a' is declared more than once; give each an id of its own"),
        ("duplicate", "the node 'b' is declared more than once; give each an id of its own"),
        ("dangling", "the edge x → b names 'x', which nobody declares; do so, or leave it out"),
        ("dangling", "the edge x → y names 'x' and 'y', which nobody declares; do so, or leave it out"),
        ("self", "the node 'a' would come after itself (a → a); make the edge conditional"),
        ("circle", f"the circle a → b → a {NEVER_STARTS}"),
    ]


def test_edges_may_name_nodes_that_are_there_already() -> None:
    assert check_plan("b", sequential("ab"), known_ids="a") == []


def test_a_refused_plan_carries_every_problem() -> None:
    with pytest.raises(InvalidPlanError, match="a → b → a") as raised:
        require_plan("ab", sequential("ab", "ba", "bx"))
    assert len(raised.value.problems) == 2
    require_plan("ab", sequential("ab"))


@given(ids=st.lists(_ids), edges=_edges)
def test_without_the_edges_of_its_problems_a_plan_is_right(ids: list[str], edges: list[Edge]) -> None:
    bad = {edge for problem in check_plan(ids, edges) for edge in problem.edges}
    left = [edge for edge in edges if edge not in bad]

    assert check_plan(dict.fromkeys(ids), left) == []
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for source, target, edge_type in left:
        if edge_type in {"sequential", "parallel"}:
            sorter.add(target, source)
    sorter.prepare()


@given(ids=st.lists(_ids, unique=True), edges=_edges)
def test_nothing_is_wrong_with_what_leads_from_earlier_to_later(ids: list[str], edges: list[Edge]) -> None:
    rank = {node_id: place for place, node_id in enumerate(ids)}
    forward = [edge for edge in edges if edge[0] in rank and edge[1] in rank and rank[edge[0]] < rank[edge[1]]]
    assert check_plan(ids, forward) == []


def test_a_circle_of_many_nodes_is_found_without_recursion() -> None:
    ids = [str(number) for number in range(5000)]
    edges = [(source, target, "sequential") for source, target in zip(ids, [*ids[1:], "0"], strict=True)]
    (problem,) = check_plan(ids, edges)
    assert problem.edges == (("4999", "0", "sequential"),)


def test_steps_follow_each_other_unless_one_says_what_it_depends_on() -> None:
    assert dependency_edges([("a", None), ("b", None), ("c", None)]) == sequential("ab", "bc")
    assert dependency_edges([("a", None), ("b", None), ("c", ["a", "b"])]) == sequential("ac", "bc")
    assert dependency_edges([("a", []), ("b", None)]) == []
