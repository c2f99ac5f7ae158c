"""Keys as JSON text, and which of them hide their value: decided once."""

from __future__ import annotations

from runreel.sdk.quoting import quote
from runreel.sdk.redaction import REDACTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Names of arguments and fields are few; keys that are data (ids, words) are many and pass through.
_MAX_KEPT = 2_048
_MAX_KEPT_CHARS = 64


class KeyTexts:
    """Remembers keys that were seen; safe from any thread, since a key that two of them learn is learnt alike."""

    __slots__ = ("_hidden", "_is_secret", "shown")

    def __init__(self, is_secret: Callable[[str], bool]) -> None:
        self._is_secret = is_secret
        self.shown: dict[str, str] = {}  # `query` → `"query":`
        self._hidden: dict[str, str] = {}  # `api_key` → `"api_key":"[redacted]"`

    def hidden(self, key: str) -> str | None:
        """Return the whole entry of a key that hides its value, and None for any other.

        The other is in `shown` then, if it is short. A key of which that can't be told counts as secret.
        """
        known = self._hidden.get(key)
        if known is not None:
            return known
        prefix = quote(key) + ":"
        if self.is_secret(key):
            return _keep(self._hidden, key, f'{prefix}"{REDACTED}"')
        _keep(self.shown, key, prefix)
        return None

    def is_secret(self, key: str) -> bool:
        try:
            return bool(self._is_secret(key))
        except Exception:  # noqa: BLE001
            # Whoever set up the recorder wrote it; what it can't judge isn't shown, and the host goes on.
            return True


def _keep(known: dict[str, str], key: str, text: str) -> str:
    if len(key) <= _MAX_KEPT_CHARS:
        if len(known) >= _MAX_KEPT:
            known.clear()
        known[key] = text
    return text
