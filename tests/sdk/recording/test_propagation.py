"""A run goes on in another service or process."""

from __future__ import annotations

from typing import Any

import pytest

import runreel
from runreel.sdk.recording import program_name
from runreel.testing import Recorded, recorded


@runreel.tool
def remote() -> None:
    runreel.event("deep")


def test_headers_tell_run_and_event(recording: Recorded) -> None:
    with runreel.run() as run, runreel.span("calling") as event:
        headers = runreel.inject({"accept": "text/plain"})
    assert headers == {
        "accept": "text/plain",
        "traceparent": f"00-{run.run_id}-{event.event_id}-01",
        "runreel-run": f"{run.run_id};{event.event_id}",
    }


def test_outside_of_runs_nothing_is_put_into_headers(recording: Recorded) -> None:
    assert runreel.inject() == {}
    assert recording.records == []


def test_a_trace_of_somebody_else_stays(recording: Recorded) -> None:
    theirs = "00-11111111111111111111111111111111-2222222222222222-01"
    with runreel.run() as run:
        headers = runreel.inject({"traceparent": theirs})
    assert headers == {"traceparent": theirs, "runreel-run": f"{run.run_id};"}


def test_events_elsewhere_are_in_the_same_run_under_the_caller() -> None:
    with recorded("here") as here, runreel.run() as run, runreel.node("stage é/;"), runreel.span("calling") as event:
        headers = runreel.inject()
    with recorded("there") as there, runreel.extract(headers) as same:
        assert same.run_id == run.run_id
        remote()
    found = there.event("remote")
    assert (found["run_id"], found["parent_event_id"], found["node_id"]) == (run.run_id, event.event_id, "stage é/;")
    assert there.event("deep")["parent_event_id"] == found["event_id"]
    # The run itself is told by the one who began it.
    assert there.runs == []
    numbers = [record["number"] for record in there]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {record["recorder_id"] for record in there}.isdisjoint({record["recorder_id"] for record in here})


def test_an_agent_elsewhere_is_a_child_run() -> None:
    with recorded("here"), runreel.run() as run, runreel.span("calling") as event:
        headers = runreel.inject()
    with recorded("there") as there, runreel.extract(headers):
        runreel.agent("helper")(remote)()
    child, call = there.run("helper"), there.event("helper")
    assert (call["event_type"], call["run_id"], call["parent_event_id"]) == ("agent_call", run.run_id, event.event_id)
    assert (child["parent_run_id"], child["parent_event_id"]) == (run.run_id, call["event_id"])


@pytest.mark.parametrize(
    "headers",
    [
        {"Runreel-Run": "r1;e1"},
        [(b"runreel-run", b"r1;e1")],
        (("RUNREEL-RUN", " r1;e1 "),),
    ],
)
def test_headers_are_found_in_every_form(recording: Recorded, headers: Any) -> None:
    with runreel.extract(headers):
        remote()
    assert (recording.event("remote")["run_id"], recording.event("remote")["parent_event_id"]) == ("r1", "e1")


def test_a_trace_alone_is_a_run(recording: Recorded) -> None:
    trace, span = "1" * 32, "2" * 16
    with runreel.extract({"traceparent": f"00-{trace}-{span}-00"}):
        remote()
    assert (recording.event("remote")["run_id"], recording.event("remote")["parent_event_id"]) == (trace, span)


@pytest.mark.parametrize(
    "headers",
    [
        None, {}, {"traceparent": "nonsense"}, {"traceparent": f"00-{'0' * 32}-{'2' * 16}-01"}, 7, "text", [1, 2],
        {"runreel-run": "bad id;x"}, {"traceparent": 5}, {"runreel-run": ""},
    ],
    ids=repr,
)  # fmt: skip
def test_headers_that_tell_nothing_change_nothing(recording: Recorded, headers: Any) -> None:
    with runreel.extract(headers):
        remote()
    assert recording.event("remote")["run_id"] == recording.run(program_name())["run_id"]


def test_an_open_run_of_this_process_is_the_same_run(recording: Recorded) -> None:
    with runreel.run() as run:
        headers = runreel.inject()
        with runreel.extract(headers) as same:
            assert same is run
            remote()
    numbers = [record["number"] for record in recording]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [record["record"] for record in recording].count("run") == 2


def test_a_run_that_comes_again_and_again_is_numbered_on(recording: Recorded) -> None:
    for _ in range(3):
        with runreel.extract({"runreel-run": "r1;e1"}):
            remote()
    numbers = [record["number"] for record in recording]
    assert numbers == list(range(1, len(numbers) + 1))
