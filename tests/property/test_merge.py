"""What is kept depends on the set of records alone: not on their order, batches, repetition or concurrency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runreel.model.record import Record
from tests.property.effort import FACTOR, examples
from tests.property.laboratory import Dump, Laboratory
from tests.property.strategy import Element, decode, elements
from tests.property.totals import check_totals

pytestmark = pytest.mark.timeout(120 * FACTOR)

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(batch=elements(), data=st.data())
@settings(max_examples=examples(40), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_order_batches_and_repetition_change_nothing(
    laboratory: Laboratory, batch: list[Element], data: st.DataObject
) -> None:
    whole, pieces = laboratory.new_scope(), laboratory.new_scope()
    laboratory.apply(whole, [decode(batch)])
    laboratory.apply(pieces, data.draw(_arrangements(batch)))
    expected = laboratory.dump(whole)
    _compare(laboratory.dump(pieces), expected)
    check_totals(expected)
    laboratory.apply(pieces, [decode(batch)])
    _compare(laboratory.dump(pieces), expected)


@given(batch=elements(max_size=24), data=st.data())
@settings(max_examples=examples(15), suppress_health_check=_quiet, phases=[Phase.reuse, Phase.generate])
def test_concurrency_changes_nothing(laboratory: Laboratory, batch: list[Element], data: st.DataObject) -> None:
    whole, at_once = laboratory.new_scope(), laboratory.new_scope()
    laboratory.apply(whole, [decode(batch)])
    laboratory.apply(at_once, data.draw(_arrangements(batch)), n_threads=4)
    _compare(laboratory.dump(at_once), laboratory.dump(whole))


@given(batch=elements(), data=st.data())
@settings(max_examples=examples(15), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_deleting_everything_leaves_nothing(laboratory: Laboratory, batch: list[Element], data: st.DataObject) -> None:
    scope = laboratory.new_scope()
    laboratory.apply(scope, data.draw(_arrangements(batch)))
    for run_id in laboratory.dump(scope).runs:
        laboratory.store.runs.delete_run(scope, run_id, now=0)
    left = laboratory.dump(scope)
    assert (left.runs, left.agents, left.rollups) == ({}, [], {})


@st.composite
def _arrangements(draw: st.DrawFn, batch: Sequence[Element]) -> list[list[list[Record]]]:
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


def _compare(left: Dump, right: Dump) -> None:
    """Compare part by part, so that a failure shows only what differs."""
    for field in fields(Dump):
        mine, theirs = getattr(left, field.name), getattr(right, field.name)
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
