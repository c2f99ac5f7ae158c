"""An agent that the SDK records: `researcher.py URL AGENT TOPIC`; it goes on whenever a line comes."""

from __future__ import annotations

import sys

import runreel


@runreel.tool
def fetch(address: str) -> dict[str, int]:
    """Wait for a line, then answer; a page on trouble can't be had."""
    sys.stdin.readline()
    if "trouble" in address:
        raise ConnectionError(f"{address} answered 503")
    return {"pages": len(address)}


@runreel.node
def plan(topic: str) -> str:
    """Think of what to look for."""
    with runreel.span(f"think of {topic}", type="llm_call"):
        runreel.usage(tokens_in=1_200, tokens_out=80, cost=0.25, model="small-1", provider="house")
    return topic


@runreel.node
def search(topic: str) -> list[str]:
    """Look for it."""
    with runreel.step(f"look up {topic}"):
        return [str(fetch(f"{topic}/{number}")) for number in (1, 2)]


@runreel.node
def write(topic: str) -> None:
    """Write it down."""
    runreel.message(f"All about {topic}", sender="writer", recipient="reader")


def research(topic: str) -> None:
    """Do it all."""
    runreel.plan(["plan", "search", "write"])
    plan(topic)
    search(topic)
    write(topic)


if __name__ == "__main__":
    url, agent_name, topic = sys.argv[1:]
    runreel.init(agent=agent_name, url=url)
    with runreel.run():
        research(topic)
