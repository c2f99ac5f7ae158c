"""Errors in one line."""

from __future__ import annotations

import pytest

from runreel.model.error_line import MOST_CHARACTERS, error_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (None, None),
        ("", None),
        ("out of\n  paper\t", "out of paper"),
        ({"type": "ValueError", "message": "no table", "stack": "…"}, "ValueError: no table"),
        ({"message": "no table"}, "no table"),
        ({"type": "KeyError", "message": ""}, "KeyError"),
        ({"code": 7, "why": "é"}, '{"code": 7, "why": "é"}'),
        ([1, 2], "[1, 2]"),
        (False, "false"),
    ],
)
def test_an_error_is_told_by_type_and_message(error: object, line: str | None) -> None:
    assert error_line(error) == line


def test_a_long_error_is_cut() -> None:
    line = error_line({"type": "E", "message": "again " * 10_000})
    assert line is not None
    assert len(line) == MOST_CHARACTERS
    assert line.startswith("E: again again")
    assert line.endswith("…")
