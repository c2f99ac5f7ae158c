"""The store on SQL: SQLite and PostgreSQL, by SQLAlchemy Core and the drivers' bulk paths."""

from runreel.storage.sql.migration import MigrationReport, migrate
from runreel.storage.sql.store import SqlStore, open_store

__all__ = ["MigrationReport", "SqlStore", "migrate", "open_store"]
