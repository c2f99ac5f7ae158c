"""What a person changes of a run, as far as it needs no store."""

from __future__ import annotations

import pytest

from runreel.model.run_edit import patched
from runreel.model.transition import allowed_statuses
from runreel.model.vocabulary import RUN_STATUSES


@pytest.mark.parametrize(
    ("value", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_is_that_of_rfc_7396(value: object, patch: object, result: object) -> None:
    assert patched(value, patch) == result


def test_patching_leaves_its_parts_as_they_were() -> None:
    value, patch = {"a": {"b": 1}}, {"a": {"b": None, "c": 1}}
    patched(value, patch)
    assert (value, patch) == ({"a": {"b": 1}}, {"a": {"b": None, "c": 1}})


def test_statuses_lead_to_statuses_that_have_a_meaning() -> None:
    for status in (*RUN_STATUSES, "a word of their own"):
        allowed = allowed_statuses(status)
        assert set(allowed) <= set(RUN_STATUSES) - {status, "lost"}
        assert allowed
