"""A tool that fails inside an agent that goes on, and an agent that fails."""

import contextlib

from gati import observe
from gati.decorators import track_agent, track_tool

observe.init(name="failing_app", telemetry=False)


@track_tool
def divide(a: int, b: int) -> float:
    return a / b


@track_agent(name="failing")
def careful() -> str:
    with contextlib.suppress(ZeroDivisionError):
        divide(1, 0)
    return "went on"


@track_agent(name="failing")
def careless() -> float:
    return divide(1, 0)


careful()
with contextlib.suppress(ZeroDivisionError):
    careless()
observe.flush()
