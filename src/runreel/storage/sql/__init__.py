"""The store on SQL: SQLite and PostgreSQL, by SQLAlchemy Core and the drivers' bulk paths."""

from runreel.storage.sql.migration import MigrationReport, has_database, migrate
from runreel.storage.sql.store import SqlStore, open_store

__all__ = ["MigrationReport", "SqlStore", "has_database", "migrate", "open_store"]
