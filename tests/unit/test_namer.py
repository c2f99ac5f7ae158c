"""Handing out names: what is asked of the database for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from runreel.model.name import suffixed_name
from runreel.storage.sql.naming import NameKey, Namer
from runreel.storage.sql.transaction import Transaction

AGENT = ("default", "planner")


class Names:
    """The part of a transaction that looks names up."""

    def __init__(self, *taken: str) -> None:
        self.taken = {(*AGENT, name) for name in taken}
        self.asked: list[Sequence[NameKey]] = []
        self.dialect, self.cursor = self, None

    def select(
        self, _cursor: object, _table: object, _columns: object, _key: object, keys: Sequence[NameKey]
    ) -> list[Any]:
        self.asked.append(keys)
        return [(*key, 1) for key in keys if key in self.taken]


def namer_of(names: Names) -> Namer:
    return Namer(cast("Transaction", names), {AGENT: 0})


def test_a_name_that_thousands_have_is_found_a_copy_in_a_few_steps() -> None:
    names = Names("report", *(suffixed_name("report", copy) for copy in range(2, 30_001)))
    namer = namer_of(names)
    assert namer.choose(AGENT, "report", 2) == "report (30001)"
    assert namer.choose(AGENT, "report", 3) == "report (30002)"
    assert len(names.asked) < 50


def test_names_that_are_free_are_looked_up_all_at_once() -> None:
    names = Names("run 2")
    namer = namer_of(names)
    namer.look_up((AGENT, wish) for wish in ("report", None, "summary", None, None))
    given = [namer.choose(AGENT, "report", 2), namer.choose(AGENT, "summary", 3)]
    given += [namer.draw(AGENT, run_pk) for run_pk in (4, 5)]
    assert given == ["report", "summary", "run 1", "run 3"]
    assert len(names.asked) == 1
