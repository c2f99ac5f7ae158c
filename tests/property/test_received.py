"""Received numbers are what a set of them is, however they came."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from runreel.model.received import MAX_RANGES, NOTHING_RECEIVED, Received, received_of_ranges
from runreel.storage.sql.recorder_row import decode_received, encode_received

_near = st.lists(st.integers(1, 40), max_size=30)
_far = st.lists(st.one_of(st.integers(1, 40), st.integers(1, 10**12)), max_size=30)
_late = st.lists(st.lists(st.integers(1, 3 * MAX_RANGES), max_size=20), max_size=3)


def gathered(batches: Iterable[Iterable[int]]) -> Received:
    received = NOTHING_RECEIVED
    for batch in batches:
        received = received.with_numbers(batch)
    return received


@given(batches=st.lists(_far, max_size=5))
def test_numbers_are_a_set_of_them(batches: list[list[int]]) -> None:
    numbers = {number for batch in batches for number in batch}
    received = gathered(batches)
    assert (received.count, received.highest) == (len(numbers), max(numbers, default=0))
    assert {first for first, _ in received.ranges} == {number for number in numbers if number - 1 not in numbers}
    assert {last for _, last in received.ranges} == {number for number in numbers if number + 1 not in numbers}
    assert received == NOTHING_RECEIVED.with_numbers(numbers)


@given(first=_near, second=_near)
def test_what_came_of_either_is_what_came_of_both(first: list[int], second: list[int]) -> None:
    joined = gathered([first]).joined(gathered([second]))
    assert joined == gathered([second]).joined(gathered([first])) == gathered([first, second])


@given(batch=_near)
def test_the_same_again_is_the_same_object(batch: list[int]) -> None:
    received = gathered([batch])
    assert received.with_numbers(batch) is received


@given(batches=st.lists(_far, max_size=5))
def test_what_is_stored_is_read_again(batches: list[list[int]]) -> None:
    received = gathered(batches)
    assert decode_received(encode_received(received)) == received
    assert received_of_ranges(received.ranges) == received


@given(n_over=st.integers(1, 50), late=_late)
def test_beyond_the_bound_no_more_is_counted_than_came(n_over: int, late: list[list[int]]) -> None:
    apart = range(2, 2 * (MAX_RANGES + n_over) + 1, 2)
    received = gathered([apart, *late])
    came = {*apart, *(number for batch in late for number in batch)}
    assert len(received.ranges) <= MAX_RANGES
    assert len(apart) <= received.count <= len(came)
    assert received.highest == max(came)
    assert received.with_numbers(came).count <= len(came)
    assert decode_received(encode_received(received)) == received
    assert len(encode_received(received)) < 10 * MAX_RANGES


@given(n_over=st.integers(1, 50), n_less=st.integers(0, 60), first=_late, second=_late)
def test_what_settled_elsewhere_is_joined_without_counting_twice(
    n_over: int, n_less: int, first: list[list[int]], second: list[list[int]]
) -> None:
    apart = range(2, 2 * (MAX_RANGES + n_over) + 1, 2)
    mine, theirs = gathered([apart, *first]), gathered([apart[n_less:], *second])
    both = mine.joined(theirs)
    came = {*apart, *(number for batch in (*first, *second) for number in batch)}
    assert both == theirs.joined(mine)
    assert mine == mine.joined(mine)
    assert mine.joined(NOTHING_RECEIVED) == mine == NOTHING_RECEIVED.joined(mine)
    assert len(apart) <= both.count <= len(came)
    assert both.highest == max(came)
    assert received_of_ranges(both.ranges, settled_until=both.settled_until, n_settled=both.n_settled) == both
