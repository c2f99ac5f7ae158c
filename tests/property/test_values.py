"""Names, instants and cursors: rules that hold for every value."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runreel.errors import InvalidNameError, InvalidQueryError
from runreel.model.instant import format_instant, parse_instant
from runreel.model.name import (
    MAX_NAME_LENGTH,
    check_name,
    check_run_name,
    is_record_id,
    numbered_name,
    repair_name,
    repair_run_name,
    suffixed_name,
)
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.rollup import RELATIVE_ERROR, duration_bucket
from tests.property.effort import examples

_texts = st.one_of(
    st.text(),
    st.text(st.characters(codec=None), max_size=300),
    st.text(" \t\n./\u00a0\u2028nodes\u0301", max_size=12),
    st.text(string.ascii_letters + " .", min_size=250, max_size=260),
)
_integers = st.integers(-(2**63) + 1, 2**63 - 1)
_storable = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
_many = settings(max_examples=examples(300))


@given(name=_texts)
@example(name="nodes")
@example(name=" ..")
@example(name="e" * 254 + " \u0301")
@_many
def test_a_repaired_name_is_good_and_stays_as_it_is(name: str) -> None:
    for repair, check in ((repair_name, check_name), (repair_run_name, check_run_name)):
        repaired = repair(name)
        if repaired is None:
            with pytest.raises(InvalidNameError):
                check(name)
        else:
            assert check(repaired) == repaired
            assert repair(repaired) == repaired
            assert is_record_id(repaired)


@given(name=_texts)
@_many
def test_a_good_name_needs_no_repair(name: str) -> None:
    try:
        checked = check_run_name(name)
    except InvalidNameError:
        return
    assert check_run_name(checked) == checked
    assert repair_run_name(name) == checked
    assert 0 < len(checked) <= MAX_NAME_LENGTH


@given(name=_texts, copy=st.integers(2, 10**9))
@_many
def test_a_copy_has_a_good_name_of_its_own(name: str, copy: int) -> None:
    if (repaired := repair_run_name(name)) is not None:
        suffixed = suffixed_name(repaired, copy)
        assert check_run_name(suffixed) == suffixed
        assert suffixed != suffixed_name(repaired, copy + 1)
        assert suffixed.endswith(f" ({copy})")


@given(number=st.integers(1, 2**63))
def test_a_numbered_name_is_good(number: int) -> None:
    assert check_run_name(numbered_name(number)) == f"run {number}"


@given(instant=st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
@_many
def test_an_instant_survives_being_written_and_read(instant: int) -> None:
    text = format_instant(instant)
    assert parse_instant(text) == instant
    assert text.endswith("Z")
    assert len(text) == 27


@given(value=st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.booleans(), st.none(), st.lists(st.none())))
@_many
def test_what_is_read_as_an_instant_can_be_written(value: object) -> None:
    instant = parse_instant(value)
    assert instant is None or parse_instant(format_instant(instant)) == instant


@given(parts=st.tuples(_integers, _integers, _storable, _integers), of=st.sampled_from(["runs", "node events"]))
@_many
def test_a_cursor_survives_being_written_and_read(parts: tuple[int, int, str, int], of: str) -> None:
    cursor = format_cursor(of, parts)
    assert parse_cursor(of, cursor, int, int, str, int) == list(parts)
    assert set(cursor) <= set(string.ascii_letters + string.digits + "-_")


@given(cursor=st.one_of(st.text(max_size=40), st.text("AIQWabcwxyz0139_-", max_size=40)))
@_many
def test_any_text_is_a_cursor_or_refused(cursor: str) -> None:
    try:
        number, text = parse_cursor("runs", cursor, int, str)
    except InvalidQueryError:
        return
    assert isinstance(number, int)
    assert isinstance(text, str)


@given(duration_us=st.integers(1, 2**62))
@_many
def test_a_bucket_holds_durations_that_are_nearly_equal(duration_us: int) -> None:
    bucket = duration_bucket(duration_us)
    factor = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
    upper = factor ** (bucket - 1)
    assert upper / factor * (1 - 1e-9) < duration_us <= upper * (1 + 1e-9)
    assert duration_bucket(duration_us) <= duration_bucket(duration_us + 1)
