"""The GATI dialect: batches of events as the `gati` SDK sends them, and event data as its readers expect it.

Each event becomes an event record; what it says beside that of its run, nodes and edges becomes records of those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import cast

from runreel.model.content import content_order
from runreel.model.event import FullEvent
from runreel.model.instant import MICROSECONDS_PER_DAY, format_instant, parse_instant
from runreel.model.name import MAX_NAME_LENGTH, is_placeholder, is_record_id, is_run_id, repair_name, repair_run_name
from runreel.model.record import Batch, Rank, Record, RecordIssue, RecordKind, edge_key
from runreel.wire.field import (
    count_of,
    duration_us_of,
    key_text_of,
    mapping_of,
    nanos_of,
    text_of,
)
from runreel.wire.json import Unreadable, decode_elements, encode_json

# Looked up once: members of an enum are slow to reach.
_EVENT, _END = RecordKind.EVENT, int(Rank.END)

_NAME_KEYS = {"tool_call": "tool_name", "llm_call": "model", "step": "step_name", "node_execution": "node_name"}
_DURATION_KEYS = {
    "tool_call": "latency_ms",
    "llm_call": "latency_ms",
    "step": "duration_ms",
    "node_execution": "duration_ms",
}
_INPUT_KEYS = {"node_execution": "state_before"}
_OUTPUT_KEYS = {"llm_call": "completion", "node_execution": "state_after"}
_FAILED_STATUSES = frozenset({"error", "failed", "failure"})
UNATTRIBUTED_KEY = "unattributed"


def decode_batch(body: bytes, *, max_record_bytes: int) -> Batch:
    """Decode a body of `{"events": […]}` to records; a bad event is refused by its index and costs no other.

    Raises:
        DecodeError: the body is no such batch at all.
    """
    _, elements = decode_elements(body, "events", max_element_bytes=max_record_bytes)
    batch = Batch(records=[], n_received=len(elements))
    wishes: dict[str, Record] = {}
    for index, element in enumerate(elements):
        if type(element) is dict:
            _add_event(batch, wishes, index, cast("dict[str, object]", element))
        else:
            reason = element.reason if isinstance(element, Unreadable) else "it is no JSON object"
            batch.refused.append(RecordIssue(index=index, kind="event", key="", reason=reason))
    batch.records.extend(wishes.values())
    return batch


def read_event(event: dict[str, object]) -> Batch:
    """Return what one event says, of itself and of its run, as `decode_batch` does; the event is used up."""
    batch = Batch(records=[], n_received=1)
    _add_event(batch, {}, 0, event)
    return batch


def _add_event(batch: Batch, wishes: dict[str, Record], index: int, event: dict[str, object]) -> None:
    """Append the event's records to the batch, and keep the latest wish for its run's name in `wishes`."""
    event_id = event.get("event_id")
    if type(event_id) is not str or not is_record_id(event_id):
        event_id = _digest(encode_json(event))
        batch.warnings.append(_issue(index, event_id, "it had no usable event_id and got one made from its content"))
    # What is left of the event when its envelope has been taken out are the fields of its data, and extra ones.
    take = event.pop
    unusable: dict[str, object] = {}
    if (sent_id := take("event_id", None)) != event_id:
        unusable["original_event_id"] = sent_id
    sent_type = take("event_type", None)
    event_type = text_of(sent_type) or "info"
    if event_type != sent_type:
        unusable["original_event_type"] = sent_type
    sent_time = take("timestamp", None)
    at = parse_instant(sent_time)
    if at is None:
        at, unusable["original_timestamp"] = 0, sent_time
        batch.warnings.append(_issue(index, event_id, "it had no readable timestamp"))
    sent_name = take("agent_name", None)
    agent_name = repair_name(str(sent_name)) if sent_name else None
    if agent_name is not None and agent_name != sent_name:
        unusable["original_agent_name"] = sent_name
        batch.warnings.append(_issue(index, event_id, f"its agent_name was repaired to {agent_name[:80]!r}"))
    run_id = take("run_id", None)
    run_name = take("run_name", None)
    is_collected = run_id is None or run_id == ""
    if is_collected:
        run_id = _add_unattributed(batch, index, agent_name, at)
    elif type(run_id) is not str or not is_run_id(run_id):
        reason = f"its run_id {str(run_id)[:80]!r} is unusable; 1-64 of A-Z a-z 0-9 . _ : - can identify a run"
        batch.refused.append(_issue(index, event_id, reason))
        return
    elif run_name and type(run_name) is str:
        _keep_wish(wishes, index, run_id, run_name, at)

    fields: dict[str, object] = {"event_type": event_type}
    if agent_name is not None:
        fields["agent_name"] = agent_name
    rest = event
    for key in ("parent_event_id", "previous_event_id"):
        value = take(key, None)
        if value:
            if type(value) is str and is_record_id(value):
                fields[key] = value
            else:
                unusable[f"original_{key}"] = value
    if unusable:
        rest.update({key: value for key, value in unusable.items() if value is not None})
    data = take("data", None)
    if type(data) is dict:
        rest.update(cast("dict[str, object]", data))
    elif data is not None:
        rest["data"] = data
    _take_call(fields, event_type, rest, at)
    if event_type == "node_execution" and (node_id := repair_name(cast("str", fields.get("name", "")))):
        fields["node_id"] = node_id
        _add_node_type(batch, index, run_id, node_id, rest, at)
    elif event_type in ("agent_start", "agent_end"):
        fields.setdefault("name", agent_name or "agent")
        _add_structure(batch, index, run_id, rest, at)
        # The run that collects events without a run neither starts nor ends with any of them.
        if not is_collected:
            _add_lifecycle(batch, index, run_id, event_type, fields, rest, at)
    if rest:
        fields["attributes"] = rest
    batch.records.append(Record(_EVENT, run_id, event_id, _END, at, fields, index))


def _take_call(fields: dict[str, object], event_type: str, rest: dict[str, object], at: int) -> None:
    """Move what is known of a call from `rest` to `fields`; what can't be used stays in `rest`."""
    name_key = _NAME_KEYS.get(event_type)
    if name_key is not None and (name := text_of(rest.get(name_key))):
        del rest[name_key]
        fields["name"] = name
        if name_key == "model":
            fields["model"] = name
    if event_type == "llm_call":
        _take_usage(fields, rest)
        inputs = {key: rest.pop(key) for key in ("prompt", "system_prompt") if rest.get(key)}
        if inputs:
            fields["inputs"] = inputs
    input_key = _INPUT_KEYS.get(event_type, "input")
    if rest.get(input_key) is not None and "inputs" not in fields:
        fields["inputs"] = rest.pop(input_key)
    output_key = _OUTPUT_KEYS.get(event_type, "output")
    if rest.get(output_key) is not None:
        fields["outputs"] = rest.pop(output_key)
    if at:
        fields["started_at"] = fields["ended_at"] = at
        duration_key = _DURATION_KEYS.get(event_type)
        if duration_key is not None and (duration_us := duration_us_of(rest.get(duration_key))) is not None:
            del rest[duration_key]
            fields["started_at"] = at - duration_us
    _take_outcome(fields, rest)


