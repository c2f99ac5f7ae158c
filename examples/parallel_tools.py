"""An asynchronous agent whose tools run at the same time; one of them is too slow and is cancelled.

Start a server with `runreel up`, then run `python examples/parallel_tools.py`. In the run, the calls overlap; each
stands under the step that made it, and `ask_archive` is `cancelled`.
"""

from __future__ import annotations

import asyncio

import runreel

runreel.init(agent="weather_desk", tags=["example"])

MEASURED = {"Lisbon": 17.4, "Reykjavik": 4.9, "Quito": 14.1}


@runreel.tool
async def measure(city: str) -> float:
    await asyncio.sleep(0.05)
    return MEASURED[city]


@runreel.tool
async def ask_archive(year: int) -> float:
    await asyncio.sleep(60)
    return float(year)


@runreel.step
async def measure_all(cities: list[str]) -> dict[str, float]:
    measured = await asyncio.gather(*(measure(city) for city in cities))
    return dict(zip(cities, measured, strict=True))


@runreel.agent("weather_desk")
async def find_warmest(cities: list[str]) -> str:
    measured = await measure_all(cities)
    try:
        await asyncio.wait_for(ask_archive(1931), timeout=0.1)
    except TimeoutError:
        runreel.event("the archive is too slow")
    return max(measured, key=measured.__getitem__)


if __name__ == "__main__":
    print(asyncio.run(find_warmest(list(MEASURED))))
