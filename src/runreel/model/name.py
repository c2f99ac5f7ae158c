"""The rules of names and ids: which are good, and how ingest repairs those that are not."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from runreel.errors import InvalidNameError

MAX_NAME_LENGTH = 255
PLACEHOLDER_PREFIX = "temp_"
RESERVED_RUN_NAMES = frozenset({"nodes"})

_RUN_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
_UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# A trillion runs are more than a counter comes to; larger numbers are somebody's own choice.
_NUMBERED = re.compile(r"run ([1-9][0-9]{0,11})", re.ASCII)
_SIMPLE = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9 _.:/()-]{0,253}[A-Za-z0-9_:/()-])?", re.ASCII)


@lru_cache(maxsize=4096)
def is_run_id(text: str) -> bool:
    """Tell whether `text` may identify a run."""
    return _RUN_ID.fullmatch(text) is not None and text not in {".", ".."}


def is_record_id(text: str) -> bool:
    """Tell whether `text` may identify an event, message or file: 1-255 code points, none of them a control."""
    if not 0 < len(text) <= MAX_NAME_LENGTH or text in {".", ".."}:
        return False
    # Printable text has no controls, which is cheaper to see than to search for them.
    return text.isprintable() or _UNUSABLE.search(text) is None


def is_placeholder(run_name: str) -> bool:
    """Tell whether a recorder sent this name only because it had none yet."""
    return run_name.startswith(PLACEHOLDER_PREFIX)


def check_name(name: str, *, what: str = "name") -> str:
    """Return the name as it is kept: trimmed and in NFC.

    Raises:
        InvalidNameError: says which rule the name breaks.
    """
    if _UNUSABLE.search(name):
        raise InvalidNameError(f"the {what} {name!r} has control characters or surrogates; leave them out")
    normal = unicodedata.normalize("NFC", name).strip()
    if not normal:
        raise InvalidNameError(f"the {what} is empty; give at least one character")
    if len(normal) > MAX_NAME_LENGTH:
        raise InvalidNameError(f"the {what} has {len(normal)} characters; {MAX_NAME_LENGTH} is the most")
    if normal in {".", ".."}:
        raise InvalidNameError(f"the {what} {normal!r} can't stand in a web address; choose another")
    return normal


def check_run_name(name: str) -> str:
    """Return the run name as it is kept, by the rules of names and those of runs.

    Raises:
        InvalidNameError: says which rule the name breaks.
    """
    normal = check_name(name, what="run name")
    if normal in RESERVED_RUN_NAMES:
        raise InvalidNameError(f"a run can't be called {normal!r}, which is part of an address; choose another")
    return normal


@lru_cache(maxsize=4096)
def repair_name(name: str) -> str | None:
    """Return the nearest good name, or None where nothing usable is left."""
    if _SIMPLE.fullmatch(name):
        return name
    normal = unicodedata.normalize("NFC", _UNUSABLE.sub(" ", name)).strip()[:MAX_NAME_LENGTH].strip()
    if not normal:
        return None
    return f"({normal})" if normal in {".", ".."} else normal


def repair_run_name(name: str) -> str | None:
    """Return the nearest good run name, or None where nothing usable is left."""
    repaired = repair_name(name)
    return f"({repaired})" if repaired in RESERVED_RUN_NAMES else repaired


def numbered_name(number: int) -> str:
    """Return the automatic name of an agent's run number `number`."""
    return f"run {number}"


def number_of(name: str) -> int | None:
    """Return the number in an automatic name, or None where the name is another."""
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match else None


def suffixed_name(name: str, copy: int) -> str:
    """Return `name` marked as its `copy`-th bearer, within the length of names."""
    suffix = f" ({copy})"
    return name[: MAX_NAME_LENGTH - len(suffix)].rstrip() + suffix