def _take_usage(fields: dict[str, object], rest: dict[str, object]) -> None:
    for key in ("tokens_in", "tokens_out"):
        if (count := count_of(rest.get(key))) is not None:
            del rest[key]
            fields[key] = count
    if (cost := nanos_of(rest.get("cost"))) is not None:
        del rest["cost"]
        fields["cost_nanos"] = cost


def _take_outcome(fields: dict[str, object], rest: dict[str, object]) -> None:
    error = rest.pop("error", None)
    if not error and rest.get("error_message") is not None:
        error = {"type": rest.pop("error_type", None), "message": rest.pop("error_message")}
    status = rest.get("status")
    if error:
        fields["error"] = error
    fields["status"] = "failed" if error or (type(status) is str and status in _FAILED_STATUSES) else "completed"


def _add_lifecycle(
    batch: Batch,
    index: int,
    run_id: str,
    event_type: str,
    event_fields: Mapping[str, object],
    rest: Mapping[str, object],
    at: int,
) -> None:
    """Append what an `agent_start` or `agent_end` says of the run; that of a sub-graph says nothing of it."""
    if mapping_of(rest.get("metadata")).get("is_subgraph") or rest.get("is_subgraph"):
        return
    fields: dict[str, object] = {}
    if "agent_name" in event_fields:
        fields["agent_name"] = event_fields["agent_name"]
    if event_type == "agent_start":
        fields["status"] = "executing"
        if at:
            fields["started_at"] = at
        if "inputs" in event_fields:
            fields["inputs"] = event_fields["inputs"]
        batch.records.append(Record(RecordKind.RUN, run_id, "", Rank.START, at, fields, index))
        return
    fields["status"] = event_fields["status"]
    if at:
        fields["ended_at"] = at
    if (duration_us := duration_us_of(rest.get("total_duration_ms"))) is not None:
        fields["duration_us"] = duration_us
    for key in ("outputs", "error"):
        if key in event_fields:
            fields[key] = event_fields[key]
    batch.records.append(Record(RecordKind.RUN, run_id, "", Rank.END, at, fields, index))


def _add_structure(batch: Batch, index: int, run_id: str, rest: Mapping[str, object], at: int) -> None:
    structure = mapping_of(rest.get("metadata")).get("graph_structure") or rest.get("graph_structure")
    if structure := mapping_of(structure):
        _add_graph(batch, index, run_id, structure, at)


