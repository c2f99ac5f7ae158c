"""Results that JSON has no word for; each event is sent alone, since the client loses the batch of an odd one."""

import datetime as dt
import math

from gati import observe
from gati.decorators import track_agent, track_tool

observe.init(name="odd_app", telemetry=False, batch_size=1)


class Thing:
    def __init__(self) -> None:
        self.size = 3


@track_tool
def give(value: object) -> object:
    return value


@track_agent(name="odd results")
def work() -> str:
    for value in (
        math.nan,
        -math.inf,
        {1, 2},
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        (n for n in range(3)),
        b"\xff\x00",
        Thing(),
        2**70,
        1e400,
        "\ud800 alone",
        "nul \0 inside",
        None,
        [],
        0,
        False,
        {"deep": [[[[[{}]]]]]},
        "x" * 300_000,
    ):
        give(value)
    return "done"


work()
observe.flush()
