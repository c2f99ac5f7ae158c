"""What the scripted model says, and the tasks that the demo gives. Nothing else is known about its data here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, cycle

from runreel.demo.script import Call, Say, Scene, Script, Step

CLIMATE = "climate_analyst"
STARS = "star_cataloguer"
DESK = "report_desk"

WIDEST_RANGE = "Which city has the widest temperature range over the year?"

RANGES = """\
import csv, json, sys
from pathlib import Path

def numbers(row):
    return [float(value) for key, value in row.items() if key not in ("city", "hemisphere")]

with open(Path(sys.argv[1]) / "temperatures.csv", encoding="utf-8") as table:
    rows = list(csv.DictReader(table))
ranges = sorted(((max(numbers(row)) - min(numbers(row)), row["city"]) for row in rows), reverse=True)
with open("ranges.csv", "w", encoding="utf-8") as file:
    print("city,range", file=file)
    for width, city in ranges:
        print(f"{city},{width:g}", file=file)
print(json.dumps({"widest": ranges[0][1], "degrees": ranges[0][0], "narrowest": ranges[-1][1]}))
"""

DIFFERENCE = """\
import csv, json, sys
from pathlib import Path
from statistics import mean

with open(Path(sys.argv[1]) / "temperatures.csv", encoding="utf-8") as table:
    rows = {row["city"]: [float(row[key]) for key in list(row)[2:]] for row in csv.DictReader(table)}
here, there = rows["$city"], rows["$other"]
gaps = [round(a - b, 1) for a, b in zip(here, there)]
print(json.dumps({"warmer_by": round(mean(gaps), 1), "largest_gap": max(gaps, key=abs)}))
"""

NEAREST = """\
import csv, json, sys
from pathlib import Path

with open(Path(sys.argv[1]) / "stars.csv", encoding="utf-8") as table:
    stars = [row for row in csv.DictReader(table) if row["class"] == "$letter"]
nearest = min(stars, key=lambda row: float(row["distance_ly"]))
print(json.dumps({"star": nearest["name"], "light_years": float(nearest["distance_ly"]), "of": len(stars)}))
"""

# The first attempt has a mistake of a kind that models make; the agent shows it the traceback, and it mends it.
LUMINOUS = """\
import csv, json, sys
from math import log10
from pathlib import Path

with open(Path(sys.argv[1]) / "stars.csv", encoding="utf-8") as table:
    stars = list(csv.DictReader(table))

def absolute_magnitude(row):
    parsecs = float(row["distance_ly"]) / 3.2616
    return float(row["magnitude"]) - 5 * (log10(parsecs) - 1)

stars.sort(key=absolute_magnitude)
with open("absolute.csv", "w", encoding="utf-8") as file:
    for row in stars:
        print(row["name"], round(absolute_magnitude(row), 2), sep=",", file=file)
