"""Runs: how they begin, nest, go on and end."""

from __future__ import annotations

import asyncio
import os

import pytest

import runreel
from runreel.sdk import client as clients
from runreel.sdk.ids import new_run_id
from runreel.testing import Recorded, recorded

pytestmark = pytest.mark.anyio


@runreel.agent
def helper(word: str) -> str:
    runreel.event("helping")
    return word.upper()


@runreel.agent(session="s", tags=["a"], metadata={"version": 2}, mode="one_shot")
def leader(word: str) -> str:
    with runreel.span("asking"):
        return helper(word)


def test_a_call_of_an_agent_is_a_run(recording: Recorded) -> None:
    assert helper("a") == "A"
    (run,) = recording.runs
    assert (run["agent_name"], run["status"]) == ("helper", "completed")
    assert (run["inputs"], run["outputs"]) == ({"word": "a"}, "A")
    assert run["heartbeat_interval_ms"] > 0
    assert "run_name" not in run
    assert len(run["run_id"]) == 32
    assert [record.get("phase") for record in recording if record["record"] == "run"] == ["start", "end"]


def test_the_outermost_agent_is_that_of_init_and_those_within_are_their_own() -> None:
    with recorded("team") as recording:
        leader("a")
    assert {run["agent_name"] for run in recording.runs} == {"team", "helper"}


def test_records_of_a_run_are_numbered_without_gaps(recording: Recorded) -> None:
    leader("a")
    for run in recording.runs:
        records = [record for record in recording if record["run_id"] == run["run_id"]]
        assert [record["number"] for record in records] == list(range(1, len(records) + 1))
        assert {record["recorder_id"] for record in records} == {records[0]["recorder_id"]}
        assert all("recorded_at" in record for record in records)


def test_a_nested_agent_is_a_child_run(recording: Recorded) -> None:
    leader("a")
    parent, child = recording.run("leader"), recording.run("helper")
    (call,) = [event for event in recording.events if event["event_type"] == "agent_call"]
    assert (call["run_id"], call["name"]) == (parent["run_id"], "helper")
    assert (call["status"], call["inputs"], call["outputs"]) == ("completed", {"word": "a"}, "A")
    assert call["attributes"] == {"child_run_id": child["run_id"]}
    assert call["parent_event_id"] == recording.event("asking")["event_id"]
    assert (child["parent_run_id"], child["parent_event_id"]) == (parent["run_id"], call["event_id"])
    assert recording.event("helping")["run_id"] == child["run_id"]
    assert (parent["session_id"], parent["tags"], parent["mode"]) == ("s", ["a"], "one_shot")
    assert parent["metadata"] == {"version": 2}


def test_a_nested_agent_that_fails_fails_in_both_runs(recording: Recorded) -> None:
    @runreel.agent
    def failing() -> None:
        raise LookupError("nothing")

    @runreel.agent
    def outer() -> str:
        with pytest.raises(LookupError):
            failing()
        return "went on"

    outer()
    assert recording.run("failing")["error"]["type"] == "LookupError"
    assert recording.event("failing")["status"] == "failed"
    assert recording.run("outer")["status"] == "completed"


async def test_agents_at_the_same_time_are_runs_of_their_own(recording: Recorded) -> None:
    @runreel.agent
    async def one(number: int) -> int:
        await asyncio.sleep(0)
        runreel.event("inside", inputs=number)
        return number

    assert await asyncio.gather(*(one(number) for number in range(20))) == list(range(20))
    outputs = {run["run_id"]: run["outputs"] for run in recording.runs}
    assert len(outputs) == 20
    assert all(outputs[event["run_id"]] == event["inputs"] for event in recording.events)


def test_what_is_outside_of_all_runs_is_in_that_of_the_process() -> None:
    with recorded("mine") as recording:
        runreel.event("one")
        runreel.event("two")
        helper("x")
    (own_id,) = {event["run_id"] for event in recording.events if event["name"] != "helping"}
    assert {run["agent_name"] for run in recording.runs} == {"mine"}
    assert {run["run_id"]: run["status"] for run in recording.runs}[own_id] == "completed"
    (called,) = (run for run in recording.runs if run["run_id"] != own_id)
    assert "parent_run_id" not in called


def test_settings_hold_for_every_run() -> None:
    settings = {"session": "s", "environment": "test", "tags": ("t",), "metadata": {"k": 1}}
    block = runreel.run("given", task="Do it.", tags=["u", "t"], metadata={"m": 2})
    with recorded("a", **settings) as recording, block:
        pass
    (run,) = recording.runs
    assert (run["agent_name"], run["run_name"], run["session_id"], run["environment"]) == ("a", "given", "s", "test")
    assert (run["tags"], run["metadata"], run["task"]) == (["t", "u"], {"k": 1, "m": 2}, "Do it.")


def test_a_run_says_what_is_set_of_it(recording: Recorded) -> None:
    with runreel.run() as run:
        run.set_output({"n": 1})
        run.add_tags("x", "y")
        run.add_tags("y", "z")
        run.add_metadata({"k": 2})
        run.set_status("waiting_approval")
    (merged,) = recording.runs
    assert (merged["outputs"], merged["tags"], merged["metadata"]) == ({"n": 1}, ["x", "y", "z"], {"k": 2})
    statuses = [record["status"] for record in recording if "status" in record]
    assert statuses == ["executing", "waiting_approval", "completed"]


