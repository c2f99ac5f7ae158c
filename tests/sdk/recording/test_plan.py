"""Plans and the graphs of workflows are declared before anything of them runs."""

from __future__ import annotations

import logging
from time import time
from typing import Any

import pytest

import runreel
from runreel.testing import Recorded

Json = dict[str, Any]


def edges_of(recording: Recorded) -> list[tuple[str, str, str]]:
    return [(edge["source"], edge["target"], edge["edge_type"]) for edge in recording.merged("edge")]


def nodes_of(recording: Recorded) -> dict[str, Json]:
    return {node["node_id"]: node for node in recording.merged("node")}


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    """Give what is said, also if another test had it said before."""
    monkeypatch.setattr("runreel.sdk.guard._said", set())
    caplog.set_level(logging.WARNING, "runreel")
    return caplog


def test_a_step_says_all_that_there_is_to_say(recording: Recorded) -> None:
    step = runreel.Step(
        "deploy",
        name="Deploy it",
        node_type="approval",
        goal="Bring it out",
        agent_name="operator",
        details=["build", {"api_key": "secret"}],
        requires_approval=True,
        max_attempts=3,
        depends_on=["test"],
        order_index=7,
    )
    with runreel.run(agent="one"):
        runreel.plan(["test", step, {"node_id": "tell", "depends_on": "deploy", "requires_approval": False}])
    nodes = nodes_of(recording)
    wanted = {
        "name": "Deploy it", "node_type": "approval", "goal": "Bring it out", "agent_name": "operator",
        "details": ["build", {"api_key": "[redacted]"}], "requires_approval": True, "max_attempts": 3,
        "order_index": 7, "plan_version": 1,
    }  # fmt: skip
    assert {name: nodes["deploy"][name] for name in wanted} == wanted
    assert (nodes["tell"]["order_index"], nodes["tell"]["requires_approval"]) == (2, False)
    assert "depends_on" not in nodes["deploy"]
    assert edges_of(recording) == [("test", "deploy", "sequential"), ("deploy", "tell", "sequential")]
    assert {edge["plan_version"] for edge in recording.merged("edge")} == {1}


def test_another_plan_is_a_later_version_and_the_same_one_is_none(recording: Recorded) -> None:
    before = time()
    with runreel.run(agent="one"):
        runreel.plan(["a", "b"])
        n_records = len(recording.records)
        runreel.plan(["a", "b"])
        assert len(recording.records) == n_records
        runreel.plan(["a", "c"])
    versions = {node_id: node["plan_version"] for node_id, node in nodes_of(recording).items()}
    assert versions == {"a": versions["c"], "b": 1, "c": versions["c"]}
    assert int(before * 100) <= versions["c"] <= time() * 100
    edges = {edge["source"] + edge["target"]: edge["plan_version"] for edge in recording.merged("edge")}
    assert edges == {"ab": 1, "ac": versions["c"]}


