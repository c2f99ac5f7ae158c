"""Values without parts as JSON text: texts, numbers, bytes, times, names of things.

Every describer takes the walk, the value and the depth. It uses the methods of the type that it knows, never those of
a subclass, which are the host's code.
"""

from __future__ import annotations

from runreel.sdk import mark
from runreel.sdk.class_view import qualified, type_name, type_of
from runreel.sdk.quoting import quote, quote_unchecked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from typing import Any, TypeAlias

    from runreel.sdk.walk import Walk

    Describer: TypeAlias = Callable[[Walk, Any, int], str]

LARGEST_INT = 2**63 - 1
SMALLEST_INT = -LARGEST_INT
# Turning an integer into decimal digits takes time with the square of its length, and Python refuses it beyond a bound.
_MAX_DECIMAL_BITS = 2_000
_MAX_BITS = 1_000_000
# How binary data begins that a person can look at.
_MEDIA_TYPES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
)


def describe_none(_walk: Walk, _value: None, _depth: int) -> str:
    return "null"


def describe_bool(_walk: Walk, value: bool, _depth: int) -> str:
    return "true" if value else "false"


def describe_int(walk: Walk, value: int, _depth: int) -> str:
    if SMALLEST_INT <= value <= LARGEST_INT:
        return int.__repr__(value)
    n_bits = int.bit_length(value)
    if n_bits <= _MAX_DECIMAL_BITS:
        return f'"{int.__repr__(value)}"'
    if n_bits <= _MAX_BITS:
        return walk.long_text(hex(value))
    return mark.truncated("size", n_bits)


def describe_int_subclass(walk: Walk, value: int, depth: int) -> str:
    return describe_int(walk, int.__int__(value), depth)


def describe_float(_walk: Walk, value: float, _depth: int) -> str:
    if value - value == 0.0:
        return float.__repr__(value)
    return f'"{float_word(value)}"'


def describe_float_subclass(walk: Walk, value: float, depth: int) -> str:
    return describe_float(walk, float.__float__(value), depth)


def float_word(value: float) -> str:
    """Return the word for a float that JSON has no number for."""
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def describe_str(walk: Walk, value: str, _depth: int) -> str:
    limits = walk.limits
    if len(value) > limits.inline_chars:
        return walk.long_text(value)
    text = quote_unchecked(value) if value.isascii() else quote(value)
    walk.chars_left -= len(text)
    return text


def describe_str_subclass(walk: Walk, value: str, depth: int) -> str:
    return describe_str(walk, str.__str__(value), depth)


def describe_bytes(walk: Walk, value: bytes, _depth: int) -> str:
    n_bytes = bytes.__len__(value)
    if n_bytes > walk.limits.inline_bytes:
        return walk.long_bytes(
            n_bytes, media_type_of(bytes.__getitem__(value, slice(0, 12))), lambda: bytes.__bytes__(value)
        )
    from binascii import b2a_base64

    text = b2a_base64(value, newline=False).decode("ascii")
    walk.chars_left -= len(text)
    return f'{{"$bytes":"{text}"}}'


def describe_bytearray(walk: Walk, value: bytearray, depth: int) -> str:
    with memoryview(value) as view:
        return describe_memoryview(walk, view, depth)


def describe_memoryview(walk: Walk, value: memoryview, depth: int) -> str:
    if value.nbytes <= walk.limits.inline_bytes:
        return describe_bytes(walk, value.tobytes(), depth)
    head = value[:12].tobytes() if value.ndim == 1 else b""
    return walk.long_bytes(value.nbytes, media_type_of(head), value.tobytes)


def media_type_of(head: bytes) -> str:
    """Tell by its first twelve bytes what kind of data this is."""
    if head[:4] == b"RIFF" and head[8:] in {b"WEBP", b"WAVE"}:
        return "image/webp" if head[8:] == b"WEBP" else "audio/wav"
    for beginning, media_type in _MEDIA_TYPES:
        if head.startswith(beginning):
            return media_type
    return "application/octet-stream"


def describe_function(_walk: Walk, value: Any, _depth: int) -> str:
    return mark.named("callable", qualified(value.__module__, value.__qualname__))


def describe_method(walk: Walk, value: Any, depth: int) -> str:
    function = value.__func__
    if type(function) is type(describe_method):
        return describe_function(walk, function, depth)
    return mark.named("callable", type_name(type_of(function)))


def describe_builtin(_walk: Walk, value: Any, _depth: int) -> str:
    # Bound to an object, it has no module; its `__qualname__` is made of the object's type.
    return mark.named("callable", qualified(value.__module__, value.__qualname__))


def describe_class(_walk: Walk, value: type, _depth: int) -> str:
    return mark.named("class", type_name(value))


def describe_generator(_walk: Walk, value: Any, _depth: int) -> str:
    """Say what it is; to look at its items would take them from the host."""
    kind = type_of(value)
    return mark.named("type", type_name(kind), name=quote(value.__qualname__))


def describe_ellipsis(_walk: Walk, _value: object, _depth: int) -> str:
    return '"..."'


def by_method(name: str) -> Callable[[type], Describer]:
    """Make describers of classes whose own method, `name`, gives a text that says all."""

    def of(base: type) -> Describer:
        method = getattr(base, name)

        def describe(walk: Walk, value: object, depth: int) -> str:
            return describe_str(walk, str.__str__(method(value)), depth)

        return describe

    return of


def timedelta_of(base: type[timedelta]) -> Describer:
    """Make describers of durations: ISO 8601, in seconds."""
    days, seconds, microseconds = base.days.__get__, base.seconds.__get__, base.microseconds.__get__  # type: ignore[attr-defined]

    def describe(_walk: Walk, value: timedelta, _depth: int) -> str:
        total = days(value) * 86_400 + seconds(value)
        micro = microseconds(value)
        sign = ""
        if total < 0:
            sign, total, micro = "-", -total - (micro > 0), (1_000_000 - micro) % 1_000_000
        fraction = f".{micro:06}".rstrip("0") if micro else ""
        return f'"{sign}PT{total}{fraction}S"'

    return describe
