"""A place for journals, and a target to keep them for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.sdk.journal.journal import Journal, LockedJournal
from tests.sdk.journal.example import MIB, OpenJournal, make_journal


@pytest.fixture
def root(tmp_path: Path) -> str:
    """Give a root without journals."""
    return str(tmp_path / "journals")


@pytest.fixture(params=[Journal, LockedJournal], ids=lambda kind: kind.__name__)
def open_journal(root: str, request: pytest.FixtureRequest) -> Iterator[OpenJournal]:
    """Open journals below the root, and close them after the test: of the kind for each sort of Python."""
    opened: list[Journal] = []

    def open_one(recorder_id: str = "00000000000000aa", **settings: object) -> Journal:
        usual = {"max_bytes": 4 * MIB, "segment_bytes": 8192}
        journal = make_journal(root, recorder_id, kind=request.param, **{**usual, **settings})
        opened.append(journal)
        return journal

    yield open_one
    for journal in opened:
        journal.close()
