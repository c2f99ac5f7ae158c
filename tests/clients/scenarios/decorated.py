"""An agent with tools and steps, called three times."""

from gati import observe
from gati.decorators import track_agent, track_step, track_tool

observe.init(name="decorated_app", telemetry=False)


@track_tool
def search(query: str, *, limit: int = 3) -> list[str]:
    return [f"{query} {n}" for n in range(limit)]


@track_tool(name="counter/2")
def count(words: list[str]) -> dict[str, int]:
    return {"n": len(words)}


@track_step(name="summing up", metadata={"version": "1.0"})
def sum_up(found: list[str]) -> str:
    return ", ".join(found)


@track_agent
def decorated(topic: str) -> str:
    found = search(topic, limit=2)
    count(found)
    return sum_up(found)


for topic in ("stars", "temperatures", "наука 🔭"):
    decorated(topic)
observe.flush()
