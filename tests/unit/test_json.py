"""JSON as clients really send it."""

from __future__ import annotations

import pytest

from runreel.errors import DecodeError
from runreel.wire.json import MAX_DEPTH, Unreadable, decode_elements, decode_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, 1.0, true, null, "\\u00e9"]}', {"a": [1, 1.0, True, None, "é"]}),
        (b"[NaN, Infinity, -Infinity]", ["NaN", "Infinity", "-Infinity"]),
        (b"[1e400, -1e400]", ["Infinity", "-Infinity"]),
        (b'"\\ud800 and \\udfff"', "\ufffd and \ufffd"),
        (b'{"\\ud800": 1}', {"\ufffd": 1}),
        (b'"\\ud83d\\ude80"', "🚀"),
        (b'"caf\xe9"', "caf\ufffd"),
        (b"\xef\xbb\xbf{}", {}),
        (b"123456789012345678901234567890", 123456789012345678901234567890),
        (b"-9223372036854775809", -9223372036854775809),
        (b"18446744073709551616", 18446744073709551616),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_text_is_read_tolerantly(text: bytes, value: object) -> None:
    assert repr(decode_json(text)) == repr(value)


@pytest.mark.parametrize("text", [b"", b"{", b"nothing", b"'a'", b"[1,]", b"{} {}", b"1" * 5_000, b"\xff\xfe"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(DecodeError, match="it is no JSON"):
        decode_json(text)


@pytest.mark.parametrize("leaf", [b"", b"1", b"NaN"], ids=["empty", "strict", "tolerant"])
def test_nesting_has_one_bound_however_it_is_read(leaf: bytes) -> None:
    assert decode_json(b"[" * MAX_DEPTH + leaf + b"]" * MAX_DEPTH)
    for depth in (MAX_DEPTH + 1, 5_000, 200_000):
        with pytest.raises(DecodeError, match="nested deeper than 200 levels"):
            decode_json(b"[" * depth + leaf + b"]" * depth)


def test_a_batch_is_told_from_its_members() -> None:
    members, elements = decode_elements(b'{"version": 1, "records": [{}, 2]}', "records", max_element_bytes=100)
    assert (members, elements) == ({"version": 1}, [{}, 2])


@pytest.mark.parametrize("spoilt", [b"", b", NaN", b', "\\ud800"', b', "caf\xe9"', b", 1e400"])
@pytest.mark.parametrize("max_element_bytes", [50, 10_000], ids=["each alone", "all at once"])
def test_one_odd_element_changes_no_other(spoilt: bytes, max_element_bytes: int) -> None:
    body = b'{"version": 7, "records": [{"a": "]}[{,"}, [1, [2]], "x\\"]"' + spoilt + b'], "more": [3]}'
    members, elements = decode_elements(body, "records", max_element_bytes=max_element_bytes)
    assert members == {"version": 7, "more": [3]}
    assert elements[:3] == [{"a": "]}[{,"}, [1, [2]], 'x"]']
    assert len(elements) == (4 if spoilt else 3)


def test_an_element_that_can_not_be_read_says_why() -> None:
    body = b'{"records": [{"a": 1}, {broken}, {"b": "' + b"x" * 60 + b'"}, {"c": 3}]}'
    _, elements = decode_elements(body, "records", max_element_bytes=50)
    assert elements == [{"a": 1}, Unreadable("it is no JSON"), Unreadable("it has 69 bytes; 50 is the most"), {"c": 3}]


def test_a_body_that_breaks_off_gives_what_is_whole() -> None:
    _, elements = decode_elements(b'{"records": [{"a": 1}, {"b": 2}, {"c"', "records", max_element_bytes=100)
    assert elements == [{"a": 1}, {"b": 2}, Unreadable("it is no JSON")]


def test_deep_elements_stand_alone() -> None:
    deep = b"[" * 300 + b"]" * 300
    _, elements = decode_elements(b'{"records": [1, %s, 2]}' % deep, "records", max_element_bytes=10_000)
    assert elements == [1, Unreadable("it is nested deeper than 200 levels"), 2]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'"records"', b"{}", b'{"records": {}}', b'{"records": null}', b'{"record": []}', b"\0"],
)
def test_what_is_no_batch_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError, match="records"):
        decode_elements(body, "records", max_element_bytes=100)
