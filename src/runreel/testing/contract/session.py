"""Sessions: declared, implied, renamed and deleted with their runs."""

from __future__ import annotations

import pytest

from runreel.errors import InvalidNameError, NameTakenError, NotFoundError
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.model.session import SessionFilter, SessionSort
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import AT, NOW, SECOND, make_event, make_llm_call, make_run, make_run_end, make_session


class SessionContract(StoreContract):
    """Promises of the sessions of `RunStore`."""

    def test_an_empty_project_has_no_sessions(self, store: Store, scope: Scope) -> None:
        page = store.runs.list_sessions(scope, limit=10)
        assert (page.items, page.next_cursor) == ((), None)

    def test_a_run_without_a_session_belongs_to_the_default_one(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        session = store.runs.get_session(scope, "default")
        assert (session.session_id, session.name, session.n_runs) == ("default", "default", 1)

    def test_a_run_creates_the_session_that_it_names(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(session_id="chat"), make_event(at=AT + SECOND))
        session = store.runs.get_session(scope, "chat")
        assert (session.name, session.status, session.n_runs) == ("chat", "active", 1)
        assert (session.first_run_at, session.last_active_at) == (AT, AT + SECOND)

    def test_a_session_record_declares_a_session(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_session(name="Chat", status="done", created_at=AT - 5, metadata={"k": 1}))
        session = store.runs.get_session(scope, "session-1")
        assert (session.name, session.status, session.created_at) == ("Chat", "done", AT - 5)
        assert (session.metadata, session.n_runs, session.last_active_at) == ({"k": 1}, 0, None)

    @pytest.mark.parametrize("turned", [False, True])
    def test_a_declared_session_counts_more_than_an_implied_one(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [make_run(session_id="session-1"), make_session(name="Chat", created_at=AT - 5)]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        session = store.runs.get_session(scope, "session-1")
        assert (session.name, session.created_at, session.n_runs) == ("Chat", AT - 5, 1)

    def test_a_session_that_was_only_guessed_leaves_no_trace(self, store: Store, scope: Scope) -> None:
        """Else the list of sessions would depend on what came first."""
        apply(store, scope, make_event())
        apply(store, scope, make_run(session_id="chat"))
        assert [session.session_id for session in store.runs.list_sessions(scope, limit=10).items] == ["chat"]

    def test_a_created_session_is_empty_and_named(self, store: Store, scope: Scope) -> None:
        session = store.runs.create_session(scope, "chat", " A chat ", now=NOW)
        assert (session.session_id, session.name, session.n_runs, session.created_at) == ("chat", "A chat", 0, NOW)
        assert store.runs.get_session(scope, "chat") == session
        assert store.runs.list_sessions(scope, limit=10).items == (session,)

    def test_a_session_is_created_once(self, store: Store, scope: Scope) -> None:
        store.runs.create_session(scope, "chat", "A chat", now=NOW)
        with pytest.raises(NameTakenError):
            store.runs.create_session(scope, "chat", "Another", now=NOW)
        assert store.runs.get_session(scope, "chat").name == "A chat"

    @pytest.mark.parametrize(
        ("session_id", "name"), [("", "a"), ("a\nb", "a"), ("a", ""), ("a", "x" * 256), ("..", "a")]
    )
    def test_an_unusable_session_is_refused(self, store: Store, scope: Scope, session_id: str, name: str) -> None:
        with pytest.raises(InvalidNameError):
            store.runs.create_session(scope, session_id, name, now=NOW)
        assert store.runs.list_sessions(scope, limit=10).items == ()

    def test_a_session_can_be_renamed_and_no_record_undoes_it(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_session(name="Chat"))
        assert store.runs.rename_session(scope, "session-1", " Mine ").name == "Mine"
        apply(store, scope, make_session(name="Wire", at=AT + SECOND))
        assert store.runs.get_session(scope, "session-1").name == "Mine"

    def test_two_sessions_may_have_one_name(self, store: Store, scope: Scope) -> None:
        for session_id in ("a", "b"):
            assert store.runs.create_session(scope, session_id, "Chat", now=NOW).name == "Chat"

    def test_an_unusable_session_name_is_refused(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_session(name="Chat"))
        with pytest.raises(InvalidNameError):
            store.runs.rename_session(scope, "session-1", "a\0b")
        assert store.runs.get_session(scope, "session-1").name == "Chat"

    def test_a_missing_session_is_not_found(self, store: Store, scope: Scope) -> None:
        for session_id in ("nothing", "a\0b", "\ud800"):
            with pytest.raises(NotFoundError):
                store.runs.get_session(scope, session_id)
            with pytest.raises(NotFoundError):
                store.runs.rename_session(scope, session_id, "mine")
            with pytest.raises(NotFoundError):
                store.runs.delete_session(scope, session_id, now=NOW)

    def test_sessions_are_listed_newest_first(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_session(f"{n}", created_at=AT + n // 2) for n in range(5)))
        listed = store.runs.list_sessions(scope, limit=10).items
        assert [session.session_id for session in listed] == ["4", "3", "2", "1", "0"]
        assert listed[0] == store.runs.get_session(scope, "4")

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_paging_visits_each_session_once(self, store: Store, scope: Scope, limit: int) -> None:
        apply(store, scope, *(make_session(f"{n}", created_at=AT + n // 3) for n in range(8)))
        listed = read_all(lambda cursor: store.runs.list_sessions(scope, limit=limit, cursor=cursor))
        assert [session.session_id for session in listed] == [f"{n}" for n in reversed(range(8))]

    def test_a_session_sums_up_its_runs(self, store: Store, scope: Scope) -> None:
        call = make_llm_call("e", "a", tokens_in=3, tokens_out=4, cost_nanos=500, status="failed")
        chat = [make_run(each, session_id="chat") for each in ("a", "b")]
        apply(store, scope, *chat, call, make_run_end("a", status="failed"), make_run("c"))
        session = store.runs.get_session(scope, "chat")
        assert (session.n_runs, session.n_failed, session.n_events, session.n_errors) == (2, 1, 1, 1)
        assert (session.usage.tokens_in, session.usage.tokens_out, session.usage.cost_nanos) == (3, 4, 500)

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("created_at", ["dear", "busy", "late"]),
            ("last_active", ["late", "dear", "busy"]),
            ("runs", ["busy", "late", "dear"]),
            ("cost", ["dear", "late", "busy"]),
            ("name", ["busy", "dear", "late"]),
        ],
    )
    @pytest.mark.parametrize("limit", [1, 2, 10])
    def test_sessions_are_sorted(
        self, store: Store, scope: Scope, sort: SessionSort, expected: list[str], limit: int
    ) -> None:
        declared = [make_session(each, created_at=AT + n) for n, each in enumerate(("late", "busy", "dear"))]
        runs = [make_run(f"{each} 1", session_id=each) for each in ("busy", "dear", "late")]
        call = make_llm_call("e", "dear 1", at=AT + SECOND)
        apply(store, scope, *declared, *runs, make_run("busy 2", session_id="busy"), call)
        apply(store, scope, make_event("e", "late 1", at=AT + 2 * SECOND))
        query = SessionFilter(sort=sort)
        listed = read_all(lambda cursor: store.runs.list_sessions(scope, query, limit=limit, cursor=cursor))
        assert [session.session_id for session in listed] == expected

    @pytest.mark.parametrize("sort", ["created_at", "runs", "name"])
    def test_sessions_are_searched_by_name_and_id_in_any_case(
        self, store: Store, scope: Scope, sort: SessionSort
    ) -> None:
        apply(store, scope, make_session("one", name="Ärger"), make_session("ÄRG-2", name="Two"), make_session("three"))
        query = SessionFilter(text="ärg", sort=sort)
        listed = read_all(lambda cursor: store.runs.list_sessions(scope, query, limit=1, cursor=cursor))
        assert {session.session_id for session in listed} == {"one", "ÄRG-2"}

    def test_deleting_a_session_deletes_its_runs_and_no_other(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a", session_id="chat"), make_event("e", "a"), make_run("b"))
        report = store.runs.delete_session(scope, "chat", now=NOW)
        assert (report.n_runs, report.n_events) == (1, 1)
        with pytest.raises(NotFoundError):
            store.runs.get_session(scope, "chat")
        assert [run.run_id for run in store.runs.list_runs(scope, RunFilter(), limit=10).items] == ["b"]
        assert store.runs.get_agent(scope, "planner").n_runs == 1

    def test_late_records_of_a_deleted_session_are_refused(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(session_id="chat"))
        store.runs.delete_session(scope, "chat", now=NOW)
        assert len(apply(store, scope, make_run(session_id="chat")).refused) == 1
        with pytest.raises(NotFoundError):
            store.runs.get_session(scope, "chat")

    def test_the_default_session_can_be_emptied_and_used_again(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run("a"))
        assert store.runs.delete_session(scope, "default", now=NOW).n_runs == 1
        apply(store, scope, make_run("b"))
        assert store.runs.get_session(scope, "default").n_runs == 1

    def test_a_run_moves_to_the_session_that_its_later_record_names(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(session_id="old"))
        apply(store, scope, make_run(at=AT + 1, session_id="new"))
        assert store.runs.get_run(scope, "run-1").session_id == "new"
        assert store.runs.get_session(scope, "new").n_runs == 1
