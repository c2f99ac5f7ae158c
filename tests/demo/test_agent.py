"""The demo agent at work, by the records that it sends."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import islice

import pytest

from runreel.demo import scripted_model
from runreel.demo.agent import Surroundings, do_job
from runreel.demo.errors import StepFailedError, StoppedError
from runreel.demo.pace import Pace
from runreel.demo.recording import Record
from runreel.demo.scenes import CLIMATE, DESK, SCRIPT, STARS, Job, iter_jobs
from runreel.wire.native import decode_batch

N_KINDS = 6


def job_of(agent_name: str, part: str) -> Job:
    return next(job for job in islice(iter_jobs(), N_KINDS) if job.agent_name == agent_name and part in job.task)


def record(job: Job, model_url: str) -> list[Record]:
    records: list[Record] = []
    with suppress(StepFailedError):
        do_job(job, Surroundings(send=records.append, model_url=model_url, pace=Pace(0)))
    return records


def of_kind(records: list[Record], kind: str, **fields: object) -> list[Record]:
    return [
        record
        for record in records
        if record["record"] == kind and all(record.get(key) == value for key, value in fields.items())
    ]


def test_a_run_goes_from_planning_to_its_end(model_url: str) -> None:
    records = record(job_of(CLIMATE, "widest"), model_url)

    assert [run["status"] for run in of_kind(records, "run")] == ["planning", "executing", "completed"]
    nodes = [(node["node_id"], node["status"]) for node in of_kind(records, "node")]
    assert nodes == [
        ("planning", "pending"),
        ("planning", "running"),
        ("step_1", "pending"),
        ("step_2", "pending"),
        ("terminator", "pending"),
        ("planning", "completed"),
        ("step_1", "running"),
        ("step_1", "completed"),
        ("step_2", "running"),
        ("step_2", "completed"),
        ("terminator", "running"),
        ("terminator", "completed"),
    ]
    edges = [(edge["source"], edge["target"]) for edge in of_kind(records, "edge")]
    assert edges == [("planning", "step_1"), ("step_1", "step_2"), ("step_2", "terminator")]


def test_its_answer_was_computed_from_the_data(model_url: str) -> None:
    records = record(job_of(CLIMATE, "widest"), model_url)

    (execution,) = of_kind(records, "event", event_type="code_exec")
    (end,) = of_kind(records, "event", phase="end", event_id=execution["event_id"])
    assert "temperatures.csv" in str(execution["inputs"])
    assert end["outputs"] == {
        "exit_code": 0,
        "stdout": '{"widest": "Yakutsk", "degrees": 57.0, "narrowest": "Quito"}\n',
        "stderr": "",
    }
    answer = "Yakutsk has the widest range, 57.0 degrees; Quito has the narrowest."
    assert records[-1]["outputs"] == {"answer": answer}
    assert of_kind(records, "message")[-1]["content"] == answer


def test_a_produced_file_belongs_to_the_event_that_wrote_it(model_url: str) -> None:
    records = record(job_of(CLIMATE, "widest"), model_url)

    (execution,) = of_kind(records, "event", event_type="code_exec")
    (file,) = of_kind(records, "file")
    assert (file["path"], file["node_id"], file["event_id"]) == ("ranges.csv", "step_2", execution["event_id"])
    assert file["size_bytes"] == 114


def test_every_start_has_its_end_and_every_event_its_parent(model_url: str) -> None:
    for job in islice(iter_jobs(), N_KINDS):
        records = record(job, model_url)
        started = {event["event_id"]: event for event in of_kind(records, "event", phase="start")}
        ended = [event["event_id"] for event in of_kind(records, "event", phase="end")]
        parents = {event["parent_event_id"] for event in started.values() if "parent_event_id" in event}

        assert sorted(started) == sorted(ended)
        assert parents <= set(started)


def test_usage_is_what_the_model_reported(model_url: str) -> None:
    records = record(job_of(STARS, "nearest"), model_url)

    calls = {event["event_id"] for event in of_kind(records, "event", event_type="llm_call")}
    usages = [event["usage"] for event in of_kind(records, "event", phase="end") if event["event_id"] in calls]
    assert len(usages) == 6
    assert all(set(usage) == {"tokens_in", "tokens_out", "cost"} for usage in usages)
    assert usages[0] == {"tokens_in": 23, "tokens_out": 25, "cost": 4.92e-05}


def test_a_task_without_data_fails_honestly(model_url: str) -> None:
    records = record(job_of(CLIMATE, "rain"), model_url)

    failed = of_kind(records, "event", phase="end", status="failed")
    assert [event["error"]["type"] for event in failed] == ["FileNotFoundError", "StepFailedError"]
    assert failed[0]["error"]["message"] == "[Errno 2] No such file or directory: 'rainfall.csv'"
    nodes = {str(node["node_id"]): node["status"] for node in of_kind(records, "node")}
    assert nodes == {"planning": "completed", "step_1": "failed", "step_2": "skipped", "terminator": "skipped"}
    assert records[-1]["status"] == "failed"
    assert records[-1]["error"]["message"] == "there is no rainfall among the tables: stars.csv, temperatures.csv"


def test_a_busy_model_is_asked_again(model_url: str) -> None:
    records = record(job_of(CLIMATE, "warmer"), model_url)

    (failed,) = of_kind(records, "event", phase="end", status="failed")
    assert failed["error"]["type"] == "ModelBusyError"
    assert failed["attributes"]["attempt"] == 1
    assert records[-1]["status"] == "completed"


def test_code_with_a_mistake_is_mended(model_url: str) -> None:
    records = record(job_of(STARS, "light"), model_url)

    executions = [event["event_id"] for event in of_kind(records, "event", event_type="code_exec")]
    ends = {event["event_id"]: event for event in of_kind(records, "event", phase="end")}
    first, second = (ends[event_id] for event_id in executions)
    assert (first["status"], first["outputs"]["exit_code"]) == ("failed", 1)
    assert first["error"]["message"].endswith("KeyError: 'distance'")
    assert (second["status"], second["outputs"]["exit_code"]) == ("completed", 0)
    assert records[-1]["outputs"] == {"answer": "Deneb gives off the most light: its absolute magnitude is -8.27."}


def test_a_colleague_works_in_a_run_of_its_own(model_url: str) -> None:
    records = record(job_of(DESK, "page"), model_url)

    parent, child = (run for run in of_kind(records, "run", phase="start", status="planning"))
    (handoff,) = of_kind(records, "event", event_type="handoff")
    assert (parent["agent_name"], child["agent_name"]) == (DESK, CLIMATE)
    assert child["parent_run_id"] == parent["run_id"] != child["run_id"]
    assert child["parent_event_id"] == handoff["event_id"]
    assert child["session_id"] == parent["session_id"]
    (page,) = of_kind(records, "file", path="page.md")
    assert page["is_final_output"] is True


def test_two_performances_differ_in_ids_and_times_only() -> None:
    def perform() -> list[object]:
        with scripted_model.serving(SCRIPT, wait=lambda _: None) as model_url:
            return [timeless(one) for job in islice(iter_jobs(), N_KINDS) for one in record(job, model_url)]

    assert perform() == perform()


def timeless(value: object) -> object:
    """Drop what differs between two performances: ids that are chosen at random, times, stacks."""
    volatile = {"run_id", "parent_run_id", "event_id", "parent_event_id", "message_id", "file_id", "stack"}
    if isinstance(value, dict):
        return {
            key: timeless(part)
            for key, part in value.items()
            if key not in volatile and not key.endswith(("_at", "duration_ms"))
        }
    return [timeless(part) for part in value] if isinstance(value, (list, tuple)) else value


def test_a_server_takes_every_record_without_remark(model_url: str) -> None:
    records = [one for job in islice(iter_jobs(), N_KINDS) for one in record(job, model_url)]

    batch = decode_batch(
        json.dumps({"version": 1, "records": records}).encode(), max_record_bytes=1_000_000, max_records=100_000
    )

    assert (batch.refused, batch.warnings) == ([], [])
    assert len(batch.records) == len(records)


def test_being_stopped_is_no_failure(model_url: str) -> None:
    records: list[Record] = []
    pace = Pace(0)

    def send(one: Record) -> None:
        records.append(one)
        if one["record"] == "node" and one.get("node_id") == "step_1" and one["status"] == "running":
            pace.stop()

    with pytest.raises(StoppedError):
        do_job(job_of(CLIMATE, "widest"), Surroundings(send=send, model_url=model_url, pace=pace))

    nodes = {str(node["node_id"]): node["status"] for node in of_kind(records, "node")}
    assert nodes == {"planning": "completed", "step_1": "cancelled", "step_2": "skipped", "terminator": "skipped"}
    assert records[-1]["status"] == "cancelled"
    assert "error" not in records[-1]
