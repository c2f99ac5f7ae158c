"""Sessions, with their projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runreel.importers.part import record_of, state_of
from runreel.model.bundle import SessionPart
from runreel.model.record import RecordKind


def part_of(data: Mapping[str, Any]) -> SessionPart:
    """Return a session as a bundle carries it."""
    at = data["created_at"]
    if data.get("is_made"):
        name, status = data["name"], data["status"]
        return SessionPart(session_id=data["session_id"], name=name, status=status, created_at=at)
    fields = {name: data.get(name) for name in ("name", "status", "metadata")}
    record = record_of(RecordKind.SESSION, data["session_id"], at, {**fields, "created_at": at})
    return SessionPart(
        session_id=data["session_id"],
        name=data["name"],
        status=data["status"],
        created_at=at,
        state=state_of([record]),
    )
