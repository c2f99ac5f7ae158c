"""States in a bundle are looked at before they get in: what no store would have written is refused."""

from __future__ import annotations

import json

import msgspec
import pytest

from runreel.errors import DecodeError
from runreel.model.record import RecordKind
from runreel.model.statement import MAX_STATEMENTS
from runreel.wire.bundle_state import check_state


def state_with(statements: object) -> bytes:
    fields = {"status": "running", "states": statements, "max_attempts": 2, "plan_version": 1, "details": [1]}
    return json.dumps({"fields": fields, "top": [2, 10], "lower": {}}).encode()


def test_statements_as_a_store_writes_them_are_taken() -> None:
    said = {"status": "running", "who": "Ann", "why": "it is time"}
    check_state(RecordKind.NODE, state_with({"0.1": {"status": "pending"}, "-10.2": said, "10.3": said}))


@pytest.mark.parametrize(
    "statements",
    [
        [],
        {"": {"status": "running"}},
        {"now": {"status": "running"}},
        {"10": {"status": "running"}},
        {"10.22": {"status": "running"}},
        {"10.2\n": {"status": "running"}},
        {"1" * 40 + ".2": {"status": "running"}},
        {"10.2": "running"},
        {"10.2": {}},
        {"10.2": {"status": 1}},
        {"10.2": {"status": "a\tb"}},
        {"10.2": {"status": "running", "who": "\x00"}},
        {"10.2": {"status": "running", "more": 1}},
        {f"{n}.2": {"status": "running"} for n in range(MAX_STATEMENTS + 1)},
    ],
    ids=lambda statements: str(statements)[:40],
)
def test_other_statements_are_refused(statements: object) -> None:
    with pytest.raises((DecodeError, msgspec.ValidationError)):
        check_state(RecordKind.NODE, state_with(statements))
