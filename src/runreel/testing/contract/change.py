"""What changed in a run: every change is told once it is committed, in order, and nothing is skipped."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from runreel.errors import NotFoundError
from runreel.model.change import RunChanges
from runreel.model.record import Rank, Record
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, read_all
from runreel.testing.record import (
    AT,
    NOW,
    SECOND,
    make_edge,
    make_event,
    make_file,
    make_llm_call,
    make_message,
    make_node,
    make_run,
    make_run_end,
)
from runreel.testing.workflow import make_workflow

Change = Callable[[Store, Scope], object]

_N_THINGS = 3 * 5 + 2


def _applying(*records: Record) -> Change:
    return lambda store, scope: apply(store, scope, *records)


_CHANGES: dict[str, tuple[Change, set[str]]] = {
    "rename": (lambda store, scope: store.runs.rename_run(scope, "run-1", "mine"), set()),
    "status": (_applying(make_run_end()), set()),
    "resume": (_applying(make_run(at=AT + 5 * SECOND, status="executing")), set()),
    "tags": (_applying(make_run(at=AT + 5 * SECOND, tags=["t"])), set()),
    "inputs": (_applying(make_run(at=AT + 5 * SECOND, inputs="new")), set()),
    "agent": (_applying(make_run(at=AT + 5 * SECOND, agent_name="writer")), set()),
    "new event": (_applying(make_event("new")), {"new"}),
    "event again": (_applying(make_event("own", at=AT + SECOND, outputs="late")), {"own"}),
    "payload of an event": (_applying(make_event("own", at=AT + SECOND, attributes={"key": 1})), {"own"}),
    # The parent counts no usage of its own any more: its row changes though nobody spoke of it.
    "child with usage": (_applying(make_llm_call("child", parent_event_id="call")), {"child", "call"}),
    "node that is named": (_applying(make_event("new", node_id="named")), {"new", "named"}),
    "declared node": (_applying(make_node("guessed", goal="known now")), {"guessed"}),
    "edge": (_applying(make_edge("guessed", "named")), {"named", "guessed-named"}),
    "message": (_applying(make_message("message-1", at=AT + SECOND, content="late")), {"message-1"}),
    "file": (_applying(make_file("file-1", at=AT + SECOND, size_bytes=5)), {"file-1"}),
}


class ChangeContract(StoreContract):
    """Promises of `list_changes`."""

    def test_reading_begins_with_everything_where_the_run_has_not_got_so_far(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        head = store.runs.get_run(scope, "a").change_seq
        for after, begin in ((0, 0), (1, 1), (head, head), (head + 1, 0)):
            changes = store.changes.list_changes(scope, "a", after=after, limit=500)
            assert (changes.begin, _n_things(changes) == _N_THINGS) == (begin, begin == 0)

    @pytest.mark.parametrize("limit", [1, 2, 3, 7, 16, 17, 18, 500])
    def test_reading_on_visits_what_a_fresh_read_has(self, store: Store, scope: Scope, limit: int) -> None:
        apply(store, scope, *make_workflow("a"), *make_workflow("b"))
        pages = _read_on(store, scope, "a", limit=limit)
        whole = store.changes.list_changes(scope, "a", after=0, limit=1_000)
        assert _joined(pages) == _joined([whole])
        assert sum(map(_n_things, pages)) == _n_things(whole) == _N_THINGS
        assert all(_n_things(page) <= limit for page in pages)
        assert [page.is_caught_up for page in pages] == [False] * (len(pages) - 1) + [True]
        assert pages[-1].change_seq == store.runs.get_run(scope, "a").change_seq

    def test_changes_are_what_the_lists_show(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        changes = store.changes.list_changes(scope, "a", after=0, limit=500)
        events = read_all(lambda cursor: store.events.list_events(scope, "a", limit=100, cursor=cursor))
        assert {event.event_id: event for event in changes.events} == {
            event.event_id: replace(event, execution_order=None, depth=None) for event in events
        }
        graph = store.events.get_graph(scope, "a")
        assert {(node.node_id, node.name, node.order_index) for node in changes.nodes} == {
            (node.node_id, node.name, node.order_index) for node in graph.nodes
        }
        assert set(map(repr, changes.edges)) == set(map(repr, graph.edges))
        messages = store.events.list_messages(scope, "a", limit=100).items
        assert sorted(changes.messages, key=repr) == sorted(messages, key=repr)
        files = store.events.list_files(scope, "a", limit=100).items
        assert sorted(changes.files, key=repr) == sorted(files, key=repr)
        assert changes.run == store.runs.get_run(scope, "a")

    def test_events_come_in_the_order_of_their_numbers(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event(f"{n}", at=AT - n) for n in range(20)))
        numbers = [event.change_seq for event in store.changes.list_changes(scope, "run-1", after=0, limit=50).events]
        assert numbers == sorted(set(numbers))

    @pytest.mark.parametrize("name", _CHANGES)
    def test_every_change_draws_a_number(self, store: Store, scope: Scope, name: str) -> None:
        change, changed = _CHANGES[name]
        apply(
            store,
            scope,
            make_run(),
            make_event("own"),
            make_llm_call("call"),
            make_event("in-node", node_id="guessed"),
            make_message(),
            make_file(),
        )
        before = store.changes.list_changes(scope, "run-1", after=0, limit=500)
        number = store.changes.get_change_no(scope)
        change(store, scope)
        after = store.changes.list_changes(scope, "run-1", after=before.change_seq, limit=500)
        assert after.run.change_seq > before.run.change_seq
        assert _ids(after) == changed
        pages = _read_on(store, scope, "run-1", limit=1, after=before.change_seq)
        assert (set().union(*map(_ids, pages)), max(map(_n_things, pages))) == (changed, min(len(changed), 1))
        assert store.changes.get_change_no(scope) == number + 1
        listed = store.changes.list_run_changes(scope, after=number, limit=500)
        assert listed.runs == (store.runs.get_run(scope, "run-1"),) == (after.run,)

    def test_naming_a_run_that_waited_draws_a_number(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event())
        before = store.runs.get_run(scope, "run-1").change_seq
        store.runs.settle_runs(seen_before=NOW + 1)
        changes = store.changes.list_changes(scope, "run-1", after=before, limit=10)
        assert (changes.run.run_name, _n_things(changes)) == ("run 1", 0)
        assert changes.run.change_seq > before

    def test_the_same_batch_again_draws_no_number(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        before = store.changes.list_changes(scope, "a", after=0, limit=500), store.changes.get_change_no(scope)
        apply(store, scope, *make_workflow("a"))
        assert (
            store.changes.list_changes(scope, "a", after=0, limit=500),
            store.changes.get_change_no(scope),
        ) == before

    def test_what_changes_while_it_is_read_comes_again(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event(f"{n}") for n in range(10)))
        first = store.changes.list_changes(scope, "run-1", after=0, limit=6)
        apply(
            store, scope, make_event("0", at=AT + SECOND, name="again"), make_event("9", at=AT + SECOND, name="again")
        )
        apply(store, scope, make_event("10"))
        rest = _read_on(store, scope, "run-1", limit=2, after=first.change_seq)
        assert [event.event_id for event in first.events] == [f"{n}" for n in range(6)]
        seen = [(event.event_id, event.name) for page in rest for event in page.events]
        assert seen == [("6", None), ("7", None), ("8", None), ("0", "again"), ("9", "again"), ("10", None)]

    def test_reading_until_a_number_leaves_the_rest_for_later(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(make_event(f"{n}") for n in range(10)))
        numbers = [event.change_seq for event in store.changes.list_changes(scope, "run-1", after=0, limit=50).events]
        page = store.changes.list_changes(scope, "run-1", after=numbers[1], limit=50, until=numbers[5])
        assert [event.change_seq for event in page.events] == numbers[2:6]
        assert (page.change_seq, page.is_caught_up) == (numbers[5], False)

    def test_nothing_new_is_an_empty_page(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *make_workflow("a"))
        head = store.runs.get_run(scope, "a").change_seq
        page = store.changes.list_changes(scope, "a", after=head, limit=10)
        assert (_n_things(page), page.change_seq, page.is_caught_up) == (0, head, True)

    def test_large_things_make_short_pages(self, store: Store, scope: Scope) -> None:
        noise = random.Random(1)
        contents = [noise.randbytes(300_000).hex() for _ in range(6)]
        apply(store, scope, *(make_message(f"{n}", content=content) for n, content in enumerate(contents)))
        pages = _read_on(store, scope, "run-1", limit=500)
        assert [message.content for page in pages for message in page.messages] == contents
        assert 1 < len(pages) <= 6

    def test_a_node_has_only_what_records_declare(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node(goal="g", status="running", rank=Rank.END), make_event(node_id="guessed"))
        nodes = {node.node_id: node for node in store.changes.list_changes(scope, "run-1", after=0, limit=9).nodes}
        assert (nodes["step_1"].goal, nodes["step_1"].status, nodes["guessed"].status) == ("g", "running", None)
        assert nodes["guessed"].name == "guessed"

    def test_changes_of_what_the_scope_does_not_see_are_not_found(
        self, store: Store, scope: Scope, elsewhere: Scope
    ) -> None:
        apply(store, scope, *make_workflow("a"))
        for where, run_id in ((elsewhere, "a"), (scope, "nothing"), (scope, "a\0b"), (scope, "\ud800")):
            with pytest.raises(NotFoundError):
                store.changes.list_changes(where, run_id, after=0, limit=10)
        store.runs.delete_run(scope, "a", now=NOW)
        with pytest.raises(NotFoundError):
            store.changes.list_changes(scope, "a", after=0, limit=10)


def _read_on(store: Store, scope: Scope, run_id: str, *, limit: int, after: int = 0) -> list[RunChanges]:
    pages = [store.changes.list_changes(scope, run_id, after=after, limit=limit)]
    while not pages[-1].is_caught_up:
        assert pages[-1].change_seq > after
        after = pages[-1].change_seq
        pages.append(store.changes.list_changes(scope, run_id, after=after, limit=limit))
    return pages


def _joined(pages: list[RunChanges]) -> list[object]:
    kinds = ("nodes", "edges", "events", "messages", "files")
    return [[thing for page in pages for thing in getattr(page, kind)] for kind in kinds]


def _n_things(page: RunChanges) -> int:
    return sum(map(len, (page.nodes, page.edges, page.events, page.messages, page.files)))


def _ids(page: RunChanges) -> set[str]:
    return {
        *(node.node_id for node in page.nodes),
        *(f"{edge.source}-{edge.target}" for edge in page.edges),
        *(event.event_id for event in page.events),
        *(message.message_id for message in page.messages),
        *(file.file_id for file in page.files),
    }
