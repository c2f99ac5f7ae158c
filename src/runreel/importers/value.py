"""Single values of foreign rows, read tolerantly, whatever type they have there.

Every function returns None for what can't be used; the caller keeps it elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import msgspec

from runreel.errors import DecodeError
from runreel.model.instant import parse_instant
from runreel.wire.json import MAX_DEPTH, decode_json, encode_json

_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_LIST, _OBJECT, _LF, _CR = b"[{\n\r"
_decode: Callable[[bytes], object] = msgspec.json.Decoder().decode


class Json(msgspec.Struct, frozen=True):
    """A JSON value: its text on one line, and what it stands for. `is_text` marks what was no JSON, kept as a text."""

    raw: bytes
    value: object
    is_text: bool = False


def clean(text: str) -> str:
    r"""Return text that can be written as UTF-8; bytes that were none become `\xff`, so that ids differ on."""
    if text.isascii() or _SURROGATE.search(text) is None:
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()


def text_of(value: object) -> str | None:
    """Return a value as text; an empty one counts as missing."""
    if type(value) is str:
        return clean(value) or None
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace") or None
    return str(value)


def integer_of(value: object) -> int | None:
    """Return an integer, also from a number without a fraction or from digits."""
    if type(value) is int:
        return value
    if isinstance(value, float | Decimal):
        return int(value) if value == value and abs(value) < 2**63 and value == int(value) else None
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    return None


def number_of(value: object) -> float | None:
    """Return a number, also from text; money comes as decimals."""
    if type(value) in (int, float):
        return cast("float", value)
    if isinstance(value, Decimal | str):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return None
        return number if number == number and abs(number) != float("inf") else None
    return None


def flag_of(value: object) -> bool | None:
    """Return a truth value, which SQLite keeps as 0 and 1."""
    if type(value) is bool:
        return value
    return bool(value) if value in (0, 1) else None


def instant_of(value: object) -> int | None:
    """Return an instant; without an offset it is UTC."""
    if type(value) is str:
        return parse_instant(value)
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value
        return parse_instant(moment.isoformat())
    return parse_instant(float(value) if isinstance(value, Decimal) else value)


def json_of(value: object) -> Json | None:
    """Return JSON as a column keeps it, mostly as text; `null` and an empty text are nothing."""
    if value is None or value == "" or value == "null":
        return None
    if type(value) is not str:
        return _json_of_object(value)
    try:
        raw = value.encode()
        decoded = _decode(raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return _tolerant(value)
    # What is short, or has few brackets, can't be deep. To look for one byte is many times quicker than to count it.
    is_flat = len(raw) <= MAX_DEPTH or (_LIST not in raw and raw.find(_OBJECT, 1) < 0)
    if not is_flat and raw.count(_LIST) + raw.count(_OBJECT) > MAX_DEPTH:
        return _tolerant(value)
    return Json(encode_json(decoded) if _LF in raw or _CR in raw else raw, decoded)


def _json_of_object(value: object) -> Json | None:
    if isinstance(value, bytes):
        return json_of(value.decode("utf-8", "backslashreplace"))
    if isinstance(value, Decimal):
        value = float(value)
    return Json(encode_json(value), value)


def _tolerant(text: str) -> Json | None:
    try:
        decoded = decode_json(text.encode("utf-8", "surrogatepass"))
    except DecodeError:
        decoded = clean(text)
        return Json(encode_json(decoded), decoded, is_text=True)
    return None if decoded is None else Json(encode_json(decoded), decoded)


def mapping_of(value: object) -> Mapping[str, object]:
    """Return a JSON object, or an empty one."""
    return cast("Mapping[str, object]", value) if type(value) is dict else {}


def meta_of(value: object) -> dict[str, object]:
    """Return what a column of JSON says beside the known ones; what is no object stands under `meta`."""
    found = None if value is None else json_of(value)
    if found is None:
        return {}
    known = mapping_of(found.value)
    return dict(known) if type(found.value) is dict else {"meta": found.value}


def beside(meta: Mapping[str, object], known: Mapping[str, object]) -> dict[str, object]:
    """Return what is known beside what a column of JSON says, without what is None.

    Where both have a name and differ in it, all that the column says stands under `original_meta` too.
    """
    told = {name: value for name, value in known.items() if value is not None}
    is_hidden = any(name in told and told[name] != value for name, value in meta.items())
    return {**meta, **told, "original_meta": dict(meta)} if is_hidden else {**meta, **told}


def plain_of(value: object) -> object:
    """Return any value of a row as one that JSON has, for what is kept beside the known fields."""
    if value is None or type(value) in (bool, int, float):
        return value
    if type(value) is str:
        return clean(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict | list):
        return cast("object", value)
    return text_of(value)


def rest_of(names: Sequence[str], values: Sequence[Any]) -> dict[str, object]:
    """Return what stands in columns that are not known, as a mapping without what is empty."""
    return {name: plain_of(value) for name, value in zip(names, values, strict=True) if value is not None}
