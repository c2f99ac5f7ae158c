"""Rows of one table, taken run by run."""

from __future__ import annotations

import pytest

from runreel.errors import SourceError
from runreel.importers.grouped import Grouped
from runreel.importers.source import Row


def test_each_run_gets_its_own_rows_and_the_others_are_orphans() -> None:
    orphans: list[Row] = []
    rows = Grouped(iter([(None, 1), ("a", 2), ("b", 3), ("b", 4), ("c", 5), ("e", 6)]), orphans.append)
    assert [list(rows.take(key)) for key in ("b", "c", "d")] == [[("b", 3), ("b", 4)], [("c", 5)], []]
    rows.drain()
    assert orphans == [(None, 1), ("a", 2), ("e", 6)]


def test_rows_that_are_not_in_order_are_told() -> None:
    rows = Grouped(iter([("a", 1), ("c", 2), ("b", 3)]), lambda _: None)
    assert [list(rows.take(key)) for key in ("a", "b")] == [[("a", 1)], []]
    with pytest.raises(SourceError, match="REINDEX"):
        list(rows.take("c"))
