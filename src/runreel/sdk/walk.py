"""One value that is being described: its bounds, and what has been written of it so far."""

from __future__ import annotations

from itertools import islice

from runreel.sdk import mark
from runreel.sdk.class_view import type_name, type_of
from runreel.sdk.quoting import encoded, quote
from runreel.sdk.redaction import REDACTED, REDACTION_FAILED
from runreel.sdk.scalar import LARGEST_INT, SMALLEST_INT
from runreel.sdk.scrubbing import scrubbed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeAlias

    from runreel.sdk.class_plan import ClassPlans
    from runreel.sdk.key_text import KeyTexts
    from runreel.sdk.limits import Limits

    Redact: TypeAlias = Callable[[str | None, object], object]
    Spool: TypeAlias = Callable[[bytes, str, object], str | None]

# From so many on, looking whether all items are numbers costs less than it saves.
_MANY = 16
_TEXT = "text/plain; charset=utf-8"
# Another thread may change a collection while it is copied; whoever does so all the time is not waited for.
_ATTEMPTS = range(5)


class Walk:
    """Goes through one value once. What it can't describe is marked and costs nothing else of the value."""

    __slots__ = (
        "_keys",
        "_known",
        "_owner",
        "_plans",
        "_redact",
        "_spool",
        "chars_left",
        "files_left",
        "limits",
        "n_objects",
        "parents",
        "values_left",
    )

    def __init__(
        self,
        plans: ClassPlans,
        keys: KeyTexts,
        redact: Redact | None,
        limits: Limits,
        spool: Spool | None,
        owner: object,
    ) -> None:
        self._plans = plans
        self._known = plans.known
        self._keys = keys
        self._redact = redact
        self._spool = spool
        self._owner = owner
        self.limits = limits
        self.chars_left = limits.chars
        self.values_left = limits.values
        self.files_left = limits.files
        self.n_objects = 0  # ordinary objects that the present value is a part of
        self.parents: list[int] = []

    def text(self, value: object, depth: int) -> str:
        """Return the JSON text of a value, redacted as its key says by the caller."""
        kind = type(value)
        try:
            return (self._known.get(kind) or self._plans.learn(kind))(self, value, depth)
        except Exception as error:  # noqa: BLE001
            # The host's classes may fail in any way. `KeyboardInterrupt` and its like are the host's and pass.
            return mark.failed(error, type_name(kind))

    def item(self, key: str | None, value: object, depth: int) -> str:
        """Return the JSON text of a value after the host's `redact` had a look at it."""
        if self._redact is None:
            return self.text(value, depth)
        try:
            shown = self._redact(key, value)
        except Exception:  # noqa: BLE001
            # The host wrote it. What it fails on is not shown, since it might be what it is there to hide.
            return f'"{REDACTION_FAILED}"'
        return self.text(shown, depth)

    def sequence(
        self, value: Any, n: int, iterate: Callable[[Any], Iterable[object]], depth: int, *, is_sorted: bool = False
    ) -> str:
        """Return a JSON list of the first items; `iterate` gives those of `value`, which has `n`."""
        if not n:
            return "[]"
        head = self._head(value, n, iterate, depth)
        if head is None:
            return self._stop(value, n, depth)
        self.parents.append(id(value))
        try:
            parts = self._write_items(head, depth + 1)
        finally:
            self.parents.pop()
        if is_sorted:
            parts.sort()
        if len(parts) < n and (bound := self._bound(len(parts), len(head))):
            parts.append(mark.truncated(bound, n))
        return f"[{','.join(parts)}]"

    def members(
        self,
        value: Any,
        n: int,
        iterate: Callable[[Any], Iterable[tuple[object, object]]],
        depth: int,
        lead: str = "",
    ) -> str:
        """Return a JSON object of the first entries, after `lead`; values of secret keys are left out."""
        if not n:
            return f"{{{lead}}}"
        head = self._head(value, n, iterate, depth)
        if head is None:
            return self._stop(value, n, depth)
        parts = [lead] if lead else []
        self.parents.append(id(value))
        try:
            n_written = self._write_members(head, parts, depth + 1)
        finally:
            self.parents.pop()
        if n_written < n and (bound := self._bound(n_written, len(head))):
            parts.append(mark.TRUNCATED_KEY + mark.truncated(bound, n))
        return f"{{{','.join(parts)}}}"

    def _write_items(self, head: list[object], depth: int) -> list[str]:
        """Return the texts of the items that there is room for."""
        if self._redact is not None:
            return [self.item(None, item, depth) for item in head if self.chars_left > 0]
        if len(head) > _MANY and (numbers := number_texts(head)) is not None:
            return numbers
        text = self.text
        parts: list[str] = []
        for item in head:
            if self.chars_left <= 0:
                break
            parts.append(text(item, depth))
        return parts

    def _write_members(self, head: list[tuple[object, object]], parts: list[str], depth: int) -> int:
        """Add the entries, and return how many there was room for."""
        keys = self._keys
        names: _Names | None = None
        for n_written, (key, item) in enumerate(head):
            if self.chars_left <= 0:
                return n_written
            if type(key) is str and len(key) <= self.limits.key_chars:
                prefix = keys.shown.get(key)
                if prefix is None:
                    if (hidden := keys.hidden(key)) is not None:
                        parts.append(hidden)
                        continue
                    prefix = quote(key) + ":"
            else:
                names = names or _Names(head)
                name, is_hidden = self._name(key, names)
                prefix = quote(name) + ":"
                if is_hidden:
                    parts.append(f'{prefix}"{REDACTED}"')
                    continue
            self.chars_left -= len(prefix)
            if self._redact is None:
                parts.append(prefix + self.text(item, depth))
            else:
                parts.append(prefix + self.item(self._text_of_key(key), item, depth))
        return len(head)

    def is_secret(self, key: str) -> bool:
        """Tell whether a key or a name hides its value."""
        return self._keys.hidden(key) is not None

    def hides(self, name: Any) -> bool:
        """Tell the same of a name that may be no text: a part of it may name a secret."""
        if type_of(name) is tuple:
            return any(type(part) is str and self.is_secret(part) for part in name[:10])
        return type(name) is str and self.is_secret(name)

    def scrubbed(self, text: str) -> str:
        """Return a text that the host made, without the secrets that are named in it."""
        return scrubbed(text, self.is_secret)

    def long_text(self, text: str) -> str:
        """Return a text that may be too long to stand here: then as a file."""
        if len(text) <= self.limits.inline_chars:
            self.chars_left -= len(text)
            return quote(text)
        preview = text[: self.limits.preview_chars]
        if len(text) > self.limits.file_bytes:
            return self._large(len(text), _TEXT, None, preview)
        data = encoded(text)
        return self._large(len(data), _TEXT, data, preview)

    def long_bytes(self, n_bytes: int, media_type: str, copied: Callable[[], bytes]) -> str:
        """Return what stands for data that is too large to stand here; it is `copied` only if it can be handed over."""
        return self._large(n_bytes, media_type, copied() if n_bytes <= self.limits.file_bytes else None, None)

    def _large(self, n_bytes: int, media_type: str, data: bytes | None, preview: str | None) -> str:
        about = f'"size_bytes":{n_bytes},"media_type":"{media_type}"'
        if preview is not None:
            about = f'{about},"preview":{quote(preview)}'
        self.chars_left -= len(about)
        file_id = self._spooled(data, media_type) if data is not None else None
        if type(file_id) is str:
            return f'{{"$file":{quote(file_id)},{about}}}'
        return f'{{"$truncated":"size",{about}}}'

    def _spooled(self, data: bytes, media_type: str) -> str | None:
        self.files_left -= 1
        if self._spool is None or self.files_left < 0:
            return None
        try:
            return self._spool(data, media_type, self._owner)
        except Exception:  # noqa: BLE001
            # Losing one file must cost neither the rest of the value nor the host's call.
            return None

    def _head(self, value: object, n: int, iterate: Callable[[Any], Iterable[Any]], depth: int) -> list[Any] | None:
        """Return the first items of a collection at one moment, or None if it isn't gone into."""
        limits = self.limits
        if depth >= limits.depth or self.values_left <= 0 or id(value) in self.parents:
            return None
        n_wanted = min(n, limits.items, self.values_left)
        self.values_left -= n_wanted
        return copied(value, n_wanted, iterate)

    def _stop(self, value: object, n: int, depth: int) -> str:
        """Return the mark of a collection that isn't gone into."""
        if id(value) in self.parents:
            return mark.cycle(len(self.parents) - self.parents.index(id(value)))
        return mark.truncated("depth" if depth >= self.limits.depth else "values", n)

    def _bound(self, n_written: int, n_copied: int) -> str | None:
        """Say which bound ended a collection; None where it lost items while it was copied."""
        if n_written < n_copied:
            return "size"
        if n_copied >= self.limits.items:
            return "items"
        return "values" if self.values_left <= 0 else None

    def _name(self, key: Any, names: _Names) -> tuple[str, bool]:
        """Return the text that stands for a key, and whether it hides its value."""
        text = self._text_of_key(key)
        is_hidden = self.is_secret(text) or (type_of(key) is tuple and self.hides(key))
        name = text if len(text) <= self.limits.key_chars else text[: self.limits.key_chars] + "…"
        return (name if name is key else names.unique(name)), is_hidden

    def _text_of_key(self, key: Any) -> str:
        kind = type_of(key)
        if issubclass(kind, str):
            return str.__str__(key)
        if kind is bytes:
            return key[:1_000].decode("utf-8", "replace")
        text = self.text(key, max(0, self.limits.depth - 3))
        return text[1:-1] if text[:1] == '"' else text


