"""Whatever is recorded: the text is strict JSON, within its bounds, without secrets, and the value is as it was."""

from __future__ import annotations

import collections
import copy
import dataclasses
import datetime as dt
import json
import types
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from runreel.sdk.limits import Limits
from runreel.sdk.value import ValueWriter
from tests.property.effort import examples

_SECRET = "s3cret-value"
_SECRET_KEYS = ["api_key", "apiKey", "X-API-KEY", "password", "accessToken", "Authorization", b"cookie", "private_key"]


class Slotted:
    __slots__ = ("a", "password")

    def __init__(self, a: object) -> None:
        self.a = a
        self.password = _SECRET


@dataclasses.dataclass
class Data:
    a: Any
    secret: str = _SECRET


class Failing:
    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError


class Named:
    __slots__ = ()

    def __repr__(self) -> str:
        return f"Named(api_key={_SECRET!r})"


_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(), max_size=40),
    st.binary(max_size=40),
    st.dates(),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.timedeltas(),
    st.decimals(),
    st.fractions(),
    st.uuids(),
    st.builds(Failing),
    st.builds(Named),
    st.just(len),
    st.builds(ValueError, st.text(max_size=5)),
)
_keys = st.one_of(st.text(max_size=8), st.integers(), st.none(), st.binary(max_size=5), st.tuples(st.integers()))


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=6),
        st.lists(inner, max_size=6).map(tuple),
        st.lists(inner, max_size=6).map(collections.deque),
        st.lists(st.integers(), max_size=40),
        st.lists(st.floats(), max_size=40),
        st.sets(st.integers(), max_size=6),
        st.dictionaries(_keys, inner, max_size=6),
        st.dictionaries(_keys, inner, max_size=6).map(collections.OrderedDict),
        st.builds(_with_secret, st.dictionaries(_keys, inner, max_size=3), st.sampled_from(_SECRET_KEYS), inner),
        st.builds(lambda key, held: [(key, [_SECRET, held])], st.sampled_from(_SECRET_KEYS), inner),
        st.builds(Data, inner),
        st.builds(Slotted, inner),
        st.builds(lambda held: types.SimpleNamespace(held=held, token=_SECRET), inner),
        st.builds(lambda held: types.MappingProxyType({"held": held, "token": _SECRET}), inner),
    )


def _with_secret(entries: dict[Any, Any], key: Any, held: object) -> dict[Any, Any]:
    return {**entries, key: [_SECRET, held, _SECRET.encode()]}


_values = st.recursive(_scalars, _containers, max_leaves=30)
_limits = st.builds(
    Limits,
    depth=st.integers(1, 8),
    items=st.integers(1, 8),
    values=st.integers(1, 40),
    chars=st.integers(1, 2_000),
    inline_chars=st.integers(1, 50),
    inline_bytes=st.integers(0, 50),
    preview_chars=st.integers(0, 20),
    key_chars=st.integers(1, 20),
    object_depth=st.integers(0, 3),
)


@settings(max_examples=examples(300))
@given(value=_values, limits=st.one_of(st.just(Limits()), _limits), is_redacted=st.booleans())
def test_any_value_is_told_within_bounds_and_without_secrets(value: Any, limits: Limits, is_redacted: bool) -> None:
    spooled: list[bytes] = []
    writer = ValueWriter(
        limits=limits,
        redact=(lambda key, held: held) if is_redacted else None,
        spool=lambda data, *_: spooled.append(data) or "file",
    )
    before = _snapshot(value)

    for text in (writer.text(value), writer.mapping(("a", "password"), (value, _SECRET))):
        told = json.loads(text.encode(), parse_constant=_refuse)
        assert _SECRET not in text
        assert not any(_SECRET.encode() in data for data in spooled)
        assert _depth(told) <= limits.depth + 4
        # The last text or key may go over the bound of all, a mark is short, and a value may be a mark.
        assert len(text) <= limits.chars + 6 * max(limits.inline_chars, limits.inline_bytes * 2, 300) + 400 * (
            limits.values + 2
        )
    assert _snapshot(value) == before


@settings(max_examples=examples(100))
@given(held=_values, message=st.text(st.characters(), max_size=50))
def test_any_error_is_told(held: Any, message: str) -> None:
    text = ValueWriter().describe_error(ValueError(message, {"password": _SECRET, "held": held}))

    told = json.loads(text.encode())
    assert list(told) == ["type", "message", "stack"]
    assert all(type(part) is str for part in told.values())
    assert _SECRET not in text


@settings(max_examples=examples(100))
@given(value=_values)
def test_value_that_is_told_before_is_told_alike(value: Any) -> None:
    writer = ValueWriter()

    assert writer.text(value) == writer.text(value) == ValueWriter().text(value)


@given(items=st.lists(_values, max_size=5))
@settings(max_examples=examples(50))
def test_iterator_still_has_all_its_items(items: list[Any]) -> None:
    iterators = [iter(items), (item for item in items), zip(items, items, strict=True)]

    ValueWriter().text({"iterators": iterators, "more": iterators})

    assert [len(list(iterator)) for iterator in iterators] == [len(items)] * 3


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _depth(told: object) -> int:
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else None
    return 0 if parts is None else 1 + max(map(_depth, parts), default=0)


def _snapshot(value: Any) -> object:
    """Return a copy that compares by content, also where the values of the test don't."""
    if isinstance(value, dict | types.MappingProxyType):
        return [(repr(key), _snapshot(item)) for key, item in value.items()]
    if isinstance(value, list | tuple | collections.deque):
        return [type(value).__name__, *map(_snapshot, value)]
    if isinstance(value, Data | Slotted):
        return _snapshot(value.a)
    if isinstance(value, types.SimpleNamespace):
        return _snapshot(vars(value))
    if isinstance(value, Failing | Named):
        return type(value).__name__
    return repr(copy.copy(value))
