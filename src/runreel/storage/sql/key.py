"""Surrogate keys of runs: hashed, so that every process derives the same and rows can shard by them."""

from __future__ import annotations

import hashlib


def run_pk_of(project: str, run_id: str) -> int:
    """Return the 64-bit signed key of a run; the database refuses two runs that would share one."""
    digest = hashlib.blake2b(f"{project}\0{run_id}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def topic_of(project: str, run_id: str | None) -> int:
    """Return the number by which followers of a run, or of a project's runs, are woken."""
    # No run has an empty id. Were a number to stand for two, one of them would be woken needlessly.
    return run_pk_of(project, run_id or "")
