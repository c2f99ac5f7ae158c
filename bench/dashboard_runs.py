"""The runs that the dashboard is measured with: long ones, graphs, and one that goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from random import Random
from typing import Any

from bench.client import Client
from bench.text import make_name, make_words

Record = dict[str, Any]

STARTED_AT = datetime(2026, 1, 5, 8, 0, 0, tzinfo=UTC)
AGENT = "measured agent"
MODELS = ("gpt-4o", "claude-sonnet-4", "my-own-7b")
TOOLS = ("web_search", "fetch_page", "python", "vector_lookup", "query_database")
N_STAGES = 8
CALLS_PER_STEP = 23
STEPS_PER_ROUND = 40
CALLS_PER_FAILURE = 400
EVENTS_PER_MESSAGE = 50
EVENTS_PER_FILE = 250
BATCH_RECORDS = 1_000


def record_run(client: Client, records: Iterator[Record]) -> None:
    """Send the records of a run in batches."""
    while batch := list(islice(records, BATCH_RECORDS)):
        send(client, batch)


def send(client: Client, records: Sequence[Record]) -> None:
    answer = client.post_records(json.dumps({"version": 1, "records": records}).encode())
    if answer["refused"]:
        raise RuntimeError(f"the server refused {answer['rejected']} of {len(records)} records: {answer}")


def iter_long_run(run_id: str, n_events: int) -> Iterator[Record]:
    """Yield a run that has ended: rounds of steps in which models and tools are called, three levels deep."""
    rng = Random(run_id)
    yield {**_run(run_id, "start"), "started_at": _at(STARTED_AT)}
    ended_at = STARTED_AT
    for number, event in enumerate(islice(_iter_events(rng, run_id), n_events - 1)):
        ended_at = max(ended_at, datetime.fromisoformat(event["ended_at"]))
        yield event
        if number % EVENTS_PER_MESSAGE == 1:
            yield _message(rng, event, number)
        if number % EVENTS_PER_FILE == 1:
            yield _file(rng, event, number)
    root = {"event_type": "agent_call", "name": AGENT, "started_at": _at(STARTED_AT), "ended_at": _at(ended_at)}
    yield {"record": "event", "run_id": run_id, "event_id": "root", **root}
    yield {**_run(run_id, "end"), "status": "completed", "ended_at": _at(ended_at)}


def iter_graph_run(run_id: str, n_nodes: int) -> Iterator[Record]:
    """Yield a run with a declared graph of stages that fork and join, of which the last ones were not reached."""
    yield {**_run(run_id, "start"), "started_at": _at(STARTED_AT)}
    rng = Random(run_id)
    layers = list(_iter_layers(rng, n_nodes))
    for order, node in enumerate(node for layer in layers for node in layer):
        kind = rng.choice(("agent", "tool", "step"))
        yield {"record": "node", "run_id": run_id, "node_id": node, "node_type": kind, "order_index": order}
    for before, after in pairwise(layers):
        for source in before:
            for target in after:
                yield {"record": "edge", "run_id": run_id, "source": source, "target": target}
    clock = STARTED_AT
    reached = [node for layer in layers for node in layer][: n_nodes * 9 // 10]
    for node in reached:
        ended_at = clock + timedelta(milliseconds=rng.uniform(20, 2_000))
        times = {"started_at": _at(clock), "ended_at": _at(ended_at)}
        is_last = node == reached[-1]
        status = "failed" if is_last else "completed"
        event = {"event_id": f"in {node}", "event_type": "llm_call", "name": rng.choice(MODELS), "node_id": node}
        yield {"record": "event", "run_id": run_id, **event, **times, "status": status}
        clock = ended_at
    yield {**_run(run_id, "end"), "status": "failed", "ended_at": _at(clock)}


def start_open_run(run_id: str) -> list[Record]:
    """Return the beginning of a run that goes on."""
    now = _at(datetime.now(UTC))
    root = {"event_type": "agent_call", "name": AGENT, "phase": "start", "started_at": now}
    return [
        {**_run(run_id, "start"), "started_at": now},
        {"record": "event", "run_id": run_id, "event_id": "root", **root},
    ]


def make_live_batch(run_id: str, number: int, n_events: int) -> list[Record]:
    """Return events that happen now: a step, and what was called in it."""
    rng = Random(f"{run_id} {number}")
    now = datetime.now(UTC)
    step = f"step {number}"
    records = [_step(run_id, step, "root", number, now, now + timedelta(milliseconds=n_events))]
    for call in range(n_events - 1):
        at = now + timedelta(milliseconds=call)
        records.append(_call(rng, run_id, f"{step}.{call}", step, at, at + timedelta(milliseconds=rng.uniform(1, 9))))
    return records


def _iter_events(rng: Random, run_id: str) -> Iterator[Record]:
    clock = STARTED_AT
    number = 0
    while True:
        round_id = f"round {number // STEPS_PER_ROUND}"
        if number % STEPS_PER_ROUND == 0:
            long = timedelta(seconds=STEPS_PER_ROUND * 20)
            yield _step(run_id, round_id, "root", number // STEPS_PER_ROUND, clock, clock + long)
        step = f"step {number}"
        calls: list[Record] = []
        began = clock
        for call in range(CALLS_PER_STEP):
            clock += timedelta(milliseconds=rng.uniform(1, 300))
            length = timedelta(milliseconds=rng.lognormvariate(5.5, 1.2))
            # Half of what a tool does is called by it.
            parent = calls[-1]["event_id"] if calls and calls[-1]["event_type"] == "tool_call" and call % 2 else step
            calls.append(_call(rng, run_id, f"{step}.{call}", parent, clock, clock + length))
        yield _step(run_id, step, round_id, number, began, clock)
        yield from calls
        number += 1


def _step(run_id: str, event_id: str, parent: str, number: int, began: datetime, ended: datetime) -> Record:
    return {
        "record": "event",
        "run_id": run_id,
        "event_id": event_id,
        "parent_event_id": parent,
        "event_type": "step",
        "name": event_id,
        "node_id": f"stage {number % N_STAGES}",
        "started_at": _at(began),
        "ended_at": _at(ended),
    }


def _call(rng: Random, run_id: str, event_id: str, parent: str, began: datetime, ended: datetime) -> Record:
    has_failed = rng.randrange(CALLS_PER_FAILURE) == 0
    record: Record = {
        "record": "event",
        "run_id": run_id,
        "event_id": event_id,
        "parent_event_id": parent,
        "started_at": _at(began),
        "ended_at": _at(ended),
        "status": "failed" if has_failed else "completed",
        "inputs": {"query": make_words(rng, 8)},
        "outputs": {"text": make_words(rng, 12)},
    }
    if has_failed:
        record["error"] = {"type": "TimeoutError", "message": f"no answer about {make_name(rng)}"}
    if rng.random() < 0.45:
        model = rng.choice(MODELS)
        record |= {"event_type": "llm_call", "name": model, "model": model}
        record |= {"first_token_at": _at(began + (ended - began) * 0.2)}
        record |= {"usage": {"tokens_in": rng.randint(60, 6_000), "tokens_out": rng.randint(10, 900), "cost": 0.002}}
    else:
        record |= {"event_type": "tool_call", "name": rng.choice(TOOLS)}
    return record


def _message(rng: Random, event: Record, number: int) -> Record:
    return {
        "record": "message",
        "run_id": event["run_id"],
        "message_id": f"message {number}",
        "event_id": event["event_id"],
        "sender": AGENT,
        "recipient": rng.choice(("user", "reviewer")),
        "sent_at": event["ended_at"],
        "content": make_words(rng, 40),
    }


def _file(rng: Random, event: Record, number: int) -> Record:
    return {
        "record": "file",
        "run_id": event["run_id"],
        "file_id": f"file {number}",
        "event_id": event["event_id"],
        "path": f"reports/{make_name(rng)} {number}.md",
        "media_type": "text/markdown",
        "size_bytes": rng.randint(100, 90_000),
        "created_at": event["ended_at"],
    }


def _iter_layers(rng: Random, n_nodes: int) -> Iterator[list[str]]:
    """Yield layers of one, or of some, by turns: what was forked is joined again."""
    number = 0
    while number < n_nodes:
        width = 1 if number == 0 else rng.choice((1, 2, 3, 4))
        layer = [f"node {each}" for each in range(number, min(n_nodes, number + width))]
        yield layer
        number += len(layer)
        if len(layer) > 1 and number < n_nodes:
            yield [f"node {number}"]
            number += 1


def _run(run_id: str, phase: str) -> Record:
    return {"record": "run", "run_id": run_id, "agent_name": AGENT, "phase": phase}


def _at(instant: datetime) -> str:
    return instant.isoformat()
