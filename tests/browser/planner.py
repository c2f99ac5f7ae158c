"""An agent with a plan, which the SDK records: `planner.py URL RUN_ID`; it goes on whenever a line comes."""

from __future__ import annotations

import sys

import runreel

STEPS = [
    runreel.Step(
        "gather",
        name="Gather sources",
        goal="Find out what is known",
        agent_name="searcher",
        details=["Look at the archive", "Ask the library"],
        max_attempts=3,
    ),
    runreel.Step("check", name="Check them", requires_approval=True),
    runreel.Step("rewrite", name="Gather more"),
    runreel.Step("write", name="Write"),
    runreel.Step("publish", name="Publish"),
]
EDGES = [
    ("gather", "check"),
    ("check", "rewrite", "conditional", "too few"),
    ("rewrite", "write"),
    ("check", "write", "conditional", "enough"),
    ("write", "publish"),
]


def gather(trouble: str | None) -> None:
    """Wait for a line, then fail or not."""
    with runreel.node("gather"):
        sys.stdin.readline()
        if trouble:
            raise ConnectionError(trouble)


def work() -> None:
    """Try twice to gather, leave a step out, and fail at last."""
    sys.stdin.readline()
    try:
        gather("the archive is closed")
    except ConnectionError:
        gather(None)
    with runreel.node("check"):
        sys.stdin.readline()
    runreel.skip("rewrite", why="there is enough")
    with runreel.node("write"):
        sys.stdin.readline()
        raise ValueError("no words")


if __name__ == "__main__":
    url, run_id = sys.argv[1:]
    runreel.init(agent="planner", url=url)
    with runreel.run(run_id=run_id), runreel.workflow("report", nodes=STEPS, edges=EDGES):
        work()
