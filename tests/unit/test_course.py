"""What came after what: by declared edges first, and by time where these tell nothing."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from runreel.model.course import Execution, count_pairs, find_steps, make_course

Pair = tuple[str, str]

_ids = st.sampled_from("abcdef")
_spans = st.lists(st.tuples(_ids, st.integers(0, 20), st.integers(0, 10)), max_size=20)
_forward = st.tuples(_ids, _ids).filter(lambda edge: edge[0] < edge[1])


def executed(*spans: tuple[str, int, int]) -> list[Execution]:
    found = (Execution(node_id=node_id, started_at=at, ended_at=at + length) for node_id, at, length in spans)
    return sorted(found, key=lambda execution: execution.started_at)


def one_by_one(nodes: str) -> list[Execution]:
    return executed(*((node_id, 10 * place, 10) for place, node_id in enumerate(nodes)))


def pairs_of(nodes: str, *declared: str) -> set[str]:
    executions = one_by_one(nodes)
    steps = find_steps(executions, [(edge[0], edge[1]) for edge in declared])
    return {source + target for source, target in count_pairs(executions, steps)}


@given(spans=_spans)
def test_without_edges_what_follows_began_when_the_other_had_ended_and_no_third_lies_between(
    spans: list[tuple[str, int, int]],
) -> None:
    executions = executed(*spans)
    places = range(len(executions))
    expected = [
        (one, other)
        for other in places
        for one in places
        if precedes(executions, one, other)
        and not any(precedes(executions, one, each) and precedes(executions, each, other) for each in places)
    ]
    assert sorted(find_steps(executions)) == sorted(expected)


@given(spans=_spans, declared=st.lists(_forward, max_size=12))
def test_a_declared_edge_explains_what_nothing_on_its_way_lies_between(
    spans: list[tuple[str, int, int]], declared: list[Pair]
) -> None:
    executions = executed(*spans)
    places = range(len(executions))
    by_time = find_steps(executions)
    expected: list[tuple[int, int]] = []
    for other in places:
        target = executions[other].node_id
        explained = [
            one
            for one in places
            if (pair := (executions[one].node_id, target)) in declared
            and precedes(executions, one, other)
            and not any(
                executions[each].node_id in {*pair, *nodes_between(pair, declared)}
                and precedes(executions, one, each)
                and precedes(executions, each, other)
                for each in places
            )
        ]
        expected += [(one, other) for one in explained] or [step for step in by_time if step[1] == other]
    assert sorted(find_steps(executions, declared)) == sorted(expected)


def test_branches_that_ran_one_after_the_other_both_come_from_where_they_split() -> None:
    edges = ("pa", "pb", "ae", "be")
    assert pairs_of("pabe", *edges) == {"pa", "pb", "ae", "be"}


def test_an_edge_past_nodes_that_ran_was_not_taken() -> None:
    assert pairs_of("abc", "ab", "bc", "ac") == {"ab", "bc"}
    assert pairs_of("ac", "ab", "bc", "ac") == {"ac"}


def test_a_circle_is_gone_round_along_its_edges() -> None:
    assert pairs_of("ababc", "ab", "ba", "bc") == {"ab", "ba", "bc"}
    assert pairs_of("abbc", "ab", "bc", "bb") == {"ab", "bb", "bc"}


def test_what_no_edge_leads_to_came_after_the_last() -> None:
    assert pairs_of("abcab", "ab", "bc") == {"ab", "bc", "ca"}
    assert pairs_of("xya", "ab") == {"xy", "ya"}


def test_a_course_numbers_executions_and_keeps_the_steps_between_those_it_has() -> None:
    executions = one_by_one("abab")
    course = make_course(executions, find_steps(executions), [(0, 1)], [("a", "b")], 3)
    assert [(each.node_id, each.number) for each in course.executions] == [("a", 1), ("b", 1), ("a", 2)]
    steps = [(each.source, each.target, each.edge_type, each.is_declared) for each in course.steps]
    assert steps == [(0, 1, "sequential", True), (1, 2, "sequential", False), (0, 1, "call", True)]
    assert course.n_executions == 4


def precedes(executions: Sequence[Execution], one: int, other: int) -> bool:
    ended_at = executions[one].ended_at
    return one < other and ended_at is not None and ended_at <= executions[other].started_at


def nodes_between(pair: Pair, declared: list[Pair]) -> set[str]:
    """Return the nodes with an edge to the target that the source leads to."""
    reached: set[str] = set()
    for _ in declared:
        reached |= {target for source, target in declared if source in reached | {pair[0]}}
    return {source for source, target in declared if target == pair[1]} & reached
