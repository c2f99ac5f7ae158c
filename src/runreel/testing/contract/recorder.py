"""Recorders that number their records, and how complete a run is by that."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

import pytest

from runreel.model.record import Record
from runreel.model.recorder import Completeness
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.testing.contract.base import StoreContract, apply, at_once
from runreel.testing.record import (
    AT,
    HOUR,
    NOW,
    make_event,
    make_llm_call,
    make_message,
    make_node,
    make_recorder,
    make_run,
    make_run_end,
    make_session,
    numbered,
)


class RecorderContract(StoreContract):
    """Promises of `RunDetail.completeness` and `RunChanges.completeness`."""

    def test_a_run_whose_recorder_numbers_nothing_has_no_completeness(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_run(), make_event(), make_session())
        assert completeness(store, scope) is None
        assert store.changes.list_changes(scope, "run-1", after=0, limit=10).completeness is None

    def test_every_kind_of_record_counts(self, store: Store, scope: Scope) -> None:
        records = [make_run(), make_event(), make_node(), make_message(), make_run_end()]
        apply(store, scope, *(numbered(record, place) for place, record in enumerate(records, 1)))
        assert completeness(store, scope) == complete(5)

    def test_a_gap_is_missing_until_it_is_filled(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_events(1, 2, 5))
        assert completeness(store, scope) == complete(3, expected=5)
        apply(store, scope, *_events(4))
        assert completeness(store, scope) == complete(4, expected=5)
        apply(store, scope, *_events(3))
        assert completeness(store, scope) == complete(5)

    def test_what_a_recorder_says_it_numbered_is_expected(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_events(1, 2), make_recorder(record_count=4, dropped_count=1))
        found = completeness(store, scope)
        assert found == complete(2, expected=4, dropped=1)
        assert found is not None
        assert not found.is_complete

    def test_what_came_is_expected_whatever_a_recorder_says(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_recorder(record_count=2), *_events(1, 2, 3))
        assert completeness(store, scope) == complete(3)

    @pytest.mark.parametrize("times", [(AT, AT + HOUR), (AT + HOUR, AT)])
    def test_the_highest_that_a_recorder_said_counts(self, store: Store, scope: Scope, times: tuple[int, int]) -> None:
        apply(store, scope, make_recorder(at=times[0], record_count=9, dropped_count=2))
        apply(store, scope, make_recorder(at=times[1], record_count=7, dropped_count=3))
        assert completeness(store, scope) == complete(0, expected=9, dropped=3)

    def test_what_was_dropped_is_not_complete_though_all_came(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_events(1), make_recorder(dropped_count=1))
        found = completeness(store, scope)
        assert found is not None
        assert (found.n_received, found.n_expected, found.is_complete) == (1, 1, False)

    def test_recorders_count_for_themselves(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_events(1, 2, recorder_id="a"), *_events(1, 3, recorder_id="b"))
        apply(store, scope, make_recorder("c", record_count=1))
        assert completeness(store, scope) == complete(4, expected=6, recorders=3)

    def test_runs_and_projects_are_apart(self, store: Store, scope: Scope, elsewhere: Scope) -> None:
        apply(store, scope, *_events(1, 2), numbered(make_event(run_id="other"), 3))
        apply(store, elsewhere, *_events(7))
        assert completeness(store, scope) == complete(2)
        assert completeness(store, scope, "other") == complete(1, expected=3)
        assert completeness(store, elsewhere) == complete(1, expected=7)

    def test_the_same_again_changes_nothing(self, store: Store, scope: Scope) -> None:
        batch = [
            make_run(),
            *_events(1, 2, 4),
            make_recorder(record_count=4, closed=True, sdk="s/1", metadata={"k": 1}),
        ]
        apply(store, scope, *batch)
        before = store.runs.get_run(scope, "run-1"), store.changes.get_change_no(scope), completeness(store, scope)
        apply(store, scope, *batch, *batch)
        apply(store, scope, *reversed(batch))
        assert before == (
            store.runs.get_run(scope, "run-1"),
            store.changes.get_change_no(scope),
            completeness(store, scope),
        )

    def test_a_record_that_says_nothing_new_still_has_come(self, store: Store, scope: Scope) -> None:
        apply(store, scope, numbered(make_event(), 1))
        before = store.runs.get_run(scope, "run-1").change_seq
        changes_before = store.changes.get_change_no(scope)
        apply(store, scope, numbered(make_event(), 2))
        assert completeness(store, scope) == complete(2)
        told = store.changes.list_changes(scope, "run-1", after=before, limit=10)
        assert (told.completeness, told.change_seq > before, told.is_caught_up) == (complete(2), True, True)
        assert store.changes.get_change_no(scope) == changes_before + 1

    def test_any_order_and_split_come_to_the_same(self, store: Store, scope: Scope) -> None:
        records = [make_run(), *_events(*range(2, 40), *range(45, 60)), make_recorder(record_count=64, dropped_count=2)]
        chance = random.Random(4)
        for n in range(3):
            chance.shuffle(records)
            rest: Sequence[Record] = [_of_run(record, f"{n}") for record in records]
            while rest:
                size = chance.randint(1, 20)
                apply(store, scope, *rest[:size])
                rest = rest[size:]
        assert [completeness(store, scope, f"{n}") for n in range(3)] == [complete(53, expected=64, dropped=2)] * 3

    def test_records_that_come_at_once_all_count(self, store: Store, scope: Scope) -> None:
        at_once(partial(apply, store, scope, *_events(*range(n, 65, 8))) for n in range(1, 9))
        assert completeness(store, scope) == complete(64)

    def test_a_recorder_alone_makes_its_run_known_and_says_nothing_of_it(self, store: Store, scope: Scope) -> None:
        apply(store, scope, make_recorder(at=AT + HOUR, record_count=1))
        apply(store, scope, make_run(at=AT), make_run_end(at=AT + 1))
        apply(store, scope, make_recorder(at=AT + 2 * HOUR, record_count=2))
        run = store.runs.get_run(scope, "run-1")
        assert (run.status, run.created_at, run.active_at, run.ended_at) == ("completed", AT, AT + 1, AT + 1)
        assert store.runs.get_run(scope, "run-1").agent_name == "planner"

    def test_a_record_of_a_deleted_run_has_not_come(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *_events(1))
        store.runs.delete_run(scope, "run-1", now=NOW)
        report = apply(store, scope, *_events(2), make_recorder(record_count=2))
        assert [issue.kind for issue in report.refused] == ["event", "recorder"]
        assert report.refused[1].key == "recorder-1"

    def test_many_stretches_that_are_apart_are_told_apart(self, store: Store, scope: Scope) -> None:
        odd, even = range(1, 2_001, 2), range(2, 2_001, 2)
        apply(store, scope, *(numbered(make_llm_call(), number) for number in odd))
        assert completeness(store, scope) == complete(1_000, expected=1_999)
        apply(store, scope, *(numbered(make_llm_call(), number) for number in (*odd, *even)))
        assert completeness(store, scope) == complete(2_000)

    def test_more_than_came_is_never_said_to_have_come(self, store: Store, scope: Scope) -> None:
        apply(store, scope, *(numbered(make_event(), number) for number in range(2, 24_001, 2)))
        assert completeness(store, scope) == complete(12_000, expected=24_000)
        for _ in range(2):
            apply(store, scope, *(numbered(make_event(), number) for number in range(1, 24_001)))
            found = completeness(store, scope)
            assert found is not None
            # The lowest stretches were settled, so the gaps among them stay.
            assert (12_000 < found.n_received < 24_000, found.n_expected) == (True, 24_000)


def complete(received: int, *, expected: int | None = None, dropped: int = 0, recorders: int = 1) -> Completeness:
    """Return the completeness of a run of which so much came."""
    return Completeness(
        n_received=received,
        n_expected=received if expected is None else expected,
        n_dropped=dropped,
        n_recorders=recorders,
    )


def completeness(store: Store, scope: Scope, run_id: str = "run-1") -> Completeness | None:
    """Return how complete a run is; its page and its stream say the same."""
    found = store.runs.get_run_detail(scope, run_id).completeness
    assert store.changes.list_changes(scope, run_id, after=0, limit=1).completeness == found
    return found


def _events(*numbers: int, recorder_id: str = "recorder-1") -> list[Record]:
    return [numbered(make_event(f"{recorder_id}-{number}"), number, recorder_id) for number in numbers]


def _of_run(record: Record, run_id: str) -> Record:
    return Record(
        record.kind, run_id, record.key, record.rank, record.recorded_at, record.fields, record.index, record.origin
    )
