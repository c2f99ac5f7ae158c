"""Ways in which the same records may come, and whether what is kept of them is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass

from hypothesis import strategies as st

from runreel.model.record import Record
from tests.property.laboratory import Dump
from tests.property.strategy import Element, decode


@st.composite
def arrangements(draw: st.DrawFn, batch: Sequence[Element]) -> list[list[list[Record]]]:
    """Shuffle the elements, repeat some, and cut them into transactions."""
    repeated = draw(st.lists(st.sampled_from(batch), max_size=4))
    shuffled = draw(st.permutations([*batch, *repeated]))
    transactions: list[list[list[Record]]] = []
    rest = list(shuffled)
    while rest:
        size = draw(st.integers(1, len(rest)))
        transactions.append(decode(rest[:size]))
        rest = rest[size:]
    return transactions


def compare(left: Dump, right: Dump) -> None:
    """Compare; where something differs, part by part, so that a failure shows only that."""
    for field in fields(Dump):
        mine, theirs = getattr(left, field.name), getattr(right, field.name)
        if _exact(mine) == _exact(theirs):
            continue
        if isinstance(mine, dict):
            assert sorted(mine) == sorted(theirs), field.name
            for key, value in mine.items():
                if isinstance(value, dict):
                    for part in value:
                        assert _exact(value[part]) == _exact(theirs[key][part]), (field.name, key, part)
                assert _exact(value) == _exact(theirs[key]), (field.name, key)
        assert _exact(mine) == _exact(theirs), field.name


def _exact(value: object) -> str:
    """Return the value as text in which 1, 1.0 and True differ, and the order of the keys of maps does not count."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, dict):
        return str(sorted(f"{key!r}: {_exact(item)}" for key, item in value.items()))
    if isinstance(value, list | tuple):
        return str(list(map(_exact, value)))
    return repr(value)
