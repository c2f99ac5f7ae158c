"""The GATI dialect, by the table of what its SDK sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runreel.errors import DecodeError
from runreel.model.instant import MICROSECONDS_PER_HOUR
from runreel.model.record import Batch, Rank, Record, RecordKind, split_edge_key
from runreel.wire.gati import decode_batch

AT = 1_795_320_000_000_000
TIME = "2026-11-22T04:00:00"

ENVELOPE: dict[str, Any] = {
    "event_type": "step",
    "run_id": "run-1",
    "run_name": "temp_0f5a",
    "timestamp": TIME,
    "agent_name": "planner",
    "event_id": "event-1",
    "parent_event_id": "parent",
    "previous_event_id": "before",
}


def make_gati(event_type: str = "step", *, data: object = None, **fields: object) -> dict[str, Any]:
    """Build an event as the SDK sends it: every field of `data` is repeated at the top level."""
    repeated = data if isinstance(data, dict) else {}
    return {**ENVELOPE, "event_type": event_type, **repeated, "data": {} if data is None else data, **fields}


def decode(*events: object, max_record_bytes: int = 100_000) -> Batch:
    return decode_batch(json.dumps({"events": events}).encode(), max_record_bytes=max_record_bytes)


def decode_event(event: dict[str, Any]) -> Record:
    """Decode one event and return the record of the event itself."""
    batch = decode(event)
    assert batch.refused == []
    (record,) = records_of(batch, RecordKind.EVENT)
    return record


def records_of(batch: Batch, kind: RecordKind) -> list[Record]:
    return [record for record in batch.records if record.kind is kind]


def run_records_of(event: dict[str, Any]) -> list[Record]:
    return records_of(decode(event), RecordKind.RUN)


def test_an_event_keeps_what_its_envelope_says() -> None:
    record = decode_event(make_gati())
    assert (record.run_id, record.key, record.rank, record.recorded_at) == ("run-1", "event-1", Rank.END, AT)
    assert record.fields == {
        "event_type": "step",
        "agent_name": "planner",
        "parent_event_id": "parent",
        "previous_event_id": "before",
        "started_at": AT,
        "ended_at": AT,
        "status": "completed",
    }


def test_a_tool_call_carries_its_end_and_a_duration() -> None:
    data = {"tool_name": "search", "input": {"q": 1}, "output": [2], "latency_ms": 1500.5}
    fields = decode_event(make_gati("tool_call", data=data)).fields
    assert (fields["name"], fields["inputs"], fields["outputs"]) == ("search", {"q": 1}, [2])
    assert (fields["started_at"], fields["ended_at"]) == (AT - 1_500_500, AT)
    assert "attributes" not in fields


def test_a_tool_call_that_failed_says_why() -> None:
    error = {"type": "ValueError", "message": "no"}
    fields = decode_event(make_gati("tool_call", data={"tool_name": "search", "error": error})).fields
    assert (fields["status"], fields["error"]) == ("failed", error)


def test_an_llm_call_has_usage() -> None:
    data = {
        "model": "gpt-x",
        "prompt": "Say hello",
        "completion": "Hello",
        "system_prompt": "Be kind",
        "tokens_in": 12,
        "tokens_out": 2.0,
        "cost": 0.000_4,
        "latency_ms": 10,
    }
    fields = decode_event(make_gati("llm_call", data=data)).fields
    assert (fields["name"], fields["model"]) == ("gpt-x", "gpt-x")
    assert (fields["tokens_in"], fields["tokens_out"], fields["cost_nanos"]) == (12, 2, 400_000)
    assert fields["inputs"] == {"prompt": "Say hello", "system_prompt": "Be kind"}
    assert fields["outputs"] == "Hello"
    assert fields["started_at"] == AT - 10_000
    assert "attributes" not in fields


def test_an_llm_call_of_langchain_says_how_it_failed_in_fields_of_its_own() -> None:
    data = {"model": "m", "status": "error", "error_type": "RateLimit", "error_message": "slow down", "tags": ["t"]}
    fields = decode_event(make_gati("llm_call", data=data)).fields
    assert fields["status"] == "failed"
    assert fields["error"] == {"type": "RateLimit", "message": "slow down"}
    assert fields["attributes"] == {"status": "error", "tags": ["t"]}


def test_a_step_has_a_name_and_a_duration() -> None:
    data = {"step_name": "clean", "input": 1, "output": 0, "duration_ms": 2, "metadata": {"k": 1}}
    fields = decode_event(make_gati("step", data=data)).fields
    assert (fields["name"], fields["inputs"], fields["outputs"]) == ("clean", 1, 0)
    assert fields["started_at"] == AT - 2_000
    assert fields["attributes"] == {"metadata": {"k": 1}}


def test_a_node_execution_belongs_to_its_node() -> None:
    data = {
        "node_name": "planning",
        "state_before": {"a": 1},
        "state_after": {"a": 2},
        "state_diff": {"a": [1, 2]},
        "duration_ms": 5,
        "sequence_index": 3,
        "metadata": {"node_type": "agent"},
    }
    batch = decode(make_gati("node_execution", data=data))
    (event,) = records_of(batch, RecordKind.EVENT)
    assert (event.fields["node_id"], event.fields["name"]) == ("planning", "planning")
    assert (event.fields["inputs"], event.fields["outputs"]) == ({"a": 1}, {"a": 2})
    assert event.fields["started_at"] == AT - 5_000
    (node,) = records_of(batch, RecordKind.NODE)
    assert (node.key, node.rank, node.fields) == ("planning", Rank.INFERRED, {"node_type": "agent"})


def test_an_agent_start_opens_its_run() -> None:
    batch = decode(make_gati("agent_start", data={"input": "go", "metadata": {}}))
    (run,) = records_of(batch, RecordKind.RUN)
    assert (run.run_id, run.rank, run.recorded_at) == ("run-1", Rank.START, AT)
    assert run.fields == {"agent_name": "planner", "status": "executing", "started_at": AT, "inputs": "go"}
    (event,) = records_of(batch, RecordKind.EVENT)
    assert (event.fields["event_type"], event.fields["inputs"]) == ("agent_start", "go")


@pytest.mark.parametrize(
    ("said", "status"),
    [({}, "completed"), ({"error": {"type": "E", "message": "m"}}, "failed"), ({"status": "error"}, "failed")],
)
def test_an_agent_end_ends_its_run(said: dict[str, object], status: str) -> None:
    (run,) = run_records_of(make_gati("agent_end", data={"output": "done", "total_duration_ms": 2_000, **said}))
    assert (run.rank, run.fields["status"], run.fields["ended_at"]) == (Rank.END, status, AT)
    assert (run.fields["outputs"], run.fields["duration_us"]) == ("done", 2_000_000)
    assert run.fields.get("error") == said.get("error")


@pytest.mark.parametrize("event_type", ["agent_start", "agent_end"])
def test_the_pair_of_a_sub_graph_says_nothing_of_the_run(event_type: str) -> None:
    data = {"metadata": {"is_subgraph": True, "graph_structure": {"nodes": ["inner"], "edges": []}}}
    batch = decode(make_gati(event_type, agent_name="inner graph", data=data))
    assert records_of(batch, RecordKind.RUN) == []
    assert [node.key for node in records_of(batch, RecordKind.NODE)] == ["inner"]
    assert len(records_of(batch, RecordKind.EVENT)) == 1


@pytest.mark.parametrize("in_metadata", [True, False])
def test_a_graph_structure_declares_nodes_and_edges(in_metadata: bool) -> None:
    structure = {
        "nodes": ["planning", "step_1", 7, ""],
        "nodes_metadata": {"planning": {"node_type": "planning"}, "step_1": "odd"},
        "edges": [
            {"from": "planning", "to": "step_1", "type": "sequential"},
            {"from": "step_1", "to": "terminator", "condition": "x > 1"},
            {"from": "", "to": "x"},
            "odd",
        ],
        "entry_point": "planning",
    }
    data = {"metadata": {"graph_structure": structure}} if in_metadata else {"graph_structure": structure}
    batch = decode(make_gati("agent_start", data=data))
    nodes = {node.key: (node.rank, node.fields) for node in records_of(batch, RecordKind.NODE)}
    assert nodes == {
        "planning": (Rank.START, {"order_index": 0, "node_type": "planning"}),
        "step_1": (Rank.START, {"order_index": 1}),
    }
    assert [split_edge_key(edge.key) for edge in records_of(batch, RecordKind.EDGE)] == [
        ("planning", "step_1", "sequential", ""),
        ("step_1", "terminator", "conditional", "x > 1"),
    ]


@pytest.mark.parametrize("run_id", ["", None])
def test_events_without_a_run_are_collected_by_agent_and_day(run_id: str | None) -> None:
    def run_of(**fields: object) -> str:
        (record,) = records_of(decode(make_gati(**{"run_id": run_id, **fields})), RecordKind.EVENT)  # type: ignore[arg-type]
        return record.run_id

    assert run_of() == run_of(event_id="another", timestamp="2026-11-22T23:59:59")
    assert run_of() != run_of(timestamp="2026-11-23T00:00:00")
    assert run_of() != run_of(agent_name="writer")
    assert run_of(agent_name="") != run_of(agent_name="None")

    (run,) = run_records_of(make_gati(run_id=run_id))
    assert run.fields["run_name"] == "unattributed 2026-11-22"
    assert run.fields["metadata"] == {"unattributed": True}
    assert run.fields["agent_name"] == "planner"
    assert run.recorded_at == AT - 4 * MICROSECONDS_PER_HOUR


def test_fields_that_data_lacks_are_taken_from_the_top_level() -> None:
    event = {**ENVELOPE, "event_type": "tool_call", "tool_name": "search", "latency_ms": 3, "data": {"output": 1}}
    fields = decode_event(event).fields
    assert (fields["name"], fields["outputs"], fields["started_at"]) == ("search", 1, AT - 3_000)


def test_data_counts_more_than_the_top_level() -> None:
    fields = decode_event({**ENVELOPE, "event_type": "tool_call", "tool_name": "a", "data": {"tool_name": "b"}}).fields
    assert fields["name"] == "b"


@pytest.mark.parametrize("data", ["text", 7, [1], True])
def test_data_that_is_no_object_is_kept(data: object) -> None:
    assert decode_event(make_gati(data=data)).fields["attributes"] == {"data": data}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("latency_ms", "fast"),
        ("latency_ms", -1),
        ("latency_ms", "NaN"),
        ("latency_ms", True),
        ("latency_ms", 1e30),
        ("tokens_in", "12"),
        ("tokens_in", -1),
        ("tokens_in", 1.5),
        ("tokens_in", 2**70),
        ("cost", "free"),
        ("cost", -0.5),
        ("cost", 1e300),
        ("model", {"name": "m"}),
        ("model", "x" * 300),
    ],
)
def test_a_number_that_is_none_is_kept_and_counts_as_missing(key: str, value: object) -> None:
    record = decode_event(make_gati("llm_call", data={"model": "m", key: value}))
    assert record.fields["attributes"] == {key: value}
    assert record.fields["started_at"] == AT
    assert not {"tokens_in", "cost_nanos", "duration_us"} & record.fields.keys()


def test_what_json_has_no_word_for_costs_no_batch() -> None:
    body = (
        b'{"events": [{"event_type": "tool_call", "run_id": "r", "event_id": "a", "timestamp": "2026-11-22T04:00:00",'
        b'"data": {"tool_name": "t", "output": NaN, "input": -Infinity, "latency_ms": NaN}},'
        b'{"event_type": "tool_call", "run_id": "r", "event_id": "b", "data": {"output": "\\ud800", "input": 1'
        + b"0" * 40
        + b"}}]}"
    )
    first, second = records_of(decode_batch(body, max_record_bytes=100_000), RecordKind.EVENT)
    assert (first.fields["outputs"], first.fields["inputs"]) == ("NaN", "-Infinity")
    assert first.fields["attributes"] == {"latency_ms": "NaN"}
    assert (second.fields["outputs"], second.fields["inputs"]) == ("\ufffd", 10**40)


@pytest.mark.parametrize("run_name", ["temp_0f5a", "", None, 7, "  ", " temp_0f5a"])
def test_what_is_no_wish_names_no_run(run_name: object) -> None:
    assert run_records_of(make_gati(run_name=run_name)) == []


def test_a_run_name_is_only_a_wish() -> None:
    (run,) = run_records_of(make_gati(run_name="nightly"))
    assert (run.rank, run.recorded_at, run.fields) == (Rank.INFERRED, AT, {"run_name": "nightly"})


def test_of_the_wishes_of_a_batch_the_latest_is_kept() -> None:
    events = [
        make_gati(event_id=f"{place}", run_name=name, timestamp=time)
        for place, (name, time) in enumerate(
            [("a", TIME), ("z", "2026-11-22T05:00:00"), ("y", "2026-11-22T05:00:00"), ("b", TIME)]
        )
    ]
    (run,) = records_of(decode(*events), RecordKind.RUN)
    assert run.fields == {"run_name": "z"}


def test_an_event_without_an_id_gets_one_from_its_content() -> None:
    event = make_gati()
    del event["event_id"]
    first, again, other = decode(event), decode(event), decode({**event, "x": 1})
    keys = [records_of(batch, RecordKind.EVENT)[0].key for batch in (first, again, other)]
    assert keys[0] == keys[1] != keys[2]
    assert [(issue.index, issue.key) for issue in first.warnings] == [(0, keys[0])]


@pytest.mark.parametrize("timestamp", [None, "yesterday", [], True])
def test_an_event_without_a_time_is_taken_with_a_warning(timestamp: object) -> None:
    batch = decode(make_gati("tool_call", timestamp=timestamp, data={"latency_ms": 5}))
    (event,) = records_of(batch, RecordKind.EVENT)
    assert event.recorded_at == 0
    assert not {"started_at", "ended_at"} & event.fields.keys()
    assert event.fields["attributes"]["latency_ms"] == 5  # type: ignore[index]
    assert [issue.reason for issue in batch.warnings] == ["it had no readable timestamp"]


@pytest.mark.parametrize("run_id", ["a b", "x" * 65, 7, ["r"], "ü", "."])
def test_an_event_of_an_unusable_run_is_refused_alone(run_id: object) -> None:
    batch = decode(make_gati(event_id="bad", run_id=run_id), make_gati(event_id="good"))
    assert [(issue.index, issue.key) for issue in batch.refused] == [(0, "bad")]
    assert "is unusable" in batch.refused[0].reason
    assert [record.key for record in batch.records] == ["good"]
    assert batch.n_received == 2


@pytest.mark.parametrize("odd", [None, 7, "text", [], [[]]])
def test_what_is_no_object_is_refused_alone(odd: object) -> None:
    batch = decode(odd, make_gati())
    assert [issue.index for issue in batch.refused] == [0]
    assert [record.index for record in batch.records] == [1]


def test_an_event_that_is_too_large_is_refused_alone() -> None:
    batch = decode(make_gati(event_id="large", x="x" * 2_000), make_gati(), max_record_bytes=1_000)
    assert [issue.index for issue in batch.refused] == [0]
    assert "1000 is the most" in batch.refused[0].reason
    assert [record.key for record in batch.records] == ["event-1"]


def test_unknown_types_and_fields_are_kept() -> None:
    fields = decode_event(make_gati("dream", data={"depth": 3}, extra=[1])).fields
    assert fields["event_type"] == "dream"
    assert fields["attributes"] == {"depth": 3, "extra": [1]}


@pytest.mark.parametrize(("key", "value"), [("event_type", 5), ("event_type", "x" * 300), ("parent_event_id", ["p"])])
def test_an_unusable_field_of_the_envelope_is_kept(key: str, value: object) -> None:
    fields = decode_event(make_gati(**{key: value})).fields  # type: ignore[arg-type]
    assert value in fields["attributes"].values()  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [[], {}, 7, True, None])
def test_a_status_that_is_no_text_is_kept(status: object) -> None:
    fields = decode_event(make_gati("llm_call", data={"status": status})).fields
    assert fields["status"] == "completed"


def test_a_batch_holds_any_number_of_events() -> None:
    batch = decode(*(make_gati(event_id=f"{n}") for n in range(12_000)))
    assert len(batch.records) == batch.n_received == 12_000


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"events": {}}', b"text"])
def test_what_is_no_batch_is_an_error(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_batch(body, max_record_bytes=1_000)


def test_an_empty_batch_is_no_error() -> None:
    batch = decode()
    assert (batch.records, batch.refused, batch.n_received) == ([], [], 0)


@pytest.mark.parametrize("event_type", ["agent_start", "agent_end"])
def test_what_has_no_run_neither_starts_nor_ends_the_run_that_collects_it(event_type: str) -> None:
    event = make_gati(event_type, data={"graph_structure": {"nodes": ["planning"]}}, run_id="")
    (run,) = run_records_of(event)
    assert "status" not in run.fields
    assert [record.key for record in records_of(decode(event), RecordKind.NODE)] == ["planning"]


def test_edges_whose_long_conditions_differ_are_two() -> None:
    conditions = ["x" * 300, "x" * 300 + "y"]
    structure = {"nodes": [], "edges": [{"from": "a", "to": "b", "condition": condition} for condition in conditions]}
    edges = records_of(decode(make_gati("agent_start", data={"graph_structure": structure})), RecordKind.EDGE)
    assert len({edge.key for edge in edges}) == 2
    assert [edge.fields for edge in edges] == [{"metadata": {"original_condition": each}} for each in conditions]
    assert {split_edge_key(edge.key)[2] for edge in edges} == {"conditional"}
