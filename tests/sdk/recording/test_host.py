"""Recording never raises into the host, whatever fails in it and however it is used."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import runreel
from runreel.errors import ConfigError
from runreel.sdk import client as clients
from runreel.sdk.guard import count_swallowed
from runreel.testing import Recorded
from tests.support.patience import PATIENCE_S
from tests.support.source import PACKAGE

pytestmark = pytest.mark.anyio

SOURCE = str(PACKAGE.parent)


class Failing:
    """Fails at everything; `name` is what still works."""

    def __init__(self, *names: str, **working: Any) -> None:
        self.__dict__.update(working)

    def __getattr__(self, name: str) -> Any:
        raise OSError(f"no {name}")


@pytest.fixture(params=["client", "add", "values"])
def trouble(request: pytest.FixtureRequest, recording: Recorded) -> Iterator[None]:
    """Break the client, its way to take records, or the description of values."""
    working = clients.current_client()
    assert working is not None
    if request.param == "client":
        broken: Any = Failing()
    elif request.param == "add":
        broken = Failing(settings=working.settings, recorder_id="r", values=None, open_run=lambda run: None)
    else:
        broken = working
        with runreel.run():
            runreel.current_run()  # sets `values`
        assert broken.values is not None
        broken.settings.tags = 5  # type: ignore[assignment]
    clients.replace_client(broken)
    yield
    clients.replace_client(working)


@runreel.tool
def add(left: int, right: int) -> int:
    return left + right


@runreel.agent
def agent(word: str) -> str:
    add(1, 2)
    return word


@pytest.mark.usefixtures("trouble")
async def test_the_host_goes_on_when_everything_fails() -> None:
    before = count_swallowed()

    @runreel.node
    async def node() -> int:
        return add(1, 2)

    @runreel.llm
    def stream() -> Any:
        yield from [1, 2]

    @runreel.step
    async def async_stream() -> Any:
        yield 1

    assert add(1, 2) == 3
    assert agent("a") == "a"
    assert await node() == 3
    assert list(stream()) == [1, 2]
    assert [item async for item in async_stream()] == [1]
    with pytest.raises(ZeroDivisionError):
        runreel.tool(lambda: 1 // 0)()
    with runreel.run("r", tags=["t"]) as run:
        run.set_output(1)
        run.add_tags("a")
        run.set_status("paused")
        assert isinstance(run.name, str)
        with runreel.span("s") as event, runreel.workflow("w") as flow, runreel.node("n"):
            event.set_output(1)
            event.usage(tokens_in=1)
            flow.set_output(2)
            runreel.event("e")
            runreel.message("m")
            runreel.file(b"f", path="f.txt")
            runreel.set_output(1)
            runreel.set_status("failed")
            runreel.add_tags("b")
            runreel.usage(tokens_in=1)
            assert isinstance(runreel.get_current_run_name(), str)
            with runreel.extract(runreel.inject()):
                assert runreel.bind(add)(1, 1) == 2
    assert count_swallowed() > before


WRONG: list[Any] = [None, 5, 5.5, b"bytes", ["list"], {"a": 1}, object(), "\ud800", "", "x" * 100_000, "nul \0"]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: str(value)[:10].encode("ascii", "replace").decode())
def test_wrong_use_is_repaired(recording: Recorded, wrong: Any) -> None:
    with runreel.run(wrong, agent=wrong, session=wrong, environment=wrong, mode=wrong, task=wrong, tags=wrong) as run:
        run.add_tags(wrong)
        run.add_metadata(wrong)
        run.set_status(wrong)
        runreel.event(wrong, type=wrong, status=wrong, attributes=wrong)
        runreel.message(wrong, sender=wrong, recipient=wrong, tokens=wrong, metadata=wrong)
        runreel.file(wrong, path=wrong, type=wrong, media_type=wrong, metadata=wrong)
        with runreel.span(wrong, type=wrong, attributes=wrong) as event:
            event.set_status(wrong)
            event.add_attributes(wrong)
            event.usage(tokens_in=wrong, cost=wrong, model=wrong, provider=wrong)
        with runreel.node(wrong, type=wrong, goal=wrong), runreel.workflow(wrong), runreel.llm(wrong, model=wrong):
            runreel.usage(tokens_out=wrong)
    statuses = [record.get("status") for record in recording if record["record"] == "run"]
    assert statuses[0] == "executing"
    assert {record["record"] for record in recording} >= {"run", "event", "message", "node"}
    assert len([record for record in recording if record["record"] == "event"]) >= 8
    numbers = [record["number"] for record in recording if record["run_id"] == run.run_id]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("what", [5, None, "name"])
def test_what_is_no_function_comes_back(recording: Recorded, what: Any) -> None:
    assert runreel.tool("name")(what) is what


def test_a_wrong_use_is_said_once(recording: Recorded, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "runreel"):
        for _ in range(3):
            runreel.usage(tokens_reasoning="seven")  # type: ignore[arg-type]
    assert [record.message for record in caplog.records] == [
        "runreel: usage: tokens_reasoning is str; give a number that is not negative"
    ]


def test_a_bad_setting_raises_at_once() -> None:
    with pytest.raises(ConfigError, match="url"):
        runreel.init("a", url="not an address")


def run_python(code: str, **env: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "PYTHONPATH": SOURCE, **env},
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_disabled_leaves_functions_as_they_are(tmp_path: Any) -> None:
    code = """
