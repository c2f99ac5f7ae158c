"""Twelve thousand tool calls in one batch."""

from gati import observe
from gati.decorators import track_agent, track_tool

N_CALLS = 11_998

# With the agent's own two events the batch is full, and goes out, at the end.
observe.init(name="large_app", telemetry=False, batch_size=12_000, flush_interval=600)


@track_tool
def step(number: int) -> int:
    return number


@track_agent(name="large batch")
def work() -> None:
    for number in range(N_CALLS):
        step(number)


work()
observe.flush()
