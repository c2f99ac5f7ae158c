"""What rows and events of the system say of a step as a part of the plan, in the fields that nodes have for it."""

from __future__ import annotations

from collections.abc import Mapping

from runreel.wire.field import count_of

_DETAILS = ("details", "bullet_points", "instructions")
_APPROVALS = ("requires_approval", "approval_required", "needs_approval")


def plan_fields(*sources: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a node; of several sources the first that says something counts."""
    return {
        "details": _first(sources, _DETAILS, (list, str)),
        "requires_approval": _first(sources, _APPROVALS, (bool,)),
        "max_attempts": next(filter(None, map(_max_attempts, sources)), None),
    }


def _first(sources: tuple[Mapping[str, object], ...], names: tuple[str, ...], kinds: tuple[type, ...]) -> object:
    for source in sources:
        for name in names:
            value = source.get(name)
            if type(value) in kinds and value not in ("", []):
                return value
    return None


def _max_attempts(source: Mapping[str, object]) -> int | None:
    """Return how often a step may be tried; of retries the first try is none."""
    stated = count_of(source.get("max_attempts"))
    retries = count_of(source.get("max_retries"))
    return stated or (None if retries is None else retries + 1)
