"""A fixed order of JSON values, which settles what neither rank nor time does."""

from __future__ import annotations

import json


def content_order(value: object) -> str:
    """Return text that orders JSON values in one fixed way; equal values of one type have equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
