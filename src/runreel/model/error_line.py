"""An error in one line, as lists show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

MOST_CHARACTERS = 200


def error_line(error: object) -> str | None:
    """Return type and message of an error, or the JSON that it is, as one bounded line; None where there is none."""
    # Of a message that is many pages long only the beginning is looked at.
    words = _text_of(error)[: 10 * MOST_CHARACTERS].split()
    line = " ".join(words)
    return (line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…") or None


def _text_of(error: object) -> str:
    if error is None or isinstance(error, str):
        return error or ""
    if isinstance(error, Mapping):
        fields = cast("Mapping[str, object]", error)
        kind, message = fields.get("type"), fields.get("message")
        said = [text for text in (kind, message) if isinstance(text, str) and text]
        if said:
            return ": ".join(said)
    return json.dumps(error, ensure_ascii=False)
