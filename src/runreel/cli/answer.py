"""Reads a server's JSON without trusting its shape: a newer or an older server must not make a command fail."""

from __future__ import annotations

import json
from typing import TypeAlias, cast

JsonObject: TypeAlias = dict[str, object]


def decode_object(body: bytes) -> JsonObject | None:
    """Return the JSON object that `body` is, or None."""
    try:
        return object_of(json.loads(body))
    except (ValueError, RecursionError):
        return None


def object_of(value: object) -> JsonObject | None:
    """Return `value` if it is an object, or None."""
    return cast("JsonObject", value) if isinstance(value, dict) else None


def list_at(answer: JsonObject, key: str) -> list[object]:
    """Return the list at `key`; what is no list counts as an empty one."""
    value = answer.get(key)
    return cast("list[object]", value) if isinstance(value, list) else []


def objects_at(answer: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects in the list at `key`."""
    return [item for item in map(object_of, list_at(answer, key)) if item is not None]


def text_at(answer: JsonObject, key: str) -> str | None:
    """Return the text at `key`, or None; empty text counts as none."""
    value = answer.get(key)
    return value if isinstance(value, str) and value else None


def number_at(answer: JsonObject, key: str) -> float:
    """Return the number at `key`; what is none counts as 0."""
    value = answer.get(key)
    return value if isinstance(value, (int, float)) else 0
