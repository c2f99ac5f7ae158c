"""Nodes and edges of a run's graph, and what happened in one node."""

from __future__ import annotations

import pytest

from runreel.errors import NotFoundError
from runreel.model.edge import Edge
from runreel.model.event import EventFilter
from runreel.model.record import Rank, Record
from runreel.model.scope import Scope
from runreel.model.usage import Usage
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import (
    AT,
    SECOND,
    make_edge,
    make_event,
    make_file,
    make_llm_call,
    make_message,
    make_node,
    make_run,
)


class NodeContract(StoreContract):
    """Promises of `get_graph`, `get_node`, `list_node_events` and `get_node_summary`."""

    def test_a_run_without_a_graph_has_an_empty_one(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        graph = store.events.get_graph(scope, "run-1")
        assert (graph.nodes, graph.edges) == ((), ())

    def test_every_field_of_a_node_is_kept(self, store: Store, scope: Scope) -> None:
        fields: dict[str, object] = {
            "name": "Planning",
            "node_type": "planning",
            "status": "failed",
            "agent_name": "helper",
            "goal": "a plan\nof two lines",
            "order_index": -3,
            "parent_node_id": "root",
            "started_at": AT,
            "ended_at": AT + 1,
            "error": {"type": "E"},
            "metadata": {"k": [1]},
        }
        apply(store, scope, make_node(**fields))  # pyright: ignore[reportArgumentType]
        node = store.events.get_node(scope, "run-1", "step_1")
        assert {name: getattr(node, name) for name in fields} == fields
        assert (node.node_id, node.n_events) == ("step_1", 0)

    def test_nodes_stand_in_their_declared_order(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_node("later", started_at=AT + 5),
            make_node("second", order_index=2),
            make_node("first", order_index=1),
            make_node("unordered b"),
            make_node("unordered a"),
            make_node("sooner", started_at=AT + 1),
        )
        nodes = store.events.get_graph(scope, "run-1").nodes
        expected = ["first", "second", "sooner", "later", "unordered a", "unordered b"]
        assert [node.node_id for node in nodes] == expected
        assert nodes[0] == store.events.get_node(scope, "run-1", "first")

    def test_edges_are_told_apart_by_ends_type_and_condition(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_edge("a", "b", metadata={"k": 1}),
            make_edge("a", "b", edge_type="conditional", condition="x > 1"),
            make_edge("a", "b", edge_type="conditional", condition="x < 1"),
            make_edge("b", "a"),
            make_edge("a", "b"),
        )
        assert store.events.get_graph(scope, "run-1").edges == (
            Edge(source="a", target="b", edge_type="conditional", condition="x < 1"),
            Edge(source="a", target="b", edge_type="conditional", condition="x > 1"),
            Edge(source="a", target="b", edge_type="sequential", condition="", metadata={"k": 1}),
            Edge(source="b", target="a", edge_type="sequential", condition=""),
        )

    def test_a_node_that_nobody_declared_is_created(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event(node_id="of an event"),
            make_message(node_id="of a message"),
            make_file(node_id="of a file"),
            make_edge("source", "target"),
        )
        nodes = store.events.get_graph(scope, "run-1").nodes
        named = {"of an event", "of a message", "of a file", "source", "target"}
        assert {node.node_id for node in nodes} == named
        assert all(node.name == node.node_id for node in nodes)

    @pytest.mark.parametrize("turned", [False, True])
    def test_declared_beats_inferred_whatever_came_first(self, store: Store, scope: Scope, turned: bool) -> None:
        records = [
            make_node(rank=Rank.INFERRED, at=AT + 9, node_type="tool", name="guessed"),
            make_node(rank=Rank.START, at=AT, node_type="step"),
        ]
        for record in reversed(records) if turned else records:
            apply(store, scope, record)
        node = store.events.get_node(scope, "run-1", "step_1")
        assert (node.node_type, node.name) == ("step", "guessed")

    def test_a_node_that_is_declared_late_keeps_its_events(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(node_id="step_1"))
        apply(store, scope, make_node(name="Step one", order_index=1))
        node = store.events.get_node(scope, "run-1", "step_1")
        assert (node.name, node.n_events) == ("Step one", 1)

    def test_status_and_times_follow_the_events_where_nobody_states_them(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node("idle"))
        apply(store, scope, make_event("a", node_id="busy", rank=Rank.START, status="running"))
        apply(store, scope, make_event("b", node_id="done", at=AT, ended_at=AT + 5))
        apply(store, scope, make_event("c", node_id="broken", status="failed"))
        nodes = {node.node_id: node for node in store.events.get_graph(scope, "run-1").nodes}
        assert {node_id: node.status for node_id, node in nodes.items()} == {
            "idle": "pending",
            "busy": "running",
            "done": "completed",
            "broken": "failed",
        }
        assert (nodes["done"].started_at, nodes["done"].ended_at) == (AT, AT + 5)
        assert (nodes["busy"].started_at, nodes["busy"].ended_at) == (AT, None)
        assert nodes["broken"].n_errors == 1

    def test_the_execution_of_a_node_says_how_it_ended(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("tool", node_id="step_1", status="failed"))
        apply(store, scope, make_event("node", node_id="step_1", event_type="node_execution"))
        assert store.events.get_node(scope, "run-1", "step_1").status == "completed"

    def test_stated_status_and_times_count_more_than_events(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node(status="skipped", started_at=AT + 1, ended_at=AT + 2))
        apply(store, scope, make_event(node_id="step_1", at=AT + 50, status="failed"))
        node = store.events.get_node(scope, "run-1", "step_1")
        assert (node.status, node.started_at, node.ended_at) == ("skipped", AT + 1, AT + 2)

    def test_events_of_a_node_are_those_in_it_and_their_descendants(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("in it", node_id="n"),
            make_event("child", at=AT + 1, parent_event_id="in it"),
            make_event("grandchild", at=AT + 2, parent_event_id="child"),
            make_event("in another", at=AT + 3, parent_event_id="child", node_id="m"),
            make_event("below another", at=AT + 4, parent_event_id="in another"),
            make_event("back in it", at=AT + 5, parent_event_id="below another", node_id="n"),
            make_event("parent of it", at=AT + 6),
            make_event("elsewhere", at=AT + 7),
        )
        assert _events_of(store, scope, "n") == ["in it", "child", "grandchild", "back in it"]
        assert _events_of(store, scope, "m") == ["in another", "below another"]

    def test_an_event_is_listed_in_its_node_once(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", node_id="n"), make_event("b", parent_event_id="a", node_id="n"))
        apply(store, scope, make_event("c", parent_event_id="b"))
        assert _events_of(store, scope, "n") == ["a", "b", "c"]

    def test_a_cycle_below_a_node_ends(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", node_id="n", parent_event_id="c"), make_event("b", parent_event_id="a"))
        apply(store, scope, make_event("c", parent_event_id="b"))
        assert _events_of(store, scope, "n") == ["a", "b", "c"]

    def test_descendants_follow_when_a_parent_comes_late(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node("n"), make_event("child", parent_event_id="late"))
        assert _events_of(store, scope, "n") == []
        apply(store, scope, make_event("late", node_id="n"))
        assert _events_of(store, scope, "n") == ["child", "late"]

    def test_a_chain_that_waits_follows_when_its_node_is_known(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("d", at=AT + 3, parent_event_id="c"), make_event("other", at=AT + 9))
        apply(store, scope, make_event("c", at=AT + 2, parent_event_id="b"))
        apply(store, scope, make_event("b", at=AT + 1, parent_event_id="a"))
        apply(store, scope, make_event("a", node_id="n"))
        _check_members(store, scope, "n", ["a", "b", "c", "d"])

    def test_a_batch_joins_what_waits_above_it(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("between", at=AT + 1, parent_event_id="top"),
            make_event("last", at=AT + 3, parent_event_id="low"),
        )
        low = make_event("low", at=AT + 2, parent_event_id="between")
        apply(store, scope, low, make_event("top", node_id="n"))
        _check_members(store, scope, "n", ["top", "between", "low", "last"])

    def test_descendants_move_with_an_event_to_another_node(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("top", rank=Rank.START, node_id="n"), *_chain("top", "b", "c"))
        apply(store, scope, make_event("in it", at=AT + 5, node_id="n", parent_event_id="c"))
        apply(store, scope, make_event("top", rank=Rank.END, node_id="m"))
        _check_members(store, scope, "m", ["top", "b", "c"])
        _check_members(store, scope, "n", ["in it"])

    def test_descendants_move_with_an_event_to_another_parent(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("1", node_id="n"), make_event("2", at=AT + 1, node_id="m"), make_event("3"))
        apply(store, scope, make_event("a", at=AT + 2, rank=Rank.START, parent_event_id="1"), *_chain("a", "b", "c"))
        _check_members(store, scope, "n", ["1", "a", "b", "c"])
        apply(store, scope, make_event("a", at=AT + 2, parent_event_id="2"))
        _check_members(store, scope, "m", ["2", "a", "b", "c"])
        apply(store, scope, make_event("a", at=AT + 3, parent_event_id="3"))
        _check_members(store, scope, "m", ["2"])

    def test_an_event_that_comes_to_name_a_node_takes_those_below_along(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("top", node_id="n"), make_event("a", rank=Rank.START, parent_event_id="top"))
        apply(store, scope, *_chain("a", "b"))
        apply(store, scope, make_event("a", node_id="m"))
        _check_members(store, scope, "n", ["top"])
        _check_members(store, scope, "m", ["a", "b"])

    def test_a_circle_that_closes_is_of_no_node(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("top", node_id="n"))
        apply(store, scope, make_event("a", at=AT + 1, rank=Rank.START, parent_event_id="top"), *_chain("a", "b", "c"))
        _check_members(store, scope, "n", ["top", "a", "b", "c"])
        apply(store, scope, make_event("a", at=AT + 1, parent_event_id="b"))
        _check_members(store, scope, "n", ["top"])

    def test_a_circle_that_opens_is_of_the_node_above(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", at=AT + 1, rank=Rank.START, parent_event_id="c"), *_chain("a", "b", "c"))
        apply(store, scope, make_event("itself", at=AT + 9, parent_event_id="itself"), make_event("top", node_id="n"))
        _check_members(store, scope, "n", ["top"])
        apply(store, scope, make_event("a", at=AT + 1, parent_event_id="top"))
        _check_members(store, scope, "n", ["top", "a", "b", "c"])

    def test_events_of_other_runs_don_t_count(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("b", at=AT + 1, parent_event_id="a"), make_event("a", "run-2", node_id="m"))
        apply(store, scope, make_event("c", "run-2", parent_event_id="b"), make_event("a", node_id="n"))
        _check_members(store, scope, "n", ["a", "b"])

    def test_events_of_a_node_can_be_restricted_to_a_type(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", node_id="n"), make_llm_call("b", parent_event_id="a", inputs="why"))
        page = store.events.list_node_events(scope, "run-1", "n", event_type="llm_call", limit=10)
        assert [full.event.event_id for full in page.items] == ["b"]
        assert page.items[0].payload.inputs == "why"
        assert store.events.list_node_events(scope, "run-1", "n", event_type="nothing", limit=10).items == ()

    def test_an_event_that_moves_to_another_node_leaves_the_first(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event(rank=Rank.START, node_id="a"))
        apply(store, scope, make_event(rank=Rank.END, node_id="b"))
        assert (_events_of(store, scope, "a"), _events_of(store, scope, "b")) == ([], ["event-1"])

    def test_a_missing_node_is_not_found(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event())
        for node_id in ("nothing", "", "a\0b", "\ud800"):
            for read in (store.events.get_node, store.events.get_node_summary):
                with pytest.raises(NotFoundError):
                    read(scope, "run-1", node_id)
            with pytest.raises(NotFoundError):
                store.events.list_node_events(scope, "run-1", node_id, limit=10)

    def test_a_summary_counts_what_happened_in_the_node(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_node("n"),
            make_llm_call("a", node_id="n", agent_name="one", ended_at=AT + SECOND),
            make_event("b", parent_event_id="a", agent_name="two", at=AT + 5 * SECOND),
            make_llm_call("c", node_id="m"),
            make_message("x", node_id="n"),
            make_message("y"),
            make_file("f", node_id="n", file_type="report"),
            make_file("g", node_id="n"),
            make_file("h", node_id="m", file_type="report"),
        )
        summary = store.events.get_node_summary(scope, "run-1", "n")
        assert summary.node == store.events.get_node(scope, "run-1", "n")
        assert summary.events_by_type == {"llm_call": 1, "tool_call": 1}
        assert summary.agents == {"one": 1, "two": 1}
        assert summary.files_by_type == {"report": 1, "unknown": 1}
        assert summary.n_messages == 1
        assert (summary.first_event_at, summary.last_event_at) == (AT, AT + 5 * SECOND)
        assert summary.usage == Usage(tokens_in=100, tokens_out=10, cost_nanos=1_000)

    def test_a_summary_tells_types_subtypes_agents_and_outcomes(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("x1", node_id="n", event_type="node_execution", status="failed"),
            make_event("x2", node_id="n", event_type="node_execution", at=AT + 1),
            make_event("a", parent_event_id="x1", event_subtype="complete", agent_name="one"),
            make_event("b", parent_event_id="x1", event_subtype="error", agent_name="one", status="failed"),
            make_event("c", parent_event_id="x2", agent_name="two", rank=Rank.START, status="running"),
        )
        summary = store.events.get_node_summary(scope, "run-1", "n")
        assert summary.events_by_subtype == {"tool_call": {"complete": 1, "error": 1}}
        # What names no agent, that of the run did.
        assert summary.events_by_agent == {"one": {"node_execution": 2, "tool_call": 2}, "two": {"tool_call": 1}}
        assert (summary.n_completed, summary.n_failed, summary.n_running) == (2, 2, 1)
        assert summary.n_attempts == 2
        assert summary.node.status == "completed"

    def test_a_node_without_executions_was_tried_once(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", node_id="n"), make_event("b", node_id="n"))
        assert store.events.get_node_summary(scope, "run-1", "n").n_attempts == 1

    def test_a_node_that_was_skipped_was_not_tried(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_event("a", node_id="n", event_type="node_execution", status="skipped"))
        summary = store.events.get_node_summary(scope, "run-1", "n")
        assert (summary.n_attempts, summary.node.status) == (0, "skipped")

    def test_active_time_counts_what_overlaps_once(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("a", node_id="n", at=AT, ended_at=AT + 10),
            make_event("b", node_id="n", at=AT + 5, ended_at=AT + 20),
            make_event("c", node_id="n", at=AT + 6, ended_at=AT + 7),
            make_event("d", node_id="n", at=AT + 50, ended_at=AT + 53),
            make_event("e", node_id="n", at=AT + 60, ended_at=AT + 58),
        )
        summary = store.events.get_node_summary(scope, "run-1", "n")
        assert (summary.active_us, summary.wall_us) == (23, 60)

    def test_a_summary_counts_no_call_twice(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_llm_call("parent", node_id="n"), make_llm_call("child", parent_event_id="parent"))
        assert store.events.get_node_summary(scope, "run-1", "n").usage.tokens_in == 100

    def test_the_summary_of_an_empty_node_is_empty(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node("n"))
        summary = store.events.get_node_summary(scope, "run-1", "n")
        assert (summary.events_by_type, summary.agents, summary.files_by_type) == ({}, {}, {})
        assert (summary.n_messages, summary.first_event_at, summary.last_event_at) == (0, None, None)
        assert (summary.n_attempts, summary.active_us, summary.wall_us) == (0, 0, 0)
        assert summary.usage == Usage()

    def test_a_node_counts_its_events_alike_everywhere(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("a", node_id="n"),
            make_event("b", parent_event_id="a", at=AT + 1),
            make_event("c", parent_event_id="b", at=AT + 2, ended_at=AT + 9, status="failed"),
            make_event("d", parent_event_id="c", at=AT + 3, node_id="m"),
            make_event("e", at=AT + 4),
        )
        node = store.events.get_node(scope, "run-1", "n")
        assert (node.n_events, node.n_errors) == (3, 1)
        assert (node.status, node.started_at, node.ended_at) == ("failed", AT, AT + 9)
        assert store.events.get_graph(scope, "run-1").nodes[0] == node
        assert store.events.get_dag(scope, "run-1", limit=10).nodes[0].node == node
        assert store.events.get_node_summary(scope, "run-1", "n").node == node
        assert len(_events_of(store, scope, "n")) == 3

    def test_a_parent_that_nobody_declared_is_created(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node("child", parent_node_id="group"))
        apply(store, scope, make_node("other", parent_node_id="group"), make_node("group", name="Group"))
        nodes = store.events.get_graph(scope, "run-1").nodes
        assert {(node.node_id, node.name, node.parent_node_id) for node in nodes} == {
            ("child", "child", "group"),
            ("group", "Group", None),
            ("other", "other", "group"),
        }

    def test_a_graph_is_bounded_and_says_how_much_there_is(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_edge("a", "b"), make_edge("b", "c"), make_node("first", order_index=0))
        graph = store.events.get_graph(scope, "run-1", limit=1)
        assert [node.node_id for node in graph.nodes] == ["first"]
        assert [edge.source for edge in graph.edges] == ["a"]
        assert (graph.n_nodes, graph.n_edges) == (4, 2)


def _chain(parent_id: str, *event_ids: str) -> list[Record]:
    """Build events each of which is below the one before it, and begins after it."""
    parents = (parent_id, *event_ids)
    return [
        make_event(event_id, at=AT + 2 + place, parent_event_id=parents[place])
        for place, event_id in enumerate(event_ids)
    ]


def _check_members(store: Store, scope: Scope, node_id: str, event_ids: list[str]) -> None:
    """Check in every view which events are the node's."""
    events = store.events
    assert _events_of(store, scope, node_id) == event_ids
    listed = events.list_events(scope, "run-1", EventFilter(node_id=node_id), limit=100).items
    assert [event.event_id for event in listed] == event_ids
    node = events.get_node(scope, "run-1", node_id)
    assert node.n_events == len(event_ids)
    assert node in events.get_graph(scope, "run-1").nodes
    assert node in [placed.node for placed in events.get_dag(scope, "run-1", limit=10).nodes]
    summary = events.get_node_summary(scope, "run-1", node_id)
    assert summary.node == node
    assert sum(summary.events_by_type.values()) == len(event_ids)


def _events_of(store: Store, scope: Scope, node_id: str) -> list[str]:
    page = store.events.list_node_events(scope, "run-1", node_id, limit=100)
    return [full.event.event_id for full in page.items]
