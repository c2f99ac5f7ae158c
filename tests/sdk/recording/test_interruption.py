"""Ctrl-C in the middle of our own code reaches the host, and nothing that comes after is recorded in the wrong run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from types import FrameType

import pytest

import runreel
from runreel.sdk.context import current
from runreel.testing import recorded
from tests.support.source import PACKAGE

# When the interpreter looks for signals.
_MOMENTS = {"call", "c_return"}
# It does so before any code of a function: such an exit can't be left in order.
_BEYOND_REACH = {"__exit__", "__aexit__"}
_SDK = str(PACKAGE / "sdk")


@runreel.tool
def look_up(word: str) -> str:
    return word


@runreel.agent
def call_function() -> str:
    return look_up("stars")


def enter_block() -> None:
    with runreel.run(), runreel.tool("look up") as event:
        event.set_output("stars")


def enter_extracted() -> None:
    with runreel.extract({"runreel-run": "r-1;e-1"}), runreel.step("inside"):
        pass


def call_bound() -> None:
    with runreel.run():
        bound = runreel.bind(look_up)
    bound("stars")


def run_nodes() -> None:
    with runreel.workflow("w"):
        with runreel.node("a"):
            pass
        with runreel.node("b"):
            pass


@runreel.agent
def stream() -> Generator[int]:
    yield from (1, 2)


def exhaust() -> None:
    list(stream())


def interrupted_at(event: int, action: Callable[[], object]) -> bool:
    """Do it, and break in at the so many-th moment at which that is possible; tell whether the host was told."""
    count = 0

    def profile(frame: FrameType, what: str, _argument: object) -> None:
        nonlocal count
        code = frame.f_code
        if what not in _MOMENTS or not code.co_filename.startswith(_SDK):
            return
        if what == "call" and code.co_name in _BEYOND_REACH:
            return
        count += 1
        if count == event:
            raise KeyboardInterrupt

    sys.setprofile(profile)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.setprofile(None)
    assert count < event, "the interruption did not reach the host"
    return False


@pytest.mark.parametrize(
    "action",
    [call_function, enter_block, enter_extracted, call_bound, run_nodes, exhaust],
)
def test_nothing_is_recorded_where_an_interruption_left_the_code(
    action: Callable[[], object],
) -> None:
    event, was_interrupted = 0, True
    while was_interrupted:
        event += 1
        with recorded() as recording:
            action()  # what is made at the first use is made
            was_interrupted = interrupted_at(event, action)
            assert current.get() is None, f"interrupted at {event}"
        assert "executing" not in {run.get("status") for run in recording.runs}, f"interrupted at {event}"
    assert event > 20
