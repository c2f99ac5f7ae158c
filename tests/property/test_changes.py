"""No row of a run changes without a new number, whatever the history: else those who follow would never hear of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.errors import NameTakenError, NotFoundError
from runreel.model.scope import Scope
from runreel.testing.record import NOW
from tests.property.effort import examples
from tests.property.laboratory import Laboratory
from tests.property.strategy import Element, decode, elements

Rows = dict[tuple[Any, ...], dict[str, Any]]

_steps = st.lists(
    st.one_of(
        elements(max_size=4),
        st.tuples(st.sampled_from(["r1", "r2"]), st.sampled_from(["mine", "wish", "run 2"])),
        st.just("settle"),
    ),
    min_size=2,
    max_size=8,
)


@given(steps=_steps)
@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck), report_multiple_bugs=False)
def test_every_row_that_changes_draws_a_number(laboratory: Laboratory, steps: list[Any]) -> None:
    scope = laboratory.new_scope()
    before: Rows = {}
    for step in steps:
        _take(laboratory, scope, step)
        after = laboratory.rows_of_runs(scope)
        changed = {key: row for key, row in after.items() if before.get(key) != row}
        assert before.keys() <= after.keys()
        for run_pk in {key[1] for key in after}:
            run, former = after["runs", run_pk], before.get(("runs", run_pk))
            head = 0 if former is None else former["change_seq"]
            numbers = [row["change_seq"] for key, row in changed.items() if key[1] == run_pk]
            assert all(number > head for number in numbers), (step, head, numbers)
            # One number for each, so that a page can end between any two.
            assert len(numbers) == len(set(numbers))
            # The run has the highest, so that whoever knows it knows whether there is more.
            assert run["change_seq"] == max(row["change_seq"] for key, row in after.items() if key[1] == run_pk)
            assert bool(numbers) is (former is None or run["change_no"] > former["change_no"])
        before = after


def _take(laboratory: Laboratory, scope: Scope, step: Any) -> None:
    if step == "settle":
        laboratory.store.runs.settle_runs(seen_before=NOW + 1)
    elif isinstance(step, tuple):
        with suppress(NotFoundError, NameTakenError):
            laboratory.store.runs.rename_run(scope, *step)
    else:
        batch: list[Element] = step
        laboratory.apply(scope, [decode(batch)])
