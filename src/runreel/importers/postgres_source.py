"""PostgreSQL databases of other programs."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, groupby
from operator import itemgetter
from types import TracebackType
from typing import Self

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.numeric import FloatLoader
from sqlalchemy.engine import URL

from runreel.errors import ConfigError, SourceError
from runreel.importers.source import NO_ROWS, Row, Table, quoted

_CONNECT_TIMEOUT_S = 10
_ROWS_AT_ONCE = 200
_NUMBERS = frozenset({"int2", "int4", "int8", "float4", "float8", "numeric", "bool"})
_TEXTS = frozenset({"text", "varchar", "bpchar"})
_SETTINGS = (
    "SET TIME ZONE 'UTC'",
    "SET datestyle TO ISO",
    "SET lock_timeout TO '5s'",
    "SET statement_timeout TO 0",
    "SET idle_in_transaction_session_timeout TO 0",
    # What a cursor gives is read to the end here.
    "SET cursor_tuple_fraction TO 1",
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
)
_COLUMNS = """
SELECT c.oid, c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod),
    coalesce(base.typname, t.typname)::text, c.relkind = 'r'
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type base ON base.oid = t.typbasetype
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND pg_table_is_visible(c.oid)
AND c.relnamespace <> 'pg_catalog'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.oid, a.attnum
"""


class PostgresSource:
    """One PostgreSQL database, read in one transaction that can't write."""

    is_typed = True

    def __init__(self, url: URL) -> None:
        self._where = f"{url.host or url.query.get('host') or 'localhost'}:{url.port or 5432}"
        self.title = url.database or url.username or ""
        self.name = f"{self.title}@{self._where}"
        self.n_repaired_texts = 0
        self._cursor_numbers = count()
        # What is no number, text or bytes comes as the text that the server makes of it.
        self._base_types: dict[tuple[str, str], str] = {}
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with self._translating():
            self._connection = psycopg.connect(address, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S)
        try:
            self._tables = self._open()
        except BaseException:
            self.close()
            raise
        self.tables: Mapping[str, Mapping[str, str]] = {key: table.types for key, table in self._tables.items()}

    def count(self, table: str) -> int:
        (count,) = next(self.query(f"SELECT count(*) FROM {self.relation(table)} AS t"))
        return count

    def iter_rows(self, table: str, columns: Sequence[str], *, order_by: Sequence[str] = ()) -> Iterator[Row]:
        if table in self._tables:
            yield from self.query(self._selection(table, columns, order_by))

    def query(self, statement: str) -> Generator[Row]:
        with self._translating(), self._connection.cursor(f"source_{next(self._cursor_numbers)}") as cursor:
            cursor.itersize = _ROWS_AT_ONCE
            cursor.execute(statement.encode())
            yield from cursor

    def relation(self, table: str) -> str:
        return quoted(self._tables[table].name) if table in self._tables else NO_ROWS

    def text(self, table: str, column: str, alias: str) -> str:
        known = self._tables.get(table)
        if not known or column not in known.columns:
            return "CAST(NULL AS TEXT)"
        return f"CAST({alias}.{quoted(known.columns[column])} AS TEXT)"

    def place(self, table: str, alias: str) -> str:
        return self._tables[table].place(alias) if table in self._tables else "NULL"

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def _open(self) -> dict[str, Table]:
        with self._translating():
            # A server that keeps any bytes as texts refuses to give some of them as UTF-8.
            encoding = self._connection.info.parameter_status("server_encoding")
            has_any_bytes = encoding == "SQL_ASCII"
            self._connection.execute(f"SET client_encoding TO {'SQL_ASCII' if has_any_bytes else 'UTF8'}".encode())
            for statement in _SETTINGS:
                self._connection.execute(statement)
            self._connection.adapters.register_loader("numeric", FloatLoader)
            for name in _TEXTS if has_any_bytes else ():
                self._connection.adapters.register_loader(name, self._repairing_loader())
            return {table.name.lower(): table for table in self._iter_tables()}

    def _iter_tables(self) -> Iterator[Table]:
        rows = self._connection.execute(_COLUMNS).fetchall()
        for (_, name, has_place), of_table in groupby(rows, itemgetter(0, 1, 5)):
            columns = list(of_table)
            for _, _, column, _, base_type, _ in columns:
                self._base_types[name, column] = base_type
            declared = [(column, declared) for _, _, column, declared, _, _ in columns]
            yield Table.of_columns(name, declared, key=["ctid"] if has_place else [], has_places=has_place)

    def _selection(self, table: str, columns: Sequence[str], order_by: Sequence[str]) -> str:
        known = self._tables[table]
        wanted = [self._expression(known, column) for column in columns]
        order = [
            f'{self.text(table, column, "t")} COLLATE "C" NULLS FIRST' for column in order_by if column in known.columns
        ] + list(known.key)
        ordered = f" ORDER BY {', '.join(order)}" if order else ""
        return f"SELECT {', '.join(wanted)} FROM {quoted(known.name)} AS t{ordered}"

    def _expression(self, table: Table, column: str) -> str:
        if column not in table.columns:
            return "NULL"
        name = f"t.{quoted(table.columns[column])}"
        base_type = self._base_types[table.name, table.columns[column]]
        return name if base_type in _NUMBERS | _TEXTS | {"bytea"} else f"{name}::text"

    def _repairing_loader(self) -> type[Loader]:
        source = self

        class RepairingLoader(Loader):
            def load(self, data: Buffer) -> str:
                try:
                    return bytes(data).decode()
                except UnicodeDecodeError:
                    source.n_repaired_texts += 1
                    return bytes(data).decode(errors="surrogateescape")

        return RepairingLoader

    @contextmanager
    def _translating(self) -> Generator[None]:
        try:
            yield
        except psycopg.ProgrammingError as error:
            if error.sqlstate is None:
                raise ConfigError("the database URL can't be used; write postgresql://USER@HOST/NAME") from None
            raise SourceError(self._sentence(error)) from error
        except psycopg.Error as error:
            raise SourceError(self._sentence(error)) from error

    def _sentence(self, error: psycopg.Error) -> str:
        state = error.sqlstate or _state_of_refusal(str(error))
        name = repr(self.name)
        match state:
            case "28P01":
                return f"PostgreSQL at {self._where} refuses this user or password; look at the URL, or set PGPASSWORD"
            case "3D000":
                return f"there is no database {name}; look at the end of the URL"
            case "42501":
                return f"this user may not read all tables of {name}; grant SELECT on them, or name another user"
            case "55P03":
                return f"a table of {name} is locked by another program; try again later"
            case "XX001" | "XX002":
                return f"the server says that {name} is damaged; what `pg_dump` can still read goes into a new database"
            case "22021" | "22P05":
                return f"a text in {name} can't be written in UTF-8"
            case "":
                return f"no PostgreSQL answers at {self._where} as the URL asks for it; look at host, port and sslmode"
            case _ if state.startswith(("08", "57")):
                return f"the connection to PostgreSQL at {self._where} was lost; try again"
            case _:
                return f"{name} can't be read (PostgreSQL says {state})"


def _state_of_refusal(text: str) -> str:
    """Return the code for what a server said before there was a connection; the driver has only its text."""
    if "FATAL" not in text and "password" not in text:
        return "" if "server closed" not in text else "08006"
    if "database" in text and "does not exist" in text:
        return "3D000"
    return "28P01"
