"""Values without code of the host as JSON text: numbers, texts, bytes, times, collections, and their bounds."""

from __future__ import annotations

import array
import base64
import collections
import datetime as dt
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import itertools
import json
import pathlib
import re
import threading
import types
import uuid
import zoneinfo
from collections.abc import Iterator
from typing import Any

import pytest

from runreel.sdk.limits import Limits
from runreel.sdk.value import ValueWriter

_SMALL = Limits(
    depth=4, items=3, values=20, chars=400, inline_chars=50, inline_bytes=8, preview_chars=5, files=2, key_chars=10
)


class Spool:
    """Keeps what is handed over in memory."""

    def __init__(self) -> None:
        self.kept: list[tuple[bytes, str, object]] = []

    def __call__(self, data: bytes, media_type: str, owner: object) -> str:
        self.kept.append((data, media_type, owner))
        return f"file-{len(self.kept)}"


def described(value: object, **options: Any) -> Any:
    return json.loads(ValueWriter(**options).text(value), parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


class Color(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 3


class Word(enum.StrEnum):
    YES = "yes"


class Mode(enum.Flag):
    READ = 1
    WRITE = 2


Point = collections.namedtuple("Point", ["x", "token"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (0, 0),
        (-5, -5),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), str(-(2**63))),
        (2**64, str(2**64)),
        (2**3000, hex(2**3000)),
        (2**2_000_000, {"$truncated": "size", "n": 2_000_001}),
        (1.5, 1.5),
        (1e300, 1e300),
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (1 + 2j, "(1+2j)"),
        ("", ""),
        ('a"b\\c\n\x00\x7f\u2028', 'a"b\\c\n\x00\x7f\u2028'),
        ("naïve 🎈", "naïve 🎈"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83c\udf88", "🎈"),
        (b"ab", {"$bytes": base64.b64encode(b"ab").decode()}),
        (bytearray(b"ab"), {"$bytes": "YWI="}),
        (memoryview(b"abc")[::2], {"$bytes": "YWM="}),
        (..., "..."),
        (dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC), "2026-01-31T12:00:00+00:00"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.time(12, 30), "12:30:00"),
        (dt.timedelta(days=1, seconds=3, microseconds=500_000), "PT86403.5S"),
        (dt.timedelta(microseconds=-1), "-PT0.000001S"),
        (dt.timedelta(seconds=-2), "-PT2S"),
        (dt.timedelta(), "PT0S"),
        (decimal.Decimal("1.10"), "1.10"),
        (decimal.Decimal("sNaN"), "sNaN"),
        (fractions.Fraction(1, 3), "1/3"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (pathlib.PurePosixPath("/tmp/x"), "/tmp/x"),
        (ipaddress.ip_address("127.0.0.1"), "127.0.0.1"),
        (ipaddress.ip_network("10.0.0.0/8"), "10.0.0.0/8"),
        (zoneinfo.ZoneInfo("UTC"), "UTC"),
        (Color.RED, "Color.RED"),
        (Level.HIGH, 3),
        (Word.YES, "yes"),
        (Mode.READ, "Mode.READ"),
        (Mode.READ | Mode.WRITE, "Mode.READ|WRITE"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_value_without_parts_is_told(value: object, expected: object) -> None:
    assert described(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], []),
        ([1, [2, (3,)]], [1, [2, [3]]]),
        ({}, {}),
        ({"a": {"b": None}}, {"a": {"b": None}}),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        (frozenset({2, 1}), [1, 2]),
        (collections.deque([1, 2]), [1, 2]),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (collections.UserDict(a=1), {"a": 1}),
        (collections.UserList([1]), [1]),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.values(), [1]),
        ({"a": 1}.items(), [["a", 1]]),
        (array.array("d", [1.5, 2.5]), [1.5, 2.5]),
        (Point(1, "abc"), {"x": 1, "token": "[redacted]"}),
        ([0.5] * 30, [0.5] * 30),
        ([*range(30)], [*range(30)]),
        ([*range(30), 2**70], [*range(30), str(2**70)]),
        ([0.5] * 30 + [float("nan")], [0.5] * 30 + ["NaN"]),
        ([True] * 30, [True] * 30),
    ],
    ids=lambda value: type(value).__name__,
)
def test_collection_is_told(value: object, expected: object) -> None:
    assert described(value) == expected


def test_moved_entry_of_an_ordered_dict_keeps_its_place() -> None:
    value = collections.OrderedDict(a=1, b=2)
    value.move_to_end("a")

    assert list(described(value)) == ["b", "a"]


