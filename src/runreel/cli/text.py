"""Text on a terminal: how wide it is, how it is cut, and how what could harm a terminal is made harmless."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

ZERO_WIDTH_JOINER = "\u200d"
EMOJI_PRESENTATION = "\ufe0f"

# Escape sequences and overrides of the writing direction in recorded text could forge what a person reads.
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def harmless(text: str) -> str:
    """Return `text` on one line, its control characters, direction overrides and surrogates made visible."""
    return "".join(char if _is_harmless(char) else _visible(char) for char in text)


def width_of(text: str) -> int:
    """Return how many columns `text` takes."""
    return sum(_cluster_width(cluster) for cluster in iter_clusters(text))


def clip(text: str, width: int, ellipsis: str) -> str:
    """Return `text` cut at the end to at most `width` columns, never inside what a person sees as one character."""
    if width_of(text) <= width:
        return text
    mark = ellipsis if len(ellipsis) <= width else ""
    room = width - len(mark)
    kept = ""
    for cluster in iter_clusters(text):
        room -= _cluster_width(cluster)
        if room < 0:
            break
        kept += cluster
    return kept + mark


def iter_clusters(text: str) -> Iterator[str]:
    """Yield what a person sees as one character: a base with its marks, or emoji that are joined."""
    cluster = ""
    for char in text:
        if cluster and (_is_attached(char) or cluster.endswith(ZERO_WIDTH_JOINER)):
            cluster += char
            continue
        if cluster:
            yield cluster
        cluster = char
    if cluster:
        yield cluster


def _cluster_width(cluster: str) -> int:
    base = cluster[0]
    if EMOJI_PRESENTATION in cluster or unicodedata.east_asian_width(base) in {"W", "F"}:
        return 2
    return 0 if _is_attached(base) else 1


def _is_attached(char: str) -> bool:
    if char.isascii():
        return False
    return unicodedata.category(char) in {"Mn", "Me", "Cf"} or _SKIN_TONES[0] <= char <= _SKIN_TONES[1]


def _is_harmless(char: str) -> bool:
    return char.isprintable() or (unicodedata.category(char) == "Cf" and char not in _DIRECTION_CONTROLS)


def _visible(char: str) -> str:
    if char in "\n\r\t" or unicodedata.category(char) in {"Zs", "Zl", "Zp"}:
        return " "
    return repr(char)[1:-1]
