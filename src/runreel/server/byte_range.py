"""Which part of some bytes a request asks for (RFC 9110): one range, or all."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runreel.errors import UnsatisfiableRangeError

_ONE_RANGE = re.compile(r"bytes\s*=\s*(?:(\d{1,19})-(\d{1,19})?|-(\d{1,19}))\s*", re.ASCII | re.IGNORECASE)


def asked_range(headers: Mapping[str, str], *, etag: str, size_bytes: int) -> tuple[int, int] | None:
    """Return first byte and end of the range that is to be sent, or None where all is.

    A range of other units, several ranges, and a range of another version than `If-Range` names are not asked for.

    Raises:
        UnsatisfiableRangeError: no byte of the range is there.
    """
    asked = _ONE_RANGE.fullmatch(headers.get("range", ""))
    if asked is None or headers.get("if-range", etag) != etag:
        return None
    first, last, suffix = asked.groups()
    if suffix is not None:
        start, end = max(0, size_bytes - int(suffix)), size_bytes
    else:
        start, end = int(first), size_bytes if last is None else min(int(last) + 1, size_bytes)
        if last is not None and int(last) < start:
            return None
    if start >= end:
        raise UnsatisfiableRangeError(
            f"the range begins behind the end; there are {size_bytes} bytes", size_bytes=size_bytes
        )
    return start, end


def is_known(headers: Mapping[str, str], *, etag: str) -> bool:
    """Tell whether the client has this version already."""
    known = headers.get("if-none-match")
    return known is not None and (
        known.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}
    )
