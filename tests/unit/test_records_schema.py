"""The native format is described in three places, its decoder, its JSON Schema and its reference: they agree."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import resources
from itertools import islice
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runreel.demo import scripted_model
from runreel.demo.agent import Surroundings, do_job
from runreel.demo.errors import StepFailedError
from runreel.demo.pace import Pace
from runreel.demo.scenes import SCRIPT, Job, iter_jobs
from runreel.model.recorder import MAX_NUMBER
from runreel.model.run import MAX_TAGS
from runreel.testing import recorded
from runreel.wire import field, native
from runreel.wire.native import decode_batch
from tests.support.source import ROOT

SCHEMA: dict[str, Any] = json.loads(resources.files("runreel.wire").joinpath("records.v1.json").read_bytes())
REFERENCE = (ROOT / "docs" / "reference" / "records.md").read_text(encoding="utf-8")
KINDS = sorted(native._SHAPES)
COMMON = frozenset({"record", "run_id", "recorded_at", "phase"})
READERS: dict[Callable[..., object], str] = {
    native._any: "any",
    native._flag: "flag",
    native._id: "id",
    native._map: "map",
    native._name: "name",
    native._number: "number",
    native._run_name: "run_name",
    native._tags: "tags",
    native._task: "long_text",
    native._text: "text",
    native.count_of: "count",
    native.duration_us_of: "duration",
    native.integer_of: "integer",
    native.nanos_of: "cost",
    native.parse_instant: "instant",
}
VALIDATOR = Draft202012Validator(SCHEMA)

RUN: dict[str, object] = {"record": "run", "run_id": "r"}
EVENT: dict[str, object] = {"record": "event", "run_id": "r", "event_id": "e"}
NODE: dict[str, object] = {"record": "node", "run_id": "r", "node_id": "n"}
EDGE: dict[str, object] = {"record": "edge", "run_id": "r", "source": "a", "target": "b"}
GRAPH: dict[str, object] = {"record": "graph", "run_id": "r", "nodes": [{"node_id": "n"}]}
GOOD: list[dict[str, object]] = [
    RUN,
    {**RUN, "phase": "start", "started_at": "2026-01-31T12:00:00+01:00", "recorded_at": 1769860800.25, "tags": ["a"]},
    {**RUN, "run_name": "über / 100 % 🤖", "task": "x" * 10_000, "error": {"type": "ValueError"}, "metadata": {}},
    {**RUN, "status": None, "a field of mine": [1, 2]},
    {**RUN, "phase": None, "heartbeat_interval_ms": 5_000},
    EVENT,
    {**EVENT, "usage": {"tokens_in": 0, "cost": 0.25}, "duration_ms": 0.5, "sequence": -3, "inputs": None},
    NODE,
    EDGE,
    {**EDGE, "edge_type": "conditional", "condition": "x > 1"},
    GRAPH,
    {**GRAPH, "nodes": None, "edges": [{"source": "a", "target": "b", "condition": "x > 1"}], "number": None},
    {**GRAPH, "nodes": [{"node_id": "n", "goal": None, "a field of mine": 1}], "recorder_id": "p", "number": 2},
    {"record": "message", "run_id": "r", "message_id": "m", "content": [], "tokens": 3},
    {"record": "file", "run_id": "r", "file_id": "f", "size_bytes": 10, "is_final_output": True},
    {"record": "session", "session_id": "a / b"},
    {**EVENT, "recorder_id": "0123456789abcdef", "number": 1},
    {**RUN, "recorder_id": "p", "number": 10**12},
    {**NODE, "recorder_id": None, "number": None},
    {"record": "recorder", "run_id": "r", "recorder_id": "p"},
    {
        "record": "recorder",
        "run_id": "r",
        "recorder_id": "p",
        "record_count": 4312,
        "dropped_count": 0,
        "closed": True,
        "sdk": "runreel/0.1.0",
        "language": "CPython 3.11.7",
        "recorded_at": 1769860800.25,
    },
]
# What the decoder would refuse, repair, or keep elsewhere with a warning.
BAD: list[dict[str, object]] = [
    {"run_id": "r"},
    {"record": "thing", "run_id": "r"},
    {"record": "run"},
    {**RUN, "run_id": "a b"},
    {**RUN, "run_id": "x" * 65},
    {**RUN, "run_id": ".."},
    {**RUN, "phase": "middle"},
    {**RUN, "run_name": "nodes"},
    {**RUN, "run_name": " padded"},
    {**RUN, "agent_name": "x" * 256},
    {**RUN, "agent_name": "."},
    {**RUN, "environment": ""},
    {**RUN, "task": "x" * 10_001},
    {**RUN, "started_at": True},
    {**RUN, "metadata": []},
    {**EVENT, "event_id": "a\tb"},
    {**EVENT, "usage": {"tokens_in": -1}},
    {**EVENT, "usage": {"cost": "free"}},
    {**EVENT, "duration_ms": "fast"},
    {**EVENT, "sequence": 2**63},
    {"record": "node", "run_id": "r"},
    {"record": "edge", "run_id": "r", "source": "a"},
    {"record": "graph", "run_id": "r"},
    {**GRAPH, "run_id": "a b"},
    {**GRAPH, "nodes": {}},
    {**GRAPH, "nodes": []},
    {**GRAPH, "nodes": ["n"]},
    {**GRAPH, "nodes": [{"name": "without an id"}]},
    {**GRAPH, "nodes": [{"node_id": "n", "max_attempts": 0}]},
    {**GRAPH, "edges": [{"source": "a"}]},
    {**GRAPH, "a field of mine": 1},
    {"record": "session", "session_id": None},
    {**EVENT, "recorder_id": "p", "number": 0},
    {**EVENT, "recorder_id": "p", "number": 10**12 + 1},
    {**EVENT, "recorder_id": "p", "number": "1"},
    {**EVENT, "recorder_id": "a\tb", "number": 1},
    {"record": "recorder", "run_id": "r"},
    {"record": "recorder", "recorder_id": "p"},
    {"record": "recorder", "run_id": "r", "recorder_id": "p", "record_count": -1},
    {"record": "recorder", "run_id": "r", "recorder_id": "p", "closed": "yes"},
]


def test_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["version"]["const"] == native.VERSION
    assert SCHEMA["$defs"]["long_text"]["maxLength"] == native._MAX_TASK_LENGTH
    assert SCHEMA["$defs"]["tags"]["maxItems"] == MAX_TAGS
    bounds = {"count": field._MAX_COUNT, "duration": field._MAX_DURATION_MS, "cost": field._MAX_COST_DOLLARS}
    assert {name: SCHEMA["$defs"][name]["maximum"] for name in bounds} == bounds
    assert SCHEMA["$defs"]["number"]["maximum"] == MAX_NUMBER == field._MAX_COUNT
    assert SCHEMA["$defs"]["phase"]["enum"] == [*native._PHASE_RANKS, None]
    assert sorted(SCHEMA["$defs"]["record"]["properties"]["record"]["enum"]) == sorted([*KINDS, "graph"])


@pytest.mark.parametrize("kind", KINDS)
def test_schema_has_the_fields_of_the_decoder(kind: str) -> None:
    assert set(SCHEMA["$defs"][kind]["properties"]) == fields_of(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_schema_has_the_types_of_the_decoder(kind: str) -> None:
    properties = SCHEMA["$defs"][kind]["properties"]
    for name, (_, reader) in native._SHAPES[kind].fields.items():
        assert properties[name]["$ref"] == f"#/$defs/{READERS[reader]}", name


@pytest.mark.parametrize("kind", ["node", "edge"])
def test_schema_has_the_parts_of_a_graph_as_they_are_alone(kind: str) -> None:
    alone, part = SCHEMA["$defs"][kind], SCHEMA["$defs"][f"graph_{kind}"]
    common = {"record", "phase", *native._COMMON_GRAPH_KEYS}
    assert part["properties"] == {name: about for name, about in alone["properties"].items() if name not in common}
    assert part["required"] == [name for name in alone["required"] if name not in common]


def test_schema_and_reference_have_the_fields_of_a_graph() -> None:
    assert set(SCHEMA["$defs"]["graph"]["properties"]) == {"record", *native._COMMON_GRAPH_KEYS, *native._GRAPH_PARTS}
    assert set(rows_of(section("### `graph`"))) == native._GRAPH_PARTS.keys()


def test_schema_has_the_usage_of_the_decoder() -> None:
    properties = SCHEMA["$defs"]["usage"]["properties"]
    refs = {name: f"#/$defs/{READERS[reader]}" for name, (_, reader) in native._USAGE_FIELDS.items()}
    assert {name: described["$ref"] for name, described in properties.items()} == refs


@pytest.mark.parametrize("kind", KINDS)
def test_schema_describes_every_field(kind: str) -> None:
    assert [name for name, about in SCHEMA["$defs"][kind]["properties"].items() if not about.get("description")] == []


@pytest.mark.parametrize("kind", KINDS)
def test_reference_has_the_fields_of_the_decoder(kind: str) -> None:
    text = section(f"### `{kind}`")
    common = set(re.findall(r"`(\w+)`", re.search(r"Common fields: ([^.]*)\.", text)[1]))  # type: ignore[index]
    assert {"record"} | common | set(rows_of(text)) == fields_of(kind)
    assert f"kept in `{native._SHAPES[kind].rest_field}`" in text


def test_reference_has_the_usage_of_the_decoder() -> None:
    assert set(rows_of(section("#### `usage`"))) == set(native._USAGE_FIELDS)


def test_reference_has_no_other_kind() -> None:
    assert sorted(re.findall(r"^### `(\w+)`$", REFERENCE, re.MULTILINE)) == sorted([*KINDS, "graph"])


@pytest.mark.parametrize("record", GOOD, ids=str)
def test_what_is_valid_is_taken_as_it_stands(record: dict[str, object]) -> None:
    batch = {"version": 1, "records": [record]}
    assert [error.message for error in VALIDATOR.iter_errors(batch)] == []
    assert issues_of(batch) == []


@pytest.mark.parametrize("record", BAD, ids=lambda record: str(record)[:80])
def test_what_is_invalid_is_not(record: dict[str, object]) -> None:
    batch = {"version": 1, "records": [record]}
    assert not VALIDATOR.is_valid(batch)
    assert issues_of(batch) != []


@pytest.mark.parametrize("batch", [{"version": 2, "records": []}, {"version": 1}, [], {"records": {}}], ids=str)
def test_what_is_no_batch_is_invalid(batch: object) -> None:
    assert not VALIDATOR.is_valid(batch)


@pytest.mark.parametrize("job", list(islice(iter_jobs(), 6)), ids=lambda job: job.agent_name)
def test_what_the_demo_records_is_valid(job: Job) -> None:
    with (
        recorded() as recording,
        scripted_model.serving(SCRIPT, wait=lambda _: None) as url,
        suppress(StepFailedError),
    ):
        do_job(job, Surroundings(model_url=url, pace=Pace(0)))

    records = list(recording)
    batch = json.loads(json.dumps({"version": 1, "records": records}))
    assert len(records) > 10
    assert [error.message for error in VALIDATOR.iter_errors(batch)] == []
    assert issues_of(batch) == []


def fields_of(kind: str) -> set[str]:
    shape = native._SHAPES[kind]
    common = COMMON - ({"run_id"} if kind == "session" else set()) - (set() if shape.has_phases else {"phase"})
    return {*common, *shape.key_fields, *shape.fields, *(("usage",) if kind == "event" else ())}


def issues_of(batch: object) -> list[str]:
    taken = decode_batch(json.dumps(batch).encode(), max_record_bytes=1_000_000, max_records=10_000)
    return [issue.reason for issue in (*taken.refused, *taken.warnings)]


def section(heading: str) -> str:
    _, _, rest = REFERENCE.partition(f"\n{heading}\n")
    assert rest, f"there is no {heading!r} in the reference of records"
    text = re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return re.sub(r"(?<=\S)\n(?=[^|\n])", " ", text)  # lines of one paragraph


def rows_of(text: str) -> Iterator[str]:
    return iter(re.findall(r"^\| `(\w+)`", text, re.MULTILINE))