def test_the_same_plan_is_no_new_version_when_it_has_begun(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        runreel.plan(["approval", "b"])
        with runreel.node("approval"):
            pass
        n_records = len(recording.records)
        runreel.plan(["approval", "b"])
        assert len(recording.records) == n_records
    assert nodes_of(recording)["approval"]["node_type"] == "approval"


def test_a_forked_process_never_declares_the_same_version(recording: Recorded) -> None:
    with runreel.run(agent="one") as run:
        run.client.recorder_id = "00000000000000bb"  # as it is in a child
        runreel.plan(["a", "b"])
    assert min(node["plan_version"] for node in nodes_of(recording).values()) > 1


def test_plans_of_a_run_that_others_may_have_had_are_counted_by_the_clock(recording: Recorded) -> None:
    before = time()
    for plans in (["a", "b"],), (["a", "c"], ["a", "d"]):
        with runreel.run(agent="one", run_id="order-17"):
            for node_ids in plans:
                runreel.plan(node_ids)
    versions = {node_id: node["plan_version"] for node_id, node in nodes_of(recording).items()}
    assert int(before * 100) <= versions["b"] <= versions["c"] < versions["d"] == versions["a"]


def test_the_graph_of_a_workflow_has_no_part_in_the_plan_around_it(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        runreel.plan(["research", "publish"])
        for _ in range(2):
            with runreel.node("research"), runreel.workflow("look up", nodes=["search", "read"]):
                with runreel.node("search"):
                    pass
                with runreel.node("read"):
                    pass
        runreel.plan(["research", "write"])
    versions = {node_id: node.get("plan_version") for node_id, node in nodes_of(recording).items()}
    later = versions["write"]
    assert versions == {"research": later, "publish": 1, "write": later, "search": None, "read": None}
    assert len([record for record in recording if record["record"] == "edge"]) == 3


def test_a_plan_has_no_part_in_the_graph_of_the_workflow_around_it(
    recording: Recorded, warnings: pytest.LogCaptureFixture
) -> None:
    with runreel.workflow("work", nodes=["planning", "control", "terminator"]):
        with runreel.node("planning"):
            runreel.plan([{"node_id": "step_1", "depends_on": "planning"}, {"node_id": "step_2"}])
        with runreel.node("control"):
            pass
    nodes = nodes_of(recording)
    assert [node.get("plan_version") for node in nodes.values()] == [None, None, None, 1, 1]
    assert [node["node_type"] for node in nodes.values()] == ["planning", "control", "terminator", "step", "step"]
    assert edges_of(recording) == [
        ("planning", "control", "sequential"), ("control", "terminator", "sequential"),
        ("planning", "step_1", "sequential"),
    ]  # fmt: skip
    assert warnings.messages == []


def test_what_a_plan_says_of_a_node_stands_when_it_runs(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        runreel.plan([runreel.Step("a", node_type="approval", goal="Ask"), "b"])
        with runreel.node("a"):
            pass
        with runreel.node("b", type="tool"):
            pass
    nodes = nodes_of(recording)
    assert (nodes["a"]["node_type"], nodes["a"]["goal"], nodes["b"]["node_type"]) == ("approval", "Ask", "tool")


def test_between_nodes_of_a_plan_are_the_edges_of_the_plan_however_they_run(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        with runreel.node("planning"):
            pass
        runreel.plan([{"node_id": "a"}, {"node_id": "b"}, {"node_id": "c", "depends_on": ["a", "b"]}])
        for node_id in ("a", "b", "a", "c", "extra"):
            with runreel.node(node_id):
                pass
    assert set(edges_of(recording)) == {
        ("a", "c", "sequential"), ("b", "c", "sequential"), ("planning", "a", "sequential"),
        ("c", "extra", "sequential"),
    }  # fmt: skip


def test_a_step_may_depend_on_a_node_that_ran_before(recording: Recorded, warnings: pytest.LogCaptureFixture) -> None:
    with runreel.run(agent="one"):
        with runreel.node("planning"):
            pass
        runreel.plan([{"node_id": "a", "depends_on": ["planning"]}])
    assert edges_of(recording) == [("planning", "a", "sequential")]
    assert warnings.messages == []


def test_what_is_wrong_with_a_plan_is_said_once_and_left_out(
    recording: Recorded, warnings: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with runreel.run(agent="one"):
            runreel.plan(
                [
                    {"node_id": "a", "depends_on": ["b"]},
                    {"node_id": "b", "depends_on": ["a", "nobody"]},
                    {"node_id": "a", "goal": "The second a"},
                    {"node_id": "c", "colour": "red", "max_attempts": 0, "depends_on": ["b"]},
                ]
            )
    first, second = recording.runs
    edges = [edge for edge in recording.merged("edge") if edge["run_id"] == first["run_id"]]
    assert [(edge["source"], edge["target"]) for edge in edges] == [("a", "b"), ("b", "c")]
    assert "goal" not in nodes_of(recording)["a"]
    assert second["run_id"] != first["run_id"]
    said = "\n".join(warnings.messages)
    assert len(warnings.messages) == 5
    for part in ("'a' is declared more than once", "'nobody'", "can never start", "no 'colour'", "max_attempts is 0"):
        assert part in said


def test_a_workflow_declares_its_graph_before_it_runs(recording: Recorded) -> None:
    @runreel.workflow(
        "review",
        nodes={"write": "Write it", "judge": None, "publish": None},
        edges=[
            ("write", "judge"),
            ("judge", "write", "conditional", "it is not good"),
            {"source": "judge", "target": "publish", "condition": "it is good"},
        ],
    )
    def review() -> None:
        for node_id in ("write", "judge", "write", "judge", "publish"):
            with runreel.node(node_id):
                pass

    review()
    kinds = [record["record"] for record in recording]
    assert kinds[:7] == ["run", "node", "node", "node", "edge", "edge", "edge"]
    assert set(kinds[7:]) == {"event", "run"}
    assert edges_of(recording) == [
        ("write", "judge", "sequential"), ("judge", "write", "conditional"), ("judge", "publish", "conditional"),
    ]  # fmt: skip
    conditions = [edge.get("condition") for edge in recording.merged("edge")]
    assert conditions == [None, "it is not good", "it is good"]


def test_each_run_of_a_workflow_has_the_whole_graph(recording: Recorded) -> None:
    block = runreel.workflow("review", nodes=iter(["a", "b"]), edges=iter([("a", "b", "parallel")]))
    for _ in range(2):
        with block:
            pass
    assert len(recording.merged("node")) == 4
    assert edges_of(recording) == [("a", "b", "parallel")] * 2


def test_a_workflow_can_be_declared_by_its_edges_alone(recording: Recorded) -> None:
    with runreel.run(agent="one"), runreel.workflow("review", edges=[("a", "b"), ("a", "c")]):
        pass
    assert list(nodes_of(recording)) == ["a", "b", "c"]
    assert edges_of(recording) == [("a", "b", "sequential"), ("a", "c", "sequential")]


def test_a_graph_that_is_none_hurts_no_workflow(recording: Recorded) -> None:
    @runreel.workflow(nodes=3, edges=[None])  # type: ignore[arg-type]
    def review() -> int:
        return 3

    assert review() == 3
    assert recording.run("review")["status"] == "completed"


def test_a_skipped_step_says_why(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        runreel.plan(["a", "b"])
        runreel.skip("b", why="There is nothing to do.")
    node = nodes_of(recording)["b"]
    assert (node["status"], node["why"]) == ("skipped", "There is nothing to do.")