def _add_graph(batch: Batch, index: int, run_id: str, structure: Mapping[str, object], at: int) -> None:
    node_metadata = mapping_of(structure.get("nodes_metadata"))
    names = structure.get("nodes")
    for order, name in enumerate(cast("list[object]", names) if isinstance(names, list) else []):
        node_id = repair_name(name) if isinstance(name, str) else None
        if node_id is None:
            continue
        described = mapping_of(node_metadata.get(cast("str", name)))
        fields: dict[str, object] = {"order_index": order}
        if node_type := text_of(described.get("node_type") or described.get("type")):
            fields["node_type"] = node_type
        batch.records.append(Record(RecordKind.NODE, run_id, node_id, Rank.START, at, fields, index))
    edges = structure.get("edges")
    for edge in cast("list[object]", edges) if isinstance(edges, list) else []:
        _add_edge(batch, index, run_id, mapping_of(edge), at)


def _add_edge(batch: Batch, index: int, run_id: str, edge: Mapping[str, object], at: int) -> None:
    source = repair_name(str(edge.get("from") or edge.get("source") or ""))
    target = repair_name(str(edge.get("to") or edge.get("target") or ""))
    if source is None or target is None:
        return
    sent_condition = edge.get("condition")
    condition = key_text_of(sent_condition) or ""
    edge_type = text_of(edge.get("type")) or ("conditional" if condition else "sequential")
    key = edge_key(source, target, edge_type, condition)
    is_cut = type(sent_condition) is str and len(sent_condition) > MAX_NAME_LENGTH
    fields: dict[str, object] = {"metadata": {"original_condition": sent_condition}} if is_cut else {}
    batch.records.append(Record(RecordKind.EDGE, run_id, key, Rank.START, at, fields, index))


def _add_node_type(batch: Batch, index: int, run_id: str, node_id: str, rest: Mapping[str, object], at: int) -> None:
    if node_type := text_of(mapping_of(rest.get("metadata")).get("node_type")):
        fields: dict[str, object] = {"node_type": node_type}
        batch.records.append(Record(RecordKind.NODE, run_id, node_id, Rank.INFERRED, at, fields, index))


def _add_unattributed(batch: Batch, index: int, agent_name: str | None, at: int) -> str:
    """Append the record of the run that collects an agent's events without a run, one for each day; return its id."""
    day = format_instant(at - at % MICROSECONDS_PER_DAY)[:10]
    owner = f"{agent_name or ''}|{day}"
    run_id = f"{UNATTRIBUTED_KEY}-{_digest(owner.encode())}"
    fields: dict[str, object] = {"run_name": f"{UNATTRIBUTED_KEY} {day}", "metadata": {UNATTRIBUTED_KEY: True}}
    if agent_name is not None:
        fields["agent_name"] = agent_name
    batch.records.append(Record(RecordKind.RUN, run_id, "", Rank.START, at - at % MICROSECONDS_PER_DAY, fields, index))
    return run_id


def _keep_wish(wishes: dict[str, Record], index: int, run_id: str, run_name: str, at: int) -> None:
    if is_placeholder(run_name):
        return
    wish = repair_run_name(run_name)
    if wish is None or is_placeholder(wish):
        return
    known = wishes.get(run_id)
    if known is None or (at, content_order(wish)) > (known.recorded_at, content_order(known.fields["run_name"])):
        wishes[run_id] = Record(RecordKind.RUN, run_id, "", Rank.INFERRED, at, {"run_name": wish}, index)


def _issue(index: int, event_id: str, reason: str) -> RecordIssue:
    return RecordIssue(index=index, kind="event", key=event_id, reason=reason)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def format_data(full: FullEvent) -> dict[str, object]:
    """Return an event's `data` with the keys that readers of this dialect know, whoever recorded it."""
    event, payload = full.event, full.payload
    data: dict[str, object] = {}
    if name_key := _NAME_KEYS.get(event.event_type):
        data[name_key] = event.name
    if event.event_type == "llm_call":
        inputs = payload.inputs
        if isinstance(inputs, dict) and "prompt" in inputs:
            data.update(cast("dict[str, object]", inputs))
        else:
            data["prompt"] = cast("object", inputs)
        if event.model is not None:
            data["model"] = event.model
        data["tokens_in"] = event.tokens_in or 0
        data["tokens_out"] = event.tokens_out or 0
        data["cost"] = (event.known_cost_nanos or 0) / 1e9
    else:
        data[_INPUT_KEYS.get(event.event_type, "input")] = payload.inputs
    data[_OUTPUT_KEYS.get(event.event_type, "output")] = payload.outputs
    if event.duration_us is not None and event.event_type not in ("agent_start", "agent_end"):
        data[_DURATION_KEYS.get(event.event_type, "latency_ms")] = event.duration_us / 1000
    if payload.error is not None:
        data["error"] = payload.error
    data.update(payload.attributes)
    return data
