"""What a person changes of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runreel.errors import InvalidNameError
from runreel.model.name import check_name
from runreel.model.run import MAX_TAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEdit:
    """Changes of one run, made together or not at all; a field that is None changes nothing.

    `tags` replace those that the run has. `metadata` is a merge patch (RFC 7396): null removes a key.
    """

    new_name: str | None = None
    status: str | None = None
    why: str | None = None
    tags: Sequence[str] | None = None
    metadata: Mapping[str, object] | None = None


def check_tags(tags: Sequence[str]) -> list[str]:
    """Return tags as they are kept: names, each once, in order.

    Raises:
        InvalidNameError: there are too many, or one breaks the rules of names.
    """
    kept = sorted({check_name(tag, what="tag") for tag in tags})
    if len(kept) > MAX_TAGS:
        raise InvalidNameError(f"there are {len(kept)} tags; a run has at most {MAX_TAGS}")
    return kept


def patched(value: object, patch: object) -> object:
    """Return a JSON value after a merge patch (RFC 7396)."""
    if not isinstance(patch, Mapping):
        return patch
    changes: Mapping[str, object] = patch  # pyright: ignore[reportUnknownVariableType]
    result: dict[str, object] = dict(value) if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownArgumentType]
    for key, change in changes.items():
        if change is None:
            result.pop(key, None)
        else:
            result[key] = patched(result.get(key), change)
    return result
