"""Journals as recorders leave them, and records to put into them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from runreel.sdk.journal.journal import Journal
from runreel.sdk.target import Target
from tests.support.api import Json, event, run_start

RECORDER = "00000000000000aa"


@contextmanager
def living_journal(
    root: Path, url: str, records: Iterable[Json], *, recorder_id: str = RECORDER, api_key: str | None = None
) -> Iterator[Journal]:
    """Give the journal of a recorder that lives until the block ends; what it has stays."""
    journal = Journal.open(str(root), Target(url, api_key), recorder_id=recorder_id, max_bytes=64 * 1024 * 1024)
    try:
        for record in records:
            assert journal.append(json.dumps(record).encode())
        yield journal
    finally:
        journal.close()


def leave_journal(
    root: Path, url: str, records: Iterable[Json], *, recorder_id: str = RECORDER, api_key: str | None = None
) -> Path:
    """Leave the journal of a recorder that is gone; return its folder."""
    with living_journal(root, url, records, recorder_id=recorder_id, api_key=api_key) as journal:
        return Path(journal.folder)


def numbered_run(n_events: int, *, run_id: str = "run-1", recorder_id: str = RECORDER) -> list[Json]:
    """Make the records of a run with its start and so many events, each with its number."""
    records = [run_start(run_id), *(event(f"e{n}", run_id) for n in range(n_events))]
    return [{**record, "recorder_id": recorder_id, "number": n} for n, record in enumerate(records, 1)]