def test_keys_that_are_no_text_are_told_and_kept_apart() -> None:
    value = {1: "int", "1": "str", 1.5: "float", None: "none", (1, 2): "tuple", b"1": "bytes", Word.YES: True}

    assert described(value) == {
        "1 (2)": "int",
        "1": "str",
        "1.5": "float",
        "null": "none",
        "[1,2]": "tuple",
        "1 (3)": "bytes",
        "yes": True,
    }


def test_long_key_is_cut_and_stays_a_key_of_its_own() -> None:
    value = {"k" * 11: 1, "k" * 12: 2}

    assert described(value, limits=_SMALL) == {"k" * 10 + "…": 1, "k" * 10 + "… (2)": 2}


def _generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (len, {"$callable": "len"}),
        (json.dumps, {"$callable": "json.dumps"}),
        (Spool().__call__, {"$callable": f"{__name__}.Spool.__call__"}),
        (int, {"$class": "int"}),
        (Color, {"$class": f"{__name__}.Color"}),
        (json, {"$module": "json"}),
        (functools.lru_cache(_generator), {"$callable": f"{__name__}._generator"}),
        (threading.Lock(), {"$type": "_thread.lock"}),
        (io.BytesIO(b"x"), {"$type": "_io.BytesIO"}),
        (re.compile("a.b"), {"$type": "re.Pattern", "repr": "re.compile('a.b')"}),
        (range(5), {"$type": "range", "repr": "range(0, 5)"}),
        (object(), {"$type": "object"}),
        (list[int], {"$type": "types.GenericAlias", "repr": "list[int]"}),
        (ValueError("no"), {"$exception": "ValueError", "message": "no"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_thing_of_the_interpreter_is_named(value: object, expected: object) -> None:
    assert described(value) == expected


def test_partial_tells_what_it_holds() -> None:
    assert described(functools.partial(print, 1, api_key="sk-1")) == {
        "$callable": "functools.partial",
        "func": {"$callable": "print"},
        "args": [1],
        "keywords": {"api_key": "[redacted]"},
    }


def test_open_file_is_named(tmp_path: pathlib.Path) -> None:
    with (tmp_path / "notes.txt").open("w+", encoding="utf-8") as file:
        assert described(file) == {"$type": "_io.TextIOWrapper", "name": str(tmp_path / "notes.txt")}


@pytest.mark.parametrize("make", [_generator, lambda: iter([1]), lambda: map(str, [1]), lambda: itertools.count(1)])
def test_iterator_is_not_consumed(make: Any) -> None:
    iterator = make()
    first = next(make())

    assert described([iterator])[0]["$type"]
    assert next(iterator) == first


def test_generator_is_told_by_name() -> None:
    assert described(_generator()) == {"$type": "generator", "name": "_generator"}


def test_repr_loses_its_address() -> None:
    assert described(_generator().gi_frame.f_code)["repr"].startswith('<code object _generator, file "')


def test_cycle_is_marked_with_how_far_up_it_goes() -> None:
    value: dict[str, Any] = {"list": []}
    value["list"].append(value)
    value["list"].append(value["list"])

    assert described(value) == {"list": [{"$cycle": 2}, {"$cycle": 1}]}


def test_value_that_comes_twice_is_no_cycle() -> None:
    twice = [1]

    assert described([twice, twice]) == [[1], [1]]


def test_depth_is_bounded() -> None:
    assert described([[[[[5]]]]], limits=_SMALL) == [[[[{"$truncated": "depth", "n": 1}]]]]


@pytest.mark.parametrize(
    "limits", [Limits(), _SMALL, Limits(depth=0), Limits(values=3)], ids=["usual", "small", "flat", "few"]
)
@pytest.mark.parametrize(
    "value",
    [
        {"count": 1},
        {"text": 'a"b\n', "none": None, "yes": True, "int": -(2**63) + 1},
        {"too large": 2**63, "float": 0.5},
        {"long": "x" * 300, "short": "y"},
        {"unicode": "ü", "api_key": "secret"},
        {f"key {n}": n for n in range(7)},
        {f"key {n}": "z" * 45 for n in range(12)},
        {1: "no text", "text": 1},
        {},
    ],
    ids=repr,
)
def test_dictionary_whose_keys_are_known_is_told_as_the_first_time(value: dict[object, object], limits: Limits) -> None:
    writer = ValueWriter(limits=limits)
    first = [writer.text(value), ValueWriter(limits=limits).text(value)]
    assert [writer.text(value), writer.text(dict(value))] == first


def test_items_are_bounded() -> None:
    assert described([1, 2, 3, 4], limits=_SMALL) == [1, 2, 3, {"$truncated": "items", "n": 4}]
    assert described(dict.fromkeys("abcd", 1), limits=_SMALL) == {
        "a": 1,
        "b": 1,
        "c": 1,
        "$truncated": {"$truncated": "items", "n": 4},
    }
    assert described({1, 2, 3, 4}, limits=_SMALL)[-1] == {"$truncated": "items", "n": 4}


def test_values_are_bounded_in_all() -> None:
    limits = Limits(values=5)

    assert described([[1, 2], [3, 4], [5]], limits=limits) == [
        [1, 2],
        {"$truncated": "values", "n": 2},
        {"$truncated": "values", "n": 1},
    ]


def test_text_is_bounded_in_all() -> None:
    limits = Limits(chars=50)

    assert described(["x" * 30] * 10, limits=limits) == ["x" * 30, "x" * 30, {"$truncated": "size", "n": 10}]
    assert described({"a": "x" * 30, "b": "x" * 30, "c": 1}, limits=limits) == {
        "a": "x" * 30,
        "b": "x" * 30,
        "$truncated": {"$truncated": "size", "n": 3},
    }


def test_keys_count_as_text() -> None:
    told = described({f"{number:0>29}": 1 for number in range(10)}, limits=Limits(chars=50))

    assert len(told) == 2 + 1
    assert told["$truncated"] == {"$truncated": "size", "n": 10}


def test_large_text_goes_out_whole() -> None:
    spool = Spool()
    value = "é" * 51

    mark = described(value, limits=_SMALL, spool=spool)

    assert mark == {
        "$file": "file-1",
        "size_bytes": 102,
        "media_type": "text/plain; charset=utf-8",
        "preview": "é" * 5,
    }
    assert spool.kept == [(value.encode(), "text/plain; charset=utf-8", None)]


def test_owner_of_a_value_is_handed_to_the_spool() -> None:
    spool = Spool()
    writer = ValueWriter(limits=_SMALL, spool=spool)

    writer.text("x" * 51, "run 1")
    writer.mapping(("a",), ("x" * 51,), "run 2")

    assert [owner for _, _, owner in spool.kept] == ["run 1", "run 2"]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"RIFF....WEBP", "image/webp"),
        (b"%PDF-1.7.......", "application/pdf"),
        (b"something", "application/octet-stream"),
    ],
)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_large_binary_data_goes_out_whole(kind: Any, data: bytes, media_type: str) -> None:
    spool = Spool()

    mark = described(kind(data), limits=_SMALL, spool=spool)

    assert mark == {"$file": "file-1", "size_bytes": len(data), "media_type": media_type}
    assert spool.kept == [(data, media_type, None)]


