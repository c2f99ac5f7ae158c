"""Single values of records, read tolerantly: what can't be used is None, and the caller keeps it elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import cast

from runreel.model.instant import LONGEST_US
from runreel.model.name import MAX_NAME_LENGTH, repair_name

MAX_INTEGER = 2**63 - 1
# Sums are kept in 64 bits. No single amount may bring them near their end, where nothing could be added any more.
_MAX_COUNT = 10**12
_MAX_DURATION_MS = LONGEST_US / 1000
_MAX_COST_DOLLARS = 100_000
_NO_FIELDS: Mapping[str, object] = {}


def text_of(value: object) -> str | None:
    """Return short text fit for a narrow column, or None where `value` is no such text."""
    if type(value) is not str or not value or len(value) > MAX_NAME_LENGTH:
        return None
    return repair_name(value)


def key_text_of(value: object) -> str | None:
    """Return short text as `text_of` does; of what is too long a part, and a digest that tells it from others."""
    if type(value) is not str or len(value) <= MAX_NAME_LENGTH:
        return text_of(value)
    digest = hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return repair_name(f"{value[: MAX_NAME_LENGTH - len(digest) - 1]}…{digest}")


def count_of(value: object) -> int | None:
    """Return a count that is zero or more, also from a float without a fraction."""
    if type(value) is int:
        return value if 0 <= value <= _MAX_COUNT else None
    if type(value) is float and value.is_integer() and 0 <= value <= _MAX_COUNT:
        return int(value)
    return None


def integer_of(value: object) -> int | None:
    """Return an integer of 64 bits with sign."""
    return value if type(value) is int and -MAX_INTEGER <= value <= MAX_INTEGER else None


def duration_us_of(milliseconds: object) -> int | None:
    """Return a duration in microseconds from milliseconds."""
    if type(milliseconds) not in (int, float):
        return None
    number = cast("float", milliseconds)
    return round(number * 1000) if 0 <= number <= _MAX_DURATION_MS else None


def nanos_of(dollars: object) -> int | None:
    """Return a cost in nano-dollars from dollars."""
    if type(dollars) not in (int, float):
        return None
    number = cast("float", dollars)
    return round(number * 1e9) if 0 <= number <= _MAX_COST_DOLLARS else None


def mapping_of(value: object) -> Mapping[str, object]:
    """Return `value` if it is a JSON object, else an empty one."""
    return cast("Mapping[str, object]", value) if type(value) is dict else _NO_FIELDS
