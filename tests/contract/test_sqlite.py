"""The contract, on SQLite."""

from __future__ import annotations

import pytest

from runreel.storage.sql import SqlStore, open_store
from runreel.testing.contract import (
    ApprovalStoreContract,
    BundleStoreContract,
    ChangeStoreContract,
    EventStoreContract,
    FileStoreContract,
    ImportStoreContract,
    MetricStoreContract,
    PriceStoreContract,
    RunStoreContract,
    SpanStoreContract,
)


class TestSqliteRunStore(RunStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store

    @pytest.fixture
    def store_to_close(self, sqlite_url: str) -> SqlStore:
        return open_store(sqlite_url)


class TestSqliteEventStore(EventStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store


class TestSqliteChangeStore(ChangeStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store

    @pytest.fixture
    def store_to_close(self, sqlite_url: str) -> SqlStore:
        return open_store(sqlite_url)


class TestSqliteSpanStore(SpanStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store


class TestSqlitePriceStore(PriceStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store

    @pytest.fixture
    def store_to_close(self, sqlite_url: str) -> SqlStore:
        return open_store(sqlite_url)


class TestSqliteMetricStore(MetricStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store


class TestSqliteFileStore(FileStoreContract):
    @pytest.fixture
    def store(self, own_sqlite_store: SqlStore) -> SqlStore:
        return own_sqlite_store


class TestSqliteBundleStore(BundleStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store


class TestSqliteImportStore(ImportStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store


class TestSqliteApprovalStore(ApprovalStoreContract):
    @pytest.fixture
    def store(self, sqlite_store: SqlStore) -> SqlStore:
        return sqlite_store
