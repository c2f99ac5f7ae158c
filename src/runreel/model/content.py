"""A fixed order of JSON values, which settles what neither rank nor time does."""

from __future__ import annotations

import json

_PLAIN = (str, int, bool, type(None))


def content_order(value: object) -> str:
    """Return text that orders JSON values in one fixed way; equal values of one type have equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def comes_after(value: object, other: object) -> bool:
    """Tell whether a JSON value comes after another in the fixed order."""
    # Most of what is compared is equal, and to see that of a text or a number needs no text of it.
    if type(value) is type(other) and type(value) in _PLAIN and value == other:
        return False
    return content_order(value) > content_order(other)
