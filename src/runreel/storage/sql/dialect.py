"""What differs between the databases. No other file knows which one it talks to.

Bulk paths use the drivers directly: `executemany` on SQLite, COPY on PostgreSQL. SQL text for them is written with
`?` for parameters.
"""

from __future__ import annotations

import math
import select
import socket
import sqlite3
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Index,
    Table,
    Text,
    collate,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy import cast as cast_to
from sqlalchemy import select as select_columns
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeEngine

from runreel.errors import ConfigError, StorageError, StorageFullError, StorageUnavailableError
from runreel.storage.sql.codec import encode_json

Row = Sequence[Any]

# Keys compare by bytes on every database, so that both give rows in the same order.
Key: TypeEngine[str] = Text().with_variant(Text(collation="C"), "postgresql")

_BUSY_TIMEOUT_MS = 10_000
_USED_TIMEOUT_MS = 500
_VACUUM_PAGES = 2_000
_COPY_FROM_ROWS = 8
_SCHEMA_LOCK = 470_000_001  # any number that no other program is likely to lock
# The driver hands the interpreter over at every statement: beside a busy thread, that takes longer than the statement.
_ROWS_AT_ONCE = (512, 64, 8)
# SQLite stores NULL for it. The driver asks every None how it wants to be adapted, which takes longer than storing it.
_NULL = math.nan
_JSON_FROM_KEYS = 16
_CHANNEL = "runreel_changes"
_MAX_NOTE_BYTES = 7_900  # a notification has less than 8000
_ANY_TOPIC = "*"
_MAX_FAULTS = 100
_COPY_PAGES = 2_000
_LEAST_VERSION = (3, 38)  # the operator ->> of `SqliteDialect.select`


class Cursor(Protocol):
    """The part of a driver's cursor that the bulk paths use."""

    rowcount: int

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> object: ...
    def executemany(self, sql: str, rows: Iterable[Row], /) -> object: ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...


class Listener(Protocol):
    """Hears what other processes commit; belongs to one thread."""

    def wait(self, waker: socket.socket, timeout_s: float) -> frozenset[int] | None:
        """Return the topics that were touched, or None where any may have been; at once when `waker` can be read."""
        ...

    def close(self) -> None: ...


