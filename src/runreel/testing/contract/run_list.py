"""Lists of runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runreel.errors import InvalidQueryError
from runreel.model.page import Page
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, make_event, make_llm_call, make_message, make_run, make_run_end, make_session

_ALL = RunFilter()


class RunListContract(StoreContract):
    """Promises of `list_runs`, `list_runs_at` and `list_runs_of_event`."""

    def test_an_empty_project_has_no_runs(self, store: Store, scope: Scope) -> None:
        page = store.runs.list_runs(scope, _ALL, limit=10)
        assert (page.items, page.next_cursor) == ((), None)
        assert store.runs.list_runs_at(scope, _ALL, limit=10, offset=0) == []

    def test_runs_are_listed_newest_first(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("b", at=AT + 2), make_run("c", at=AT + 1), make_run("a", at=AT + 3))
        listed = store.runs.list_runs(scope, _ALL, limit=10).items
        assert [run.run_id for run in listed] == ["a", "b", "c"]
        assert listed[0] == store.runs.get_run(scope, "a")

    def test_a_list_tells_errors_in_one_line(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("good"), make_run("bad"))
        apply(store, scope, make_run_end("bad", status="failed", error={"type": "E", "message": "no\npaper"}))
        assert {run.run_id: run.error_line for run in store.runs.list_runs(scope, _ALL, limit=10).items} == {
            "good": None,
            "bad": "E: no paper",
        }

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
    def test_paging_visits_each_run_once(self, store: Store, scope: Scope, limit: int) -> None:
        apply(store, scope, *(make_run(f"{n}", at=AT + n // 3) for n in range(14)))
        listed = read_all(lambda cursor: store.runs.list_runs(scope, _ALL, limit=limit, cursor=cursor))
        assert sorted(run.run_id for run in listed) == sorted(f"{n}" for n in range(14))
        assert [run.created_at for run in listed] == sorted((run.created_at for run in listed), reverse=True)

    def test_the_last_page_has_no_cursor(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"), make_run("b"))
        assert store.runs.list_runs(scope, _ALL, limit=2).next_cursor is None
        assert store.runs.list_runs(scope, _ALL, limit=1).next_cursor is not None

    def test_paging_visits_each_run_once_while_runs_are_added(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_run(f"{n}", at=AT + n) for n in range(6)))
        page = store.runs.list_runs(scope, _ALL, limit=3)
        apply(store, scope, *(make_run(f"new {n}".replace(" ", "-"), at=AT + 100 + n) for n in range(4)))
        rest = store.runs.list_runs(scope, _ALL, limit=10, cursor=page.next_cursor)
        assert [run.run_id for run in (*page.items, *rest.items)] == ["5", "4", "3", "2", "1", "0"]

    def test_positions_count_in_the_same_order(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_run(f"{n}", at=AT + n // 2) for n in range(7)))
        listed = list(store.runs.list_runs(scope, _ALL, limit=10).items)
        assert store.runs.list_runs_at(scope, _ALL, limit=3, offset=2) == listed[2:5]
        assert store.runs.list_runs_at(scope, _ALL, limit=3, offset=6) == listed[6:]
        assert store.runs.list_runs_at(scope, _ALL, limit=3, offset=7) == []

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            (RunFilter(agent_name="writer"), "b"),
            (RunFilter(session_id="s"), "a"),
            (RunFilter(session_id="default"), "bc"),
            (RunFilter(statuses=("failed",)), "c"),
            (RunFilter(environment="test"), "ab"),
            (RunFilter(mode="hitl"), "b"),
            (RunFilter(tag="x"), "ac"),
            (RunFilter(parent_run_id="a"), "c"),
            (RunFilter(since=AT + 1), "bc"),
            (RunFilter(until=AT + 1), "a"),
            (RunFilter(since=AT + 1, until=AT + 2), "b"),
            (RunFilter(environment="test", tag="x"), "a"),
            (RunFilter(agent_name="nobody"), ""),
            (RunFilter(tag="X"), ""),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_every_filter_restricts(self, store: Store, scope: Scope, query: RunFilter, expected: str) -> None:
        apply(
            store,
            scope,
            make_run("a", at=AT, session_id="s", environment="test", tags=["x", "y"]),
            make_run("b", at=AT + 1, agent_name="writer", environment="test", mode="hitl", tags=["y"]),
            make_run("c", at=AT + 2, parent_run_id="a", tags=["x"]),
            make_run_end("c", at=AT + 3, status="failed"),
        )
        assert {run.run_id for run in store.runs.list_runs(scope, query, limit=10).items} == set(expected)
        assert {run.run_id for run in store.runs.list_runs_at(scope, query, limit=10, offset=0)} == set(expected)

    def test_filters_follow_what_changes(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(tags=["old", "both"]))
        apply(store, scope, make_run(at=AT + 1, tags=["both", "new"], status="paused"))
        found = {
            tag: [run.run_id for run in store.runs.list_runs(scope, RunFilter(tag=tag), limit=10).items]
            for tag in ("old", "both", "new")
        }
        assert found == {"old": [], "both": ["run-1"], "new": ["run-1"]}
        assert store.runs.list_runs(scope, RunFilter(statuses=("executing",)), limit=10).items == ()

    def test_the_runs_of_an_event_are_found_by_its_id(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("x", "a"), make_event("y", "a"), make_event("x", "b"))
        assert {run.run_id for run in store.runs.list_runs_of_event(scope, "x", limit=10)} == {"a", "b"}
        assert [run.run_id for run in store.runs.list_runs_of_event(scope, "y", limit=10)] == ["a"]
        assert store.runs.list_runs_of_event(scope, "z", limit=10) == []
        assert len(store.runs.list_runs_of_event(scope, "x", limit=1)) == 1

    @pytest.mark.parametrize("cursor", ["", "nonsense", "é", "\ud800", "W10", "WzFd", "bnVsbA", "WyJhIiwiYiJd"])
    def test_a_cursor_that_is_none_is_refused(self, store: Store, scope: Scope, cursor: str) -> None:
        apply(store, scope, make_run(), make_event())
        lists: list[Callable[[], object]] = [
            lambda: store.runs.list_runs(scope, _ALL, limit=1, cursor=cursor),
            lambda: store.runs.list_agents(scope, limit=1, cursor=cursor),
            lambda: store.runs.list_sessions(scope, limit=1, cursor=cursor),
            lambda: store.events.list_events(scope, "run-1", limit=1, cursor=cursor),
            lambda: store.events.list_messages(scope, "run-1", limit=1, cursor=cursor),
        ]
        for read in lists:
            with pytest.raises(InvalidQueryError):
                read()

    def test_a_cursor_of_another_list_is_refused(self, store: Store, scope: Scope) -> None:
        for n in range(2):
            run = make_run(f"run-{n}", agent_name=f"agent {n}", session_id=f"s{n}")
            apply(store, scope, make_session(f"s{n}"), run)
            apply(store, scope, make_llm_call(f"e{n}", "run-0", node_id="n"), make_message(f"m{n}", "run-0"))
        lists: dict[str, Callable[[str | None], Page[Any]]] = {
            "runs": lambda cursor: store.runs.list_runs(scope, _ALL, limit=1, cursor=cursor),
            "agents": lambda cursor: store.runs.list_agents(scope, limit=1, cursor=cursor),
            "sessions": lambda cursor: store.runs.list_sessions(scope, limit=1, cursor=cursor),
            "events": lambda cursor: store.events.list_events(scope, "run-0", limit=1, cursor=cursor),
            "node events": lambda cursor: store.events.list_node_events(scope, "run-0", "n", limit=1, cursor=cursor),
            "messages": lambda cursor: store.events.list_messages(scope, "run-0", limit=1, cursor=cursor),
            "files": lambda cursor: store.events.list_files(scope, "run-0", limit=1, cursor=cursor),
        }
        cursors = {name: read(None).next_cursor for name, read in lists.items() if name != "files"}
        assert None not in cursors.values()
        accepted = [
            f"{name} take a cursor of {other}"
            for name, read in lists.items()
            for other, cursor in cursors.items()
            if other != name and not _is_refused(read, cursor)
        ]
        assert accepted == []


def _is_refused(read: Callable[[str | None], object], cursor: str | None) -> bool:
    try:
        read(cursor)
    except InvalidQueryError:
        return True
    return False
