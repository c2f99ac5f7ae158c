"""Asynchronous agents, one after the other and at once."""

import asyncio

from gati import observe
from gati.decorators import track_agent, track_step, track_tool

observe.init(name="async_app", telemetry=False)


@track_tool
async def fetch(page: int) -> dict[str, int]:
    await asyncio.sleep(0)
    return {"page": page}


@track_step
async def think(page: int) -> str:
    await asyncio.sleep(0)
    return f"page {page}"


@track_agent(name="asynchronous")
async def read(page: int) -> str:
    await fetch(page)
    return await think(page)


async def main() -> None:
    await read(0)
    await asyncio.gather(*(read(page) for page in range(1, 6)))


asyncio.run(main())
observe.flush()
