"""Both dialects against whatever bytes come: a `DecodeError` or a batch, and no record that costs another."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from runreel.errors import DecodeError
from runreel.model.content import content_order
from runreel.model.instant import format_instant
from runreel.model.name import check_name, check_run_name, is_record_id, is_run_id
from runreel.model.record import Batch, Record, RecordKind
from runreel.storage.merge import merged_all, new_state, same
from runreel.wire import gati, native
from runreel.wire.json import encode_json
from tests.property.effort import examples
from tests.property.strategy import elements

MAX_RECORD_BYTES = 10_000

Decode = Callable[[bytes], Batch]

_DECODERS: dict[str, Decode] = {
    "native": lambda body: native.decode_batch(body, max_record_bytes=MAX_RECORD_BYTES, max_records=1_000),
    "gati": lambda body: gati.decode_batch(body, max_record_bytes=MAX_RECORD_BYTES),
}
_LISTS = {"native": "records", "gati": "events"}
_GOOD: dict[str, dict[str, Any]] = {
    "native": {"record": "event", "run_id": "r", "event_id": "good"},
    "gati": {"event_type": "step", "run_id": "r", "event_id": "good", "timestamp": "2026-11-22T04:00:00"},
}
_KEYS = str.split("""
    record run_id recorded_at phase session_id name status created_at metadata agent_name run_name started_at ended_at
    duration_ms environment mode task model parent_run_id parent_event_id tags inputs outputs error node_id node_type
    goal order_index parent_node_id source target edge_type condition event_id event_type event_subtype sequence
    previous_event_id first_token_at provider usage tokens_in tokens_out cost attributes message_id sender recipient
    content sent_at tokens file_id path file_type media_type size_bytes content_hash workflow_phase is_final_output
    timestamp data latency_ms tool_name step_name node_name input output prompt completion system_prompt is_subgraph
    graph_structure nodes nodes_metadata edges from to type error_message error_type total_duration_ms state_before
    state_after
""")
_WORDS = str.split("""
    session run node edge event message file start end whole agent_start agent_end tool_call llm_call node_execution
    completed failed error temp_1 nodes . .. 2026-11-22T04:00:00 0001-01-01T00:00:00+14:00 9999-12-31T23:59:59-14:00
""")

_surrogates = st.text(st.characters(codec=None), max_size=5)
_texts = st.one_of(st.sampled_from(_WORDS), st.text(max_size=8), _surrogates, st.just("x" * 300), st.just("a\0b"))
_numbers = st.one_of(
    st.integers(-10, 10),
    st.integers(),
    st.floats(),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), 2**64, 10**40, 1e308, 253402300799.999999, -62135596800]),
)
_leaves = st.one_of(st.none(), st.booleans(), _numbers, _texts)
_json = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(_KEYS), _texts), inner, max_size=5)
    ),
    max_leaves=20,
)
_objects = st.dictionaries(st.one_of(st.sampled_from(_KEYS), _texts), _json, max_size=12)


def _likely(dialect: str) -> st.SearchStrategy[Any]:
    """Draw records that look right but for some of their values."""
    kinds = ["event", "run", "node", "edge", "message", "file", "session"]
    types = ["agent_start", "agent_end", "tool_call", "llm_call", "step", "node_execution"]
    identity: dict[str, Any] = {
        "run_id": "r",
        "event_id": "e",
        "node_id": "n",
        "message_id": "m",
        "file_id": "f",
        "session_id": "s",
        "source": "a",
        "target": "b",
    }
    kind = {"record": st.sampled_from(kinds)} if dialect == "native" else {"event_type": st.sampled_from(types)}
    return st.builds(
        lambda fixed, drawn: {**identity, **fixed, **drawn},
        st.fixed_dictionaries(kind),
        st.dictionaries(st.sampled_from(_KEYS), _json, max_size=8),
    )


def _encode(value: object) -> bytes:
    # NaN and lone surrogates go out as clients in Python really send them.
    return json.dumps(value).encode()


@pytest.mark.parametrize("dialect", _DECODERS)
@given(body=st.one_of(st.binary(max_size=200), _json.map(_encode), st.text(max_size=100).map(str.encode)))
@example(body=b"[" * 100_000)
@example(body=b'{"records":[' * 50_000)
@example(body=b'{"events":[' + b"9" * 5_000 + b"]}")
@example(body=b'{"version":' + b"[" * 985 + b"]" * 985 + b',"records":[]}')
@settings(max_examples=examples(300), suppress_health_check=[HealthCheck.too_slow])
def test_any_bytes_are_a_batch_or_a_decode_error(dialect: str, body: bytes) -> None:
    with suppress(DecodeError):
        check(_DECODERS[dialect](body))


@pytest.mark.parametrize("dialect", _DECODERS)
@given(data=st.data())
@settings(max_examples=examples(300), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_bad_record_costs_no_other(dialect: str, data: st.DataObject) -> None:
    odd = data.draw(st.lists(st.one_of(_json, _objects, _likely(dialect)), max_size=4))
    place = data.draw(st.integers(0, len(odd)))
    listed = [*odd[:place], _GOOD[dialect], *odd[place:]]
    batch = _DECODERS[dialect](_encode({_LISTS[dialect]: listed}))
    check(batch)
    assert batch.n_received == len(listed)
    good = [record for record in batch.records if record.index == place and record.kind is RecordKind.EVENT]
    assert [record.key for record in good] == ["good"]
    taken = {record.index for record in batch.records if record.kind is not RecordKind.RUN or dialect == "native"}
    refused = {issue.index for issue in batch.refused}
    assert taken | refused == set(range(len(listed)))
    assert not taken & refused


@pytest.mark.parametrize("depth", [150, 250, 900, 960, 985, 2_000, 100_000])
@pytest.mark.parametrize("key", ["inputs", "record", "run_id", "event_id", "event_type", "agent_name", "phase", "data"])
@pytest.mark.parametrize("dialect", _DECODERS)
def test_deep_values_cost_no_other_record(dialect: str, key: str, depth: int) -> None:
    """A value that is nested too deep must neither fail later nor depend on how deep the caller's stack is."""
    nested = b"[" * depth + b"]" * depth
    odd = json.dumps({**_GOOD[dialect], "event_id": "odd", key: "HERE"}).encode().replace(b'"HERE"', nested)
    body = b'{"%s":[%s,%s]}' % (_LISTS[dialect].encode(), odd, json.dumps(_GOOD[dialect]).encode())
    batch = _call_deep(40, lambda: _DECODERS[dialect](body))
    _call_deep(80, lambda: check(batch))
    assert "good" in {record.key for record in batch.records}
    if depth >= 250:
        assert [issue.index for issue in batch.refused] == [0]


