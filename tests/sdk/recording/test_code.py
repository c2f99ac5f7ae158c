"""Code that agents run, branches that they try, and what becomes of their work."""

from __future__ import annotations

import pytest

import runreel
from runreel.testing import Recorded


def test_code_is_told_with_what_came_of_it(recording: Recorded) -> None:
    with runreel.node("compute"), runreel.code_exec("print(1)", name="one") as code:
        code.set_result(stdout=b"1\n", stderr="", exit_code=0)
        code.add_diff("a.txt", "one\ntwo\n", "one\nthree")
        code.add_diff("new.txt", None, "new\n")
        code.add_diff("old.txt", "old\n", None)
        runreel.file(b"1", path="one.txt")
    event = recording.event("one")
    assert (event["event_type"], event["status"], event["node_id"]) == ("code_exec", "completed", "compute")
    assert event["inputs"] == {"language": "python", "code": "print(1)"}
    assert event["outputs"] == {"stdout": "1\n", "stderr": "", "exit_code": 0}
    assert event["attributes"]["diffs"] == [
        {
            "path": "a.txt",
            "diff": "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n\\ No newline at end of file\n",
        },
        {"path": "new.txt", "diff": "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+new\n"},
        {"path": "old.txt", "diff": "--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n"},
    ]
    (file,) = recording.merged("file")
    assert file["event_id"] == event["event_id"]


def test_code_that_ends_with_an_exit_code_has_failed(recording: Recorded) -> None:
    with runreel.code_exec("exit 3", "bash") as code:
        code.set_result(stderr="first\nit broke\n", exit_code=3)
    event = recording.event("bash")
    assert event["status"] == "failed"
    assert event["error"] == {"type": "exit code 3", "message": "it broke"}
    assert event["outputs"] == {"stdout": None, "stderr": "first\nit broke\n", "exit_code": 3}


def test_code_that_raises_has_failed_with_what_it_printed(recording: Recorded) -> None:
    def work() -> None:
        with runreel.code_exec("1/0") as code:
            code.set_result(stdout="partly")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        work()
    event = recording.event("python")
    assert (event["status"], event["error"]["type"], event["outputs"]["stdout"]) == ("failed", "ValueError", "partly")


def test_code_of_any_kind_hurts_nobody(recording: Recorded) -> None:
    with runreel.code_exec(None, 3) as code:  # type: ignore[arg-type]
        code.set_result(stdout=3, exit_code="one")  # type: ignore[arg-type]
        code.add_diff(None, 3, object())  # type: ignore[arg-type]
        code.add_diff("long.txt", "line\n" * 30_000, "")
    (event,) = recording.events
    assert event["status"] == "completed"
    assert event["attributes"]["diffs"][-1] == {"path": "long.txt", "diff": ""}


def test_code_outside_of_what_is_recorded_is_said_in_vain() -> None:
    from runreel.sdk.client import replace_client

    former = replace_client(None)
    with runreel.code_exec("1") as code:
        code.set_result(exit_code=1)
        code.add_diff("a", "b", "c")
    replace_client(former)


def test_a_branch_is_a_child_run_of_the_same_agent(recording: Recorded) -> None:
    with runreel.run(agent="solver"):
        with runreel.node("try"), runreel.branch("Twice is better", overrides={"n": 2}, name="twice") as run:
            run.set_output(4)
        with runreel.branch("Another one does it", from_node="start", agent="helper"):
            pass
    parent, twice, other = recording.runs
    assert (twice["agent_name"], twice["run_name"], twice["parent_run_id"]) == ("solver", "twice", parent["run_id"])
    assert twice["metadata"]["branch"] == {
        "from_node": "try", "hypothesis": "Twice is better", "overrides": {"n": 2},
    }  # fmt: skip
    (call, _) = (event for event in recording.events if event["event_type"] == "agent_call")
    assert (twice["parent_event_id"], call["node_id"]) == (call["event_id"], "try")
    assert other["agent_name"] == "helper"
    assert other["metadata"]["branch"] == {"from_node": "start", "hypothesis": "Another one does it"}


def test_a_function_can_be_a_branch(recording: Recorded) -> None:
    @runreel.branch("It is faster")
    def attempt(number: int) -> int:
        return number

    assert attempt(3) == 3
    (run,) = recording.runs
    assert (run["inputs"], run["outputs"]) == ({"number": 3}, 3)
    assert run["metadata"]["branch"] == {"hypothesis": "It is faster"}


def test_a_handoff_says_who_goes_on_and_why(recording: Recorded) -> None:
    with runreel.run(agent="desk"):
        runreel.handoff("expert", reason="It is about law.", context={"case": 7})
        runreel.handoff("clerk", sender="expert")
    expert, clerk = recording.event("expert"), recording.event("clerk")
    assert (expert["event_type"], expert["status"]) == ("handoff", "completed")
    assert expert["inputs"] == {
        "sender": "desk", "recipient": "expert", "reason": "It is about law.", "context": {"case": 7},
    }  # fmt: skip
    assert clerk["inputs"] == {"sender": "expert", "recipient": "clerk"}


def test_a_checkpoint_says_where_it_is(recording: Recorded) -> None:
    with runreel.run(agent="desk"):
        runreel.checkpoint("after step 3", "state/3.pickle", data={"size": 12})
    event = recording.event("after step 3")
    assert (event["event_type"], event["event_subtype"]) == ("info", "checkpoint")
    assert event["outputs"] == {"size": 12, "reference": "state/3.pickle"}


def test_work_that_is_told_wrongly_hurts_nobody(recording: Recorded) -> None:
    with runreel.run(agent="desk"):
        runreel.handoff(None, context=object())  # type: ignore[arg-type]
        runreel.checkpoint(3, data=4)  # type: ignore[arg-type]
        runreel.skip(None)  # type: ignore[arg-type]
    assert recording.run("desk")["status"] == "completed"
