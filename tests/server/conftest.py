"""A served application on a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.storage.blobs import open_blobs
from runreel.storage.port import Store
from runreel.storage.sql import open_store
from tests.support.api import Api, event, run_end, run_start
from tests.support.app import ServedApp, copied_store, migrated_file, serving


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_file(tmp_path_factory.mktemp("empty"))


@pytest.fixture
def store(empty_file: Path, tmp_path: Path) -> Store:
    """Open a store on SQLite; the application that gets it closes it."""
    return copied_store(empty_file, tmp_path)


@pytest.fixture
def app(store: Store) -> Iterator[ServedApp]:
    with serving(store) as app:
        yield app


@pytest.fixture
def api(app: ServedApp) -> Api:
    return app.api


@pytest.fixture(scope="session")
def read_only(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give a served application with one run in it to all the tests that only read, or are refused."""
    with serving(copied_store(empty_file, tmp_path_factory.mktemp("read-only"))) as app:
        app.api.record_all(run_start(), event(node_id="n"), run_end())
        yield app.api


@pytest.fixture
def postgres_api(own_postgres_url: str, tmp_path: Path) -> Iterator[Api]:
    """Give a served application on PostgreSQL."""
    with serving(open_store(own_postgres_url, open_blobs(str(tmp_path / "blobs")))) as app:
        yield app.api
