"""The plan of a run: its versions, its steps, and how far the run is."""

from __future__ import annotations

import pytest

from runreel.errors import InvalidNameError, InvalidPlanError, NotFoundError
from runreel.model.dag import DagNode
from runreel.model.plan_draft import DraftEdge, DraftNode, PlanDraft
from runreel.model.record import Rank, Record
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply
from runreel.testing.record import AT, NOW, make_edge, make_event, make_node, make_run, make_run_end


class PlanContract(StoreContract):
    """Promises of `put_plan` and `get_plan`."""

    def test_every_field_of_a_step_is_kept(self, store: Store, scope: Scope) -> None:
        fields: dict[str, object] = {
            "name": "Look around",
            "node_type": "step",
            "goal": "know more",
            "agent_name": "helper",
            "details": ["one", {"two": 2}],
            "requires_approval": True,
            "max_attempts": 3,
            "order_index": 7,
        }
        apply(store, scope, make_run())
        _put(store, scope, DraftNode(node_id="look", fields=fields))
        (step,) = store.events.get_plan(scope, "run-1").steps
        assert {name: getattr(step.node, name) for name in fields} == fields
        assert (step.node.plan_version, step.node.status) == (1, "pending")

    def test_steps_stand_in_their_order_and_each_follows_the_one_before(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        _put(store, scope, *_nodes("cab"))
        plan = store.events.get_plan(scope, "run-1")
        assert plan.version == 1
        assert [(step.node.node_id, step.depends_on) for step in plan.steps] == [
            ("c", ()),
            ("a", ("c",)),
            ("b", ("a",)),
        ]

    def test_dependencies_and_edges_are_told_together(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        edges = (DraftEdge(source="a", target="c"), DraftEdge(source="c", target="a", edge_type="conditional"))
        draft = PlanDraft(
            nodes=(*_nodes("ab"), DraftNode(node_id="c", depends_on=("b",))),
            edges=edges,
        )
        store.runs.put_plan(scope, "run-1", draft, now=NOW)
        plan = store.events.get_plan(scope, "run-1")
        assert {step.node.node_id: step.depends_on for step in plan.steps} == {"a": (), "b": (), "c": ("a", "b")}
        declared = {(edge.source, edge.target, edge.edge_type) for edge in store.events.get_graph(scope, "run-1").edges}
        assert declared == {("a", "c", "sequential"), ("b", "c", "sequential"), ("c", "a", "conditional")}

    def test_what_is_wrong_is_named_and_nothing_changes(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        wrong = PlanDraft(
            nodes=(*_nodes("aab"), DraftNode(node_id="c", depends_on=("d", "b"))),
            edges=(DraftEdge(source="c", target="b"),),
        )
        with pytest.raises(InvalidPlanError) as caught:
            store.runs.put_plan(scope, "run-1", wrong, now=NOW)
        assert len(caught.value.problems) == 3
        with pytest.raises(InvalidPlanError):
            _put(store, scope)
        with pytest.raises(InvalidNameError):
            _put(store, scope, DraftNode(node_id="a\tb"))
        assert store.events.get_plan(scope, "run-1").steps == ()

    def test_declaring_again_raises_the_version_and_withdraws_what_never_ran(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        _put(store, scope, *_nodes("abcd"))
        apply(store, scope, _execution("1", "a", AT, AT + 5), make_node("b", at=NOW, status="skipped"))
        apply(store, scope, make_event("in c", node_id="c", at=AT + 6))
        _put(store, scope, *_nodes("xy"), now=NOW + 1)
        plan = store.events.get_plan(scope, "run-1")
        assert plan.version == 2
        versions = [(step.node.node_id, step.node.plan_version) for step in plan.steps]
        assert versions == [("a", 1), ("b", 1), ("c", 1), ("x", 2), ("y", 2)]
        dag = store.events.get_dag(scope, "run-1", limit=10)
        assert {placed.node.node_id for placed in dag.nodes} == set("abcxy")
        assert (dag.n_nodes, {(edge.source, edge.target) for edge in dag.edges}) == (5, {("a", "c"), ("x", "y")})

    def test_a_step_that_comes_back_is_there_again(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        for place, names in enumerate(("ab", "a", "ab")):
            _put(store, scope, *_nodes(names), now=NOW + place)
        plan = store.events.get_plan(scope, "run-1")
        assert (plan.version, [step.node.node_id for step in plan.steps]) == (3, ["a", "b"])

    def test_what_a_version_does_not_say_stays(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        _put(store, scope, DraftNode(node_id="a", fields={"goal": "first", "max_attempts": 2}))
        _put(store, scope, DraftNode(node_id="a", fields={"goal": "second"}))
        (step,) = store.events.get_plan(scope, "run-1").steps
        assert (step.node.goal, step.node.max_attempts, step.node.plan_version) == ("second", 2, 2)

    def test_a_recorder_whose_clock_is_ahead_loses_no_version(self, store: Store, scope: Scope) -> None:
        ahead = make_node("a", at=NOW + 50, rank=Rank.END, goal="first", plan_version=4)
        apply(store, scope, make_run(), ahead)
        _put(store, scope, DraftNode(node_id="a", fields={"goal": "second"}))
        (step,) = store.events.get_plan(scope, "run-1").steps
        assert (step.node.goal, step.node.plan_version) == ("second", 5)

    def test_nodes_that_were_declared_without_a_version_are_steps_too(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_node("a", order_index=0), make_node("b", order_index=1), make_event(node_id="c"))
        plan = store.events.get_plan(scope, "run-1")
        assert (plan.version, [step.node.node_id for step in plan.steps]) == (None, ["a", "b"])

    def test_steps_are_ready_when_what_they_depend_on_is_done(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        nodes = (
            *_nodes("ab"),
            DraftNode(node_id="c", depends_on=("a", "b")),
            DraftNode(node_id="d", depends_on=("c",)),
        )
        _put(store, scope, *nodes)
        assert _ready(store, scope) == {"a", "b"}
        apply(store, scope, make_node("a", at=NOW + 1, status="running"))
        assert _ready(store, scope) == {"b"}
        apply(store, scope, make_node("a", at=NOW + 2, status="completed"), make_node("b", at=NOW + 2, status="failed"))
        assert _ready(store, scope) == set()
        apply(store, scope, make_node("b", at=NOW + 3, status="skipped"))
        assert _ready(store, scope) == {"c"}
        apply(store, scope, make_run_end(at=NOW + 9))
        assert _ready(store, scope) == set()

    def test_one_of_alternatives_is_enough(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), *(make_node(name, order_index=n) for n, name in enumerate("abcd")))
        apply(store, scope, make_edge("a", "c", edge_type="conditional", condition="x"), make_edge("d", "a"))
        apply(store, scope, make_edge("b", "c", edge_type="optional"))
        assert _ready(store, scope) == {"b", "d"}
        apply(store, scope, make_node("b", at=AT + 2, status="completed"))
        assert _ready(store, scope) == {"c", "d"}

    def test_progress_is_where_the_run_is(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run())
        nodes = (*_nodes("ab"), DraftNode(node_id="c", fields={"name": "Cook", "max_attempts": 3}))
        _put(store, scope, *nodes)
        assert _progress(store, scope) is None
        apply(store, scope, _execution("1", "a", NOW + 1, NOW + 2), make_node("b", at=NOW + 3, status="skipped"))
        assert _progress(store, scope) == "step 1 of 3"
        apply(
            store, scope, _execution("2", "c", NOW + 4, NOW + 5, status="failed"), _execution("3", "c", NOW + 6, None)
        )
        progress = store.events.get_plan(scope, "run-1").progress
        assert progress is not None
        assert (progress.place, progress.n_steps, progress.node_id, progress.name) == (3, 3, "c", "Cook")
        assert (progress.attempt, progress.max_attempts) == (2, 3)
        assert progress.text == "step 3 of 3, second attempt"
        assert store.runs.get_run_detail(scope, "run-1").progress == progress
        apply(store, scope, make_run_end(at=NOW + 9, status="failed"))
        assert _progress(store, scope) == "step 3 of 3, second attempt"

    def test_a_run_without_declared_nodes_has_no_progress(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event(node_id="a"))
        assert store.runs.get_run_detail(scope, "run-1").progress is None

    def test_a_plan_needs_its_run(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, make_run())
        with pytest.raises(NotFoundError):
            store.runs.put_plan(elsewhere, "run-1", PlanDraft(nodes=_nodes("a")), now=NOW)
        with pytest.raises(NotFoundError):
            store.events.get_plan(elsewhere, "run-1")


def _nodes(names: str) -> tuple[DraftNode, ...]:
    return tuple(DraftNode(node_id=name) for name in names)


def _put(store: Store, scope: Scope, *nodes: DraftNode, now: int = NOW) -> None:
    store.runs.put_plan(scope, "run-1", PlanDraft(nodes=nodes), now=now)


def _execution(event_id: str, node_id: str, at: int, ended_at: int | None, status: str | None = None) -> Record:
    status = status or ("running" if ended_at is None else "completed")
    return make_event(event_id, at=at, node_id=node_id, event_type="node_execution", ended_at=ended_at, status=status)


def _ready(store: Store, scope: Scope) -> set[str]:
    steps: list[DagNode] = list(store.events.get_plan(scope, "run-1").steps)
    assert [step.is_ready for step in store.events.get_dag(scope, "run-1", limit=10).nodes].count(True) == sum(
        step.is_ready for step in steps
    )
    return {step.node.node_id for step in steps if step.is_ready}


def _progress(store: Store, scope: Scope) -> str | None:
    progress = store.events.get_plan(scope, "run-1").progress
    return None if progress is None else progress.text