def test_an_end_that_was_set_is_told_at_the_end(recording: Recorded) -> None:
    with runreel.run():
        runreel.set_status("failed")
    assert [record["status"] for record in recording if "status" in record] == ["executing", "failed"]


def test_the_name_is_a_placeholder_until_the_server_has_answered(recording: Recorded) -> None:
    with runreel.run() as run:
        assert runreel.get_current_run_name() == f"temp_{run.run_id}"
        recording.names[run.run_id] = "run 7"
        assert runreel.get_current_run_name() == "run 7"
    with runreel.run("wished") as run:
        assert run.name == "wished"


def test_a_run_that_ended_goes_on_under_its_numbers(recording: Recorded) -> None:
    with runreel.run() as first:
        pass
    with runreel.run(run_id=first.run_id):
        runreel.event("again")
    assert len(recording.runs) == 1
    assert [record["number"] for record in recording] == [1, 2, 3, 4, 5]
    assert [record.get("status") for record in recording] == [
        "executing", "completed", "executing", "completed", "completed",
    ]  # fmt: skip


def test_a_run_that_is_open_is_entered_again(recording: Recorded) -> None:
    with runreel.run() as first:
        with runreel.run(run_id=first.run_id) as second:
            runreel.event("inside")
        assert second is first
        assert recording.runs[0]["status"] == "executing"
    assert [record["record"] for record in recording] == ["run", "event", "run"]


@pytest.mark.parametrize("run_id", ["", "a b", "ü", "x" * 65, 7, object()])
def test_an_unusable_run_id_is_replaced(recording: Recorded, run_id: object) -> None:
    with runreel.run(run_id=run_id) as run:  # type: ignore[arg-type]
        assert run.run_id != run_id or run_id == 7
    assert len(recording.runs) == 1


def test_large_values_become_files_of_the_run_that_tells_them(recording: Recorded) -> None:
    large = "x" * 200_000

    @runreel.agent
    def inner(text: str) -> str:
        return text

    @runreel.agent
    def outer() -> str:
        return inner(large)

    assert outer() is large
    named: dict[str, set[str]] = {}
    for thing in [*recording.runs, *recording.events]:
        for value in (thing.get("inputs", {}).get("text") if thing.get("inputs") else None, thing.get("outputs")):
            if isinstance(value, dict):
                named.setdefault(thing["run_id"], set()).add(value["$file"])
    kept: dict[str, set[str]] = {}
    for file in recording.merged("file"):
        kept.setdefault(file["run_id"], set()).add(file["file_id"])
    assert named == kept
    assert {run["run_id"] for run in recording.runs} == kept.keys()
    assert all(content == large.encode() for content in recording.files.values())
    order = [(record["record"], "$file" in str(record)) for record in recording]
    assert order.index(("file", False)) < order.index(("run", True))


@pytest.mark.parametrize("comes_first", ["moment", "start", "end"])
def test_another_recorder_numbers_from_one(recording: Recorded, comes_first: str) -> None:
    """A forked child is another recorder, and so is the client after a shutdown."""
    client = clients.current_client()
    assert client is not None
    with runreel.run() as run, runreel.span("across"):
        first = client.recorder_id
        assert run.record_count() == 2
        client.recorder_id = "another"
        if comes_first == "moment":
            runreel.event("in between")
        elif comes_first == "start":
            runreel.span("in between").__enter__()
    numbers: dict[str, list[int]] = {}
    for record in recording:
        numbers.setdefault(record["recorder_id"], []).append(record["number"])
    n_between = 0 if comes_first == "end" else 1
    assert numbers == {first: [1, 2], "another": list(range(1, n_between + 3))}
    assert run.record_count() == n_between + 2


def test_two_threads_that_see_another_recorder_number_on(recording: Recorded) -> None:
    with runreel.run() as run:
        run.renumber()
        runreel.event("one")
    assert [record["number"] for record in recording] == [1, 2, 3]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_draws_ids_of_its_own() -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, new_run_id().encode())
        os._exit(0)
    mine = new_run_id()
    os.waitpid(pid, 0)
    assert os.read(reader, 64).decode() != mine
    os.close(reader)
    os.close(writer)


def test_asking_for_the_run_of_the_process_does_not_begin_it(recording: Recorded) -> None:
    run = runreel.current_run()
    assert runreel.get_current_run_name() == f"temp_{run.run_id}"
    assert recording.records == []


def test_the_run_that_was_asked_for_is_the_one_that_begins(recording: Recorded) -> None:
    run = runreel.current_run()
    runreel.event("later")
    assert runreel.current_run() is run
    assert [record["record"] for record in recording] == ["run", "event"]
    assert {record["run_id"] for record in recording} == {run.run_id}


def test_what_is_said_of_the_run_of_the_process_begins_it() -> None:
    for say in (lambda run: run.add_tags("a"), lambda run: run.set_output(1), lambda run: run.set_status("failed")):
        with recorded() as recording:
            say(runreel.current_run())
        first, *_, last = recording.records
        assert (first["phase"], first["status"], last["phase"]) == ("start", "executing", "end")
