"""How complete a run is, in words."""

from __future__ import annotations

from runreel.cli.answer import JsonObject, number_at
from runreel.cli.quantity import count_of, format_count


def describe_completeness(completeness: JsonObject) -> str:
    """Return how many records came, of how many, and what is missing: said plainly where something is."""
    received, expected, dropped = (number_at(completeness, key) for key in ("received", "expected", "dropped"))
    came = f"{format_count(received)} of {count_of(expected, 'record')}, {format_count(dropped)} dropped"
    missing = expected - received
    if missing <= 0:
        return came
    # What the recorder dropped can't come any more; the rest may wait somewhere.
    waiting = missing - dropped
    if waiting <= 0:
        return f"{came}: {format_count(missing)} missing"
    return f"{came}: {format_count(missing)} missing, {format_count(waiting)} of them not arrived yet"
