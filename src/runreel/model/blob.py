"""Bytes that are kept by what they are: once per project, under the hash of their content."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PREFIX = "sha256:"
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Bytes of one project; until `kept_until` they stay even where nothing refers to them."""

    content_hash: str
    size_bytes: int
    kept_until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReport:
    """What one step of a sweep did; `resume_after` is where the next step goes on, None at the end."""

    n_deleted: int
    resume_after: tuple[int, str, str] | None = None


def format_content_hash(digest: str) -> str:
    """Return the one form of a content hash from the hexadecimal SHA-256 of the content."""
    return f"{_PREFIX}{digest}"


def parse_content_hash(text: str) -> str | None:
    """Return the one form of a SHA-256 that was written with or without its prefix, or None where it is none."""
    digest = text.removeprefix(_PREFIX).lower()
    return f"{_PREFIX}{digest}" if _HEX.fullmatch(digest) else None


def digest_of(content_hash: str) -> str | None:
    """Return the hexadecimal digits of a content hash in its one form, or None where it is none."""
    digest = content_hash.removeprefix(_PREFIX)
    return digest if content_hash.startswith(_PREFIX) and _HEX.fullmatch(digest) else None
