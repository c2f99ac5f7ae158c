"""Text on a terminal, and quantities in words."""

from __future__ import annotations

import pytest

from runreel.cli.quantity import format_cost, format_count, format_duration
from runreel.cli.text import clip, harmless, iter_clusters, width_of


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("plain", 5),
        ("星座", 4),
        ("e\u0301", 1),
        ("\U0001f680", 2),
        ("\U0001f469\u200d\U0001f680", 2),
        ("\U0001f44d\U0001f3fd", 2),
        ("\u2764\ufe0f", 2),
        ("\U0001f1ee\U0001f1f8", 2),
        ("שלום", 4),
        ("", 0),
    ],
)
def test_width_is_counted_in_columns(text: str, width: int) -> None:
    assert width_of(text) == width


def test_clipping_never_tears_what_is_seen_as_one_character() -> None:
    astronaut = "\U0001f469\u200d\U0001f680"
    text = f"ab{astronaut}cd"

    assert list(iter_clusters(text)) == ["a", "b", astronaut, "c", "d"]
    assert [clip(text, width, "…") for width in range(7)] == ["", "…", "a…", "ab…", "ab…", f"ab{astronaut}…", text]


def test_harmless_text_is_one_line_and_keeps_every_script() -> None:
    assert harmless("a\tb\r\nc") == "a b  c"
    assert harmless("שלום \U0001f469\u200d\U0001f680 é") == "שלום \U0001f469\u200d\U0001f680 é"
    assert harmless("\x1b]0;title\x07\x9b") == "\\x1b]0;title\\x07\\x9b"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"),
        (0.4, "<1 ms"),
        (12.3, "12 ms"),
        (999.7, "1.0 s"),
        (4200, "4.2 s"),
        (59_960, "1 min 0 s"),
        (125_000, "2 min 5 s"),
        (3_599_600, "1 h 0 min"),
        (90_000_000, "25 h 0 min"),
        (None, ""),
        (True, ""),
        ("fast", ""),
    ],
)
def test_durations_are_read_at_a_glance(milliseconds: object, text: str) -> None:
    assert format_duration(milliseconds) == text


@pytest.mark.parametrize(
    ("dollars", "text"),
    [
        (0, "$0.00"),
        (1234.5, "$1,234.50"),
        (0.0123, "$0.0123"),
        (0.0004, "$0.000400"),
        (0.0000042, "$0.0000042"),
        (0.00000042, "$0.00000042"),
        (None, ""),
    ],
)
def test_small_amounts_stay_visible(dollars: object, text: str) -> None:
    assert format_cost(dollars) == text


def test_counts_have_thousands_set_apart() -> None:
    assert format_count(1234567) == "1,234,567"
