"""One run, and what is around it, that shows what the dashboard can show: branches, a loop, a failure, talk, files."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

Record = dict[str, Any]

AGENT = "market_researcher"
RUN_ID = "showcase"
TASK = "How did the market for small satellites change this quarter, and who gained from it?"
NODES = (
    ("plan", "Plan the research", "planning"),
    ("web", "Search the web", "agent"),
    ("filings", "Search the filings", "agent"),
    ("expert", "Ask an expert", "sub_agent"),
    ("read", "Read what was found", "parallel_group"),
    ("check", "Check the facts", "branch_point"),
    ("write", "Write the report", "agent"),
    ("approve", "Ask for approval", "approval"),
    ("publish", "Publish the report", "tool"),
    ("end", "End", "terminator"),
)
# What was to be done in some of them, as an agent declares it.
TOLD: dict[str, Record] = {
    "plan": {"goal": "Say what has to be known, and where it may be found", "agent_name": "planner"},
    "web": {
        "goal": "Find who launched what this quarter",
        "agent_name": "web_searcher",
        "details": [
            "Launch tables of the operators",
            "News of the last 90 days",
            "At least two sources for each figure",
        ],
        "max_attempts": 3,
    },
    "filings": {"goal": "Find what the operators told their owners", "agent_name": "filings_searcher"},
    "check": {"details": ["Every figure has a source", "Sources do not quote each other"]},
    "write": {"goal": "A report of one page, with a table", "agent_name": "writer", "max_attempts": 2},
    "approve": {"requires_approval": True},
    "publish": {"goal": "Send it to the readers", "max_attempts": 3},
}
EDGES = (
    ("plan", "web", "parallel", ""),
    ("plan", "filings", "parallel", ""),
    ("plan", "expert", "optional", "if one is free"),
    ("web", "read", "sequential", ""),
    ("filings", "read", "sequential", ""),
    ("expert", "read", "sequential", ""),
    ("read", "check", "sequential", ""),
    ("check", "web", "conditional", "too few sources"),
    ("check", "write", "conditional", "enough"),
    ("write", "approve", "sequential", ""),
    ("approve", "publish", "conditional", "approved"),
    ("publish", "end", "sequential", ""),
)
CODE = """\
import csv
from collections import Counter

with open("launches.csv", encoding="utf-8") as table:
    rows = list(csv.DictReader(table))

by_operator = Counter(row["operator"] for row in rows)
for operator, launches in by_operator.most_common(3):
    print(f"{operator}: {launches}")
"""
STACK = """\
Traceback (most recent call last):
  File "agent/publish.py", line 41, in publish
    response = send(report, to=READERS)
  File "agent/mail.py", line 18, in send
    raise MailError(f"{server} answered {answer.status}: {answer.reason}")
agent.mail.MailError: mail.example.org answered 503: Service Unavailable"""
FAILING_CODE = """\
import statistics

shares = [0.34, 0.18, "14 %"]
print(statistics.mean(shares))
"""
DIFF = """\
--- a/report/shares.py
+++ b/report/shares.py
@@ -8,7 +8,8 @@ def shares(rows):
     total = sum(row["launches"] for row in rows)
-    # Of all launches, also of those that failed.
-    return {row["operator"]: row["launches"] / total for row in rows}
+    succeeded = [row for row in rows if row["succeeded"]]
+    total = sum(row["launches"] for row in succeeded)
+    return {row["operator"]: row["launches"] / total for row in succeeded}


 def table(shares):
@@ -21,3 +22,3 @@ def table(shares):
     for operator, share in shares.items():
-        print(f"{operator}: {share:.2f}")
+        print(f"{operator}: {share:.0%}")
"""
NEW_FILE = """\
--- /dev/null
+++ b/report/shares.toml
@@ -0,0 +1,2 @@
+digits = 0
+counts_failures = false
"""
REPORT = """\
# Small satellites, third quarter

Launches rose by **18 %**, and three operators gained from it:

| operator | launches | share |
|---|---:|---:|
| Northwind Orbital | 41 | 34 % |
| Tern Space | 22 | 18 % |
| Halcyon | 17 | 14 % |