print(json.dumps({"star": stars[0]["name"], "absolute": round(absolute_magnitude(stars[0]), 2)}))
"""
LUMINOUS_MISTAKEN = LUMINOUS.replace('row["distance_ly"]', 'row["distance"]')

SCRIPT = Script(
    [
        Scene(
            task=r"Which city has the widest temperature range over the year\?",
            steps=[
                Step(
                    goal="Look at the table of temperatures",
                    lines=[
                        Call(tool="read_table", arguments={"table": "temperatures.csv"}),
                        Say(text="temperatures.csv has monthly means of $n_rows cities."),
                    ],
                ),
                Step(
                    goal="Compute the range of every city and keep it in ranges.csv",
                    lines=[
                        Call(tool="run_python", arguments={"code": RANGES}),
                        Say(text="$widest has the widest range, $degrees degrees; $narrowest has the narrowest."),
                    ],
                ),
            ],
        ),
        Scene(
            task=r"Is (?P<city>\w+) warmer than (?P<other>\w+)\?",
            steps=[
                Step(
                    goal="Find $city in the table of temperatures",
                    lines=[
                        Call(
                            tool="find_rows",
                            arguments={"table": "temperatures.csv", "column": "city", "value": "$city"},
                        ),
                        Say(text="$city has $jan degrees in January and $jul in July."),
                    ],
                ),
                Step(
                    goal="Find $other in the table of temperatures",
                    lines=[
                        Call(
                            tool="find_rows",
                            arguments={"table": "temperatures.csv", "column": "city", "value": "$other"},
                        ),
                        Say(text="$other has $jan degrees in January and $jul in July."),
                    ],
                ),
                Step(
                    goal="Compare all twelve months",
                    lines=[
                        Call(tool="run_python", arguments={"code": DIFFERENCE}),
                        Say(
                            text="Over the year $city differs from $other by $warmer_by degrees on average, "
                            "and by $largest_gap in the month that differs most."
                        ),
                    ],
                ),
            ],
            is_reporter_busy_at_first=True,
        ),
        Scene(
            task=r"How much rain falls in (?P<city>\w+) in a year\?",
            steps=[
                Step(
                    goal="Find a table of rainfall",
                    lines=[
                        Call(tool="read_table", arguments={"table": "rainfall.csv"}),
                        Call(tool="list_tables", arguments={}),
                        Call(tool="give_up", arguments={"reason": "there is no rainfall among the tables: $tables"}),
                    ],
                ),
                Step(goal="Add up the twelve months of $city", lines=[]),
            ],
        ),
        Scene(
            task=r"Which bright star of class (?P<letter>[A-Z]) is nearest\?",
            steps=[
                Step(
                    goal="See how far bright stars are",
                    lines=[
                        Call(tool="describe_column", arguments={"table": "stars.csv", "column": "distance_ly"}),
                        Say(text="The $n_values stars are between $least and $most light years away."),
                    ],
                ),
                Step(
                    goal="Find the nearest of class $letter",
                    lines=[
                        Call(tool="run_python", arguments={"code": NEAREST}),
                        Say(
                            text="$star is the nearest of $of bright stars of class $letter: $light_years light years."
                        ),
                    ],
                ),
            ],
        ),
        Scene(
            task=r"Which bright star gives off the most light\?",
            steps=[
                Step(
                    goal="Compute absolute magnitudes and keep them in absolute.csv",
                    lines=[
                        Call(tool="run_python", arguments={"code": LUMINOUS_MISTAKEN}),
                        Call(tool="run_python", arguments={"code": LUMINOUS}),
                        Say(text="$star gives off the most light: its absolute magnitude is $absolute."),
                    ],
                ),
            ],
        ),
        Scene(
            task=r"Write a page about the widest range and the stars of (?P<constellation>.+)\.",
            steps=[
                Step(
                    goal="Ask the climate analyst for the widest range",
                    lines=[
                        Call(tool="ask_colleague", arguments={"agent": CLIMATE, "question": WIDEST_RANGE}),
                        Say(text="$answer"),
                    ],
                ),
                Step(
                    goal="Look up the stars of $constellation",
                    lines=[
                        Call(
                            tool="find_rows",
                            arguments={"table": "stars.csv", "column": "constellation", "value": "$constellation"},
                        ),
                        Say(text="$constellation has $n_rows of the bright stars, $name among them."),
                    ],
                ),
                Step(
                    goal="Write the page",
                    lines=[
                        Call(
                            tool="write_file",
                            arguments={"path": "page.md", "text": "# Heat and $constellation\n\n$findings\n"},
                        ),
                        Say(text="The page is in $path: $size_bytes bytes."),
                    ],
                ),
            ],
        ),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A task for an agent."""

    agent_name: str
    task: str
    session: str
    tags: tuple[str, ...]


def iter_jobs() -> Iterator[Job]:
    """Yield the demo's tasks, without end and always the same; the first four are of four kinds."""
    cities = cycle([("Lisbon", "Reykjavik"), ("Tokyo", "Sydney"), ("Delhi", "Singapore"), ("Nairobi", "Quito")])
    letters = cycle("GABKFM")
    constellations = cycle(["Orion", "Crux", "Centaurus", "Boötes"])
    for _ in count():
        city, other = next(cities)
        yield _climate_job(WIDEST_RANGE)
        yield _star_job(f"Which bright star of class {next(letters)} is nearest?")
        yield _climate_job(f"How much rain falls in {city} in a year?")
        page = f"Write a page about the widest range and the stars of {next(constellations)}."
        yield Job(agent_name=DESK, task=page, session="Pages", tags=("demo", "page"))
        yield _climate_job(f"Is {city} warmer than {other}?")
        yield _star_job("Which bright star gives off the most light?")


def _climate_job(task: str) -> Job:
    return Job(agent_name=CLIMATE, task=task, session="Questions about climate", tags=("demo", "climate"))


def _star_job(task: str) -> Job:
    return Job(agent_name=STARS, task=task, session="Questions about stars", tags=("demo", "stars"))
