"""Ids of other systems, as they are here: as they were, or made of that where it could identify nothing here.

Two ids that differ there never become one.
"""

from __future__ import annotations

import hashlib

from runreel.model.name import is_record_id, is_run_id, repair_name

_MAX_KEPT = 200


def run_id_of(raw_id: str, system: str) -> str:
    """Return the id of a run."""
    return raw_id if is_run_id(raw_id) else f"{system}-{_digest(raw_id, 16)}"


def name_of(raw_id: str) -> str:
    """Return the id of a session or node, which has to be a good name."""
    name = repair_name(raw_id)
    if name == raw_id:
        return raw_id
    return f"{(name or '')[:_MAX_KEPT].strip()}-{_digest(raw_id, 4)}"


def made_id(prefix: str, raw_id: str) -> str:
    """Return the id of an event that a row of another table becomes."""
    event_id = f"{prefix}-{raw_id}"
    return event_id if is_record_id(event_id) else f"{prefix}-{_digest(raw_id, 16)}"


def _digest(raw_id: str, size: int) -> str:
    return hashlib.blake2b(raw_id.encode("utf-8", "surrogateescape"), digest_size=size).hexdigest()
