"""Deleting a run of an imported database leaves every other run whole."""

from __future__ import annotations

from pathlib import Path

from tests.importers.exports import exports_of
from tests.importers.target import Target
from tests.support.legacy_database import reference_tables, write


def test_deleting_any_run_leaves_all_others_whole(target: Target, tmp_path: Path) -> None:
    """One after the other: the owner of the shared nodes first, then all that used them, then one that had no nodes."""
    tables = reference_tables()
    target.import_(write(tmp_path / "old.db", tables))
    before = exports_of(target.database_url)
    assert len(before) == 265
    runs = [row["id"] for row in tables["workflow_runs"]]
    with target.client() as client:
        for run_id in (*runs[:42], runs[200]):
            assert client.delete(f"/api/by-id/{run_id}").status_code == 200
            del before[run_id]
    assert exports_of(target.database_url) == before
