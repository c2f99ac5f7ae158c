"""JSON as clients really send it: strict and fast first, tolerant where that fails.

What JSON has no word for is kept readable: NaN and infinities become the texts `NaN`, `Infinity` and `-Infinity`;
lone surrogates and bytes that are no UTF-8 become U+FFFD. Integers keep all their digits.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import msgspec

from runreel.errors import DecodeError, TooLargeError

MAX_DEPTH = 200

_CONTAINERS = frozenset((dict, list))

_SURROGATE = re.compile("[\ud800-\udfff]")
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)

_decode_strictly: Callable[[bytes], object] = msgspec.json.Decoder().decode
_decode_raw: Callable[[bytes], dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_raw_list: Callable[[msgspec.Raw], list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw]).decode
encode_json: Callable[[object], bytes] = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for an element of a batch that can't be read, and says why."""

    reason: str


def decode_json(body: bytes | memoryview) -> object:
    """Return what the JSON text stands for.

    Raises:
        DecodeError: it is no JSON even in the tolerant reading, or nested deeper than `MAX_DEPTH`.
    """
    try:
        value = _decode_strictly(bytes(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_tolerantly(bytes(body))
    if is_deeper([[value]], MAX_DEPTH):
        raise DecodeError(f"it is nested deeper than {MAX_DEPTH} levels")
    return value


def cleaned(value: object) -> object:
    """Return a JSON value that another decoder read as `decode_json` would have given it.

    Raises:
        DecodeError: it is nested deeper than `MAX_DEPTH`.
    """
    if is_deeper([[value]], MAX_DEPTH):
        raise DecodeError(f"it is nested deeper than {MAX_DEPTH} levels")
    return _clean(value)


def decode_elements(body: bytes, key: str, *, max_element_bytes: int) -> tuple[dict[str, object], list[object]]:
    """Return the members of a batch beside its list, and the elements of the list under `key`.

    An element that can't be read, or is over `max_element_bytes`, is an `Unreadable` and costs no other.

    Raises:
        DecodeError: the body is no JSON object with such a list.
    """
    if len(body) > max_element_bytes:
        return _decode_each(body, key, max_element_bytes)
    try:
        decoded = _decode_strictly(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_each(body, key, max_element_bytes)
    # What comes after this nests one call in another for every level, from whatever depth it is called.
    if is_deeper([[decoded]], MAX_DEPTH + 2):
        return _decode_each(body, key, max_element_bytes)
    if not isinstance(decoded, dict):
        raise DecodeError(f"the body is no JSON object; send {{{key!r}: […]}}")
    members = cast("dict[str, object]", decoded)
    elements = members.pop(key, None)
    if not isinstance(elements, list):
        raise DecodeError(f"the body has no list {key!r}; send {{{key!r}: […]}}")
    return members, cast("list[object]", elements)


def _decode_each(body: bytes, key: str, max_element_bytes: int) -> tuple[dict[str, object], list[object]]:
    try:
        raw_members = _decode_raw(body)
        raw_elements = _decode_raw_list(raw_members.pop(key))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError):
        pieces, rest = _split(body, key)
        members = _decode_members(rest)
        members.pop(key, None)
    else:
        pieces = [bytes(raw) for raw in raw_elements]
        members = {name: decode_json(bytes(raw)) for name, raw in raw_members.items()}
    return members, [_decode_element(piece, max_element_bytes) for piece in pieces]


def _decode_element(piece: bytes, max_element_bytes: int) -> object:
    try:
        if len(piece) > max_element_bytes:
            raise TooLargeError(f"it has {len(piece)} bytes; {max_element_bytes} is the most")
        return decode_json(piece)
    except DecodeError as error:
        return Unreadable(str(error))


def _split(body: bytes, key: str) -> tuple[list[bytes], bytes]:
    """Return the elements of the list under `key`, told apart by their brackets alone, and the body without them."""
    opening = re.compile(rb'"' + re.escape(key.encode()) + rb'"\s*:\s*\[').search(body)
    if opening is None:
        raise DecodeError(f"the body is no JSON object with a list {key!r}; send {{{key!r}: […]}}")
    pieces: list[bytes] = []
    start, depth = opening.end(), 0
    for token in _STRUCTURE.finditer(body, start):
        mark = token.group()
        if depth == 0 and mark in (b",", b"]"):
            piece = body[start : token.start()].strip()
            if piece or mark == b",":
                pieces.append(piece)
            if mark == b"]":
                return pieces, body[: opening.end()] + body[token.start() :]
            start = token.end()
        elif mark in (b"[", b"{"):
            depth += 1
        elif mark in (b"]", b"}"):
            depth -= 1
    return [*pieces, body[start:]], body[: opening.end()] + b"]}"


def _decode_members(body: bytes) -> dict[str, object]:
    try:
        decoded = decode_json(body)
    except DecodeError:
        return {}
    return cast("dict[str, object]", decoded) if isinstance(decoded, dict) else {}


def _decode_tolerantly(body: bytes) -> object:
    try:
        value = json.loads(body.decode("utf-8-sig", "replace"), parse_constant=lambda constant: constant)
    except RecursionError:
        raise DecodeError(f"it is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError:
        raise DecodeError("it is no JSON") from None
    if is_deeper([[value]], MAX_DEPTH):
        raise DecodeError(f"it is nested deeper than {MAX_DEPTH} levels")
    return _clean(value)


def is_deeper(values: list[object], depth: int) -> bool:
    """Tell whether one of the values has more than `depth` lists and objects in one another."""
    level = values
    for _ in range(depth + 1):
        level = [
            item
            for outer in level
            for item in (
                cast("dict[str, object]", outer).values() if type(outer) is dict else cast("list[object]", outer)
            )
            if type(item) in _CONTAINERS
        ]
        if not level:
            return False
    return True


def _clean(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_clean(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {_SURROGATE.sub("\ufffd", key): _clean(item) for key, item in items}
    return value
