"""Records with fixed values: a test names only what it is about.

Fields are in storage form, as decoders give them: instants in microseconds, cost in nano-dollars.
"""

from __future__ import annotations

from collections.abc import Sequence

from runreel.model.record import Batch, Rank, Record, RecordKind, edge_key

SECOND = 1_000_000
HOUR = 3_600 * SECOND
AT = 1_795_320_000 * SECOND
"""The instant that builders take where a test names none; it begins an hour."""

NOW = AT + HOUR
"""When a test's store gets its records: after the instants that they speak of."""


def make_run(run_id: str = "run-1", *, at: int = AT, rank: int = Rank.START, **fields: object) -> Record:
    """Build a run record: the start of a run of the agent `planner`, unless it is told otherwise."""
    stated: dict[str, object] = {"agent_name": "planner", "status": "executing", **fields}
    return Record(RecordKind.RUN, run_id, "", rank, at, _without_none(stated))


def make_run_end(run_id: str = "run-1", *, at: int = AT + SECOND, **fields: object) -> Record:
    """Build the record of a run's end; it says nothing of the agent."""
    stated: dict[str, object] = {"status": "completed", "ended_at": at, **fields}
    return Record(RecordKind.RUN, run_id, "", Rank.END, at, _without_none(stated))


def make_event(
    event_id: str = "event-1", run_id: str = "run-1", *, at: int = AT, rank: int = Rank.END, **fields: object
) -> Record:
    """Build an event record: a tool call that began at `at` and is over."""
    stated: dict[str, object] = {"event_type": "tool_call", "status": "completed", "started_at": at, **fields}
    return Record(RecordKind.EVENT, run_id, event_id, rank, at, _without_none(stated))


def make_llm_call(
    event_id: str = "event-1",
    run_id: str = "run-1",
    *,
    at: int = AT,
    tokens_in: int | None = 100,
    tokens_out: int | None = 10,
    cost_nanos: int | None = 1_000,
    **fields: object,
) -> Record:
    """Build the event record of an LLM call with usage."""
    usage: dict[str, object] = {"tokens_in": tokens_in, "tokens_out": tokens_out, "cost_nanos": cost_nanos}
    record = make_event(event_id, run_id, at=at, event_type="llm_call", model="small-1")
    record.fields.update(_without_none({**usage, **fields}))
    return record


def make_approval(
    event_id: str = "approval-1",
    run_id: str = "run-1",
    *,
    at: int = AT,
    question: str = "Deploy?",
    options: Sequence[str] = ("approve", "reject"),
    **fields: object,
) -> Record:
    """Build the event record of an approval that is open."""
    inputs = {"question": question, "options": list(options), "context": {"to": "production"}}
    stated: dict[str, object] = {"event_type": "approval_requested", "status": "running", "inputs": inputs, **fields}
    return make_event(event_id, run_id, at=at, rank=Rank.START, **stated)


def make_node(
    node_id: str = "step_1", run_id: str = "run-1", *, at: int = AT, rank: int = Rank.START, **fields: object
) -> Record:
    """Build a node record."""
    return Record(RecordKind.NODE, run_id, node_id, rank, at, _without_none(fields))


def make_edge(
    source: str,
    target: str,
    run_id: str = "run-1",
    *,
    edge_type: str = "sequential",
    condition: str = "",
    at: int = AT,
    **fields: object,
) -> Record:
    """Build an edge record."""
    key = edge_key(source, target, edge_type, condition)
    return Record(RecordKind.EDGE, run_id, key, Rank.END, at, _without_none(fields))


def make_message(message_id: str = "message-1", run_id: str = "run-1", *, at: int = AT, **fields: object) -> Record:
    """Build a message record."""
    return Record(RecordKind.MESSAGE, run_id, message_id, Rank.END, at, {"sent_at": at, **_without_none(fields)})


def make_file(file_id: str = "file-1", run_id: str = "run-1", *, at: int = AT, **fields: object) -> Record:
    """Build a file record."""
    stated: dict[str, object] = {"path": f"out/{file_id}.md", "created_at": at, **fields}
    return Record(RecordKind.FILE, run_id, file_id, Rank.END, at, _without_none(stated))


def make_session(session_id: str = "session-1", *, at: int = AT, **fields: object) -> Record:
    """Build a session record."""
    return Record(RecordKind.SESSION, "", session_id, Rank.END, at, _without_none(fields))


def make_recorder(recorder_id: str = "recorder-1", run_id: str = "run-1", *, at: int = AT, **fields: object) -> Record:
    """Build what a recorder says of its own records of a run."""
    return Record(RecordKind.RECORDER, run_id, recorder_id, Rank.END, at, _without_none(fields))


def numbered(record: Record, number: int, recorder_id: str = "recorder-1") -> Record:
    """Return the record with the number that its recorder gave it."""
    record.origin = recorder_id, number
    return record


def make_batch(records: Sequence[Record]) -> Batch:
    """Build what a decoder makes of a body with these records, none of them refused."""
    for index, record in enumerate(records):
        record.index = index
    return Batch(records=list(records), n_received=len(records))


def _without_none(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
