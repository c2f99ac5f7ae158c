"""SQLite files of other programs.

A file is read under its own locks where another program may have it open. Else, in WAL mode, locks would leave files
beside it, and need a folder that can be written; then it is read without, and watched: if it changes, reading ends.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from runreel.errors import SourceError
from runreel.importers.source import NO_ROWS, Row, Table, quoted

MAGIC = b"SQLite format 3\0"

_HEADER_BYTES = 100
_BUSY_TIMEOUT_S = 5
_ROWS_AT_ONCE = 16
# Where every SQLite locks a file that is in use.
_FIRST_LOCKED_BYTE, _N_LOCKED_BYTES = 0x4000_0002, 510
_ROWIDS = ("rowid", "_rowid_", "oid")
# Expressions in the schema of a hostile file may call what its author likes, and its pages say what he likes.
_PRAGMAS = ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "temp_store=FILE")
_TABLES = r"""
SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
"""


class SqliteSource:
    """One SQLite file."""

    is_typed = False

    def __init__(self, name: str, *, busy_timeout_s: float = _BUSY_TIMEOUT_S) -> None:
        self.name = name
        self.n_repaired_texts = 0
        self._is_closed = False
        self._counts: dict[str, int] = {}
        self._path = Path(name)
        self.title = self._path.name
        mode = _mode_of(self._path, _header_of(self._path, name))
        self._watched = (str(self._path), f"{self._path}-wal") if mode.is_watched else ()
        self._before = self._look()
        # The thread that sends what is read may be another one than this.
        self._connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?{mode.query}",
            uri=True,
            timeout=busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._tables = self._open(mode)
        except BaseException:
            self.close()
            raise
        self.tables: Mapping[str, Mapping[str, str]] = {key: table.types for key, table in self._tables.items()}

    def count(self, table: str) -> int:
        if table not in self._counts:
            ((self._counts[table],),) = self.query(f"SELECT count(*) FROM {self.relation(table)}")
        return self._counts[table]

    def iter_rows(self, table: str, columns: Sequence[str], *, order_by: Sequence[str] = ()) -> Iterator[Row]:
        if table not in self._tables:
            return
        n_given = yield from self._stream(_selection(self._tables[table], columns, order_by, self._collation))
        # A damaged index has other rows than its table, and rows are found and counted by indexes.
        ((n_rows,),) = self.query(f"SELECT count(*) FROM {self.relation(table)} NOT INDEXED")
        if not n_given == n_rows == self.count(table):
            raise SourceError(_damage_of(self._path, repr(self.name)))

    def query(self, statement: str) -> Generator[Row]:
        yield from self._stream(statement)

    def relation(self, table: str) -> str:
        return quoted(self._tables[table].name) if table in self._tables else NO_ROWS

    def text(self, table: str, column: str, alias: str) -> str:
        known = self._tables.get(table)
        if not known or column not in known.columns:
            return "CAST(NULL AS TEXT)"
        return f"{alias}.{quoted(known.columns[column])}"

    def place(self, table: str, alias: str) -> str:
        return self._tables[table].place(alias) if table in self._tables else "NULL"

    def close(self) -> None:
        self._is_closed = True
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def _stream(self, statement: str) -> Generator[Row, None, int]:
        """Yield the rows of a statement; return how many there were."""
        n_given = 0
        while True:
            try:
                with self._translating(), self._executing(statement) as cursor:
                    for row in self._unchanged(islice(cursor, n_given, None)):
                        n_given += 1
                        yield row
                return n_given
            except _UndecodableError:
                # The driver ends a stream at such a row: it is begun anew, in the same order, and what was given is
                # skipped. To repair from the start would take as long as all else.
                self._connection.text_factory = self._repaired

    def _open(self, mode: _Mode) -> dict[str, Table]:
        with self._translating():
            for pragma in (*_PRAGMAS, *mode.pragmas):
                self._connection.execute(f"PRAGMA {pragma}").fetchall()
            self._connection.execute("BEGIN")
            # The first read is what takes the lock.
            self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            self._collation = self._collation_of_bytes()
            return {table.name.lower(): table for table in self._iter_tables()}

    def _collation_of_bytes(self) -> str:
        (encoding,) = self._connection.execute("PRAGMA encoding").fetchone()
        if encoding == "UTF-8":
            return "BINARY"
        # BINARY would compare texts as the file keeps them.
        self._connection.create_collation("utf8", lambda a, b: (a > b) - (a < b))
        return "utf8"

    def _iter_tables(self) -> Iterator[Table]:
        # As bytes: a name that is no text can't be asked for either.
        self._connection.text_factory = bytes
        for raw_name, is_without_rowid in self._connection.execute(_TABLES).fetchall():
            name = _decoded(raw_name)
            if name is None:
                continue
            columns = [
                (column, _decoded(declared) or "", place)
                for _, raw_column, declared, _, _, place in self._connection.execute(
                    f"PRAGMA table_info({quoted(name)})"
                )
                if (column := _decoded(raw_column)) is not None
            ]
            names = {column.lower() for column, _, _ in columns}
            key = [column for column, _, place in sorted(columns, key=lambda column: column[2]) if place]
            if not is_without_rowid:
                key = [rowid for rowid in _ROWIDS if rowid not in names][:1]
            declared = [(column, declared) for column, declared, _ in columns]
            yield Table.of_columns(name, declared, key=key, has_places=not is_without_rowid and bool(key))
        self._connection.text_factory = str

    @contextmanager
    def _executing(self, statement: str) -> Generator[sqlite3.Cursor]:
        cursor = self._connection.execute(statement)
        try:
            yield cursor
        finally:
            # A stream that nobody read to its end may be let go of after the whole database.
            if not self._is_closed:
                cursor.close()

    def _repaired(self, text: bytes) -> str:
        try:
            return text.decode()
        except UnicodeDecodeError:
            self.n_repaired_texts += 1
            return text.decode(errors="surrogateescape")

    def _unchanged(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Yield the rows of a watched file a few at a time, once it is certain that nobody wrote meanwhile."""
        if not self._watched:
            yield from rows
            return
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            if self._look() != self._before:
                raise SourceError(
                    f"another program changed {self.name!r} while it was read; end that program, then try again"
                )
            yield from some

    def _look(self) -> list[tuple[int, int] | None]:
        return [_state_of(path) for path in self._watched]

    @contextmanager
    def _translating(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code is None and isinstance(error, sqlite3.OperationalError):
                raise _UndecodableError from error
            raise SourceError(self._sentence(code or sqlite3.SQLITE_ERROR)) from error

    def _sentence(self, code: int) -> str:
        name = repr(self.name)
        match code & 0xFF:
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return f"{name} is locked by another program; end that program, or try again later"
            case sqlite3.SQLITE_CORRUPT:
                return _damage_of(self._path, name)
            case sqlite3.SQLITE_NOTADB:
                return f"{name} is no SQLite database, or it is encrypted"
            case sqlite3.SQLITE_READONLY:
                return (
                    f"a program was killed while it wrote {name}, and what it began can't be undone by reading; open "
                    "the file once with that program, or a copy of it and of its -journal with `sqlite3`"
                )
            case sqlite3.SQLITE_FULL:
                return f"there is no room for the temporary files that reading {name} needs"
            case sqlite3.SQLITE_TOOBIG:
                return f"a value in {name} is too large to be read"
            case _:
                return f"{name} can't be read ({_reason_of(code)})"


class _UndecodableError(Exception):
    """A text is no UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mode:
    """How a file is opened."""

    query: str
    pragmas: Sequence[str] = ()
    is_watched: bool = False


_LOCKED = _Mode(query="mode=ro")
_ALONE = _Mode(query="mode=ro&immutable=1", is_watched=True)
# Whoever has the file for himself needs no -shm beside it.
_ALONE_WITH_LOG = _Mode(query="mode=ro&vfs=unix-none", pragmas=("locking_mode=EXCLUSIVE",), is_watched=True)


def _mode_of(path: Path, header: bytes) -> _Mode:
    is_wal = header[18:20] == b"\2\2"
    log = _state_of(f"{path}-wal")
    # A program that has such a file open keeps both beside it, but for one that locks everybody out.
    has_user = log is not None and _state_of(f"{path}-shm") is not None
    if not is_wal or has_user or os.name != "posix" or _is_locked(path):
        return _LOCKED
    return _ALONE_WITH_LOG if log is not None and log[1] else _ALONE


def _is_locked(path: Path) -> bool:
    import fcntl  # noqa: PLC0415  there is none on Windows

    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, _N_LOCKED_BYTES, _FIRST_LOCKED_BYTE)
        except OSError:
            return True
    return False


def _header_of(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise SourceError(f"{name!r} is a folder; name the file of the database in it")
        if not path.exists():
            raise SourceError(f"there is no file {name!r}")
        if not path.is_file():
            raise SourceError(f"{name!r} is no file that can be read as a database")
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise SourceError(f"{name!r} can't be read ({error.strerror})") from error
    if not header:
        raise SourceError(f"{name!r} is empty; look whether it was copied as a whole")
    if not header.startswith(MAGIC):
        raise SourceError(f"{name!r} is no SQLite database, or it is encrypted")
    return header


def _state_of(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  asked for every few rows
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _damage_of(path: Path, name: str) -> str:
    header = _header_of(path, name)
    page_bytes = int.from_bytes(header[16:18], "big")
    wanted = int.from_bytes(header[28:32], "big") * (65_536 if page_bytes == 1 else page_bytes)
    size = path.stat().st_size
    what = f"is cut off: it has {size:,} of {wanted:,} bytes" if size < wanted else "is damaged"
    return f"{name} {what}; `sqlite3 OLD .recover | sqlite3 NEW` makes a new file of what can still be read"


def _reason_of(code: int) -> str:
    match code & 0xFF:
        case sqlite3.SQLITE_CANTOPEN:
            return "it can't be opened"
        case sqlite3.SQLITE_IOERR:
            return "reading from the disk failed"
        case _:
            return f"SQLite says {code}"


def _decoded(text: bytes) -> str | None:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return None


def _selection(table: Table, columns: Sequence[str], order_by: Sequence[str], collation: str) -> str:
    known = table.columns
    order = [f"CAST({quoted(known[column])} AS TEXT) COLLATE {collation}" for column in order_by if column in known]
    wanted = ", ".join(f"t.{quoted(known[column])}" if column in known else "NULL" for column in columns)
    key = [quoted(column) for column in table.key]
    name = quoted(table.name)
    if not order or not key:
        return f"SELECT {wanted} FROM {name} AS t" + (f" ORDER BY {', '.join(order or key)}" if order or key else "")
    # LIMIT keeps the planner from making one of both, and thereby from sorting wide rows.
    keys = f"SELECT {_aliased(key)} FROM {name} ORDER BY {', '.join(order + key)} LIMIT -1"
    found = " AND ".join(f"t.{column} = k.k{place}" for place, column in enumerate(key))
    return f"SELECT {wanted} FROM ({keys}) AS k CROSS JOIN {name} AS t ON {found}"


def _aliased(key: Sequence[str]) -> str:
    return ", ".join(f"{column} AS k{place}" for place, column in enumerate(key))
