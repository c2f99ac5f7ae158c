"""Texts that people send in bodies of requests."""

from __future__ import annotations


def plain(text: str) -> str:
    """Return a text as it is kept: without what no database holds, and without space around it."""
    return text.replace("\0", " ").strip()