class Dialect(Protocol):
    """One database: how to reach it, and its own ways to write in bulk."""

    name: str
    migrates_itself: bool

    def has_database(self) -> bool:
        """Tell whether there is a database to open, as far as that can be seen from here."""
        ...

    def write_engine(self) -> Engine: ...
    def read_engine(self) -> Engine: ...

    def sql(self, statement: str) -> str:
        """Return the statement with the driver's own marks for parameters."""
        ...

    def insert(self, cursor: Cursor, table: Table, rows: Sequence[Row], *, or_ignore: bool = False) -> None:
        """Insert rows that have a value for every column of the table, in its order."""
        ...

    def select(
        self,
        cursor: Cursor,
        table: Table,
        columns: Sequence[str],
        key: Sequence[str],
        keys: Sequence[Row],
        *,
        for_update: bool = False,
    ) -> list[Row]:
        """Return the rows that have one of these keys; `for_update` locks them in the order of the keys."""
        ...

    def numbers(self, numbers: Sequence[int]) -> FromClause:
        """Return a table with a column `number`, made of one parameter."""
        ...

    def texts(self, texts: Sequence[str]) -> FromClause:
        """Return a table with a column `text`, made of one parameter."""
        ...

    def has_text(self, column: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
        """Return whether a text contains another; upper and lower case are the same."""
        ...

    def prepare(self, cursor: Cursor) -> None:
        """Begin a writing transaction on a cursor that has just been opened."""
        ...

    def notify(self, cursor: Cursor, topics: Collection[int]) -> None:
        """Tell other processes what this transaction touched, once it is committed."""
        ...

    def listen(self) -> Listener:
        """Begin to hear what other processes commit."""
        ...

    def lock_schema(self, connection: Connection) -> None:
        """Let no other process migrate until the transaction ends."""
        ...

    def shrink(self, engine: Engine) -> bool:
        """Give free pages back, a bounded number of them; return whether there are more."""
        ...

    def require_existing(self) -> None:
        """Raise `StorageError` where there is no database yet; opening one might make it."""
        ...

    def copy_to(self, path: Path, on_progress: Callable[[int, int], None]) -> None:
        """Copy the database as of one moment to a new file, while others may write; raises as `translate` says.

        Raises:
            ConfigError: it is a database that its own tool copies.
        """
        ...

    def remove(self) -> None:
        """Remove the database; raises `StorageError` where somebody uses it."""
        ...

    def check_integrity(self, connection: Connection, *, quick: bool) -> list[str]:
        """Return what the database itself finds wrong with its structure and with references between rows."""
        ...

    def lock_out_writers(self, cursor: Cursor) -> None:
        """Let nobody else write runs, or what is summed over them, until the transaction ends."""
        ...

    def size_bytes(self, connection: Connection) -> tuple[int, int | None]:
        """Return the size of the database, and that of its log where it is a file beside it."""
        ...

    def driver_errors(self) -> tuple[type[BaseException], ...]:
        """Return the exceptions that the driver raises by itself."""
        ...

    def is_retryable(self, error: BaseException) -> bool:
        """Tell whether the same transaction may succeed when it is tried again at once."""
        ...

    def is_unstorable(self, error: BaseException) -> bool:
        """Tell whether the error is about text that no row can hold, so that nothing is called by it either."""
        ...

    def translate(self, error: BaseException) -> StorageError:
        """Return the error as Runreel's, without SQL, paths or values."""
        ...


def make_dialect(database_url: str) -> Dialect:
    """Return the dialect of a database URL.

    Raises:
        ConfigError: the URL is malformed, of an unknown kind, or its driver is missing.
    """
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise ConfigError(
            "the database URL can't be read; write sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from None
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        return SqliteDialect(url)
    if kind in ("postgresql", "postgres"):
        return PostgresDialect(url)
    raise ConfigError(f"the database kind {kind!r} is not known; use sqlite or postgresql")


def url_of_file(path: Path) -> str:
    """Return the URL of a database that is one file."""
    return f"sqlite:///{path}"


def of_file(index: Index) -> Index:
    """Keep an index where the database is a file."""
    return index.ddl_if(dialect=SqliteDialect.name)


def of_server(index: Index) -> Index:
    """Keep an index where the database is a server."""
    return index.ddl_if(dialect=PostgresDialect.name)


class SqliteDialect:
    """One file, one writer, readers beside it."""

    name = "sqlite"
    migrates_itself = True

    def __init__(self, url: URL, *, version: tuple[int, ...] = sqlite3.sqlite_version_info) -> None:
        if version < _LEAST_VERSION:
            raise ConfigError(
                f"SQLite is {_dotted(version)}, and Runreel needs {_dotted(_LEAST_VERSION)} or newer; "
                "use a Python that was built with a newer one, or PostgreSQL"
            )
        if not url.database or url.database == ":memory:":
            raise ConfigError("the SQLite URL names no file; write sqlite:///FILE")
        self._path = Path(url.database)
        self._url = url.set(drivername="sqlite+pysqlite")

    def has_database(self) -> bool:
        return self._path.exists()

    def write_engine(self) -> Engine:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageUnavailableError(
                f"the folder of the database can't be made ({error.strerror}); --data names another"
            ) from error
        engine = self._engine(pool_size=1, max_overflow=0)

        @event.listens_for(engine, "connect")
        def set_up(connection: sqlite3.Connection, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
            # auto_vacuum can only be chosen while the file is empty, before WAL.
            for pragma in (
                "auto_vacuum=INCREMENTAL",
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "cache_size=-16000",
                "temp_store=MEMORY",
                "wal_autocheckpoint=10000",
                "journal_size_limit=67108864",
            ):
                connection.execute(f"PRAGMA {pragma}")
            connection.create_function("runreel_lower", 1, _lower, deterministic=True)

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    def read_engine(self) -> Engine:
        engine = self._engine(pool_size=4, max_overflow=36)

        @event.listens_for(engine, "connect")
        def set_up(connection: sqlite3.Connection, _record: object) -> None:  # pyright: ignore[reportUnusedFunction]
            for pragma in ("query_only=ON", "cache_size=-8000", "temp_store=MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
            connection.create_function("runreel_lower", 1, _lower, deterministic=True)

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            connection.exec_driver_sql("BEGIN")

        return engine

    def _engine(self, *, pool_size: int, max_overflow: int) -> Engine:
        return create_engine(
            self._url,
            poolclass=QueuePool,
            pool_size=pool_size,
            max_overflow=max_overflow,
            connect_args={
                "timeout": _BUSY_TIMEOUT_MS / 1000,
                "isolation_level": None,
                "check_same_thread": False,
                "cached_statements": 256,
            },
        )

    def sql(self, statement: str) -> str:
        return statement

    def insert(self, cursor: Cursor, table: Table, rows: Sequence[Row], *, or_ignore: bool = False) -> None:
        n_done = 0
        for n_rows in _ROWS_AT_ONCE:
            if len(rows) - n_done < n_rows:
                continue
            statement = _insertion(table, n_rows, or_ignore=or_ignore)
            for start in range(n_done, len(rows) - n_rows + 1, n_rows):
                cursor.execute(statement, _bindable(chain.from_iterable(rows[start : start + n_rows])))
                n_done = start + n_rows
        cursor.executemany(_insertion(table, 1, or_ignore=or_ignore), map(_bindable, rows[n_done:]))

    def select(
        self,
        cursor: Cursor,
        table: Table,
        columns: Sequence[str],
        key: Sequence[str],
        keys: Sequence[Row],
        *,
        for_update: bool = False,  # noqa: ARG002  there is one writer at a time
    ) -> list[Row]:
        if len(keys) >= _JSON_FROM_KEYS:
            # CROSS JOIN keeps the order of the tables: each key is looked up, the table is not scanned.
            condition = " AND ".join(f't."{name}" = k.value ->> {place}' for place, name in enumerate(key))
            wanted = ",".join(f't."{name}"' for name in columns)
            statement = f"SELECT {wanted} FROM json_each(?) k CROSS JOIN {table.name} t ON {condition}"
            cursor.execute(statement, (encode_json(keys).decode(),))
            return cursor.fetchall()
        condition = " AND ".join(f'"{name}" = ?' for name in key)
        statement = f"SELECT {_quoted(columns)} FROM {table.name} WHERE {condition}"
        rows: list[Row] = []
        for values in keys:
            cursor.execute(statement, values)
            rows.extend(cursor.fetchall())
        return rows

    def numbers(self, numbers: Sequence[int]) -> FromClause:
        values = func.json_each(encode_json(list(numbers)).decode()).table_valued("value")
        return select_columns(values.c.value.label("number")).subquery()

    def texts(self, texts: Sequence[str]) -> FromClause:
        values = func.json_each(encode_json(list(texts)).decode()).table_valued("value")
        return select_columns(values.c.value.label("text")).subquery()

    def has_text(self, column: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
        # The database folds ASCII by itself, and in a hundredth of the time that a call of Python takes.
        fold = func.lower if wanted.isascii() else func.runreel_lower
        return func.instr(fold(column), wanted.lower()) > 0

    def prepare(self, cursor: Cursor) -> None:
        pass

    def notify(self, cursor: Cursor, topics: Collection[int]) -> None:
        pass

    def listen(self) -> Listener:
        return _SqliteListener(self._path)

    def lock_schema(self, connection: Connection) -> None:
        pass

    def shrink(self, engine: Engine) -> bool:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            # Every step of this statement frees one page, and only a script is stepped to its end.
            driver.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})")
            has_more = bool(driver.execute("PRAGMA freelist_count").fetchone()[0])
            # The log keeps the size that the deletion gave it until it is cut off.
            driver.execute(f"PRAGMA wal_checkpoint({'PASSIVE' if has_more else 'TRUNCATE'})").fetchall()
            return has_more

    def require_existing(self) -> None:
        if not self._path.is_file():
            raise StorageError("there is no database yet; `runreel up` makes one, --data or --database name another")

    def copy_to(self, path: Path, on_progress: Callable[[int, int], None]) -> None:
        try:
            with closing(self._connect(_BUSY_TIMEOUT_MS)) as source, closing(sqlite3.connect(path)) as target:
                # While the source is being read, writers go on beside what is read, and no page changes under the copy.
                source.execute("BEGIN")
                source.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
                source.backup(
                    target,
                    pages=_COPY_PAGES,
                    progress=lambda _status, n_left, n_all: on_progress(n_all - n_left, n_all),
                )
        except self.driver_errors() as error:
            raise self.translate(error) from error

    def remove(self) -> None:
        try:
            with closing(self._connect(_USED_TIMEOUT_MS)) as connection:
                # Fails while any other connection is open, also an idle one.
                connection.execute("PRAGMA journal_mode=DELETE")
        except self.driver_errors() as error:
            # What can't be read can't be in use, and is to be replaced.
            if isinstance(self.translate(error), StorageUnavailableError):
                raise StorageUnavailableError("a server uses the database; end it first") from error
        for suffix in ("", "-wal", "-shm", "-journal"):
            self._path.with_name(f"{self._path.name}{suffix}").unlink(missing_ok=True)

    def _connect(self, timeout_ms: int) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=timeout_ms / 1000, isolation_level=None)

    def check_integrity(self, connection: Connection, *, quick: bool) -> list[str]:
        pragma = "quick_check" if quick else "integrity_check"
        found = [str(row[0]) for row in connection.exec_driver_sql(f"PRAGMA {pragma}({_MAX_FAULTS})")]
        faults = [fault for fault in found if fault != "ok"]
        if not quick:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(_MAX_FAULTS)
            faults += [f"a row of {row[0]} refers to a row of {row[2]} that is not there" for row in broken]
        return faults

    def lock_out_writers(self, cursor: Cursor) -> None:
        pass

    def size_bytes(self, connection: Connection) -> tuple[int, int | None]:
        n_pages, page_bytes = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
        )
        log = self._path.with_name(f"{self._path.name}-wal")
        return n_pages * page_bytes, log.stat().st_size if log.exists() else 0

    def driver_errors(self) -> tuple[type[BaseException], ...]:
        # The driver lets Python's own error through, for integers of over 64 bits.
        return (sqlite3.Error, OverflowError)

    def is_retryable(self, error: BaseException) -> bool:  # noqa: ARG002  nobody interferes with the one writer
        return False

    def is_unstorable(self, error: BaseException) -> bool:
        return isinstance(_driver_error(error), UnicodeEncodeError)

    def translate(self, error: BaseException) -> StorageError:
        cause = _driver_error(error)
        message = str(cause).lower()
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL or "disk is full" in message:
            return StorageFullError("there is no room left to write; free some disk space, then send again")
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StorageUnavailableError("the database is locked by another process; try again")
        if code == sqlite3.SQLITE_IOERR:
            return StorageUnavailableError(
                "the database file can't be read or written; look at the disk, then try again"
            )
        if code == sqlite3.SQLITE_CANTOPEN:
            return StorageUnavailableError("the database file can't be opened; look at its folder and permissions")
        if code == sqlite3.SQLITE_READONLY:
            return StorageUnavailableError(
                "the database file, or its folder, may not be written; look at its permissions"
            )
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return StorageError("the database file is damaged or is no database; restore it from a backup")
        return StorageError(f"the database refused the change ({type(cause).__name__})")


class PostgresDialect:
    """A server that several processes write to at once."""

    name = "postgresql"
    migrates_itself = False

    def __init__(self, url: URL) -> None:
        try:
            import psycopg  # noqa: PLC0415  the extra may be missing
        except ImportError:
            raise ConfigError("PostgreSQL needs its driver; install it with: pip install 'runreel[postgres]'") from None
        self._error_type: type[BaseException] = psycopg.Error
        self._data_error_type: type[BaseException] = psycopg.DataError
        self._url = url.set(drivername="postgresql+psycopg")
        self._sender = uuid.uuid4().hex[:12]

    def has_database(self) -> bool:
        return True

    def write_engine(self) -> Engine:
        return create_engine(
            self._url, pool_size=2, max_overflow=8, pool_pre_ping=True, isolation_level="READ COMMITTED"
        )

    def read_engine(self) -> Engine:
        # One snapshot for all the statements of a view.
        engine = create_engine(
            self._url, pool_size=4, max_overflow=36, pool_pre_ping=True, isolation_level="REPEATABLE READ"
        )

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
            connection.execute(text("SET TRANSACTION READ ONLY"))

        return engine

    def sql(self, statement: str) -> str:
        return statement.replace("?", "%s")

    def insert(self, cursor: Cursor, table: Table, rows: Sequence[Row], *, or_ignore: bool = False) -> None:
        if not rows:
            return
        names = _quoted([column.name for column in table.columns])
        if not or_ignore and len(rows) >= _COPY_FROM_ROWS:
            with cast("Any", cursor).copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ",".join(["%s"] * len(table.columns))
        ending = " ON CONFLICT DO NOTHING" if or_ignore else ""
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks}){ending}", rows)

    def select(
        self,
        cursor: Cursor,
        table: Table,
        columns: Sequence[str],
        key: Sequence[str],
        keys: Sequence[Row],
        *,
        for_update: bool = False,
    ) -> list[Row]:
        if not keys:
            return []
        casts = [f"%s::{_array_type(table, name)}" for name in key]
        condition = " AND ".join(f't."{name}" = k."{name}"' for name in key)
        wanted, order = (",".join(f't."{name}"' for name in names) for names in (columns, key))
        # Inserting a run locks its agent FOR KEY SHARE. With FOR UPDATE, two that did so would wait for each other.
        ending = f" ORDER BY {order} FOR NO KEY UPDATE OF t" if for_update else ""
        statement = (
            f"SELECT {wanted} FROM unnest({','.join(casts)}) AS k({_quoted(key)}) "
            f"JOIN {table.name} t ON {condition}{ending}"
        )
        cursor.execute(statement, [list(part) for part in zip(*keys, strict=True)])
        return cursor.fetchall()

    def numbers(self, numbers: Sequence[int]) -> FromClause:
        return select_columns(func.unnest(cast_to(list(numbers), ARRAY(BigInteger))).label("number")).subquery()

    def texts(self, texts: Sequence[str]) -> FromClause:
        return select_columns(func.unnest(cast_to(list(texts), ARRAY(Text))).label("text")).subquery()

    def has_text(self, column: ColumnElement[str], wanted: str) -> ColumnElement[bool]:
        # The same as on SQLite: without a language, and as far as the wanted text needs it.
        folded = func.lower(collate(column, "C" if wanted.isascii() else "und-x-icu"))
        return func.strpos(folded, wanted.lower()) > 0

    def prepare(self, cursor: Cursor) -> None:
        cursor.execute("SET LOCAL jit = off")

    def notify(self, cursor: Cursor, topics: Collection[int]) -> None:
        note = f"{self._sender}:{','.join(format(topic, 'x') for topic in sorted(topics))}"
        if len(note) > _MAX_NOTE_BYTES:
            note = f"{self._sender}:{_ANY_TOPIC}"
        cursor.execute("SELECT pg_notify(%s, %s)", (_CHANNEL, note))

    def listen(self) -> Listener:
        return _PostgresListener(self._url, self._sender)

    def lock_schema(self, connection: Connection) -> None:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"))

    def shrink(self, engine: Engine) -> bool:  # noqa: ARG002  autovacuum does it
        return False

    def require_existing(self) -> None:
        pass

    def copy_to(self, path: Path, on_progress: Callable[[int, int], None]) -> None:  # noqa: ARG002
        name = self._url.database or "DATABASE"
        raise ConfigError(
            "a PostgreSQL database is backed up by its own tool, which may run beside the server: "
            f"pg_dump --format=custom --file=runreel.dump {name}; pg_restore puts it back"
        )

    def remove(self) -> None:
        raise ConfigError("a PostgreSQL database is removed by its own tool: dropdb")

    def check_integrity(self, connection: Connection, *, quick: bool) -> list[str]:  # noqa: ARG002
        # References are checked by the server at every commit, and its pages by its own checksums.
        return []

    def lock_out_writers(self, cursor: Cursor) -> None:
        cursor.execute("LOCK TABLE runs, agents, rollups, project_rollups IN EXCLUSIVE MODE")

    def size_bytes(self, connection: Connection) -> tuple[int, int | None]:
        return connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one(), None

    def driver_errors(self) -> tuple[type[BaseException], ...]:
        return (self._error_type,)

    def is_retryable(self, error: BaseException) -> bool:
        # 40001 serialisation failure, 40P01 deadlock, 23505 a name that another process took first,
        # 23503 a session that another process deleted meanwhile.
        return getattr(_driver_error(error), "sqlstate", None) in ("40001", "40P01", "23505", "23503")

    def is_unstorable(self, error: BaseException) -> bool:
        # The driver itself refuses text with NUL, so that error has no code of the server.
        cause = _driver_error(error)
        is_refused = isinstance(cause, self._data_error_type) and getattr(cause, "sqlstate", None) is None
        return is_refused or isinstance(cause, UnicodeEncodeError)

    def translate(self, error: BaseException) -> StorageError:
        cause = _driver_error(error)
        state = getattr(cause, "sqlstate", None) or ""
        if state in ("53100", "53200"):
            return StorageFullError("the database server has no room left; free some space there, then send again")
        if state.startswith(("08", "57", "53")) or (not state and isinstance(error, OperationalError)) or not state:
            return StorageUnavailableError("the database server can't be reached; look whether it runs, then try again")
        return StorageError(f"the database refused the change ({type(cause).__name__})")


