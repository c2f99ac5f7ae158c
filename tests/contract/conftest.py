"""Stores of both databases that the tests of this folder share, each test in a project of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runreel.storage.blobs import open_blobs
from runreel.storage.sql import SqlStore, migrate, open_store


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'runreel.db'}"


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_url: str) -> str:
    migrate(postgres_url)
    return postgres_url


@pytest.fixture(scope="session")
def sqlite_store(sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    store = open_store(sqlite_url, open_blobs(str(tmp_path_factory.mktemp("blobs"))))
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgres_store(migrated_postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    store = open_store(migrated_postgres_url, open_blobs(str(tmp_path_factory.mktemp("blobs"))))
    yield store
    store.close()


@pytest.fixture(scope="class")
def own_sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """Give a store to a class that sweeps: a sweep goes through all that is in one."""
    folder = tmp_path_factory.mktemp("own")
    url = f"sqlite:///{folder / 'runreel.db'}"
    migrate(url)
    store = open_store(url, open_blobs(str(folder / "blobs")))
    yield store
    store.close()


@pytest.fixture(scope="class")
def own_postgres_store(shared_postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """Give a store to a class that sweeps."""
    store = open_store(shared_postgres_url, open_blobs(str(tmp_path_factory.mktemp("own"))))
    yield store
    store.close()