import threading, runreel
def plain(): return 3
assert runreel.tool(plain) is plain
assert runreel.agent("name")(plain) is plain
runreel.init("a")
with runreel.run("r") as run, runreel.span("s") as event:
    run.set_output(1); event.set_output(2); runreel.event("e"); runreel.usage(tokens_in=3)
    print(repr(run.run_id), runreel.current_run().name[:5], runreel.flush())
assert runreel.inject() == {}
runreel.shutdown()
assert threading.active_count() == 1
"""
    journal = tmp_path / "journal"
    shown = run_python(code, RUNREEL_DISABLED="1", RUNREEL_JOURNAL=str(journal))
    assert shown.startswith("'' temp_ FlushResult(delivered=0, waiting=0")
    assert not journal.exists()


def test_a_bad_environment_disables_recording(tmp_path: Any) -> None:
    code = """
import logging, runreel
logging.getLogger("runreel").addHandler(logging.NullHandler()); logging.getLogger("runreel").propagate = False
print(runreel.tool(lambda: 3)(), runreel.agent(lambda: 4)(), repr(runreel.current_run().run_id))
"""
    assert run_python(code, RUNREEL_URL="nonsense://", RUNREEL_JOURNAL=str(tmp_path)) == "3 4 ''"


SLOW = """
slow = {"dataclasses", "inspect", "asyncio", "logging", "json", "http", "socket", "ssl", "urllib", "uuid", "hashlib",
        "subprocess", "concurrent", "tempfile", "pathlib", "traceback", "re", "typing", "random", "threading", "mmap"}
print(sorted((set(sys.modules) - before) & slow))
"""
PLANNING = """
import sys
import runreel
from runreel.sdk.shipper import Shipper
Shipper.wake = lambda *_: None  # what the thread that delivers imports keeps nobody waiting
runreel.init("a", disabled=False)
with runreel.run():
    before = set(sys.modules)
    runreel.plan([runreel.Step("a"), {"node_id": "b", "depends_on": ["a"]}])
    runreel.skip("b")
    runreel.handoff("c")
    with runreel.branch("It is faster"), runreel.code_exec("1") as code:
        code.set_result(exit_code=0)
"""


@pytest.mark.parametrize(
    "use", ["import sys; before = set(sys.modules); import runreel", PLANNING], ids=["importing", "planning"]
)
def test_the_host_waits_for_no_slow_module(use: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-E", "-S", "-c", f"import sys; sys.path.insert(0, {SOURCE!r})\n{use}{SLOW}"],
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env={"RUNREEL_URL": "http://127.0.0.1:9", "RUNREEL_JOURNAL": str(tmp_path)},
    )
    assert done.stdout.strip() == "[]"
