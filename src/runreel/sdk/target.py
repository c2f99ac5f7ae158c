"""Where records go: an address and a key, known on disk by a fingerprint of both."""

from __future__ import annotations

_FINGERPRINT_DIGITS = 16


class Target:
    """One server, as one key sees it."""

    __slots__ = ("api_key", "key", "url")

    def __init__(self, url: str, api_key: str | None) -> None:
        self.url = url
        self.api_key = api_key
        self.key = fingerprint(url, api_key)


def fingerprint(url: str, api_key: str | None) -> str:
    """Return what tells one target from another and tells neither address nor key."""
    from hashlib import sha256

    return sha256(f"{url}\n{api_key or ''}".encode()).hexdigest()[:_FINGERPRINT_DIGITS]
