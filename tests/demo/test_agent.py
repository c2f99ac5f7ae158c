"""The demo agent at work, by what it records."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest

import runreel
from runreel.demo import scripted_model
from runreel.demo.agent import Surroundings, do_job
from runreel.demo.errors import StepFailedError, StoppedError
from runreel.demo.pace import Pace
from runreel.demo.scenes import CLIMATE, DESK, SCRIPT, STARS, Job, iter_jobs
from runreel.testing import Recorded, recorded
from runreel.wire.native import decode_batch

N_KINDS = 6


def job_of(agent_name: str, part: str) -> Job:
    return next(job for job in islice(iter_jobs(), N_KINDS) if job.agent_name == agent_name and part in job.task)


def perform(job: Job, model_url: str) -> Recorded:
    with recorded() as recording, suppress(StepFailedError):
        do_job(job, Surroundings(model_url=model_url, pace=Pace(0)))
    return recording


def events_of(recording: Recorded, event_type: str, **fields: object) -> list[dict[str, Any]]:
    return [
        event
        for event in recording.events
        if event["event_type"] == event_type and all(event.get(key) == value for key, value in fields.items())
    ]


def statuses_of_nodes(recording: Recorded) -> dict[str, str]:
    planned = {node["node_id"]: node.get("status", "pending") for node in recording.merged("node")}
    return planned | {event["node_id"]: event["status"] for event in events_of(recording, "node_execution")}


def test_a_run_goes_from_planning_to_its_end(model_url: str) -> None:
    recording = perform(job_of(CLIMATE, "widest"), model_url)

    statuses = [record["status"] for record in recording if record["record"] == "run" and "status" in record]
    assert statuses == ["executing", "planning", "executing", "completed"]
    assert statuses_of_nodes(recording) == dict.fromkeys(["planning", "step_1", "step_2", "terminator"], "completed")
    edges = {(edge["source"], edge["target"]) for edge in recording if edge["record"] == "edge"}
    assert edges == {("planning", "step_1"), ("step_1", "step_2"), ("step_2", "terminator")}


def test_the_plan_is_told_before_its_steps_run(model_url: str) -> None:
    records = perform(job_of(CLIMATE, "widest"), model_url).records

    planned = [record for record in records if record["record"] == "node" and "order_index" in record]
    assert [(node["node_id"], node.get("node_type"), node.get("goal")) for node in planned] == [
        ("planning", None, None),
        ("step_1", "step", "Look at the table of temperatures"),
        ("step_2", "step", "Compute the range of every city and keep it in ranges.csv"),
        ("terminator", "terminator", "Answer the task"),
    ]
    first_step = next(
        index for index, record in enumerate(records) if (record["record"], record.get("name")) == ("event", "step_1")
    )
    assert records.index(planned[-1]) < first_step


def test_its_answer_was_computed_from_the_data(model_url: str) -> None:
    recording = perform(job_of(CLIMATE, "widest"), model_url)

    (execution,) = events_of(recording, "code_exec")
    assert "temperatures.csv" in execution["inputs"]["code"]
    assert execution["outputs"] == {
        "exit_code": 0,
        "stdout": '{"widest": "Yakutsk", "degrees": 57.0, "narrowest": "Quito"}\n',
        "stderr": "",
    }
    answer = "Yakutsk has the widest range, 57.0 degrees; Quito has the narrowest."
    assert recording.run(CLIMATE)["outputs"] == {"answer": answer}
    assert recording.merged("message")[-1]["content"] == answer


def test_a_produced_file_belongs_to_the_event_that_wrote_it(model_url: str) -> None:
    recording = perform(job_of(CLIMATE, "widest"), model_url)

    (execution,) = events_of(recording, "code_exec")
    (file,) = recording.merged("file")
    assert (file["path"], file["node_id"], file["event_id"]) == ("ranges.csv", "step_2", execution["event_id"])
    assert recording.files[file["file_id"]].startswith(b"city,range\nYakutsk,57\n")


def test_every_start_has_its_end_and_every_event_its_parent(model_url: str) -> None:
    for job in islice(iter_jobs(), N_KINDS):
        records = [record for record in perform(job, model_url) if record["record"] == "event"]
        started = {record["event_id"] for record in records if record["phase"] == "start"}
        ended = [record["event_id"] for record in records if record["phase"] == "end"]
        parents = {record["parent_event_id"] for record in records if "parent_event_id" in record}

        assert sorted(started) == sorted(ended)
        assert parents <= started


def test_usage_is_what_the_model_reported(model_url: str) -> None:
    recording = perform(job_of(STARS, "nearest"), model_url)

    calls = events_of(recording, "llm_call")
    assert len(calls) == 6
    assert calls[0]["usage"] == {"tokens_in": 23, "tokens_out": 25, "cost": 4.92e-05}
    assert calls[0]["inputs"]["messages"][0]["role"] == "system"
    assert calls[0]["outputs"]["role"] == "assistant"
    assert calls[0]["attributes"] == {"attempt": 1, "price": "invented for the demo", "finish_reason": "stop"}


def test_a_task_without_data_fails_honestly(model_url: str) -> None:
    recording = perform(job_of(CLIMATE, "rain"), model_url)

    (tool,) = events_of(recording, "tool_call", status="failed")
    assert tool["error"]["type"] == "FileNotFoundError"
    assert tool["error"]["message"] == "[Errno 2] No such file or directory: 'rainfall.csv'"
    assert statuses_of_nodes(recording) == {
        "planning": "completed",
        "step_1": "failed",
        "step_2": "skipped",
        "terminator": "skipped",
    }
    run = recording.run(CLIMATE)
    assert run["status"] == "failed"
    assert run["error"]["message"] == "there is no rainfall among the tables: stars.csv, temperatures.csv"


def test_a_busy_model_is_asked_again(model_url: str) -> None:
    recording = perform(job_of(CLIMATE, "warmer"), model_url)

    (failed,) = events_of(recording, "llm_call", status="failed")
    assert failed["error"]["type"] == "runreel.demo.errors.ModelBusyError"
    assert failed["attributes"]["attempt"] == 1
    assert recording.run(CLIMATE)["status"] == "completed"


def test_code_with_a_mistake_is_mended(model_url: str) -> None:
    recording = perform(job_of(STARS, "light"), model_url)

    first, second = events_of(recording, "code_exec")
    assert (first["status"], first["outputs"]["exit_code"]) == ("failed", 1)
    assert first["error"]["message"].endswith("KeyError: 'distance'")
    assert (second["status"], second["outputs"]["exit_code"]) == ("completed", 0)
    (diff,) = second["attributes"]["diffs"]
    assert '-    parsecs = float(row["distance"])' in diff["diff"]
    answer = "Deneb gives off the most light: its absolute magnitude is -8.27."
    assert recording.run(STARS)["outputs"] == {"answer": answer}


def test_a_colleague_works_in_a_run_of_its_own(model_url: str) -> None:
    recording = perform(job_of(DESK, "page"), model_url)

    parent, child = recording.run(DESK), recording.run(CLIMATE)
    (tool,) = events_of(recording, "tool_call", name="ask_colleague")
    (handoff,) = events_of(recording, "handoff", parent_event_id=tool["event_id"])
    assert handoff["inputs"] == {"sender": DESK, "recipient": CLIMATE, "reason": child["task"]}
    (call,) = events_of(recording, "agent_call", parent_event_id=tool["event_id"])
    assert child["parent_run_id"] == parent["run_id"] != child["run_id"]
    assert child["parent_event_id"] == call["event_id"]
    assert child["session_id"] == parent["session_id"] == "Pages"
    (page,) = (file for file in recording.merged("file") if file["path"] == "page.md")
    assert page["is_final_output"] is True


def test_a_person_is_asked_before_a_page_is_written(model_url: str) -> None:
    with recorded() as recording:
        recording.answer("May I write page.md?", "leave it", feedback="Too long.")
        with pytest.raises(StepFailedError, match="not to be written: Too long"):
            do_job(job_of(DESK, "page"), Surroundings(model_url=model_url, pace=Pace(0)))

    assert recording.run(DESK)["status"] == "failed"
    assert [file["path"] for file in recording.merged("file")] == ["ranges.csv"]


def test_a_run_that_is_to_stop_is_cancelled(model_url: str) -> None:
    with recorded() as recording:
        recording.request("cancel")
        with pytest.raises(runreel.StopRequestedError):
            do_job(job_of(CLIMATE, "widest"), Surroundings(model_url=model_url, pace=Pace(0)))

    assert recording.run(CLIMATE)["status"] == "cancelled"


def test_a_run_that_is_to_pause_does_not_keep_the_demo_from_ending(model_url: str) -> None:
    pace = Pace(0)
    threading.Timer(0.3, pace.stop).start()
    with recorded() as recording:
        recording.request("pause")
        with pytest.raises(StoppedError):
            do_job(job_of(CLIMATE, "widest"), Surroundings(model_url=model_url, pace=pace))

    statuses = [record["status"] for record in recording if record["record"] == "run" and "status" in record]
    assert statuses == ["executing", "planning", "paused", "cancelled"]


def test_two_performances_differ_in_ids_and_times_only() -> None:
    def perform_all() -> list[object]:
        with scripted_model.serving(SCRIPT, wait=lambda _: None) as model_url:
            return [timeless(one) for job in islice(iter_jobs(), N_KINDS) for one in perform(job, model_url)]

    assert perform_all() == perform_all()


def timeless(value: object) -> object:
    """Drop what differs between two performances: ids that are chosen at random, times, stacks."""
    volatile = {"stack"}
    if isinstance(value, dict):
        return {
            key: timeless(part)
            for key, part in value.items()
            if key not in volatile and not key.endswith(("_at", "duration_ms", "_id"))
        }
    return [timeless(part) for part in value] if isinstance(value, (list, tuple)) else value


def test_a_server_takes_every_record_without_remark(model_url: str) -> None:
    records = [one for job in islice(iter_jobs(), N_KINDS) for one in perform(job, model_url)]

    batch = decode_batch(
        json.dumps({"version": 1, "records": records}).encode(), max_record_bytes=1_000_000, max_records=100_000
    )

    assert (batch.refused, batch.warnings) == ([], [])
    assert len(batch.records) == len(records)


def test_being_stopped_is_no_failure(model_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(0)
    message = runreel.message

    def stop_after(content: object, **said: Any) -> None:
        message(content, **said)
        pace.stop()

    monkeypatch.setattr(runreel, "message", stop_after)
    with recorded() as recording, pytest.raises(StoppedError):
        do_job(job_of(CLIMATE, "widest"), Surroundings(model_url=model_url, pace=pace))

    assert statuses_of_nodes(recording) == {
        "planning": "completed",
        "step_1": "cancelled",
        "step_2": "skipped",
        "terminator": "skipped",
    }
    run = recording.run(CLIMATE)
    assert run["status"] == "cancelled"
    assert "error" not in run
