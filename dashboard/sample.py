"""Fills a server with runs to look at: `sample.py URL [RUNS]`; the same each time, and one that shows what there is."""

from __future__ import annotations

import json
import random
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.request import Request, urlopen

import showcase
from showcase import at

Record = dict[str, Any]

AGENTS = (
    ("research_agent", "deep_research", 1.0),
    ("support/tier 1", "one_shot", 0.7),
    ("code-reviewer", "planning_control", 0.5),
    ("invoice extractor", "one_shot", 0.35),
    ("旅行プランナー 🧳", "hitl", 0.12),
    ("وكيل الأخبار", "one_shot", 0.08),
    ("nightly-eval (100 %) #3", "one_shot", 0.05),
)
STATUSES = ("completed",) * 14 + ("failed",) * 3 + ("cancelled", "paused", "waiting_approval", "executing", "planning")
ENDS = ("completed", "failed", "cancelled")
NODES = (
    ("planning", "Make a plan", "planning"),
    ("search", "Search the sources", "agent"),
    ("read", "Read what was found", "parallel_group"),
    ("check", "Check the facts", "branch_point"),
    ("write", "Write the report", "agent"),
    ("approve", "Ask for approval", "approval"),
    ("terminator", "End", "terminator"),
)
MODELS = (("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4"), ("local", "my-own-7b"))
TOOLS = ("web_search", "fetch_page", "python", "vector_lookup", "send_email")


def main(arguments: list[str]) -> int:
    """Record all runs in batches."""
    url = arguments[0].rstrip("/")
    n_runs = int(arguments[1]) if len(arguments) > 1 else 120
    chance = random.Random(7)
    now = datetime.now(UTC)
    batch: list[Record] = []
    for number in range(n_runs):
        batch += make_run(chance, number, now)
        if len(batch) > 2_000:
            send(url, batch)
            batch = []
    send(url, batch)
    send(url, [*showcase.tell(now - timedelta(minutes=9)), *showcase.broken_runs(now - timedelta(minutes=1))])
    showcase.upload(url)
    return 0


def make_run(chance: random.Random, number: int, now: datetime) -> list[Record]:
    """Return the records of one run; runs lie within the last three weeks, the first one is the newest."""
    agent, mode, _ = chance.choices(AGENTS, [weight for _, _, weight in AGENTS])[0]
    status = "executing" if number == 0 else chance.choice(STATUSES)
    start = now - timedelta(minutes=4 + 250 * number * chance.uniform(0.6, 1.2))
    run_id = f"sample-{number}"
    records = [
        {
            "record": "run",
            "run_id": run_id,
            "agent_name": agent,
            "phase": "start",
            "started_at": at(start),
            "created_at": at(start),
            "mode": mode,
            "environment": chance.choice(("production", "staging", "laptop")),
            "session_id": f"conversation {number // 4}",
            "task": "What changed in the market of small satellites this quarter, and who wins?",
            "tags": chance.sample(["nightly", "v2", "customer/acme", "retry"], chance.randint(0, 2)),
            "metadata": {"commit": f"{chance.getrandbits(28):07x}"},
            **({"status": status} if status not in ENDS else {}),
            **({"run_name": chance.choice(("the 1st #", "A/B: 50 %", "日報 📈"))} if number % 9 == 4 else {}),
        }
    ]
    records += [
        {"record": "node", "run_id": run_id, "node_id": node, "name": name, "node_type": kind, "order_index": index}
        for index, (node, name, kind) in enumerate(NODES)
    ]
    records += [
        {"record": "edge", "run_id": run_id, "source": source[0], "target": target[0], "edge_type": "sequential"}
        for source, target in pairwise(NODES)
    ]
    n_nodes = len(NODES) if status in ("completed", "cancelled") else chance.randint(2, 5)
    clock = start + timedelta(milliseconds=chance.uniform(5, 80))
    for index, (node, name, _) in enumerate(NODES[:n_nodes]):
        fails = status == "failed" and index == n_nodes - 1
        step, clock = make_step(chance, run_id, node, name, clock, fails=fails)
        records += step
    records.append(
        {
            "record": "message",
            "run_id": run_id,
            "message_id": "m1",
            "sent_at": at(start),
            "sender": "user",
            "recipient": agent,
            "content": "Please look at *everything* since May.",
        }
    )
    if status in ENDS:
        records.append(
            {
                "record": "run",
                "run_id": run_id,
                "phase": "end",
                "status": status,
                "ended_at": at(clock),
                **({"error": {"type": "ToolError", "message": "the page answered 503"}} if status == "failed" else {}),
            }
        )
    return records


def make_step(
    chance: random.Random, run_id: str, node: str, name: str, clock: datetime, *, fails: bool
) -> tuple[list[Record], datetime]:
    """Return the events of one node, and when it ended."""
    began = clock
    children: list[Record] = []
    for number in range(chance.randint(1, 6)):
        length = timedelta(milliseconds=chance.lognormvariate(6.5, 1.1))
        is_last = fails and number == 0
        common = {
            "record": "event",
            "run_id": run_id,
            "event_id": f"{node}-{number}",
            "parent_event_id": node,
            "node_id": node,
            "started_at": at(clock),
            "ended_at": at(clock + length),
            "status": "failed" if is_last else "completed",
        }
        if chance.random() < 0.5:
            provider, model = chance.choice(MODELS)
            children.append(
                {
                    **common,
                    "event_type": "llm_call",
                    "name": model,
                    "model": model,
                    "provider": provider,
                    "usage": {"tokens_in": chance.randint(300, 9_000), "tokens_out": chance.randint(30, 1_200)},
                    "first_token_at": at(clock + length * 0.2),
                    "inputs": {"messages": [{"role": "user", "content": "Which sources are new?"}]},
                    "outputs": {"text": "Three of them: …"},
                }
            )
        else:
            tool = chance.choice(TOOLS)
            children.append(
                {
                    **common,
                    "event_type": "tool_call",
                    "name": tool,
                    "inputs": {"query": "smallsat launches"},
                    "outputs": [1, 2],
                }
            )
        if is_last:
            children[-1]["error"] = {"type": "HTTPError", "message": "503 Service Unavailable", "stack": "Traceback …"}
        clock += length + timedelta(milliseconds=chance.uniform(1, 60))
    step = {
        "record": "event",
        "run_id": run_id,
        "event_id": node,
        "event_type": "step",
        "name": name,
        "node_id": node,
        "started_at": at(began),
        "ended_at": at(clock),
        "status": "failed" if fails else "completed",
    }
    return [step, *children], clock


def send(url: str, records: list[Record]) -> None:
    """Record a batch, and tell of what was refused."""
    body = json.dumps({"version": 1, "records": records}).encode()
    request = Request(f"{url}/api/records", body, {"content-type": "application/json"})
    with urlopen(request, timeout=60) as response:
        answer = json.load(response)
    for refused in answer["errors"][:5]:
        sys.stderr.write(f"{refused}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
