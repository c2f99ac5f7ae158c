"""Agents that call agents: each call is a run of its own, linked to the place where it was called.

Start a server with `runreel up`, then run `python examples/nested_agents.py`. There are three runs in the session
`trip to Quito`: one of `travel_desk`, and two children of it, one of which fails.
"""

from __future__ import annotations

import runreel

runreel.init(session="trip to Quito")

FLIGHTS = {"Quito": ["LX 17", "LX 23"]}


@runreel.tool
def look_up(table: dict[str, list[str]], city: str) -> list[str]:
    return table[city]


@runreel.agent
def flight_finder(city: str) -> str:
    return look_up(FLIGHTS, city)[0]


@runreel.agent
def hotel_finder(city: str) -> str:
    return look_up({}, city)[0]


@runreel.agent
def travel_desk(city: str) -> dict[str, str]:
    offer = {"flight": flight_finder(city)}
    try:
        offer["hotel"] = hotel_finder(city)
    except LookupError:
        runreel.message(f"There is no hotel in {city}.", sender="travel_desk", recipient="user")
    runreel.add_tags("partial")
    return offer


if __name__ == "__main__":
    print(travel_desk("Quito"))
