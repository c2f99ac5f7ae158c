"""How a run went through its nodes, execution by execution."""

from __future__ import annotations

from runreel.model.course import Course
from runreel.model.record import Record
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, make_edge, make_event, make_node, make_run


class CourseContract(StoreContract):
    """Promises of `get_course`."""

    def test_a_run_without_nodes_has_no_executions(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event("1"))
        assert store.events.get_course(scope, "run-1", limit=10) == Course(executions=(), steps=(), n_executions=0)

    def test_executions_stand_by_when_they_began_and_are_numbered(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_edge("a", "b"),
            _execution("4", "b", AT + 30, None, status="running"),
            _execution("3", "a", AT + 20, AT + 30, status="failed"),
            _execution("2", "b", AT + 10, AT + 20),
            _execution("1", "a", AT, AT + 10),
        )
        course = store.events.get_course(scope, "run-1", limit=10)
        assert [(each.event_id, each.node_id, each.number, each.status) for each in course.executions] == [
            ("1", "a", 1, "completed"),
            ("2", "b", 1, "completed"),
            ("3", "a", 2, "failed"),
            ("4", "b", 2, "running"),
        ]
        assert [each.ended_at for each in course.executions] == [AT + 10, AT + 20, AT + 30, None]
        assert _steps(course) == [
            ("a 1", "b 1", "sequential", True),
            ("b 1", "a 2", "sequential", False),
            ("a 2", "b 2", "sequential", True),
        ]

    def test_a_node_without_recorded_executions_has_one_and_a_skipped_one_none(
        self, store: Store, scope: Scope
    ) -> None:
        apply(
            store,
            scope,
            make_event("1", node_id="a", at=AT, ended_at=AT + 5),
            make_event("2", node_id="a", at=AT + 7, ended_at=AT + 9, status="failed"),
            _execution("3", "b", AT + 10, AT + 11, status="skipped"),
        )
        course = store.events.get_course(scope, "run-1", limit=10)
        assert [(each.event_id, each.node_id, each.status) for each in course.executions] == [(None, "a", "failed")]
        assert (course.executions[0].started_at, course.executions[0].ended_at) == (AT, AT + 9)

    def test_a_node_of_which_states_alone_tell_was_at_work_from_each_beginning_to_its_end(
        self, store: Store, scope: Scope
    ) -> None:
        states = ["pending", "running", "waiting_approval", "running", "failed", "running", "completed", "failed"]
        apply(
            store,
            scope,
            *(make_node("b", at=AT + 10 * place, status=status) for place, status in enumerate(states)),
            make_node("a", at=AT + 5, status="completed"),
            make_node("c", at=AT + 80, status="running"),
            make_node("d", at=AT + 90, status="skipped"),
            make_node("e", at=AT + 90, status="cancelled"),
            make_edge("a", "b"),
        )
        course = store.events.get_course(scope, "run-1", limit=10)
        assert [(each.node_id, each.number, each.status) for each in course.executions] == [
            ("a", 1, "completed"), ("b", 1, "failed"), ("b", 2, "failed"), ("c", 1, "running"),
        ]  # fmt: skip
        times = [(each.started_at - AT, each.ended_at and each.ended_at - AT) for each in course.executions]
        assert times == [(5, 5), (10, 40), (50, 70), (80, None)]
        dag = store.events.get_dag(scope, "run-1", limit=10)
        attempts = {placed.node.node_id: placed.n_attempts for placed in dag.nodes}
        assert attempts == {"a": 1, "b": 2, "c": 1, "d": 0, "e": 0}
        for node_id, n_attempts in attempts.items():
            assert store.events.get_node_summary(scope, "run-1", node_id).n_attempts == n_attempts
        taken = {(edge.source, edge.target): edge.n_taken for edge in dag.edges}
        assert taken == {("a", "b"): 1, ("b", "b"): 1, ("b", "c"): 1}

    def test_what_a_recorder_tells_to_be_before_or_above_is_kept(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            _execution("1", "outer", AT, AT + 90),
            make_event("in it", parent_event_id="1", at=AT + 1),
            _execution("2", "inner", AT + 10, AT + 20, parent_event_id="in it"),
            _execution("3", "inner", AT + 15, AT + 30, parent_event_id="1"),
            _execution("4", "last", AT + 28, AT + 40, previous_event_id="3"),
        )
        course = store.events.get_course(scope, "run-1", limit=10)
        assert _steps(course) == [
            ("inner 1", "last 1", "sequential", False),
            ("inner 2", "last 1", "sequential", False),
            ("outer 1", "inner 1", "call", False),
            ("outer 1", "inner 2", "call", False),
        ]

    def test_nodes_that_are_told_of_by_others_are_not_ordered_by_time(self, store: Store, scope: Scope) -> None:
        apply(
            store,
            scope,
            make_event("1", node_id="outer", at=AT, ended_at=AT + 1),
            make_event("2", node_id="inner", parent_event_id="1", at=AT + 1, ended_at=AT + 2),
            make_event("3", node_id="after", at=AT + 2, ended_at=AT + 3),
        )
        course = store.events.get_course(scope, "run-1", limit=10)
        assert _steps(course) == [("outer 1", "after 1", "sequential", False), ("outer 1", "inner 1", "call", False)]

    def test_a_course_is_bounded_and_says_how_much_there_is(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(_execution(f"{n}", "a", AT + n, AT + n + 1) for n in range(4)))
        course = store.events.get_course(scope, "run-1", limit=2)
        assert [each.event_id for each in course.executions] == ["0", "1"]
        assert (len(course.steps), course.n_executions) == (1, 4)


def _execution(
    event_id: str,
    node_id: str,
    at: int,
    ended_at: int | None,
    status: str = "completed",
    parent_event_id: str | None = None,
    previous_event_id: str | None = None,
) -> Record:
    return make_event(
        event_id,
        at=at,
        node_id=node_id,
        event_type="node_execution",
        ended_at=ended_at,
        status=status,
        parent_event_id=parent_event_id,
        previous_event_id=previous_event_id,
    )


def _steps(course: Course) -> list[tuple[str, str, str, bool]]:
    names = [f"{each.node_id} {each.number}" for each in course.executions]
    return [(names[step.source], names[step.target], step.edge_type, step.is_declared) for step in course.steps]
