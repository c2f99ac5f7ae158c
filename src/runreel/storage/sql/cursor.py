"""Opaque cursors: where a page ended, as text for a URL."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from typing import cast

from runreel.errors import InvalidQueryError

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def format_cursor(of: str, position: Sequence[object]) -> str:
    """Return the cursor that stands for a position in the list called `of`."""
    text = json.dumps([of, *position], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_cursor(of: str, cursor: str, *types: type) -> list[object]:
    """Return the position in the list called `of` that a cursor stands for, checked against the types of its parts.

    Raises:
        InvalidQueryError: the cursor was not made for this list.
    """
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        position = None
    parts = cast("list[object]", position) if isinstance(position, list) else []
    if parts[:1] == [of] and [type(part) for part in parts[1:]] == list(types) and all(map(_is_storable, parts)):
        return parts[1:]
    raise InvalidQueryError("the cursor was not made for this list; take it from 'next_cursor' of the page before")


def _is_storable(part: object) -> bool:
    return abs(part) < 2**63 if isinstance(part, int) else _UNSTORABLE.search(str(part)) is None
