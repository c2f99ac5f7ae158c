"""Trees of events: with and without the run's id, deep ones, and parents that make no tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api import Api, Json, event, node_path, problem_of, run_path, run_start

DEEP = 10_000


def iter_tree(nodes: list[Json]) -> Iterator[tuple[int, Json]]:
    """Walk trees from the top without recursion; gives each node with its level."""
    waiting = [(0, node) for node in reversed(nodes)]
    while waiting:
        level, node = waiting.pop()
        yield level, node
        waiting.extend((level + 1, child) for child in reversed(node["children"]))


def ids_of(nodes: list[Json]) -> list[str]:
    return [node["event_id"] for _, node in iter_tree(nodes)]


def chain(length: int, run_id: str = "run-1") -> list[Json]:
    return [event(f"e{n}", run_id, parent_event_id=f"e{n - 1}" if n else None, sequence=n) for n in range(length)]


def test_an_event_of_one_run_needs_no_run_id(api: Api) -> None:
    api.record_all(run_start(), event("a"), event("b", parent_event_id="a"), event("c", parent_event_id="b"))

    answer = api.get("/api/events/b/tree")

    assert (answer["run_id"], answer["event_id"], answer["event_count"], answer["is_complete"]) == (
        "run-1",
        "b",
        2,
        True,
    )
    assert ids_of([answer["tree"]]) == ["b", "c"]


def test_an_event_of_several_runs_is_asked_back_with_the_runs(api: Api) -> None:
    api.record_all(event("shared", "one"), event("shared", "two"), event("shared", "three"))

    problem = problem_of(api.http.get("/api/events/shared/tree"), 400)

    assert sorted(problem["run_ids"]) == ["one", "three", "two"]
    assert "run_id" in problem["detail"]
    assert api.get("/api/events/shared/tree", run_id="two")["run_id"] == "two"


def test_an_event_of_a_deleted_run_is_of_no_run(api: Api) -> None:
    api.record_all(event("shared", "one"), event("shared", "two"))
    api.http.delete("/api/by-id/one")

    assert api.get("/api/events/shared/tree")["run_id"] == "two"


def test_a_tree_holds_only_events_of_its_run(api: Api) -> None:
    api.record_all(event("a", "one"), event("a", "two"), event("b", "two", parent_event_id="a"))

    assert ids_of([api.get("/api/events/a/tree", run_id="one")["tree"]]) == ["a"]


@pytest.mark.parametrize(("limit", "is_complete"), [(1, False), (6, False), (7, True), (5000, True)])
def test_a_tree_is_bounded_and_says_so(api: Api, limit: int, *, is_complete: bool) -> None:
    api.record_all(event("top"), *(event(f"e{n}", parent_event_id="top") for n in range(6)))

    answer = api.get("/api/events/top/tree", limit=limit)

    assert (answer["event_count"], answer["is_complete"]) == (min(limit, 7), is_complete)
    assert len(ids_of([answer["tree"]])) == answer["event_count"]


@pytest.mark.parametrize("length", [199, 200, 201, 450])
def test_a_tree_shows_as_many_events_as_it_says(api: Api, length: int) -> None:
    api.record_all(*chain(length))

    answer = api.get("/api/events/e0/tree", limit=500)

    assert len(ids_of([answer["tree"]])) == answer["event_count"]
    assert answer["is_complete"] is (answer["event_count"] == length)


@pytest.fixture
def cyclic(api: Api) -> Api:
    """Record a parent of its own, and three events in a circle with a branch that hangs on it."""
    api.record_all(
        run_start(),
        event("own", parent_event_id="own", node_id="n"),
        event("a", parent_event_id="c", node_id="n"),
        event("b", parent_event_id="a"),
        event("c", parent_event_id="b"),
        event("branch", parent_event_id="b", usage={"tokens_in": 1}),
    )
    return api


def test_a_circle_of_parents_is_shown_whole_everywhere(cyclic: Api) -> None:
    everything = {"own", "a", "b", "c", "branch"}

    trace = cyclic.get(run_path("planner", "run 1") + "/trace")

    assert sorted(ids_of(trace["execution_tree"])) == sorted(everything)
    assert {e["event_id"] for e in cyclic.timeline("planner", "run 1")} == everything
    assert {e["event_id"] for e in cyclic.get(node_path("run-1", "n") + "/events")["events"]} == everything
    assert cyclic.get(node_path("run-1", "n") + "/execution-summary")["event_count"] == len(everything)


@pytest.mark.parametrize("top", ["a", "b", "c"])
def test_a_tree_from_within_a_circle_shows_each_event_once(cyclic: Api, top: str) -> None:
    answer = cyclic.get(f"/api/events/{top}/tree")

    assert sorted(ids_of([answer["tree"]])) == ["a", "b", "branch", "c"]
    assert answer["tree"]["event_id"] == top


def test_a_circle_is_shown_whole_on_every_page(cyclic: Api) -> None:
    pages = cyclic.iter_pages(run_path("planner", "run 1") + "/trace", limit=2)

    assert sorted(ids_of([root for page in pages for root in page["execution_tree"]])) == [
        "a",
        "b",
        "branch",
        "c",
        "own",
    ]


@pytest.mark.slow
def test_a_very_deep_chain_breaks_nothing(api: Api) -> None:
    api.record_all(run_start(), *chain(DEEP))
    everything = [f"e{n}" for n in range(DEEP)]

    trace = list(api.iter_pages(run_path("planner", "run 1") + "/trace", limit=5000))
    tree = api.get("/api/events/e0/tree")

    assert [e["event_id"] for e in api.timeline("planner", "run 1", limit=5000)] == everything
    shown = [(level, node) for page in trace for level, node in iter_tree(page["execution_tree"])]
    assert [node["event_id"] for _, node in shown] == everything
    assert max(level for level, _ in shown) < 250
    assert (tree["is_complete"], tree["event_count"]) == (False, len(ids_of([tree["tree"]])))


def test_a_page_of_a_trace_keeps_a_child_whose_parent_is_on_another_page(api: Api) -> None:
    api.record_all(run_start(), *chain(5))

    pages: list[Any] = list(api.iter_pages(run_path("planner", "run 1") + "/trace", limit=2))

    assert [ids_of(page["execution_tree"]) for page in pages] == [["e0", "e1"], ["e2", "e3"], ["e4"]]
    assert [node["depth"] for page in pages for _, node in iter_tree(page["execution_tree"])] == [0, 1, 2, 3, 4]
