"""The graph of a run as it was planned and as it went."""

from __future__ import annotations

from runreel.model.dag import Dag
from runreel.model.record import Record
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, make_edge, make_event, make_node, make_run

Taken = tuple[str, str, str, int]


class DagContract(StoreContract):
    """Promises of `get_dag`."""

    def test_a_run_without_nodes_has_an_empty_dag(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        assert store.events.get_dag(scope, "run-1", limit=10) == Dag(nodes=(), edges=(), n_nodes=0, n_edges=0)

    def test_levels_are_the_longest_ways_along_declared_edges(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_node("end", order_index=0),
            make_edge("start", "left"),
            make_edge("start", "right", edge_type="parallel"),
            make_edge("left", "middle"),
            make_edge("middle", "end"),
            make_edge("right", "end"),
        )
        dag = store.events.get_dag(scope, "run-1", limit=10)
        assert _levels(dag) == {"start": 0, "left": 1, "right": 1, "middle": 2, "end": 3}
        assert [placed.node.node_id for placed in dag.nodes] == ["start", "left", "right", "middle", "end"]
        assert [placed.place for placed in dag.nodes] == [0, 1, 2, 3, 4]

    def test_a_circle_does_not_fail(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_node("plan", order_index=0),
            make_edge("plan", "act"),
            make_edge("act", "check"),
            make_edge("check", "act", edge_type="conditional", condition="not yet"),
            make_edge("check", "check"),
        )
        dag = store.events.get_dag(scope, "run-1", limit=10)
        assert _levels(dag) == {"plan": 0, "act": 1, "check": 2}
        assert {(edge.source, edge.target) for edge in dag.edges if edge.is_back} == {
            ("check", "act"),
            ("check", "check"),
        }

    def test_executions_that_follow_each_other_take_an_edge(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_edge("a", "b"),
            make_edge("b", "c"),
            _execution("1", "a", AT, AT + 10),
            _execution("2", "b", AT + 10, AT + 20),
            _execution("3", "a", AT + 21, AT + 30),
            _execution("4", "b", AT + 31, AT + 40),
        )
        dag = store.events.get_dag(scope, "run-1", limit=10)
        assert _taken(dag) == {("a", "b", "sequential", 2), ("b", "a", "sequential", 1)}
        declared = {(edge.source, edge.target): edge.is_declared for edge in dag.edges}
        assert declared == {("a", "b"): True, ("b", "c"): True, ("b", "a"): False}

    def test_a_node_tells_how_often_it_ran(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_edge("a", "b"),
            make_edge("b", "c"),
            _execution("1", "a", AT, AT + 10),
            _execution("2", "a", AT + 10, AT + 20),
            make_event("3", node_id="b"),
        )
        dag = store.events.get_dag(scope, "run-1", limit=10)
        assert {placed.node.node_id: placed.n_attempts for placed in dag.nodes} == {"a": 2, "b": 1, "c": 0}

    def test_executions_beside_each_other_follow_the_same_one(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            _execution("1", "a", AT, AT + 10),
            _execution("2", "b", AT + 10, AT + 30),
            _execution("3", "c", AT + 11, AT + 25),
            _execution("4", "d", AT + 30, AT + 40),
            _execution("5", "e", AT + 35, AT + 50),
        )
        dag = store.events.get_dag(scope, "run-1", limit=10)
        steps = ["ab", "ac", "bd", "be", "cd", "ce"]
        assert _taken(dag) == {(source, target, "sequential", 1) for source, target in steps}
        assert _levels(dag) == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 2}

    def test_nothing_follows_an_execution_that_goes_on(self, store: Store, scope: Scope) -> None:
        apply(store, scope, _execution("1", "a", AT, None), _execution("2", "b", AT + 10, AT + 20))
        assert _taken(store.events.get_dag(scope, "run-1", limit=10)) == set()

    def test_executions_without_length_follow_each_other(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(_execution(f"{n}", node, AT, AT) for n, node in enumerate("abca")))
        dag = store.events.get_dag(scope, "run-1", limit=10)
        assert _taken(dag) == {(source, target, "sequential", 1) for source, target in ("ab", "bc", "ca")}

    def test_branches_that_run_one_by_one_come_from_where_they_split(self, store: Store, scope: Scope) -> None:
        edges = ("pa", "pb", "ae", "be", "pe")
        ran = (_execution(node, node, AT + place * 10, AT + place * 10 + 9) for place, node in enumerate("pabe"))
        apply(store, scope, *(make_edge(source, target) for source, target in edges), *ran)
        taken = _taken(store.events.get_dag(scope, "run-1", limit=10))
        assert taken == {(source, target, "sequential", 1) for source, target in ("pa", "pb", "ae", "be")}

    def test_nothing_comes_after_or_was_what_is_skipped(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_edge("a", "b"),
            make_edge("b", "c"),
            _execution("1", "a", AT, AT + 10),
            _execution("2", "b", AT + 10, AT + 10, status="skipped"),
            _execution("3", "c", AT + 10, AT + 20),
        )
        dag = store.events.get_dag(scope, "run-1", limit=10)
        assert _taken(dag) == {("a", "c", "sequential", 1)}
        assert [placed.n_attempts for placed in dag.nodes] == [1, 0, 1]

    def test_nodes_of_which_no_execution_is_recorded_follow_each_other_by_their_events(
        self, store: Store, scope: Scope
    ) -> None:
        apply(
            store,
            scope,
            make_edge("a", "b"),
            make_edge("b", "c"),
            make_edge("a", "c"),
            *(make_event(f"{n}", node_id=node, at=AT + n, ended_at=AT + n + 1) for n, node in enumerate("aabcc")),
        )
        steps = _taken(store.events.get_dag(scope, "run-1", limit=10))
        assert steps == {("a", "b", "sequential", 1), ("b", "c", "sequential", 1)}

    def test_a_previous_event_of_another_node_takes_an_edge(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("1", node_id="a"),
            make_event("in a", parent_event_id="1"),
            make_event("2", node_id="b", previous_event_id="in a", at=AT + 1),
            make_event("3", node_id="b", previous_event_id="2", at=AT + 2),
            make_event("4", node_id="a", previous_event_id="unknown", at=AT + 3),
        )
        assert _taken(store.events.get_dag(scope, "run-1", limit=10)) == {("a", "b", "sequential", 1)}

    def test_a_step_that_is_told_twice_counts_once(self, store: Store, scope: Scope) -> None:
        second = _execution("2", "b", AT + 10, AT + 20)
        second.fields["previous_event_id"] = "1"
        apply(store, scope, _execution("1", "a", AT, AT + 10), second)
        assert _taken(store.events.get_dag(scope, "run-1", limit=10)) == {("a", "b", "sequential", 1)}

    def test_a_parent_in_another_node_calls(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("1", node_id="outer"),
            make_event("2", parent_event_id="1"),
            make_event("3", parent_event_id="2", node_id="inner"),
            make_event("4", parent_event_id="2", node_id="inner"),
        )
        dag = store.events.get_dag(scope, "run-1", limit=10)
        assert _taken(dag) == {("outer", "inner", "call", 2)}
        assert _levels(dag) == {"outer": 0, "inner": 1}

    def test_of_several_declared_edges_none_is_said_to_be_taken(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_edge("a", "b", edge_type="conditional", condition="x"),
            make_edge("a", "b", edge_type="conditional", condition="y", metadata={"k": 1}),
            _execution("1", "a", AT, AT + 10),
            _execution("2", "b", AT + 10, AT + 20),
        )
        edges = store.events.get_dag(scope, "run-1", limit=10).edges
        assert [(edge.edge_type, edge.condition, edge.is_declared, edge.n_taken) for edge in edges] == [
            ("conditional", "x", True, 0),
            ("conditional", "y", True, 0),
            ("sequential", "", False, 1),
        ]
        assert edges[1].metadata == {"k": 1}

    def test_a_dag_is_bounded_and_says_how_much_there_is(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_edge("a", "b"), make_edge("b", "c"), make_edge("c", "d"))
        dag = store.events.get_dag(scope, "run-1", limit=2)
        assert [placed.node.node_id for placed in dag.nodes] == ["a", "b"]
        assert [(edge.source, edge.target) for edge in dag.edges] == [("a", "b")]
        assert (dag.n_nodes, dag.n_edges) == (4, 3)


def _execution(event_id: str, node_id: str, at: int, ended_at: int | None, status: str | None = None) -> Record:
    status = status or ("running" if ended_at is None else "completed")
    return make_event(event_id, at=at, node_id=node_id, event_type="node_execution", ended_at=ended_at, status=status)


def _levels(dag: Dag) -> dict[str, int]:
    return {placed.node.node_id: placed.level for placed in dag.nodes}


def _taken(dag: Dag) -> set[Taken]:
    return {(edge.source, edge.target, edge.edge_type, edge.n_taken) for edge in dag.edges if edge.n_taken}