@given(batch=elements())
@settings(max_examples=examples(60))
def test_a_body_of_one_and_bodies_of_many_mean_the_same(batch: list[tuple[str, dict[str, Any]]]) -> None:
    """What a record means does not depend on what else is in its body, or on how strictly the body could be read."""
    for dialect, decode in _DECODERS.items():
        listed = [element for each, element in batch if each == dialect]
        whole = decode(_encode({_LISTS[dialect]: listed}))
        tolerant = decode(_encode({_LISTS[dialect]: [*listed, math.nan]}))
        alone = [record for element in listed for record in decode(_encode({_LISTS[dialect]: [element]})).records]
        assert _set_of(whole.records) == _set_of(tolerant.records)
        if dialect == "native":
            assert _set_of(whole.records) == _set_of(alone)


@given(batch=elements(), order=st.randoms(use_true_random=False))
@settings(max_examples=examples(100))
def test_merging_is_a_function_of_the_set(batch: list[tuple[str, dict[str, Any]]], order: Any) -> None:
    """The merge rules alone, without a database: quick, so that many orders are tried."""
    by_key: dict[tuple[str, ...], list[Record]] = {}
    for dialect, decode in _DECODERS.items():
        listed = [element for each, element in batch if each == dialect]
        for record in decode(_encode({_LISTS[dialect]: listed})).records:
            by_key.setdefault((record.kind, record.run_id, record.key), []).append(record)
    for records in by_key.values():
        expected = merged_all(None, records)
        shuffled = [*records, *records]
        order.shuffle(shuffled)
        assert same(merged_all(None, shuffled), expected)
        assert same(merged_all(expected, records), expected)
        assert same(merged_all(new_state(records[-1]), records), expected)


def check(batch: Batch) -> None:
    """Check that nothing in the batch can do harm further on."""
    for record in batch.records:
        assert record.kind is RecordKind.SESSION or is_run_id(record.run_id)
        if record.kind in (RecordKind.EVENT, RecordKind.MESSAGE, RecordKind.FILE):
            assert is_record_id(record.key)
        if record.kind in (RecordKind.NODE, RecordKind.SESSION):
            assert check_name(record.key) == record.key
        assert 0 <= record.index < batch.n_received
        for name, value in record.fields.items():
            _check_field(name, value)
        format_instant(record.recorded_at)
        encode_json(record.fields)
        content_order(record.fields)
    for issue in (*batch.refused, *batch.warnings):
        assert issue.reason
        encode_json([issue.index, issue.kind, issue.key, issue.reason])
        assert len(issue.reason) < 1_000


def _check_field(name: str, value: object) -> None:
    assert value is not None, name
    if name in ("agent_name", "session_id", "node_id", "parent_node_id"):
        assert check_name(str(value)) == value
    elif name == "run_name":
        assert check_run_name(str(value)) == value
        assert not str(value).startswith("temp_")
    elif name in ("parent_event_id", "previous_event_id", "parent_run_id"):
        assert isinstance(value, str)
        assert is_record_id(value)
    elif name.endswith("_at"):
        assert type(value) is int
        format_instant(value)
    elif name.startswith("tokens") or name in ("cost_nanos", "duration_us", "size_bytes"):
        assert type(value) is int
        assert 0 <= value < 2**63
    elif name in ("sequence", "order_index"):
        assert type(value) is int
        assert abs(value) < 2**63
    elif name in ("inputs", "outputs", "error", "content", "attributes", "metadata"):
        pass
    elif name == "tags":
        assert isinstance(value, list)
        assert all(check_name(tag) == tag for tag in value)
    elif name == "is_final_output":
        assert isinstance(value, bool)
    else:
        assert isinstance(value, str), name
        assert "\0" not in value
        value.encode()


def _set_of(records: list[Record]) -> set[str]:
    return {content_order([r.kind, r.run_id, r.key, r.rank, r.recorded_at, r.fields]) for r in records}


def _call_deep(levels: int, call: Callable[[], Any]) -> Any:
    """Call from deeper in the stack, where less of it is left."""
    return call() if levels == 0 else _call_deep(levels - 1, call)
