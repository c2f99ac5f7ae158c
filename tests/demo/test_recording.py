"""The records of one run, as they are written."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from runreel.demo.errors import StoppedError
from runreel.demo.recording import Record, Recording


def make_recording(records: list[Record]) -> Recording:
    times = (datetime(2026, 11, 22, 4, tzinfo=UTC) + timedelta(seconds=second) for second in itertools.count())
    ids = (f"id-{number}" for number in itertools.count(1))
    return Recording(
        records.append, run_id="run-1", agent_name="agent", now=lambda: next(times), new_id=lambda: next(ids)
    )


def test_an_event_is_told_when_it_begins_and_when_it_ends() -> None:
    records: list[Record] = []
    recording = make_recording(records)

    with recording.event("agent_call", "planner", node_id="planning") as outer:
        with recording.event("llm_call", "m-1", node_id="planning", parent=outer, model="m-1") as inner:
            inner.usage = {"tokens_in": 1}
        outer.outputs = {"plan": []}

    assert [(one["phase"], one["event_id"]) for one in records] == [
        ("start", "id-1"),
        ("start", "id-2"),
        ("end", "id-2"),
        ("end", "id-1"),
    ]
    assert records[1] == {
        "record": "event",
        "run_id": "run-1",
        "recorded_at": "2026-11-22T04:00:04.000000+00:00",
        "phase": "start",
        "event_id": "id-2",
        "event_type": "llm_call",
        "name": "m-1",
        "node_id": "planning",
        "parent_event_id": "id-1",
        "agent_name": "agent",
        "sequence": 2,
        "started_at": "2026-11-22T04:00:03.000000+00:00",
        "model": "m-1",
    }
    assert records[2]["usage"] == {"tokens_in": 1}
    assert records[3]["outputs"] == {"plan": []}


@pytest.mark.parametrize(("error", "status"), [(ValueError("no"), "failed"), (StoppedError("end"), "cancelled")])
def test_an_exception_ends_what_goes_on_and_is_still_raised(error: Exception, status: str) -> None:
    records: list[Record] = []
    recording = make_recording(records)

    with pytest.raises(type(error)), recording.node("step_1"), recording.event("tool_call", "t", node_id="step_1"):
        raise error

    assert [(one["record"], one["status"]) for one in records if one["phase"] == "end"] == [
        ("event", status),
        ("node", status),
    ]
    assert ("error" in records[-1]) == (status == "failed")


def test_an_error_is_told_with_its_stack() -> None:
    records: list[Record] = []
    recording = make_recording(records)

    with pytest.raises(LookupError), recording.event("tool_call", "t", node_id=None):
        raise LookupError("nothing there")

    error = records[-1]["error"]
    assert isinstance(error, dict)
    assert (error["type"], error["message"]) == ("LookupError", "nothing there")
    assert "raise LookupError" in error["stack"]
    assert "node_id" not in records[0]


def test_a_run_keeps_its_start_through_every_status() -> None:
    records: list[Record] = []
    recording = make_recording(records)

    recording.run_began(status="planning", task="Think")
    recording.run_is("executing")
    recording.run_ended("completed", outputs={"answer": 42})

    assert [one["status"] for one in records] == ["planning", "executing", "completed"]
    assert records[0]["started_at"] == records[1]["started_at"]
    assert records[2]["phase"] == "end"