def number_texts(items: list[Any]) -> list[str] | None:
    """Return the texts of items that are all plain numbers; None of any other.

    Vectors are the longest lists that agents handle, and a call for each number takes three times as long.
    """
    kinds = set(map(type, items))
    if kinds == {float}:
        texts = list(map(float.__repr__, items))
        return None if any("n" in text for text in texts) else texts  # `nan`, `inf`
    if kinds == {int} and min(items) >= SMALLEST_INT and max(items) <= LARGEST_INT:
        return list(map(int.__repr__, items))
    return None


class _Names:
    """Keeps apart keys that are the same as text: `1` and `"1"`."""

    __slots__ = ("_entries", "_taken")

    def __init__(self, entries: list[tuple[object, object]]) -> None:
        self._entries = entries
        self._taken: set[str] | None = None

    def unique(self, name: str) -> str:
        if self._taken is None:
            self._taken = {key for key, _ in self._entries if type(key) is str}
        wished, number = name, 1
        while name in self._taken:
            number += 1
            name = f"{wished} ({number})"
        self._taken.add(name)
        return name


def copied(value: object, n: int, iterate: Callable[[Any], Iterable[Any]]) -> list[Any]:
    """Return the first items of a collection at one moment, also while other threads change it."""
    for _ in _ATTEMPTS:
        try:
            # In one go of the interpreter: other threads don't run meanwhile, but for a finalizer now and then.
            return list(islice(iterate(value), n))
        except RuntimeError:  # it changed while it was copied
            continue
    return list(islice(iterate(value), n))