- Prices fell for the *third* quarter in a row.
- What is planned for the next one is in `launches.csv`.
"""


class Story:
    """The records of the run, told one after the other; the clock goes on with what is told."""

    def __init__(self, began: datetime) -> None:
        self.began = self.clock = began
        self.records: list[Record] = []
        self._count = 0

    def event(self, event_type: str, name: str, seconds: float, within: str | None = None, **fields: Any) -> str:
        """Tell an event that goes on from now; without `hold` the next one begins when it has ended."""
        self._count += 1
        event_id = fields.pop("event_id", f"e{self._count}")
        hold = fields.pop("hold", False)
        wait = fields.pop("first_token_after", None)
        ended = self.clock + timedelta(seconds=seconds)
        self.records.append(
            {
                "record": "event",
                "run_id": RUN_ID,
                "event_id": event_id,
                "event_type": event_type,
                "name": name,
                "parent_event_id": within,
                "started_at": at(self.clock),
                "ended_at": at(ended),
                "status": "completed",
                **({"first_token_at": at(self.clock + timedelta(seconds=wait))} if wait else {}),
                **fields,
            }
        )
        if not hold:
            self.clock = ended + timedelta(milliseconds=12)
        return event_id

    def say(self, sender: str, recipient: str, content: object, node: str | None = None) -> None:
        """Tell a message."""
        self._count += 1
        self.records.append(
            {
                "record": "message",
                "run_id": RUN_ID,
                "message_id": f"m{self._count}",
                "sent_at": at(self.clock),
                "sender": sender,
                "recipient": recipient,
                "content": content,
                "node_id": node,
            }
        )

    def model(self, name: str, seconds: float, within: str, answer: str, tokens: tuple[int, int]) -> str:
        """Tell a call of a model."""
        return self.event(
            "llm_call",
            name,
            seconds,
            within,
            model=name,
            provider={"gpt-4o": "openai", "claude-sonnet-4": "anthropic"}.get(name, "our own"),
            first_token_after=seconds * 0.22,
            usage={"tokens_in": tokens[0], "tokens_out": tokens[1]},
            inputs={"messages": [{"role": "user", "content": TASK}], "temperature": 0.2},
            outputs={"text": answer},
        )

    def node(self, node_id: str, seconds: float = 0.0, **fields: Any) -> str:
        """Tell an execution of a node; what happens in it is told next, and `close` ends it."""
        names = {each: name for each, name, _ in NODES}
        return self.event("node_execution", names[node_id], seconds, node_id=node_id, hold=True, **fields)

    def close(self, event_id: str, **fields: Any) -> None:
        """End an execution of a node now."""
        record = next(each for each in self.records if each.get("event_id") == event_id)
        record.update(ended_at=at(self.clock), **fields)
        self.clock += timedelta(milliseconds=20)


def tell(began: datetime) -> list[Record]:
    """Return all records of the run."""
    story = Story(began)
    story.records += [
        {
            "record": "run",
            "run_id": RUN_ID,
            "agent_name": AGENT,
            "run_name": "satellites, third quarter",
            "phase": "start",
            "started_at": at(began),
            "created_at": at(began),
            "mode": "planning_control",
            "environment": "production",
            "session_id": "quarterly report",
            "task": TASK,
            "tags": ["customer/acme", "quarterly"],
            "parent_run_id": f"{RUN_ID}-desk",
            "parent_event_id": "ask",
        },
        *(
            {
                "record": "node",
                "run_id": RUN_ID,
                "node_id": node_id,
                "name": name,
                "node_type": kind,
                "order_index": place,
                **TOLD.get(node_id, {}),
            }
            for place, (node_id, name, kind) in enumerate(NODES)
        ),
        *(
            {"record": "edge", "run_id": RUN_ID, "source": a, "target": b, "edge_type": kind, "condition": condition}
            for a, b, kind, condition in EDGES
        ),
    ]
    story.say("reader", "planner", TASK)
    plan = story.node("plan")
    story.model("gpt-4o", 3.1, plan, "Search the web and the filings, check, then write.", (1_240, 310))
    story.say("planner", "researcher", "1. Search the web\n2. Search the **filings**\n3. Check, then write.", "plan")
    story.event("handoff", "researcher", 0.0, plan, inputs=HANDOFF)
    story.close(plan)
    _research(story)
    read = story.node("read")
    story.event("retrieval", "vector_lookup", 0.7, read, inputs={"query": "operators"}, outputs={"documents": 14})
    story.event(
        "code_exec",
        "python",
        1.4,
        read,
        event_id="count",
        inputs={"code": CODE, "language": "python"},
        outputs={"stdout": OUTPUT, "stderr": "", "exit_code": 0},
        attributes={
            "diffs": [{"path": "report/shares.py", "diff": DIFF}, {"path": "report/shares.toml", "diff": NEW_FILE}]
        },
    )
    story.event(
        "code_exec",
        "python",
        0.3,
        read,
        event_id="mean",
        status="failed",
        inputs={"code": FAILING_CODE, "language": "python"},
        outputs={"stdout": "", "stderr": WRONG_TYPE, "exit_code": 1},
        error={"type": "TypeError", "message": "can't convert type 'str' to numerator/denominator"},
        attributes={"attempt": 1, "max_attempts": 3},
    )
    story.model("our-own-7b", 2.2, read, "Northwind Orbital leads with 41 launches.", (6_020, 240))
    story.event("info", "sources are read", 0.0, read, event_subtype="checkpoint", outputs=CHECKPOINT)
    story.close(read)
    _check(story, "Only one source names the share.", verdict="too few sources")
    _research(story, again=True)
    read = story.node("read")
    story.model("our-own-7b", 1.8, read, "Two sources agree on 34 %.", (7_900, 180))
    story.close(read)
    _check(story, "Two sources agree.", verdict="enough")
    write = story.node("write")
    story.model("claude-sonnet-4", 9.4, write, REPORT, (11_400, 1_930))
    story.event("guardrail", "no advice to buy", 0.2, write)
    story.event("file_gen", "report.md", 0.05, write, event_id="report")
    story.say("writer", "editor", REPORT, "write")
    story.close(write)
    approve = story.node("approve")
    story.event(
        "approval_requested",
        "May it be sent?",
        7.5,
        approve,
        event_id="may-it",
        event_subtype="send it",
        inputs={
            "question": "May it be sent?",
            "options": ["send it", "do not"],
            "context": {"to": READERS, "pages": 2},
        },
        outputs={"option": "send it", "feedback": "With the table, please.", "answered_by": "Ada"},
    )
    story.say("Ada", "writer", "Yes, send it.", "approve")
    story.close(approve)
    publish = story.node("publish")
    outcome = {"status": "failed", "error": {"type": "MailError", "message": MESSAGE, "stack": STACK}}
    for attempt in (1, 2, 3):
        told = {**outcome, "attributes": {"attempt": attempt, "max_attempts": 3}}
        story.event("tool_call", "send_email", 0.9, publish, inputs={"to": READERS}, **told)
        story.clock += timedelta(seconds=attempt * 2.0)
    story.close(publish, **outcome)
    story.records.append(
        {
            "record": "run",
            "run_id": RUN_ID,
            "phase": "end",
            "status": "failed",
            "ended_at": at(story.clock),
            "error": outcome["error"],
        }
    )
    return [*_desk(story), *_branch(story), *story.records]


HANDOFF = {
    "sender": "planner",
    "recipient": "researcher",
    "reason": "The plan stands; what is left is to look things up.",
    "context": {"sources": ["web", "filings"], "budget": {"calls": 40, "dollars": 2.5}},
}
CHECKPOINT = {"reference": "s3://checkpoints/satellites/after-read.json", "sources": 14}
WRONG_TYPE = "TypeError: can't convert type 'str' to numerator/denominator\n"
OUTPUT = "Northwind Orbital: 41\nTern Space: 22\nHalcyon: 17\n"
MESSAGE = "mail.example.org answered 503: Service Unavailable"
READERS = ["readers@example.org"]
SOURCES = {"results": [{"title": "Launch log", "url": "https://example.org/log", "score": 0.93}, {"title": "Filings"}]}


def _research(story: Story, *, again: bool = False) -> None:
    web = story.node("web")
    agent = story.event("agent_call", "web_searcher", 7.0, web, hold=True, agent_name="web_searcher")
    for query in ("smallsat launches 2026", "launch prices", "operators by share")[: 1 if again else 3]:
        call = {"type": "tool_use", "id": f"call {query}", "name": "web_search", "input": {"query": query}}
        story.model("gpt-4o", 1.3, agent, f"Look for {query}.", (2_400, 90))
        story.event("tool_call", "web_search", 0.8, agent, inputs={"query": query}, outputs=SOURCES)
        story.say("web_searcher", "tools", [{"type": "text", "text": "I look it up."}, call], "web")
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": json.dumps(SOURCES)}
        story.say("tools", "web_searcher", [result], "web")
    next(each for each in story.records if each.get("event_id") == agent).update(ended_at=at(story.clock))
    web_began = story.clock
    story.close(web)
    if again:
        return
    # The filings are searched beside the web, so the clock goes back to where that began.
    story.clock = datetime.fromisoformat(next(r for r in story.records if r.get("event_id") == web)["started_at"])
    filings = story.node("filings")
    story.event("tool_call", "fetch_filing", 2.6, filings, inputs={"company": "Northwind"}, outputs={"pages": 212})
    story.model("claude-sonnet-4", 2.4, filings, "Sales rose by a fifth.", (18_300, 410))
    story.close(filings)
    story.clock = max(story.clock, web_began) + timedelta(milliseconds=40)


def _check(story: Story, answer: str, *, verdict: str) -> None:
    check = story.node("check")
    story.model("gpt-4o", 1.6, check, answer, (3_900, 120))
    story.event("state_transition", verdict, 0.0, check)
    story.close(check)


def _desk(story: Story) -> Iterator[Record]:
    """The run that asked for the report."""
    run_id = f"{RUN_ID}-desk"
    began, ended = story.began - timedelta(seconds=2), story.clock + timedelta(seconds=1)
    yield {
        "record": "run",
        "run_id": run_id,
        "agent_name": "report desk",
        "phase": "whole",
        "status": "completed",
        "started_at": at(began),
        "ended_at": at(ended),
        "session_id": "quarterly report",
        "task": "Write the quarterly report.",
    }
    yield {
        "record": "event",
        "run_id": run_id,
        "event_id": "ask",
        "event_type": "agent_call",
        "name": AGENT,
        "started_at": at(story.began),
        "ended_at": at(story.clock),
        "status": "failed",
        "error": {"type": "MailError", "message": MESSAGE},
    }


def _branch(story: Story) -> Iterator[Record]:
    """A run that tries another way from one of its nodes on."""
    yield {
        "record": "run",
        "run_id": f"{RUN_ID}-branch",
        "agent_name": AGENT,
        "run_name": "satellites, filings alone",
        "phase": "whole",
        "status": "completed",
        "started_at": at(story.clock),
        "ended_at": at(story.clock + timedelta(seconds=14)),
        "session_id": "quarterly report",
        "task": TASK,
        "parent_run_id": RUN_ID,
        "parent_event_id": "report",
        "metadata": {
            "branch": {
                "from_node": "read",
                "hypothesis": "The filings alone lead to the same three operators, at a third of the cost.",
                "overrides": {"sources": ["filings"], "model": "our-own-7b"},
            }
        },
    }


def broken_runs(now: datetime) -> Iterator[Record]:
    """Tell of a run whose recorder went silent, one of which records are missing, and one that waits for a person."""
    for run_id, agent_name, fields in (
        ("showcase-lost", "night watch", {"heartbeat_interval_ms": 1_000, "recorded_at": at(now)}),
        ("showcase-waits", "travel planner", {"task": "Plan three days in Lisbon for four people."}),
    ):
        run = {"record": "run", "run_id": run_id, "agent_name": agent_name, "phase": "start", "started_at": at(now)}
        yield {**run, **fields}
        yield _event(run_id, "Look at the gates", now)
    yield from _questions(now)
    run = {"record": "run", "run_id": "showcase-partial", "agent_name": "night watch", "started_at": at(now)}
    numbered = {"recorder_id": "showcase", "recorded_at": at(now)}
    yield {**run, "phase": "start", **numbered, "number": 1}
    yield {**_event("showcase-partial", "Look at the doors", now), **numbered, "number": 2}
    yield {
        **run,
        "phase": "end",
        "status": "completed",
        "ended_at": at(now + timedelta(seconds=9)),
        **numbered,
        "number": 6,
    }


def _questions(now: datetime) -> Iterator[Record]:
    """Ask two things: one that waits for an answer, and one that nobody answered in time."""
    common = {"record": "event", "run_id": "showcase-waits", "event_type": "approval_requested", "node_id": "book"}
    yield {"record": "node", "run_id": "showcase-waits", "node_id": "book", "name": "Book", "max_attempts": 3}
    yield {
        **common,
        "event_id": "seats",
        "phase": "whole",
        "name": "Seats by the window?",
        "started_at": at(now),
        "ended_at": at(now + timedelta(seconds=30)),
        "status": "cancelled",
        "event_subtype": "expired",
        "inputs": {"question": "Seats by the window?", "options": ["yes", "no"]},
        "outputs": {"option": "no"},
    }
    yield {
        **common,
        "event_id": "flights",
        "phase": "start",
        "name": "Book these flights?",
        "started_at": at(now + timedelta(seconds=31)),
        "inputs": {
            "question": "Book these flights?",
            "options": ["book them", "look for cheaper ones", "stop here"],
            "context": {"out": "Friday 07:40", "back": "Monday 19:05", "price": "812.40 EUR", "can be refunded": False},
        },
        "attributes": {"expires_at": at(now + timedelta(hours=20))},
    }


def _event(run_id: str, name: str, now: datetime) -> Record:
    event = {"record": "event", "run_id": run_id, "event_id": "e", "event_type": "step", "name": name}
    return {**event, "started_at": at(now), "ended_at": at(now + timedelta(seconds=3)), "status": "completed"}


def files() -> Iterator[tuple[str, str, str, bytes]]:
    """Return the files of the run: name, media type, node, bytes."""
    launches = "".join(
        f"2026-{7 + place % 3:02}-{1 + place % 27:02},{operator},{120 + 7 * place % 90}\n"
        for place, operator in enumerate(("Northwind Orbital", "Tern Space", "Northwind Orbital", "Halcyon") * 12)
    )
    yield "report.md", "text/markdown", "write", REPORT.encode()
    yield "data/launches.csv", "text/csv", "read", f"date,operator,kilograms\n{launches}".encode()
    yield "data/sources.json", "application/json", "web", json.dumps(SOURCES, indent=1).encode()
    yield "share.png", "image/png", "write", _bars((0.34, 0.18, 0.14, 0.11, 0.08, 0.05))
    yield "report.html", "text/html", "write", b"<h1>Small satellites</h1><script>alert('never run')</script>"
    yield "agent.log", "text/plain", "publish", b"".join(b"send_email: 503, trying again\n" for _ in range(3))


def _bars(shares: tuple[float, ...]) -> bytes:
    """Draw bars as a PNG."""
    width, height, step = 480, 240, 480 // len(shares)
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            share = shares[min(x // step, len(shares) - 1)]
            is_bar = 10 < x % step < step - 10 and (height - y) / height < share * 2.6
            rows += bytes((36, 87, 197) if is_bar else (246, 247, 249))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def upload(url: str) -> None:
    """Send the files."""
    for name, media_type, node_id, body in files():
        query = urlencode({"name": name, "file_id": name.replace("/", "-"), "node_id": node_id})
        request = Request(f"{url}/api/by-id/{RUN_ID}/files?{query}", body, {"content-type": media_type})
        with urlopen(request, timeout=60):
            pass


def at(instant: datetime) -> str:
    """Return an instant as records have it."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
