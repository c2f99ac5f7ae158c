"""The native dialect: what is filled in, repaired and refused. (`test_records_schema.py` holds it to its schema.)"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from runreel.errors import DecodeError, TooLargeError
from runreel.model.record import Batch, Rank, Record, RecordKind, split_edge_key
from runreel.wire.native import decode_batch

AT = 1_795_320_000_000_000
TIME = "2026-11-22T04:00:00Z"
SECOND = 1_000_000

RUN: dict[str, Any] = {"record": "run", "run_id": "run-1"}
EVENT: dict[str, Any] = {"record": "event", "run_id": "run-1", "event_id": "event-1"}
NODE: dict[str, Any] = {"record": "node", "run_id": "run-1", "node_id": "step_1"}


def decode(*records: object, max_record_bytes: int = 100_000, max_records: int = 100) -> Batch:
    body = json.dumps({"version": 1, "records": records}).encode()
    return decode_batch(body, max_record_bytes=max_record_bytes, max_records=max_records)


def decode_one(record: dict[str, Any]) -> Record:
    """Decode one record that must raise no eyebrow."""
    batch = decode(record)
    assert (batch.refused, batch.warnings) == ([], [])
    (decoded,) = batch.records
    return decoded


def reasons_of(batch: Batch) -> list[str]:
    return [issue.reason for issue in batch.warnings]


@pytest.mark.parametrize(
    ("record", "kind", "key", "rank"),
    [
        (RUN, RecordKind.RUN, "", Rank.END),
        ({**RUN, "phase": "start"}, RecordKind.RUN, "", Rank.START),
        ({**EVENT, "phase": "end"}, RecordKind.EVENT, "event-1", Rank.END),
        ({**NODE, "phase": "start"}, RecordKind.NODE, "step_1", Rank.START),
        ({"record": "message", "run_id": "run-1", "message_id": "m"}, RecordKind.MESSAGE, "m", Rank.END),
        ({"record": "file", "run_id": "run-1", "file_id": "f"}, RecordKind.FILE, "f", Rank.END),
        ({"record": "session", "session_id": "s"}, RecordKind.SESSION, "s", Rank.END),
        ({"record": "recorder", "run_id": "run-1", "recorder_id": "p"}, RecordKind.RECORDER, "p", Rank.END),
    ],
)
def test_a_record_is_known_by_its_kind_and_id(record: dict[str, Any], kind: RecordKind, key: str, rank: Rank) -> None:
    decoded = decode_one(record)
    assert (decoded.kind, decoded.key, decoded.rank) == (kind, key, rank)
    assert decoded.run_id == ("" if kind is RecordKind.SESSION else "run-1")


def test_a_record_has_the_number_that_its_recorder_gave_it() -> None:
    decoded = decode_one({**EVENT, "recorder_id": "p", "number": 7})
    assert decoded.origin == ("p", 7)
    assert "attributes" not in decoded.fields
    assert decode_one(EVENT).origin is None


@pytest.mark.parametrize("alone", [{"recorder_id": "p"}, {"number": 7}])
def test_a_recorder_or_a_number_alone_says_nothing(alone: dict[str, Any]) -> None:
    assert decode_one({**EVENT, **alone}).origin is None


@pytest.mark.parametrize("unusable", [{"number": 0}, {"number": 1.5}, {"number": True}, {"recorder_id": ""}])
def test_an_unusable_number_is_kept_and_counts_nothing(unusable: dict[str, Any]) -> None:
    batch = decode({**EVENT, "recorder_id": "p", "number": 1, **unusable})
    (decoded,) = batch.records
    assert (batch.refused, decoded.origin) == ([], None)
    assert decoded.fields["attributes"] == unusable
    assert len(batch.warnings) == 1


@pytest.mark.parametrize("record", [{"record": "session", "session_id": "s"}, {**RUN, "record": "recorder"}])
def test_what_is_not_numbered_keeps_a_number_as_any_field(record: dict[str, Any]) -> None:
    decoded = decode_one({**record, "recorder_id": "p", "number": 7})
    assert decoded.origin is None
    assert decoded.fields["metadata"] == {"number": 7, **({"recorder_id": "p"} if "session_id" in record else {})}


def test_what_a_recorder_says_is_taken() -> None:
    said = {"record_count": 4312, "dropped_count": 0, "closed": True, "sdk": "runreel/0.1.0", "language": "CPython"}
    decoded = decode_one({"record": "recorder", "run_id": "r", "recorder_id": "p", "recorded_at": TIME, **said, "x": 1})
    assert (decoded.recorded_at, decoded.fields) == (AT, {**said, "metadata": {"x": 1}})


def test_an_edge_is_known_by_its_four_parts() -> None:
    plain = decode_one({"record": "edge", "run_id": "r", "source": "a", "target": "b"})
    full = decode_one(
        {"record": "edge", "run_id": "r", "source": "a", "target": "b", "edge_type": "conditional", "condition": "x"}
    )
    assert split_edge_key(plain.key) == ("a", "b", "sequential", "")
    assert split_edge_key(full.key) == ("a", "b", "conditional", "x")


@pytest.mark.parametrize(
    ("record", "recorded_at"),
    [
        ({**EVENT, "recorded_at": TIME, "ended_at": 1}, AT),
        ({**EVENT, "started_at": 1, "ended_at": TIME}, AT),
        ({**EVENT, "started_at": TIME}, AT),
        ({**EVENT, "recorded_at": "soon"}, 0),
        (EVENT, 0),
        ({"record": "message", "run_id": "r", "message_id": "m", "sent_at": TIME}, AT),
        ({"record": "file", "run_id": "r", "file_id": "f", "created_at": TIME}, AT),
        ({"record": "session", "session_id": "s", "created_at": TIME}, AT),
    ],
)
def test_the_time_of_recording_follows_from_other_times(record: dict[str, Any], recorded_at: int) -> None:
    assert decode(record).records[0].recorded_at == recorded_at


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"phase": "start"}, "executing"),
        ({"phase": "start", "error": "E"}, "failed"),
        ({"phase": "end"}, "completed"),
        ({}, "completed"),
        ({"error": {"type": "E"}}, "failed"),
        ({"error": "E", "status": "cancelled"}, "cancelled"),
        ({"phase": "start", "status": "draft"}, "draft"),
    ],
)
def test_the_status_of_a_run_follows_from_phase_and_error(said: dict[str, Any], status: str) -> None:
    assert decode_one({**RUN, **said}).fields["status"] == status


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"phase": "start", "started_at": TIME}, {"status": "running", "started_at": AT}),
        ({"phase": "start", "recorded_at": TIME}, {"status": "running", "started_at": AT}),
        ({"phase": "end", "recorded_at": TIME}, {"status": "completed", "ended_at": AT}),
        (
            {"started_at": TIME, "duration_ms": 1_000},
            {"started_at": AT, "ended_at": AT + SECOND, "duration_us": SECOND},
        ),
        ({"ended_at": TIME, "duration_ms": 1_000}, {"started_at": AT - SECOND, "ended_at": AT, "duration_us": SECOND}),
        ({"started_at": TIME}, {"started_at": AT, "ended_at": AT}),
        ({"error": "E"}, {"status": "failed"}),
        ({}, {"status": "completed"}),
    ],
)
def test_times_and_status_of_an_event_are_completed(said: dict[str, Any], expected: dict[str, Any]) -> None:
    fields = decode_one({**EVENT, **said}).fields
    assert fields == {"status": "completed", **({"error": "E"} if "error" in said else {}), **expected}


def test_usage_is_taken_apart() -> None:
    usage = {"tokens_in": 1, "tokens_out": 2, "tokens_cached": 3, "tokens_cache_write": 4, "tokens_reasoning": 5}
    fields = decode_one({**EVENT, "usage": {**usage, "cost": 0.000_000_25, "tokens_audio": None}}).fields
    assert {name: fields[name] for name in usage} == usage
    assert fields["cost_nanos"] == 250


@pytest.mark.parametrize(
    ("usage", "kept"),
    [
        ({"tokens_in": "many"}, {"usage.tokens_in": "many"}),
        ({"tokens_audio": 5}, {"usage.tokens_audio": 5}),
        ({"cost": -1}, {"usage.cost": -1}),
        ({"tokens_in": 10**12 + 1}, {"usage.tokens_in": 10**12 + 1}),
        ([1], {"usage": [1]}),
    ],
)
def test_unusable_usage_is_kept_with_a_warning(usage: object, kept: dict[str, object]) -> None:
    batch = decode({**EVENT, "usage": usage})
    assert batch.records[0].fields["attributes"] == kept
    assert len(batch.warnings) == 1


@pytest.mark.parametrize("record", [RUN, EVENT, NODE])
def test_what_is_null_says_nothing(record: dict[str, Any]) -> None:
    nothing = dict.fromkeys(
        ["status", "name", "started_at", "ended_at", "error", "metadata", "attributes", "usage", "odd", "recorded_at"]
    )
    assert decode_one({**record, **nothing}).fields == decode_one(record).fields


def test_unknown_keys_are_kept_without_a_word() -> None:
    assert decode_one({**EVENT, "mine": [1], "attributes": {"k": 1}}).fields["attributes"] == {"mine": [1], "k": 1}
    assert decode_one({**RUN, "mine": 0}).fields["metadata"] == {"mine": 0}


def test_what_attributes_say_counts_more_than_a_stray_key() -> None:
    assert decode_one({**EVENT, "k": "stray", "attributes": {"k": "own"}}).fields["attributes"] == {"k": "own"}


@pytest.mark.parametrize(
    ("record", "key", "value", "where"),
    [
        (EVENT, "sequence", "3", "attributes"),
        (EVENT, "sequence", 2**63, "attributes"),
        (EVENT, "started_at", "soon", "attributes"),
        (EVENT, "duration_ms", -1, "attributes"),
        (EVENT, "parent_event_id", "", "attributes"),
        (EVENT, "attributes", [1], "attributes"),
        (EVENT, "model", "x" * 256, "attributes"),
        (RUN, "tags", "a,b", "metadata"),
        (RUN, "metadata", "text", "metadata"),
        (RUN, "agent_name", 7, "metadata"),
        (NODE, "order_index", 1.5, "metadata"),
        ({"record": "file", "run_id": "r", "file_id": "f"}, "is_final_output", "yes", "metadata"),
        ({"record": "message", "run_id": "r", "message_id": "m"}, "tokens", -1, "metadata"),
        ({"record": "session", "session_id": "s"}, "name", ["a"], "metadata"),
    ],
)
def test_a_value_of_a_wrong_type_is_kept_with_a_warning(
    record: dict[str, Any], key: str, value: object, where: str
) -> None:
    batch = decode({**record, key: value})
    assert batch.refused == []
    assert batch.records[0].fields[where] == {key: value}
    (issue,) = batch.warnings
    assert (issue.index, issue.kind) == (0, record["record"])
    assert repr(key) in issue.reason


@pytest.mark.parametrize(
    ("record", "key", "value", "repaired", "where"),
    [
        (RUN, "run_name", "nodes", "(nodes)", "metadata"),
        (RUN, "run_name", " a\nb ", "a b", "metadata"),
        (RUN, "agent_name", "x" * 300, "x" * 255, "metadata"),
        (RUN, "session_id", "..", "(..)", "metadata"),
        (RUN, "task", "t" * 10_001, "t" * 10_000, "metadata"),
        (RUN, "task", "a\0b", "a b", "metadata"),
        (EVENT, "name", "Cafe\u0301", "Café", "attributes"),
        (EVENT, "node_id", " step_1", "step_1", "attributes"),
    ],
)
def test_a_repair_is_marked_and_reported(
    record: dict[str, Any], key: str, value: str, repaired: str, where: str
) -> None:
    batch = decode({**record, key: value})
    assert batch.records[0].fields[key] == repaired
    assert batch.records[0].fields[where] == {f"original_{key}": value}
    assert len(batch.warnings) == 1


@pytest.mark.parametrize("run_name", ["temp_", "temp_0f5a"])
def test_a_placeholder_is_no_name(run_name: str) -> None:
    assert "run_name" not in decode_one({**RUN, "run_name": run_name}).fields


def test_a_padded_placeholder_is_no_name() -> None:
    assert "run_name" not in decode({**RUN, "run_name": " temp_1"}).records[0].fields


def test_tags_are_a_set() -> None:
    assert decode_one({**RUN, "tags": ["b", "a", "b"]}).fields["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (7, "no JSON object"),
        ([], "no JSON object"),
        ({}, "known kinds are"),
        ({"record": "thing"}, "known kinds are"),
        ({"record": ["run"]}, "known kinds are"),
        ({"record": "run"}, "run_id"),
        ({**RUN, "run_id": "a b"}, "run_id"),
        ({**RUN, "phase": "middle"}, "phase"),
        ({**EVENT, "event_id": ""}, "event_id"),
        ({**EVENT, "event_id": 7}, "event_id"),
        ({**NODE, "node_id": " "}, "node_id"),
        ({"record": "edge", "run_id": "r", "source": "a"}, "target"),
        ({"record": "session"}, "session_id"),
    ],
)
def test_a_record_that_can_not_be_taken_is_refused_alone(record: object, reason: str) -> None:
    batch = decode(EVENT, record, RUN)
    (issue,) = batch.refused
    assert issue.index == 1
    assert reason in issue.reason
    assert [decoded.index for decoded in batch.records] == [0, 2]
    assert reasons_of(batch) == []


GRAPH: dict[str, Any] = {
    "record": "graph",
    "run_id": "run-1",
    "recorded_at": TIME,
    "recorder_id": "p",
    "number": 7,
    "nodes": [{"node_id": "a", "goal": "to see"}, {"node_id": "b", "mine": 1}],
    "edges": [{"source": "a", "target": "b", "edge_type": "conditional"}],
}


def test_a_graph_says_what_its_nodes_and_edges_would_say_alone() -> None:
    common = {key: GRAPH[key] for key in ("run_id", "recorded_at", "recorder_id", "number")}
    nodes = [{**node, **common, "record": "node", "phase": "start"} for node in GRAPH["nodes"]]
    edges = [{**edge, **common, "record": "edge"} for edge in GRAPH["edges"]]
    alone = [decode_one(record) for record in (*nodes, *edges)]
    batch = decode(GRAPH)
    assert batch.records == alone
    assert (batch.n_received, batch.refused, batch.warnings) == (1, [], [])


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"nodes": [{"node_id": "a"}, {"node_id": " "}]}, r"its nodes\[1\]: its node_id ' ' is unusable"),
        ({"edges": [{"source": "a"}]}, r"its edges\[0\]: its target 'None' is unusable"),
        ({"edges": ["a -> b"]}, r"its edges\[0\] is no JSON object"),
        ({"nodes": "a"}, "its 'nodes' is no list"),
        ({"nodes": [], "edges": None}, "it has neither nodes nor edges"),
        ({"run_id": None}, "its run_id"),
    ],
)
def test_a_graph_is_taken_as_a_whole_or_not_at_all(spoilt: dict[str, Any], reason: str) -> None:
    batch = decode(RUN, {**GRAPH, **spoilt})
    (issue,) = batch.refused
    assert (issue.index, issue.kind) == (1, "graph")
    assert re.search(reason, issue.reason)
    assert [record.kind for record in batch.records] == [RecordKind.RUN]
    assert batch.warnings == []


def test_what_a_graph_has_no_place_for_is_said() -> None:
    (issue,) = decode({**GRAPH, "layout": "top down"}).warnings
    assert (issue.index, issue.kind, issue.key) == (0, "graph", "run-1")
    assert "'layout' is not kept" in issue.reason


def test_graphs_of_too_many_things_are_too_large() -> None:
    assert len(decode(GRAPH, max_records=3).records) == 3
    with pytest.raises(TooLargeError, match="declares 3 things; 2 is the most"):
        decode(GRAPH, max_records=2)


def test_a_refusal_names_the_record() -> None:
    (issue,) = decode({**EVENT, "run_id": "a b"}).refused
    assert (issue.kind, issue.key) == ("event", "event-1")


@pytest.mark.parametrize("version", [2, 0, "1", None, [1]])
def test_a_batch_of_another_version_is_an_error(version: object) -> None:
    for spoilt in (b"", b"NaN"):
        body = b'{"version": %s, "records": [%s]}' % (json.dumps(version).encode(), spoilt)
        with pytest.raises(DecodeError, match="this server reads version 1"):
            decode_batch(body, max_record_bytes=1_000, max_records=10)


def test_a_batch_without_a_version_is_of_this_one() -> None:
    assert decode_batch(b'{"records": []}', max_record_bytes=1_000, max_records=10).records == []


def test_a_batch_of_too_many_records_is_too_large() -> None:
    assert len(decode(RUN, RUN, max_records=2).records) == 2
    with pytest.raises(TooLargeError, match="2 is the most"):
        decode(RUN, RUN, RUN, max_records=2)


def test_records_over_their_limit_are_refused_alone() -> None:
    batch = decode({**EVENT, "inputs": "x" * 2_000}, RUN, max_record_bytes=1_000)
    assert [issue.index for issue in batch.refused] == [0]
    assert [record.index for record in batch.records] == [1]


def test_a_phase_that_is_null_is_none() -> None:
    assert decode_one({**RUN, "phase": None}) == decode_one(RUN)
    assert decode_one({**EVENT, "phase": None, "recorded_at": TIME}) == decode_one({**EVENT, "recorded_at": TIME})


@pytest.mark.parametrize("phase", ["whole", None])
def test_a_heartbeat_says_nothing_of_the_status(phase: str | None) -> None:
    record = {**RUN, "phase": phase, "heartbeat_interval_ms": 5_000, "recorded_at": TIME}
    assert decode_one(record).fields == {"heartbeat_us": 5 * SECOND}
    assert decode_one({**record, "status": "paused"}).fields["status"] == "paused"
    assert decode_one({**record, "error": "broken"}).fields["status"] == "failed"


@pytest.mark.parametrize(("phase", "status"), [("start", "executing"), ("end", "completed")])
def test_a_start_and_an_end_with_a_heartbeat_interval_are_what_they_say(phase: str, status: str) -> None:
    assert decode_one({**RUN, "phase": phase, "heartbeat_interval_ms": 5_000}).fields["status"] == status


def test_edges_whose_long_conditions_differ_are_two() -> None:
    def decode_edge(condition: str) -> Record:
        edge = {"record": "edge", "run_id": "r", "source": "a", "target": "b", "condition": condition}
        (record,) = decode(edge).records
        return record

    long, longer = decode_edge("x" * 300), decode_edge("x" * 300 + "y")
    assert long.key != longer.key
    assert long.key == decode_edge("x" * 300).key
    assert len(split_edge_key(long.key)[3]) == 255
    assert long.fields == {"metadata": {"original_condition": "x" * 300}}
    assert decode_edge("x" * 255).fields == {}
