"""A program of every kind of function, as its author would write it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import runreel

runreel.init("process", session="weekly", threads=True)


@runreel.tool
def look_up(word: str, api_key: str = "sk-secret") -> list[str]:
    return [word.upper()]


@runreel.tool
def divide(by: int) -> float:
    return 1 / by


@runreel.tool
def read_all() -> str:
    return "word " * 40_000


@runreel.llm
async def ask(prompt: str) -> SimpleNamespace:
    await asyncio.sleep(0)
    return SimpleNamespace(model="m-1", usage=SimpleNamespace(prompt_tokens=12, completion_tokens=3))


@runreel.llm
def tokens() -> Iterator[str]:
    yield from ("a", "b", "c")


@runreel.agent
async def researcher(topic: str) -> str:
    await ask(topic)
    return topic


@runreel.agent("writer")
async def writer(topic: str) -> str:
    with runreel.node("planning"):
        look_up(topic)
        with ThreadPoolExecutor() as pool:
            pool.submit(runreel.event, "in a thread").result()
    with contextlib.suppress(ZeroDivisionError), runreel.node("step_1"):
        await asyncio.gather(ask("one"), researcher(topic))
        read_all()
        divide(0)
    with runreel.node("terminator"):
        "".join(tokens())
        runreel.file(b"# Report\n", path="report.md", is_final_output=True)
        runreel.message("Done.", sender="writer")
    runreel.flush()
    print(runreel.get_current_run_name(), "of writer")
    return "ready"


runreel.event("outside")
asyncio.run(writer("stars"))
