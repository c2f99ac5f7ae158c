"""Text as a JSON string that can be sent as UTF-8."""

from __future__ import annotations

try:
    # Not by way of `json`, which imports `re` and takes a third of what an import of ours may take in all.
    from _json import encode_basestring as quote_unchecked
except ImportError:  # another interpreter than CPython
    from json.encoder import encode_basestring as quote_unchecked


def quote(text: str) -> str:
    """Return the text as a JSON string; `text` is of the type `str` itself."""
    if text.isascii():
        return quote_unchecked(text)
    return quote_unchecked(repaired(text))


def repaired(text: str) -> str:
    """Return the text as UTF-8 can carry it: halves of a surrogate pair are joined, single ones become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encoded(text: str) -> bytes:
    """Return the text as UTF-8, repaired where need be."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return repaired(text).encode()


def cut(text: str, max_chars: int) -> str:
    """Return the text, or its beginning and how long it was."""
    if len(text) <= max_chars:
        return text
    return f"{text[:max_chars]}… [cut: {len(text)} characters in all]"
