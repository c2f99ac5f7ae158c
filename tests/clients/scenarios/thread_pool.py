"""Tools called from plain threads, which know no run: their events have an empty run id."""

from concurrent.futures import ThreadPoolExecutor

from gati import observe
from gati.decorators import track_agent, track_tool

observe.init(name="pool_app", telemetry=False)


@track_tool
def square(number: int) -> int:
    return number * number


@track_agent(name="pooled")
def work() -> list[int]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(square, range(40)))


work()
observe.flush()
