"""Any value of the host as JSON text: bounded, redacted, and without running the host's code where it can be helped.

On the caller's thread of every recorded call, so its texts are put together directly. What the marks in them mean
is told in `docs/reference/sdk-values.md`.
"""

from __future__ import annotations

from runreel.sdk import mark
from runreel.sdk.class_plan import ClassPlans
from runreel.sdk.class_view import type_name, type_of
from runreel.sdk.error_text import error_text
from runreel.sdk.key_text import KeyTexts
from runreel.sdk.limits import Limits
from runreel.sdk.quoting import quote, quote_unchecked
from runreel.sdk.redaction import SecretKeys
from runreel.sdk.scalar import LARGEST_INT, SMALLEST_INT
from runreel.sdk.walk import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from runreel.sdk.walk import Redact, Spool

# Larger dictionaries are walked.
_MAX_PLAIN = 50


class ValueWriter:
    """Writes values as JSON text that is valid, bounded and without secrets; never raises for what a value is or does.

    Only what isn't an `Exception`, such as the `KeyboardInterrupt` of a signal, passes through. Safe from any thread.

    - `is_secret_key` is asked once for each key; the value of a secret one is not looked at.
    - `redact` gets every key (None where there is none) and value, and returns what to write instead.
    - `spool` gets what is too long to stand in the text, its media type and the `owner` of the value, and returns the
      id of the file that it keeps it as, or None.
    """

    __slots__ = (
        "_inline_chars",
        "_keys",
        "_limits",
        "_plain_chars",
        "_plain_items",
        "_plans",
        "_redact",
        "_shown",
        "_spool",
    )

    def __init__(
        self,
        *,
        is_secret_key: Callable[[str], bool] | None = None,
        redact: Redact | None = None,
        limits: Limits | None = None,
        spool: Spool | None = None,
    ) -> None:
        self._keys = KeyTexts(is_secret_key or SecretKeys())
        self._shown = self._keys.shown
        self._plans = ClassPlans()
        self._redact = redact
        self._limits = limits or Limits()
        self._inline_chars = self._limits.inline_chars
        # So few and so short that no bound of a whole value is near.
        self._plain_items = min(_MAX_PLAIN, self._limits.items, self._limits.values - 1) if self._limits.depth else 0
        self._plain_chars = min(self._inline_chars, self._limits.chars // (2 * _MAX_PLAIN))
        self._spool = spool

    def text(self, value: Any, owner: object = None) -> str:
        """Return the JSON text of a value."""
        if self._redact is None:
            kind = type_of(value)
            if kind is dict:
                if (text := self._plain(value)) is not None:
                    return text
            elif kind is str:
                if len(value) <= self._inline_chars and value.isascii():
                    return quote_unchecked(value)
            elif value is None:
                return "null"
        try:
            return self._walk(owner).item(None, value, 0)
        except Exception as error:  # noqa: BLE001
            # Where even the mark of a failure can't be made: no stack or no memory is left.
            return mark.failed(error, "?")

    def _plain(self, values: dict[Any, Any]) -> str | None:
        """Return the JSON text of a few plain values by names that are known, None where anything is otherwise.

        Most dictionaries that are results or states are such ones; the walk takes several times as long.
        """
        if not 0 < len(values) <= self._plain_items:
            return None
        shown = self._shown
        text = ""
        try:
            for name, value in values.items():
                if type_of(name) is not str:
                    return None
                kind = type_of(value)
                if kind is int:
                    if not SMALLEST_INT <= value <= LARGEST_INT:
                        return None
                    text += f"{shown[name]}{value},"
                elif kind is str:
                    if len(value) > self._plain_chars or not value.isascii():
                        return None
                    text += f"{shown[name]}{quote_unchecked(value)},"
                elif value is None:
                    text += f"{shown[name]}null,"
                elif kind is bool:
                    text += f"{shown[name]}{'true' if value else 'false'},"
                else:
                    return None
        except (KeyError, RuntimeError):
            # The name is new or that of a secret, or another thread changed it meanwhile.
            return None
        return f"{{{text[:-1]}}}"

    def mapping(self, names: Sequence[str], values: Sequence[Any], owner: object = None) -> str:
        """Return the JSON text of an object that has these values under these names, as many of both."""
        walk: Walk | None = None
        shown = self._shown
        inline_chars = self._inline_chars if self._redact is None else -1
        parts: list[str] = []
        try:
            for name, value in zip(names, values, strict=False):
                prefix = shown.get(name)
                if prefix is None:
                    if (hidden := self._keys.hidden(name)) is not None:
                        parts.append(hidden)
                        continue
                    prefix = shown.get(name) or quote(name) + ":"
                # The few kinds that most arguments are of; everything else is described with bounds.
                kind = type_of(value)
                if inline_chars >= 0:
                    if kind is str:
                        if len(value) <= inline_chars and value.isascii():
                            parts.append(prefix + quote_unchecked(value))
                            continue
                    elif kind is int:
                        if SMALLEST_INT <= value <= LARGEST_INT:
                            parts.append(f"{prefix}{value}")
                            continue
                    elif value is None:
                        parts.append(prefix + "null")
                        continue
                    elif kind is bool:
                        parts.append(prefix + ("true" if value else "false"))
                        continue
                if walk is None:
                    walk = self._walk(owner)
                parts.append(prefix + walk.item(name, value, 1))
            return "{" + ",".join(parts) + "}"
        except Exception as error:  # noqa: BLE001
            # See `text`; what was written of the other values is in doubt, too.
            return mark.failed(error, "?")

    def describe_error(self, error: BaseException, owner: object = None) -> str:
        """Return `{"type", "message", "stack"}` of an error, with what caused it; without local variables."""
        try:
            return error_text(self._walk(owner), error)
        except Exception as failure:  # noqa: BLE001
            # The host's call has failed already; that it did is recorded in any case.
            return mark.failed(failure, type_name(type(error)))

    def _walk(self, owner: object) -> Walk:
        return Walk(self._plans, self._keys, self._redact, self._limits, self._spool, owner)
