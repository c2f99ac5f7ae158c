"""What records stated of a node's status, each under its time: a part of the node's merged state.

The latest `MAX_STATEMENTS` are kept. Which these are follows from the set of statements, whatever their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from runreel.model.content import comes_after

MAX_STATEMENTS: Final = 200
FIELD: Final = "states"
"""The field of a node's state that holds its statements."""

_END_RANK: Final = 2
_LAST: Final = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A status that a record stated; `at` is None where no time was said."""

    at: int | None
    rank: int
    status: str
    who: str | None = None
    why: str | None = None


def with_statement(fields: dict[str, object], rank: int, at: int) -> dict[str, object]:
    """Return the fields of a node record with its status as a statement, and without who and why, which are of it."""
    if "status" not in fields and "why" not in fields and "who" not in fields:
        return fields
    kept = {name: value for name, value in fields.items() if name not in ("why", "who")}
    if "status" in fields:
        said = {name: fields[name] for name in ("status", "who", "why") if name in fields}
        kept[FIELD] = {_key_of(rank, at): said}
    return kept


def known_statements(fields: Mapping[str, object], rank: int, at: int) -> Mapping[str, object]:
    """Return the statements of a node's state; of one that holds a status alone, given its stamp, that one."""
    found = fields.get(FIELD)
    if found is None:
        return {_key_of(rank, at): {"status": fields["status"]}} if "status" in fields else {}
    return cast("Mapping[str, object]", found)


def join_statements(left: Mapping[str, object], right: Mapping[str, object]) -> dict[str, object]:
    """Return the latest of two sets of statements."""
    joined = dict(left)
    for key, said in right.items():
        known = joined.get(key)
        if known is None or (known != said and comes_after(said, known)):
            joined[key] = said
    latest = sorted(joined, key=_order)[-MAX_STATEMENTS:]
    return {key: joined[key] for key in latest}


def read_statements(statements: Mapping[str, object]) -> list[Statement]:
    """Return statements as they are stored, by time."""
    return [_read(key, cast("dict[str, Any]", statements[key])) for key in sorted(statements, key=_order)]


def _read(key: str, said: dict[str, Any]) -> Statement:
    at, rank = _parts_of(key)
    return Statement(at=at or None, rank=rank, status=said["status"], who=said.get("who"), why=said.get("why"))


def _key_of(rank: int, at: int) -> str:
    return f"{at}.{int(rank)}"


def _parts_of(key: str) -> tuple[int, int]:
    at, _, rank = key.partition(".")
    return int(at), int(rank)


def _order(key: str) -> tuple[int, int]:
    """Return where a statement stands in time: of those without one an end after all others, a start before them."""
    at, rank = _parts_of(key)
    if at == 0:
        at = _LAST if rank >= _END_RANK else -_LAST
    return at, rank
