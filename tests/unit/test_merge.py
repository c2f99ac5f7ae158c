"""The merge rules, field by field. (`tests/property` tries them in every order.)"""

from __future__ import annotations

from itertools import permutations

import pytest

from runreel.model.record import Rank, Record, RecordKind
from runreel.storage.merge import (
    State,
    decode_lower,
    derive,
    encode_lower,
    joined,
    merged,
    merged_all,
    new_state,
    same,
    with_statements,
)


def make_record(rank: int = Rank.END, at: int = 10, **fields: object) -> Record:
    return Record(RecordKind.EVENT, "run-1", "event-1", rank, at, fields)


@pytest.mark.parametrize(
    ("loser", "winner"),
    [
        (make_record(Rank.START, 20, name="a"), make_record(Rank.END, 10, name="b")),
        (make_record(Rank.INFERRED, 20, name="a"), make_record(Rank.START, 10, name="b")),
        (make_record(Rank.END, 10, name="b"), make_record(Rank.END, 11, name="a")),
        (make_record(Rank.END, 0, name="b"), make_record(Rank.END, -5, name="a"))[::-1],
        (make_record(name="a"), make_record(name="b")),
        (make_record(name=1), make_record(name=2)),
        (make_record(name=10), make_record(name=9)),
        (make_record(name={"k": 1}), make_record(name={"k": 2})),
    ],
)
def test_who_counts_more(loser: Record, winner: Record) -> None:
    for records in permutations([loser, winner]):
        assert merged_all(None, list(records)).fields == winner.fields


def test_a_field_that_only_one_states_is_kept() -> None:
    for records in permutations([make_record(Rank.START, name="a"), make_record(model="m")]):
        assert merged_all(None, list(records)).fields == {"name": "a", "model": "m"}


def test_maps_merge_key_by_key_and_other_values_whole() -> None:
    start = make_record(Rank.START, attributes={"a": 1, "b": 1}, inputs={"a": 1})
    end = make_record(Rank.END, attributes={"b": 2, "c": {"d": 3}}, inputs={"b": 2})
    for records in permutations([start, end]):
        fields = merged_all(None, list(records)).fields
        assert fields == {"attributes": {"a": 1, "b": 2, "c": {"d": 3}}, "inputs": {"b": 2}}


def test_a_key_may_hold_any_character() -> None:
    odd = {"": 1, "a\x1fb": 2, "a": 3, "\x1f": 4}
    state = merged(new_state(make_record(Rank.START, attributes=dict(odd))), make_record(attributes={"a": 5}))
    assert state.fields["attributes"] == {**odd, "a": 5}


def test_an_empty_map_says_nothing() -> None:
    once = new_state(make_record(attributes={}, name="a"))
    assert once.fields == {"name": "a"}
    assert same(merged(once, make_record(attributes={}, name="a")), once)


def test_the_status_of_a_run_follows_the_time_first() -> None:
    early_end = make_record(Rank.END, 10, status="completed", name="b")
    late_start = make_record(Rank.START, 20, status="executing", name="a")
    for first, second in permutations([early_end, late_start]):
        state = merged(new_state(first), second, by_time=frozenset({"status"}))
        assert state.fields == {"status": "executing", "name": "b"}


def test_what_was_derived_gives_way_to_anything_stated() -> None:
    state = new_state(make_record(Rank.END, 10))
    derive(state, "name", "z")
    assert merged(state, make_record(Rank.INFERRED, -5, name="a")).fields == {"name": "a"}


def test_deriving_leaves_the_record_as_it_was() -> None:
    record = make_record(name="a")
    derive(new_state(record), "model", "m")
    assert record.fields == {"name": "a"}


def test_merging_leaves_its_parts_as_they_were() -> None:
    first, second = make_record(attributes={"a": 1}), make_record(attributes={"b": 2})
    state = new_state(first)
    merged(state, second)
    assert (state.fields, first.fields, second.fields) == (
        {"attributes": {"a": 1}},
        {"attributes": {"a": 1}},
        {"attributes": {"b": 2}},
    )


def test_equal_values_of_different_types_are_not_the_same() -> None:
    one, real, true = (new_state(make_record(inputs=value)) for value in (1, 1.0, True))
    assert same(one, new_state(make_record(inputs=1)))
    assert not same(one, real)
    assert not same(one, true)


def test_what_is_stored_of_a_state_is_enough_to_go_on() -> None:
    state = merged_all(None, [make_record(Rank.START, 5, name="a", attributes={"k": 1}), make_record(model="m")])
    stored = State(state.fields, state.top, decode_lower(encode_lower(state.lower)))
    assert same(stored, state)
    assert merged(stored, make_record(Rank.START, 6, name="b")).fields["name"] == "b"
    assert merged(stored, make_record(Rank.START, 4, name="b")).fields["name"] == "a"


def node_record(rank: int, at: int, **fields: object) -> Record:
    return Record(RecordKind.NODE, "run-1", "node-1", rank, at, fields)


def test_statements_of_a_node_are_kept_under_their_times() -> None:
    records = [
        node_record(Rank.START, 10, status="running", why="it is time"),
        node_record(Rank.END, 20, status="failed"),
        node_record(Rank.START, 30, status="running"),
    ]
    for order in permutations(records):
        state = merged_all(None, list(order))
        assert state.fields["states"] == {
            "10.1": {"status": "running", "why": "it is time"},
            "20.2": {"status": "failed"},
            "30.1": {"status": "running"},
        }
        assert same(merged_all(state, records), state)
        assert state.lower.keys() <= {"status"}


def test_a_state_of_a_former_version_has_its_status_as_a_statement() -> None:
    former = State({"status": "failed", "name": "a"}, (Rank.END, 20), {"status": (Rank.START, 10)})
    state = with_statements(former)
    assert state.fields["states"] == {"10.1": {"status": "failed"}}
    later = merged_all(state, [node_record(Rank.START, 30, status="running")])
    assert list(later.fields["states"]) == ["10.1", "30.1"]  # type: ignore[call-overload]
    assert joined(former, new_state(node_record(Rank.START, 30, status="running"))).fields == later.fields
