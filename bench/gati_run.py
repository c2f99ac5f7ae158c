"""The events of one run, exactly as the `gati` 0.0.3 SDK sends them.

The envelope comes first, then `data`, then every field of the event's class again at the top level. Times are naive
UTC and say when the event object was made: for a call, its end. A node's event is sent when the node has run, and is
the parent of what is called after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from bench.text import make_name, make_text, make_words

Event = dict[str, Any]

MODELS = {  # dollars per million tokens in and out
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4o": (2.50, 10.00),
    "claude-3-5-haiku-20241022": (0.80, 4.00),
    "gemini-1.5-flash": (0.075, 0.30),
}
TOOLS = ("web_search", "read_file", "query_database", "fetch_page", "calculator", "send_email")
STAGES = ("planning", "research", "analysis", "drafting", "review")
N_CALLS_PER_NODE = 7  # of a graph; a run without a graph has steps and calls only
N_LOOPED_STEPS = 8  # a long run goes round its graph again


@dataclass(slots=True)
class _Run:
    rng: Random
    agent_name: str
    run_id: str
    run_name: str
    clock: datetime
    has_graph: bool
    start_id: str = ""
    parent_id: str | None = None
    previous_id: str | None = None
    n_nodes: int = 0


def iter_run_events(
    rng: Random, agent_name: str, *, n_events: int, started_at: datetime, has_graph: bool
) -> Iterator[Event]:
    """Yield exactly `n_events` (2 or more): a start, the work, an end."""
    run = _Run(
        rng=rng,
        agent_name=agent_name,
        run_id=_uuid4(rng),
        run_name=f"temp_{_uuid4(rng)}",
        clock=started_at,
        has_graph=has_graph,
    )
    yield _agent_start(run)
    for index in range(n_events - 2):
        run.clock += timedelta(microseconds=rng.randint(2_000, 1_500_000))
        yield _node_execution(run) if run.has_graph and index % (N_CALLS_PER_NODE + 1) == 0 else _call(run)
    yield _agent_end(run, total_duration_ms=(run.clock - started_at) / timedelta(milliseconds=1))


def _uuid4(rng: Random) -> str:
    digits = f"{rng.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | 4 << 76 | 2 << 62:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _event(run: _Run, event_type: str, data: dict[str, Any], repeated: dict[str, Any] | None = None) -> Event:
    return {
        "event_type": event_type,
        "run_id": run.run_id,
        "run_name": run.run_name,
        "timestamp": run.clock.isoformat(),
        "agent_name": run.agent_name,
        "event_id": _uuid4(run.rng),
        "parent_event_id": run.parent_id,
        "previous_event_id": None,
        "data": data,
        **(data if repeated is None else repeated),
    }


def _agent_start(run: _Run) -> Event:
    given = {"task": make_text(run.rng, run.rng.randint(15, 50)), "max_steps": run.rng.randint(3, 20)}
    event = _event(run, "agent_start", {"input": given, "metadata": _graph_metadata() if run.has_graph else {}})
    run.start_id = run.parent_id = run.previous_id = event["event_id"]
    return event


def _graph_metadata() -> dict[str, Any]:
    edges = [
        {"from": source, "to": target, "type": "regular", "condition": None, "condition_func": None, "async": False}
        for source, target in pairwise(STAGES)
    ]
    structure = {"nodes": list(STAGES), "edges": edges, "entry_point": STAGES[0], "end_nodes": [STAGES[-1]]}
    nested = {"is_subgraph": False, "depth": 0, "parent_run_id": None}
    return {"graph_type": "langgraph", "method": "invoke", **nested, "graph_structure": structure}


def _node_execution(run: _Run) -> Event:
    rng = run.rng
    n_looped = run.n_nodes - len(STAGES)
    name = STAGES[n_looped] if n_looped < 0 else f"step_{n_looped % N_LOOPED_STEPS + 1}"
    before = {"topic": make_name(rng), "n_messages": rng.randint(1, 40)}
    after = {**before, "n_messages": before["n_messages"] + 2, "notes": make_words(rng, rng.randint(4, 16))}
    repeated = {"node_name": name, "state_before": before, "state_after": after, "duration_ms": rng.uniform(20, 9_000)}
    data = {
        "node_name": name,
        "state_before": before,
        "state_after": after,
        "state_diff": {"added": {"notes": after["notes"]}, "modified": ["n_messages"], "removed": []},
        "status": "completed",
        "metadata": {"node_name": name, "node_type": "function", "is_async": False},
        "duration_ms": repeated["duration_ms"],
        "sequence_index": run.n_nodes,
    }
    run.parent_id = run.start_id
    event = _event(run, "node_execution", data, repeated)
    event["previous_event_id"] = run.previous_id
    run.parent_id = run.previous_id = event["event_id"]
    run.n_nodes += 1
    return event


def _call(run: _Run) -> Event:
    kind = run.rng.random()
    if kind < 0.35:
        return _llm_call(run)
    return _tool_call(run) if kind < 0.75 else _step(run)


def _llm_call(run: _Run) -> Event:
    rng = run.rng
    model, (dollars_in, dollars_out) = rng.choice(list(MODELS.items()))
    tokens_in, tokens_out = rng.randint(60, 6_000), rng.randint(10, 900)
    data = {
        "model": model,
        "prompt": make_text(rng, rng.randint(8, 75)),
        "completion": make_text(rng, rng.randint(4, 65)),
        "tokens_in": tokens_in,
        "tokens_out": tokens_out,
        "latency_ms": rng.uniform(180, 12_000),
        "cost": (tokens_in * dollars_in + tokens_out * dollars_out) / 1e6,
        "system_prompt": f"You are {run.agent_name}. Answer in short sentences." if rng.random() < 0.5 else "",
    }
    return _event(run, "llm_call", data)


def _tool_call(run: _Run) -> Event:
    rng = run.rng
    given = {"query": make_words(rng, rng.randint(2, 9)), "limit": rng.randint(1, 20)}
    found = [_tool_result(rng) for _ in range(rng.randint(0, 4))]
    data = {
        "tool_name": rng.choice(TOOLS),
        "input": given,
        "output": {"results": found},
        "latency_ms": rng.uniform(1, 3_000),
    }
    event = _event(run, "tool_call", data, dict(data))
    if rng.random() < 0.03:
        data["error"] = {"type": "TimeoutError", "message": f"no answer about {given['query']}"}
    return event


def _tool_result(rng: Random) -> dict[str, Any]:
    return {"title": make_name(rng), "score": rng.random(), "rows": rng.randint(0, 100_000)}


def _step(run: _Run) -> Event:
    rng = run.rng
    data = {
        "step_name": rng.choice(("parse", "rank", "merge", "validate")),
        "input": {"text": make_words(rng, rng.randint(3, 20))},
        "output": {"kept": rng.randint(0, 500), "reason": make_words(rng, rng.randint(2, 12))},
        "duration_ms": rng.uniform(0.05, 400),
        "metadata": {},
    }
    return {**_event(run, "step", data), "parent_event_id": None}  # the SDK gives a step no parent


def _agent_end(run: _Run, *, total_duration_ms: float) -> Event:
    answer = {"answer": make_text(run.rng, run.rng.randint(20, 120)), "n_nodes": run.n_nodes}
    run.parent_id = None
    return _event(run, "agent_end", {"output": answer, "total_duration_ms": total_duration_ms, "total_cost": 0.0})
