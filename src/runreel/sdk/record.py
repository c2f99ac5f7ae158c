"""Records as JSON text, put together without a dictionary.

A time is written as whole microseconds and an exponent, `1769860800123456e-6`: a JSON number of seconds that costs half
of what the digits of a float cost.
"""

from __future__ import annotations

from time import time_ns

from runreel.sdk.guard import OWN_ERRORS, say_once
from runreel.sdk.quoting import quote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Beyond it a name is no name; the server keeps what it cuts, and nobody needs a megabyte of it.
_MAX_NAME_CHARS = 4_096


def now_text() -> str:
    """Write the present time."""
    return f"{time_ns() // 1_000}e-6"


def quoted(value: object, what: str, default: str = "") -> str:
    """Write a name or word that the host gave; what is no text is repaired and said once."""
    return quote(plain_text(value, what, default))


def plain_text(value: object, what: str, default: str = "") -> str:
    """Return text that the host gave as a `str` itself, `default` where there is none."""
    if type(value) is str and len(value) <= _MAX_NAME_CHARS:
        return value
    if value is None:
        return default
    if isinstance(value, str):
        return str.__str__(value)[:_MAX_NAME_CHARS]
    say_once(f"no text: {what}", f"{what} is {type(value).__name__}; give it as text")
    return str(value)[:_MAX_NAME_CHARS] if isinstance(value, int | float) else default or type(value).__name__


def name_field(field: str, value: object) -> str:
    """Write one more field with text in it, nothing where there is none."""
    return "" if value is None else f',"{field}":{quoted(value, field)}'


def tag_list(tags: object) -> list[str]:
    """Return tags that the host gave: a single text counts as one, and what is no text is left out."""
    if tags is None:
        return []
    if isinstance(tags, str):
        return [tags]
    if not hasattr(tags, "__iter__"):
        say_once("no text: tags", f"tags is {type(tags).__name__}; give a list of texts")
        return []
    items: Iterable[object] = tags  # type: ignore[assignment]
    return [plain_text(tag, "a tag") for tag in items if isinstance(tag, str)]


def plain_mapping(given: object, what: str) -> dict[str, object]:
    """Return a mapping that the host gave as a dictionary; anything else is said once, and left out."""
    if given is None:
        return {}
    try:
        return dict(given)  # type: ignore[call-overload]
    except OWN_ERRORS:
        say_once(f"no mapping: {what}", f"{what} is {type(given).__name__}; give a mapping")
        return {}