class _SqliteListener:
    """Nobody tells what another process commits; that something was shows at the file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_MS / 1000)
        self._version = self._data_version()

    def wait(self, waker: socket.socket, timeout_s: float) -> frozenset[int] | None:
        select.select([waker], [], [], timeout_s)
        before, self._version = self._version, self._data_version()
        return frozenset() if self._version == before else None

    def close(self) -> None:
        self._connection.close()

    def _data_version(self) -> int:
        return self._connection.execute("PRAGMA data_version").fetchone()[0]


class _PostgresListener:
    """A connection of its own, which listens."""

    def __init__(self, url: URL, sender: str) -> None:
        import psycopg  # noqa: PLC0415  the extra may be missing

        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(address, autocommit=True, connect_timeout=10)
        self._sender = sender
        self._connection.execute(f"LISTEN {_CHANNEL}")

    def wait(self, waker: socket.socket, timeout_s: float) -> frozenset[int] | None:
        heard, _, _ = select.select([self._connection.fileno(), waker], [], [], timeout_s)
        # The driver may hold notes that came while it did something else, so it is asked in any case.
        notes = [note.payload for note in self._connection.notifies(timeout=0)]
        theirs = [note.partition(":")[2] for note in notes if note.partition(":")[0] != self._sender]
        # What a note that got lost would have told is looked for when nothing has come for a while.
        if _ANY_TOPIC in theirs or not heard:
            return None
        return frozenset(int(topic, 16) for note in theirs for topic in note.split(","))

    def close(self) -> None:
        self._connection.close()


@cache
def _insertion(table: Table, n_rows: int, *, or_ignore: bool) -> str:
    verb = "INSERT OR IGNORE" if or_ignore else "INSERT"
    names = [column.name for column in table.columns]
    marks = f"({','.join('?' * len(names))})"
    return f"{verb} INTO {table.name} ({_quoted(names)}) VALUES {','.join([marks] * n_rows)}"


def _bindable(values: Iterable[Any]) -> list[Any]:
    return [_NULL if value is None else value for value in values]


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _driver_error(error: BaseException) -> BaseException:
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig
    return error


def _dotted(version: Iterable[int]) -> str:
    return ".".join(map(str, version))


def _quoted(names: Iterable[str]) -> str:
    return ",".join(f'"{name}"' for name in names)


def _array_type(table: Table, column: str) -> str:
    return "bigint[]" if table.columns[column].type.python_type is int else "text[]"
