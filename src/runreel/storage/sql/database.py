"""Connections of one database: writing transactions that are tried again where that helps, and reading ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from runreel.errors import NotFoundError, RunreelError
from runreel.storage.port import BlobStore
from runreel.storage.sql.dialect import Cursor, Dialect
from runreel.storage.sql.price_book import PriceBook
from runreel.storage.sql.transaction import Transaction

Result = TypeVar("Result")

_ATTEMPTS = 10


class Database:
    """The engines of one database, and where its blobs are. Errors of the driver leave it as `StorageError`."""

    def __init__(self, dialect: Dialect, price_book: PriceBook, blobs: BlobStore | None = None) -> None:
        self.dialect = dialect
        self.price_book = price_book
        self.blobs = blobs
        self._writer = dialect.write_engine()
        self._reader = dialect.read_engine()
        self._listeners: tuple[Callable[[Collection[int]], None], ...] = ()

    def add_listener(self, listener: Callable[[Collection[int]], None]) -> None:
        """Call `listener` after each commit with the topics that it touched, in the thread that committed."""
        self._listeners = (*self._listeners, listener)

    def remove_listener(self, listener: Callable[[Collection[int]], None]) -> None:
        """Call `listener` no longer."""
        self._listeners = tuple(known for known in self._listeners if known != listener)

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run `work` in a writing transaction and commit; it may be called again where another process interfered."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._write_once(work)
            except RunreelError:
                raise
            except Exception as error:
                if attempt < _ATTEMPTS and self.dialect.is_retryable(error):
                    continue
                self._raise_translated(error)
                raise
        raise AssertionError("the last attempt returns or raises")

    def _write_once(self, work: Callable[[Transaction], Result]) -> Result:
        with self._writer.begin() as connection:
            cursor: Cursor = connection.connection.cursor()  # pyright: ignore[reportAssignmentType]
            self.dialect.prepare(cursor)
            transaction = Transaction(connection, cursor, self.dialect, self.price_book, self.blobs)
            result = work(transaction)
            if transaction.topics:
                self.dialect.notify(cursor, transaction.topics)
        for listener in self._listeners if transaction.topics else ():
            listener(transaction.topics)
        return result

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Open a reading transaction: all its statements see one state of the database."""
        try:
            with self._reader.begin() as connection:
                yield connection
        except Exception as error:
            self._raise_translated(error)
            raise

    def shrink(self) -> bool:
        """Give free pages back to the file system, a bounded number of them; return whether there are more."""
        try:
            return self.dialect.shrink(self._writer)
        except Exception as error:
            self._raise_translated(error)
            raise

    def close(self) -> None:
        """Close all connections; safe twice."""
        self._reader.dispose()
        self._writer.dispose()
        if self.blobs is not None:
            self.blobs.close()

    def _raise_translated(self, error: Exception) -> None:
        """Raise an error of the driver as Runreel's, without SQL, paths or values; return where it is none."""
        if self.dialect.is_unstorable(error):
            message = "there is nothing of that name: it has characters that no name can have"
            raise NotFoundError(message) from error
        if isinstance(error, (SQLAlchemyError, *self.dialect.driver_errors())):
            raise self.dialect.translate(error) from error
