"""Opaque cursors: where a page ended, as text for a URL."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import cast

from runreel.errors import InvalidQueryError


def format_cursor(position: Sequence[object]) -> str:
    """Return the cursor that stands for a position in a list."""
    text = json.dumps(list(position), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_cursor(cursor: str, *types: type) -> list[object]:
    """Return the position that a cursor stands for, checked against the types of its parts.

    Raises:
        InvalidQueryError: the cursor was not made for this list.
    """
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        position = None
    parts = cast("list[object]", position) if isinstance(position, list) else []
    if [type(part) for part in parts] == list(types) and all(_is_storable(part) for part in parts):
        return parts
    raise InvalidQueryError("the cursor was not made for this list; take it from 'next_cursor' of the page before")


def _is_storable(part: object) -> bool:
    return abs(part) < 2**63 if isinstance(part, int) else "\0" not in str(part)
