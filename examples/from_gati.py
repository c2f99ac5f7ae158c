"""A program that was written for the `gati` client: only its imports were changed.

Start a server with `runreel up`, then run `python examples/from_gati.py`. Before, it said `from gati import observe`
and `from gati.decorators import track_agent, track_step, track_tool`.
"""

from __future__ import annotations

from runreel import get_current_run_name, observe, track_agent, track_step, track_tool

observe.init(name="greeter")


@track_tool(name="wave")
def wave(times: int) -> str:
    return "o/ " * times


@track_step(name="choose_words", metadata={"language": "en"})
def choose_words(whom: str) -> str:
    observe.track_event({"event_type": "llm_call", "data": {"model": "m-1", "prompt": whom, "completion": "Hello"}})
    return f"Hello, {whom}!"


@track_agent(name="greeter")
def greet(whom: str) -> str:
    greeting = wave(3) + choose_words(whom)
    observe.flush()
    print("recorded as", get_current_run_name())
    return greeting


if __name__ == "__main__":
    print(greet("world"))
