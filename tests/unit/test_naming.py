"""How a free name is looked for among many that are taken."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runreel.storage.sql.naming import Namer


class Taken:
    """The names that runs have, of which the database is asked."""

    def __init__(self, copies: Sequence[int]) -> None:
        self.names = {"report" if copy == 1 else f"report ({copy})" for copy in copies}
        self.n_asked = 0

    def select(self, _cursor: object, _table: object, _columns: object, _key: object, keys: Any) -> list[Any]:
        self.n_asked += 1
        return [(name, 1) for _, _, name in keys if name in self.names]


def namer_among(taken: Taken) -> Namer:
    transaction: Any = SimpleNamespace(dialect=taken, cursor=None)
    return Namer(transaction, "default", "planner", 0)


@pytest.mark.parametrize("n_taken", [0, 1, 8, 9, 100, 5_000, 80_000])
def test_the_next_copy_is_found_with_few_questions(n_taken: int) -> None:
    taken = Taken(range(1, n_taken + 1))
    wished = "report" if n_taken == 0 else f"report ({n_taken + 1})"
    assert namer_among(taken).choose("report", 2) == wished
    assert taken.n_asked <= 12


def test_copies_of_one_batch_follow_each_other_with_one_question_each() -> None:
    taken = Taken(range(1, 5_001))
    namer = namer_among(taken)
    first = namer.choose("report", 2)
    n_asked = taken.n_asked
    assert [first, *(namer.choose("report", number) for number in range(3, 12))] == [
        f"report ({copy})" for copy in range(5_001, 5_011)
    ]
    assert taken.n_asked == n_asked + 9


@given(st.sets(st.integers(1, 300)))
def test_what_is_chosen_is_free_and_low_where_few_are_taken(copies: set[int]) -> None:
    taken = Taken(sorted(copies))
    name = namer_among(taken).choose("report", 2)
    assert name not in taken.names
    lowest = next(copy for copy in range(1, 302) if copy not in copies)
    if lowest <= 8:
        assert name == ("report" if lowest == 1 else f"report ({lowest})")
