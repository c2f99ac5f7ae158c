"""Records as clients might send them, drawn from few ids, times and values, so that they meet and contradict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from runreel.model.instant import format_instant
from runreel.model.record import Record
from runreel.testing.record import AT, HOUR, SECOND
from runreel.wire import gati, native

Element = tuple[str, dict[str, Any]]

_run_ids = st.sampled_from(["r1", "r2"])
_event_ids = st.sampled_from(["e1", "e2", "e3", "e4"])
_parent_ids = st.sampled_from(["e1", "e2", "e3", "e4", "never sent"])
_node_ids = st.sampled_from(["planning", "step_1"])
_agent_names = st.sampled_from(["a1", "a2"])
_instants = st.sampled_from([AT, AT + SECOND, AT + 2 * SECOND, AT + 5 * SECOND, AT + HOUR])
_times: SearchStrategy[object] = st.one_of(
    _instants.map(format_instant),
    _instants.map(lambda at: at / 1e6),
    st.sampled_from(["no time", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00", None]),
)
_counts: SearchStrategy[object] = st.sampled_from([0, 1, 7, 3.0, "many"])
_costs: SearchStrategy[object] = st.sampled_from([0, 0.5, 0.000_001])
_durations: SearchStrategy[object] = st.sampled_from([0, 1.5, 1000, "fast"])
_json: SearchStrategy[object] = st.sampled_from([0, 1, 1.0, True, "", "text", [], [1, {"a": None}], {}, {"a": 1}])
_maps = st.dictionaries(st.sampled_from(["k", "l", "a\x1fb"]), _json, max_size=3)
_errors: SearchStrategy[object] = st.sampled_from([{"type": "E", "message": "m"}, "broken"])
_sequences: SearchStrategy[object] = st.sampled_from([-1, 0, 1, 2])
_origin: dict[str, SearchStrategy[Any]] = {
    "recorder_id": st.sampled_from(["p1", "p2"]),
    "number": st.one_of(st.integers(1, 12), st.sampled_from([0, "first"])),
}
_tags = st.lists(st.sampled_from(["x", "y", "z"]), max_size=2)


def _some(required: dict[str, SearchStrategy[Any]], optional: dict[str, SearchStrategy[Any]]) -> SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


def _native_runs() -> SearchStrategy[dict[str, Any]]:
    phase = {"phase": st.sampled_from(["start", "end", "whole", None]), "recorded_at": _times}
    span = {"started_at": _times, "ended_at": _times, "duration_ms": _durations}
    return _some(
        {"record": st.just("run"), "run_id": _run_ids},
        {
            **phase,
            **_origin,
            **span,
            "agent_name": _agent_names,
            "run_name": st.sampled_from(["wish", "wish (2)", "temp_1"]),
            "session_id": st.sampled_from(["s1", "s2"]),
            "status": st.sampled_from(["planning", "executing", "completed", "failed"]),
            "environment": st.sampled_from(["test", "live"]),
            "tags": _tags,
            "metadata": _maps,
            "inputs": _json,
            "outputs": _json,
            "error": _errors,
            "heartbeat_interval_ms": _durations,
        },
    )


def _native_records() -> SearchStrategy[dict[str, Any]]:
    moment = {"recorded_at": _times, **_origin}
    phase = {"phase": st.sampled_from(["start", "end", "whole"]), **moment}
    span = {"started_at": _times, "ended_at": _times, "duration_ms": _durations}
    usage = _some(
        {},
        {
            **dict.fromkeys(("tokens_in", "tokens_out", "tokens_cached", "tokens_reasoning"), _counts),
            "cost": _costs,
        },
    )
    return st.one_of(
        _some(
            {"record": st.just("event"), "run_id": _run_ids, "event_id": _event_ids},
            {
                **phase,
                **span,
                "event_type": st.sampled_from(
                    ["llm_call", "tool_call", "node_execution", "agent_start", "approval_requested"]
                ),
                "name": st.sampled_from(["n", "m"]),
                "model": st.sampled_from(["small", "large"]),
                "provider": st.sampled_from(["acme", "Umbrella"]),
                "node_id": _node_ids,
                "agent_name": _agent_names,
                "parent_event_id": _parent_ids,
                "sequence": _sequences,
                "status": st.sampled_from(["running", "completed", "failed"]),
                "usage": usage,
                "inputs": _json,
                "outputs": _json,
                "attributes": _maps,
                "error": _errors,
                "extra": _json,
            },
        ),
        _native_runs(),
        _some(
            {"record": st.just("node"), "run_id": _run_ids, "node_id": _node_ids},
            {
                **phase,
                "started_at": _times,
                "node_type": st.sampled_from(["planning", "step"]),
                "name": st.sampled_from(["Planning", "Step"]),
                "status": st.sampled_from(["pending", "running", "failed", "completed"]),
                "why": st.sampled_from(["so", "otherwise"]),
                "order_index": st.integers(0, 2),
                "details": _json,
                "requires_approval": st.booleans(),
                "max_attempts": _counts,
                "plan_version": st.integers(1, 2),
                "metadata": _maps,
            },
        ),
        _some(
            {"record": st.just("edge"), "run_id": _run_ids, "source": _node_ids, "target": _node_ids},
            {
                **moment,
                "condition": st.sampled_from(["", "x > 1", "x" * 300, "x" * 300 + "y"]),
                "plan_version": st.integers(1, 2),
                "metadata": _maps,
            },
        ),
        _some(
            {"record": st.just("message"), "run_id": _run_ids, "message_id": st.sampled_from(["m1", "m2"])},
            {**moment, "sent_at": _times, "node_id": _node_ids, "content": _json, "metadata": _maps},
        ),
        _some(
            {"record": st.just("file"), "run_id": _run_ids, "file_id": st.sampled_from(["f1", "f2"])},
            {**moment, "created_at": _times, "node_id": _node_ids, "path": st.sampled_from(["a", "b"])},
        ),
        _some(
            {"record": st.just("recorder"), "run_id": _run_ids, "recorder_id": st.sampled_from(["p1", "p2", "p3"])},
            {
                "recorded_at": _times,
                "record_count": _counts,
                "dropped_count": _counts,
                "closed": st.booleans(),
                "sdk": st.sampled_from(["a/1", "b/2"]),
                "metadata": _maps,
                "extra": _json,
            },
        ),
        _some(
            {"record": st.just("session"), "session_id": st.sampled_from(["s1", "s2"])},
            {**moment, "created_at": _times, "name": st.sampled_from(["A", "B"]), "metadata": _maps},
        ),
    )


def _gati_events() -> SearchStrategy[dict[str, Any]]:
    structure = st.just(
        {
            "nodes": ["planning", "step_1"],
            "nodes_metadata": {"planning": {"node_type": "planning"}},
            "edges": [{"from": "planning", "to": "step_1", "type": "conditional", "condition": "x"}],
        }
    )
    metadata = _some(
        {},
        {
            "is_subgraph": st.booleans(),
            "graph_structure": structure,
            "node_type": st.sampled_from(["step", "tool"]),
        },
    )
    data = _some(
        {},
        {
            "tool_name": st.sampled_from(["search", "count"]),
            "node_name": _node_ids,
            "model": st.sampled_from(["small", "large"]),
            "input": _json,
            "output": _json,
            "prompt": _json,
            "completion": _json,
            "tokens_in": _counts,
            "tokens_out": _counts,
            "cost": _costs,
            "latency_ms": _durations,
            "duration_ms": _durations,
            "total_duration_ms": _durations,
            "error": _errors,
            "status": st.sampled_from(["error", "success", []]),
            "metadata": metadata,
        },
    )
    return _some(
        {
            "event_type": st.sampled_from(
                ["agent_start", "agent_end", "tool_call", "llm_call", "step", "node_execution"]
            ),
            "run_id": st.one_of(_run_ids, st.just("")),
            "event_id": _event_ids,
        },
        {
            "timestamp": _times,
            "run_name": st.sampled_from(["temp_1", "", "wish", "other wish"]),
            "agent_name": st.one_of(_agent_names, st.just("")),
            "parent_event_id": _parent_ids,
            "previous_event_id": _parent_ids,
            "data": data,
            "latency_ms": _durations,
        },
    )


def elements(max_size: int = 14) -> SearchStrategy[list[Element]]:
    """Draw records of both dialects."""
    element = st.one_of(st.tuples(st.just("native"), _native_records()), st.tuples(st.just("gati"), _gati_events()))
    return st.lists(element, min_size=1, max_size=max_size)


def run_records() -> SearchStrategy[Element]:
    """Draw native records of runs."""
    return st.tuples(st.just("native"), _native_runs())


def decode(batch: Sequence[Element]) -> list[list[Record]]:
    """Return what the decoders make of elements: the records of one body for each dialect that is among them."""
    bodies: list[list[Record]] = []
    if natives := [record for dialect, record in batch if dialect == "native"]:
        body = json.dumps({"version": 1, "records": natives}).encode()
        decoded = native.decode_batch(body, max_record_bytes=1_000_000, max_records=1_000)
        assert decoded.refused == []
        bodies.append(decoded.records)
    if events := [event for dialect, event in batch if dialect == "gati"]:
        decoded = gati.decode_batch(json.dumps({"events": events}).encode(), max_record_bytes=1_000_000)
        assert decoded.refused == []
        bodies.append(decoded.records)
    return bodies
