"""What people did stands in whatever order records come, before it and after it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.model.record import Rank, Record, RecordKind
from runreel.model.run_edit import RunEdit
from runreel.storage.sql.run_row import RunChange, RunRow, decode_state, empty_state, encode_state, new_row
from runreel.testing.record import AT, SECOND
from tests.property.arrangement import arrangements, compare
from tests.property.effort import examples
from tests.property.laboratory import Laboratory
from tests.property.strategy import Element, decode, elements, run_records
from tests.property.totals import check_totals

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
_START: Element = (
    "native",
    {"record": "run", "run_id": "r1", "phase": "start", "agent_name": "a1", "recorded_at": AT / 1e6},
)
_values = st.sampled_from([None, 0, True, "text", {"a": 1}])
_edits = st.lists(
    st.builds(
        RunEdit,
        tags=st.none() | st.lists(st.sampled_from(["x", "w"]), max_size=2),
        metadata=st.dictionaries(st.sampled_from(["k", "l", "a\x1fb", "new"]), _values, max_size=2),
    ),
    max_size=3,
)


@given(
    batch=elements(),
    status=st.sampled_from([None, "paused", "cancelled", "completed"]),
    edits=_edits,
    data=st.data(),
)
@settings(max_examples=examples(30), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_records_around_what_people_did_may_come_in_any_order(
    laboratory: Laboratory, batch: list[Element], status: str | None, edits: list[RunEdit], data: st.DataObject
) -> None:
    whole, pieces = laboratory.new_scope(), laboratory.new_scope()
    for scope in (whole, pieces):
        laboratory.apply(scope, [decode([_START])])
        laboratory.store.runs.edit_run(scope, "r1", RunEdit(status=status), now=AT + 3 * SECOND)
    laboratory.apply(whole, [decode(batch)])
    for edit in edits:
        laboratory.store.runs.edit_run(whole, "r1", edit, now=AT + 4 * SECOND)
    expected = laboratory.dump(whole)
    check_totals(expected)

    waiting = list(edits)
    for transaction in data.draw(arrangements(batch)):
        while waiting and data.draw(st.booleans()):
            laboratory.store.runs.edit_run(pieces, "r1", waiting.pop(0), now=AT + 4 * SECOND)
        laboratory.apply(pieces, [transaction])
    for edit in waiting:
        laboratory.store.runs.edit_run(pieces, "r1", edit, now=AT + 4 * SECOND)
    compare(laboratory.dump(pieces), expected)


@st.composite
def _person_records(draw: st.DrawFn) -> list[Record]:
    """Draw what people stated of one run, each at an instant of its own."""
    statuses = draw(st.lists(st.sampled_from(["paused", "executing", "cancelled", "failed"]), max_size=3))
    times = draw(st.permutations([AT - SECOND, AT + SECOND, AT + 3 * SECOND]))
    return [
        Record(RecordKind.RUN, "r1", "", Rank.PERSON, at, {"person_status": status, "metadata": {"k": place or None}})
        for place, (at, status) in enumerate(zip(times, statuses, strict=False))
    ]


@given(wire=st.lists(run_records(), min_size=1, max_size=5), people=_person_records(), data=st.data())
@settings(max_examples=examples(300))
def test_status_and_times_are_a_function_of_the_set_of_records(
    wire: list[Element], people: list[Record], data: st.DataObject
) -> None:
    records = [*(record for body in decode(wire) for record in body), *people]
    shuffled = data.draw(st.permutations([*records, *data.draw(st.lists(st.sampled_from(records), max_size=3))]))
    expected, row = _row_after(records), _row_after(shuffled)
    assert row == expected
    last = max(people, key=lambda record: record.recorded_at, default=None)
    if last is not None and last.fields["person_status"] in ("cancelled", "failed"):
        assert row.status == last.fields["person_status"]


def _row_after(records: Sequence[Record]) -> RunRow:
    """Return the row of a run after its records, each of which came alone."""
    row, state = new_row(1, "p", "r1", now=AT), empty_state()
    for record in records:
        change = RunChange(row, state)
        change.merge_record(record)
        if record.rank < Rank.PERSON:
            change.see([record])
        change.derive()
        state = decode_state(encode_state(change.state))
    return row
