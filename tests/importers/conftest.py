"""Databases to import, and databases to import them into."""

from __future__ import annotations

from pathlib import Path

import pytest

from runreel.server.settings import Settings
from tests.importers.target import Target


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """Give an empty database of Runreel."""
    data = tmp_path / "runreel"
    options = ("--data", str(data))
    if request.param == "sqlite":
        url = f"sqlite:///{data / 'runreel.db'}"
        return Target(options, url, Settings(data=data))
    url = request.getfixturevalue("own_postgres_url")
    return Target((*options, "--database", url), url, Settings(data=data, database=url))


@pytest.fixture
def sqlite_target(tmp_path: Path) -> Target:
    return Target.at(tmp_path / "runreel")
