"""`OperationStore` on SQL."""

from __future__ import annotations

from sqlalchemy import func, select

from runreel.model.store_size import StoreSize
from runreel.storage.sql.database import Database
from runreel.storage.sql.schema import agents


class SqlOperationStore:
    """`OperationStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def measure(self) -> StoreSize:
        with self._database.read() as connection:
            sums = connection.execute(select(func.sum(agents.c.run_count), func.sum(agents.c.event_count))).one()
            database_bytes, log_bytes = self._database.dialect.size_bytes(connection)
        n_runs, n_events = (int(total or 0) for total in sums)
        return StoreSize(n_runs=n_runs, n_events=n_events, database_bytes=database_bytes, log_bytes=log_bytes)
