"""Whatever the history: each event is kept as one of the node that it names, or else of its parent's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runreel.model.record import Rank, Record
from runreel.model.scope import Scope
from runreel.testing.record import AT, make_event
from tests.property.effort import examples
from tests.property.laboratory import Laboratory
from tests.property.test_bundle import export, put_in

_quiet = [HealthCheck.too_slow, HealthCheck.data_too_large]
_event_ids = st.sampled_from([f"e{n}" for n in range(8)])
# Few name a node, and most have a parent: then chains get long, meet and close.
_events = st.builds(
    make_event,
    _event_ids,
    st.sampled_from(["r1", "r1", "r1", "r2"]),
    at=st.sampled_from([AT, AT + 1, AT + 2]),
    rank=st.sampled_from([Rank.START, Rank.END]),
    node_id=st.sampled_from([None, None, None, None, "n", "m"]),
    parent_event_id=st.one_of(_event_ids, _event_ids, st.none()),
    tokens_in=st.sampled_from([None, None, 7]),
)
_histories = st.lists(st.lists(_events, min_size=1, max_size=6), min_size=1, max_size=8)


@given(history=_histories)
@settings(max_examples=examples(150), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_membership_is_that_of_the_stored_rows(laboratory: Laboratory, history: list[list[Record]]) -> None:
    scope = laboratory.new_scope()
    for batch in history:
        laboratory.apply(scope, [[batch]])
        check_members(laboratory, scope)


@given(history=_histories)
@settings(max_examples=examples(20), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_membership_is_right_while_others_write(laboratory: Laboratory, history: list[list[Record]]) -> None:
    scope = laboratory.new_scope()
    laboratory.apply(scope, [[batch] for batch in history], n_threads=4)
    check_members(laboratory, scope)


@given(there=_histories, here=_histories)
@settings(max_examples=examples(20), suppress_health_check=_quiet, report_multiple_bugs=False)
def test_membership_is_right_after_an_import(
    laboratory: Laboratory, there: list[list[Record]], here: list[list[Record]]
) -> None:
    original, scope = laboratory.new_scope(), laboratory.new_scope()
    laboratory.apply(original, [[batch] for batch in there])
    laboratory.apply(scope, [[batch] for batch in here])
    assert put_in(laboratory.store, scope, export(laboratory.store, original)).problem is None
    check_members(laboratory, scope)


def check_members(laboratory: Laboratory, scope: Scope) -> None:
    """Check what is kept against the definition."""
    rows = laboratory.event_rows(scope)
    assert {key: row.member_of for key, row in rows.items()} == {key: node_of(key, rows) for key in rows}


def node_of(key: tuple[int, str], rows: Mapping[tuple[int, str], Any]) -> str | None:
    """Return the first node that is named on the way up from an event, unless that leads nowhere or back."""
    seen: set[tuple[int, str]] = set()
    while key in rows and key not in seen:
        seen.add(key)
        row = rows[key]
        if row.node_id is not None:
            return row.node_id
        key = (row.run_pk, row.parent_event_id)
    return None
