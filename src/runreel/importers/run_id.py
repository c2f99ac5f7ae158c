"""Ids of runs of other systems, as they are here."""

from __future__ import annotations

import hashlib

from runreel.model.name import is_run_id


def repaired_run_id(raw_id: str, system: str) -> str:
    """Return the id itself, where that can identify a run, else one made of it."""
    if is_run_id(raw_id):
        return raw_id
    return f"{system}-{hashlib.blake2b(raw_id.encode('utf-8', 'surrogateescape'), digest_size=16).hexdigest()}"
