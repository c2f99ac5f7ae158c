"""Names and ids."""

from __future__ import annotations

import pytest

from runreel.errors import InvalidNameError
from runreel.model.name import (
    check_name,
    check_run_name,
    is_placeholder,
    is_record_id,
    is_run_id,
    repair_name,
    repair_run_name,
    suffixed_name,
)


@pytest.mark.parametrize("run_id", ["a", "A-z_0.9:", "x" * 64, "..a", "..."])
def test_run_ids_that_are_good(run_id: str) -> None:
    assert is_run_id(run_id)


@pytest.mark.parametrize("run_id", ["", ".", "..", "x" * 65, "a b", "a/b", "é", "a\n", "٣", "a\0"])
def test_run_ids_that_are_not(run_id: str) -> None:
    assert not is_run_id(run_id)


@pytest.mark.parametrize("record_id", ["a", "a/b", " ", "é 🚀", "x" * 255, "a\u2028b", "\u200b"])
def test_record_ids_that_are_good(record_id: str) -> None:
    assert is_record_id(record_id)


@pytest.mark.parametrize("record_id", ["", ".", "..", "x" * 256, "a\0", "a\nb", "\x7f", "\x85", "\ud800"])
def test_record_ids_that_are_not(record_id: str) -> None:
    assert not is_record_id(record_id)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("run 1", "run 1"),
        ("  padded\u00a0", "padded"),
        ("Cafe\u0301", "Café"),
        ("a/b %2F # ?", "a/b %2F # ?"),
        ("🚀" * 255, "🚀" * 255),
        (" " * 300 + "a", "a"),
        ("مرحبا", "مرحبا"),
    ],
)
def test_a_good_name_is_kept_trimmed_and_composed(given: str, kept: str) -> None:
    assert check_name(given) == kept
    assert repair_name(given) == kept


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (" \u2003", "empty"),
        ("x" * 256, "256 characters"),
        ("a\tb", "control characters"),
        ("a\ud800", "surrogates"),
        ("..", "web address"),
        (" . ", "web address"),
    ],
)
def test_a_bad_name_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(InvalidNameError, match=reason):
        check_name(name, what="session name")


def test_a_run_can_not_be_called_as_a_part_of_addresses() -> None:
    with pytest.raises(InvalidNameError, match="part of an address"):
        check_run_name(" nodes")
    assert check_run_name("Nodes") == "Nodes"


@pytest.mark.parametrize(
    ("name", "repaired"),
    [
        ("a\nb", "a b"),
        ("\ud800x", "x"),
        ("x" * 300, "x" * 255),
        (".", "(.)"),
        (" .. ", "(..)"),
        ("nodes", "(nodes)"),
        ("\x00", None),
        ("", None),
        (" \n ", None),
    ],
)
def test_a_bad_run_name_is_repaired(name: str, repaired: str | None) -> None:
    assert repair_run_name(name) == repaired


@pytest.mark.parametrize(
    ("name", "expected"), [("temp_1", True), ("temp_", True), ("temporary", False), ("run 1", False)]
)
def test_placeholders(name: str, expected: bool) -> None:
    assert is_placeholder(name) is expected


def test_a_copy_fits_in_the_length_of_names() -> None:
    assert suffixed_name("report", 2) == "report (2)"
    assert suffixed_name("x" * 255, 10) == "x" * 250 + " (10)"
    assert suffixed_name("x" * 249 + " " + "y" * 5, 10) == "x" * 249 + " (10)"
