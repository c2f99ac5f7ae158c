"""What is kept depends on the set of records alone: not on their order, batches, repetition or concurrency."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.property.arrangement import arrangements, compare
from tests.property.effort import examples
from tests.property.laboratory import Laboratory
from tests.property.strategy import Element, decode, elements
from tests.property.totals import check_totals

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(batch=elements(), data=st.data())
@settings(max_examples=examples(40), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_order_batches_and_repetition_change_nothing(
    laboratory: Laboratory, batch: list[Element], data: st.DataObject
) -> None:
    whole, pieces = laboratory.new_scope(), laboratory.new_scope()
    laboratory.apply(whole, [decode(batch)])
    laboratory.apply(pieces, data.draw(arrangements(batch)))
    expected = laboratory.dump(whole)
    compare(laboratory.dump(pieces), expected)
    check_totals(expected)
    laboratory.apply(pieces, [decode(batch)])
    compare(laboratory.dump(pieces), expected)


@given(batch=elements(max_size=24), data=st.data())
@settings(max_examples=examples(15), suppress_health_check=_quiet, phases=[Phase.reuse, Phase.generate])
def test_concurrency_changes_nothing(laboratory: Laboratory, batch: list[Element], data: st.DataObject) -> None:
    whole, at_once = laboratory.new_scope(), laboratory.new_scope()
    laboratory.apply(whole, [decode(batch)])
    laboratory.apply(at_once, data.draw(arrangements(batch)), n_threads=4)
    compare(laboratory.dump(at_once), laboratory.dump(whole))


@given(batch=elements(), data=st.data())
@settings(max_examples=examples(15), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_deleting_everything_leaves_nothing(laboratory: Laboratory, batch: list[Element], data: st.DataObject) -> None:
    scope = laboratory.new_scope()
    laboratory.apply(scope, data.draw(arrangements(batch)))
    for run_id in laboratory.dump_sums(scope).runs:
        laboratory.store.runs.delete_run(scope, run_id, now=0)
    left = laboratory.dump(scope)
    assert (left.runs, left.agents, left.rollups) == ({}, [], {})
