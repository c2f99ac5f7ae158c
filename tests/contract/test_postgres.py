"""The contract, on PostgreSQL."""

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


class TestPostgresRunStore(RunStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store

    @pytest.fixture
    def store_to_close(self, migrated_postgres_url: str) -> SqlStore:
        return open_store(migrated_postgres_url)


class TestPostgresEventStore(EventStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store


class TestPostgresChangeStore(ChangeStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store

    @pytest.fixture
    def store_to_close(self, migrated_postgres_url: str) -> SqlStore:
        return open_store(migrated_postgres_url)


class TestPostgresSpanStore(SpanStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store


class TestPostgresPriceStore(PriceStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store

    @pytest.fixture
    def store_to_close(self, migrated_postgres_url: str) -> SqlStore:
        return open_store(migrated_postgres_url)


class TestPostgresMetricStore(MetricStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store


class TestPostgresFileStore(FileStoreContract):
    @pytest.fixture
    def store(self, own_postgres_store: SqlStore) -> SqlStore:
        return own_postgres_store


class TestPostgresBundleStore(BundleStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store


class TestPostgresImportStore(ImportStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store


class TestPostgresApprovalStore(ApprovalStoreContract):
    @pytest.fixture
    def store(self, postgres_store: SqlStore) -> SqlStore:
        return postgres_store