def test_what_no_spool_keeps_is_cut_visibly() -> None:
    expected = {"$truncated": "size", "size_bytes": 51, "media_type": "text/plain; charset=utf-8", "preview": "xxxxx"}

    assert described("x" * 51, limits=_SMALL) == expected
    assert described("x" * 51, limits=_SMALL, spool=lambda *_: None) == expected
    assert described("x" * 51, limits=_SMALL, spool=lambda *_: 1 / 0) == expected


def test_files_of_one_value_are_bounded() -> None:
    spool = Spool()

    marks = described([b"x" * 9] * 3, limits=_SMALL, spool=spool)

    assert ["$file" in mark for mark in marks] == [True, True, False]
    assert len(spool.kept) == 2


def test_what_is_too_large_for_a_file_is_not_copied() -> None:
    spool = Spool()
    limits = Limits(inline_chars=50, inline_bytes=8, file_bytes=60)

    marks = described(["x" * 61, b"x" * 61, memoryview(b"x" * 61)], limits=limits, spool=spool)

    assert [mark["$truncated"] for mark in marks] == ["size"] * 3
    assert spool.kept == []


def test_mapping_is_an_object_of_names_and_values() -> None:
    text = ValueWriter().mapping(
        ("query", "limit", "where", "flag", "is_new", "big", "api_key", "é" * 70),
        ("a\n", 5, {"x": [None]}, None, True, 2**70, "sk", 1.5),
    )

    assert json.loads(text) == {
        "query": "a\n",
        "limit": 5,
        "where": {"x": [None]},
        "flag": None,
        "is_new": True,
        "big": str(2**70),
        "api_key": "[redacted]",
        "é" * 70: 1.5,
    }
    assert ValueWriter().mapping((), ()) == "{}"


def test_mapping_is_written_alike_when_its_names_are_known() -> None:
    writer = ValueWriter()
    names, values = ("query", "password", "naïve"), ("é", "x", ["y"])

    assert writer.mapping(names, values) == writer.mapping(names, values)


def test_large_argument_goes_out_whole() -> None:
    text = ValueWriter(limits=_SMALL, spool=Spool()).mapping(("query",), ("x" * 51,))

    assert json.loads(text)["query"]["$file"] == "file-1"
