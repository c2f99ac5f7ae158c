"""Reading databases of other programs."""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from runreel.errors import ConfigError, RunreelError, SourceError
from runreel.importers.address import open_source
from runreel.importers.damage import examine
from runreel.importers.sqlite_source import SqliteSource
from tests.support.broken_database import BROKEN, Break, sound
from tests.support.foreign_program import locking

COLUMNS = ["id", "name"]


def make(path: Path, *statements: str, journal: str = "delete") -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA journal_mode={journal}")
    return path


def rows_of(path: Path, table: str, columns: list[str], *order_by: str) -> list[tuple[object, ...]]:
    with open_source(str(path)) as source:
        return list(source.iter_rows(table, columns, order_by=order_by))


def state_of(folder: Path) -> dict[str, tuple[str, int]]:
    """Return what is in a folder, byte by byte, and when it was written."""
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(folder.iterdir())
    }


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def things(tmp_path: Path) -> Path:
    return make(
        tmp_path / "things.db",
        "CREATE TABLE Things (ID VARCHAR(36) PRIMARY KEY, Name TEXT, size INTEGER)",
        "INSERT INTO things VALUES ('b', 'two', 2), ('a', 'one', 'many'), (NULL, NULL, 1), ('é', x'00ff', 3.5)",
    )


def test_names_are_found_however_they_are_written(things: Path) -> None:
    with open_source(str(things)) as source:
        assert source.tables == {"things": {"id": "VARCHAR(36)", "name": "TEXT", "size": "INTEGER"}}
        assert source.count("things") == 4


def test_values_come_as_they_are_sorted_by_the_bytes_of_their_text(things: Path) -> None:
    assert rows_of(things, "things", ["id", "name", "size"], "id") == [
        (None, None, 1),
        ("a", "one", "many"),
        ("b", "two", 2),
        ("é", b"\x00\xff", 3.5),
    ]


def test_without_an_order_rows_come_as_they_were_written(things: Path) -> None:
    assert rows_of(things, "things", ["id"]) == [("b",), ("a",), (None,), ("é",)]


def test_what_is_missing_is_none_or_nothing(things: Path) -> None:
    assert rows_of(things, "things", ["later", "id"], "later", "id")[1] == (None, "a")
    assert rows_of(things, "others", ["id"], "id") == []
    with open_source(str(things)) as source:
        assert source.count("others") == 0


def test_the_address_may_be_a_url(things: Path) -> None:
    with open_source(f"sqlite:///{things}") as source:
        assert source.count("things") == 4


def test_what_others_read_names_no_folder_and_no_server(things: Path, postgres_url: str) -> None:
    with open_source(str(things)) as source:
        assert (source.name, source.title) == (str(things), "things.db")
    with open_source(postgres_url) as source:
        assert source.title == urlsplit(postgres_url).path.strip("/")


def test_rows_that_are_equal_come_as_they_were_written(tmp_path: Path) -> None:
    numbers = [(number * 7) % 100 for number in range(100)]
    values = ",".join(f"({number % 3}, {number})" for number in numbers)
    path = make(tmp_path / "a.db", "CREATE TABLE t (a, b, wide DEFAULT 'w')", f"INSERT INTO t (a, b) VALUES {values}")

    found = rows_of(path, "t", ["a", "b", "wide"], "a")

    assert found == [(a, b, "w") for a in range(3) for b in numbers if b % 3 == a]


def test_tables_without_rowid_and_with_columns_of_its_name_are_read(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.db",
        "CREATE TABLE keyed (a TEXT, b TEXT, c, PRIMARY KEY (b, a)) WITHOUT ROWID",
        "INSERT INTO keyed VALUES ('x', '2', 1), ('y', '1', 2), ('z', '1', 3)",
        "CREATE TABLE odd (rowid TEXT, _rowid_ TEXT, oid TEXT, a TEXT)",
        "INSERT INTO odd VALUES ('p', 'q', 'r', 'b'), ('s', 't', 'u', 'a')",
        'CREATE TABLE "strange ""name" ("a b" TEXT)',
        """INSERT INTO "strange ""name" VALUES ('1')""",
    )
    assert rows_of(path, "keyed", ["a", "c"], "a") == [("x", 1), ("y", 2), ("z", 3)]
    assert rows_of(path, "keyed", ["a"], "b") == [("y",), ("z",), ("x",)]
    assert rows_of(path, "odd", ["oid", "rowid"], "a") == [("u", "s"), ("r", "p")]
    assert rows_of(path, 'strange "name', ["a b"], "a b") == [("1",)]


def test_views_and_virtual_tables_are_left_alone(tmp_path: Path) -> None:
    path = make(
        tmp_path / "a.db",
        "CREATE TABLE t (a)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIRTUAL TABLE f USING fts5(a)",
    )
    with open_source(str(path)) as source:
        assert list(source.tables) == ["t"]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_the_order_is_the_same_however_texts_are_kept(tmp_path: Path, encoding: str) -> None:
    texts = ["a", "é", "\u0100", "\uff5e", "\U0001f600", ""]
    path = make(
        tmp_path / "a.db", f"PRAGMA encoding='{encoding}'", "CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES (NULL)"
    )
    with writing(path) as connection:
        connection.executemany("INSERT INTO t VALUES (?)", [(text,) for text in reversed(texts)])

    assert rows_of(path, "t", ["a"], "a") == [(None,), *((text,) for text in sorted(texts))]


def test_text_that_is_no_utf8_keeps_its_bytes_and_is_counted(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db", "CREATE TABLE t (a TEXT, n)")
    with writing(path) as connection:
        texts = [b"b", b"a\xff", b"a\xfe", b"\xed\xa0\x80", *(b"%04d" % n for n in range(50))]
        connection.executemany("INSERT INTO t VALUES (CAST(? AS TEXT), ?)", zip(texts, range(54), strict=True))

    with open_source(str(path)) as source:
        other = source.iter_rows("t", ["n"])
        first = next(other)
        found = [row[0] for row in source.iter_rows("t", ["a"], order_by=["a"])]

        assert source.n_repaired_texts == 3
        assert [text.encode("utf-8", "surrogateescape") for text in found] == sorted(texts)
        assert [first, *other] == [(n,) for n in range(54)]


def test_streams_see_one_moment_though_a_program_goes_on(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2), (3)", journal="wal")
    with writing(path) as connection:
        connection.execute("INSERT INTO t VALUES (4)")
        with open_source(str(path)) as source:
            rows = source.iter_rows("t", ["a"])
            first = next(rows)
            connection.execute("DELETE FROM t WHERE a < 4")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

            assert [first, *rows] == [(1,), (2,), (3,), (4,)]
            assert source.count("t") == 4


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_stream_may_be_let_go_of_after_the_database(
    request: pytest.FixtureRequest, things: Path, database: str
) -> None:
    address = str(things)
    if database == "postgres":
        address = request.getfixturevalue("empty_postgres_url")
        execute(address, "CREATE TABLE things (id INTEGER)", "INSERT INTO things SELECT generate_series(1, 1000)")
    with open_source(address) as source:
        rows = source.iter_rows("things", ["id"])
        next(rows)
    # What it raised here would be printed as an exception that is ignored; pytest makes that an error.
    del rows
    gc.collect()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_nothing_is_changed_and_nothing_left_behind(tmp_path: Path, journal: str) -> None:
    path = make(tmp_path / "a.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", journal=journal)
    before = state_of(tmp_path)

    with open_source(str(path)) as source:
        assert list(source.iter_rows("t", ["a"])) == [(1,)]
        assert state_of(tmp_path) == before
    assert state_of(tmp_path) == before


def test_what_a_killed_program_left_in_the_log_is_read(tmp_path: Path) -> None:
    path, copy = make(tmp_path / "a.db", "CREATE TABLE t (a)", journal="wal"), tmp_path / "copy"
    copy.mkdir()
    with writing(path) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        for suffix in ("", "-wal"):
            shutil.copy(f"{path}{suffix}", copy / f"a.db{suffix}")
    before = state_of(copy)

    assert rows_of(copy / "a.db", "t", ["a"]) == [(1,)]
    assert state_of(copy) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever may do anything is not stopped")
def test_a_folder_that_can_not_be_written_is_no_hindrance(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", journal="wal")
    tmp_path.chmod(0o500)
    try:
        assert rows_of(path, "t", ["a"]) == [(1,)]
    finally:
        tmp_path.chmod(0o700)


def test_a_file_that_changes_while_it_is_read_without_locks_is_told(tmp_path: Path) -> None:
    path = make(tmp_path / "a.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", journal="wal")
    with open_source(str(path)) as source:
        make(path, "INSERT INTO t VALUES (2)", journal="wal")
        with pytest.raises(SourceError, match=r"another program changed '.*' while it was read"):
            list(source.iter_rows("t", ["a"]))


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_file_that_another_program_has_locked_is_told(tmp_path: Path, journal: str) -> None:
    path = make(tmp_path / "a.db", "CREATE TABLE t (a)", journal=journal)
    with locking(path), pytest.raises(SourceError) as raised:
        SqliteSource(str(path), busy_timeout_s=0.1)
    assert str(raised.value) == f"'{path}' is locked by another program; end that program, or try again later"


@pytest.mark.parametrize(("make_broken", "told"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_gets_one_clear_sentence(tmp_path: Path, make_broken: Break, told: str) -> None:
    path = make_broken(tmp_path)
    before = state_of(tmp_path)

    with pytest.raises(SourceError) as raised, open_source(str(path)) as source:
        examine(source)

    text = str(raised.value)
    assert told in text
    assert text.startswith("a program") or repr(str(path)) in text
    assert "SELECT" not in text
    assert "\n" not in text
    assert state_of(tmp_path) == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever may do anything is not stopped")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = sound(tmp_path)
    path.chmod(0)
    with pytest.raises(SourceError, match=r"can't be read \(Permission denied\)"):
        open_source(str(path))


@pytest.mark.parametrize(
    "address", ["mysql://root@host/db", "postgresql://host:port/db", "sqlite://", "://", "sqlite:///:memory:"]
)
def test_an_address_that_leads_nowhere_is_told(address: str) -> None:
    with pytest.raises(ConfigError):
        open_source(address)


def changed(url: str, *, netloc: str | None = None, path: str | None = None) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=netloc or parts.netloc, path=path or parts.path))


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_postgres_gives_values_and_order_as_sqlite_does(empty_postgres_url: str) -> None:
    execute(
        empty_postgres_url,
        "CREATE TABLE t (id UUID, at TIMESTAMP, zoned TIMESTAMPTZ, data JSONB, price NUMERIC, flag BOOLEAN, "
        "n INTEGER, raw BYTEA, tags TEXT[], name VARCHAR(9))",
        "INSERT INTO t VALUES ('00000000-0000-0000-0000-000000000001', 'infinity', '2025-01-01 10:00:00.5+05', "
        "'{\"a\": 1}', 0.000001, true, 7, '\\x00ff', '{x,y}', 'b'), (NULL, '0044-03-15 BC', NULL, NULL, 'NaN', NULL, "
        "NULL, NULL, NULL, NULL)",
        "CREATE TABLE s (name TEXT)",
        "INSERT INTO s VALUES ('b'), ('B'), ('é'), ('a'), (NULL), ('_')",
        "CREATE VIEW v AS SELECT name FROM s",
    )
    with open_source(empty_postgres_url) as source:
        assert list(source.tables) == ["t", "s"]
        assert source.tables["t"]["name"] == "character varying(9)"
        other, first = source.iter_rows("t", [*source.tables["t"], "later"], order_by=["name", "n"])
        names = [row[0] for row in source.iter_rows("s", ["name"], order_by=["name"])]

    assert first == (
        "00000000-0000-0000-0000-000000000001", "infinity", "2025-01-01 05:00:00.5+00", '{"a": 1}', 0.000001, True, 7,
        b"\x00\xff", "{x,y}", "b", None,
    )  # fmt: skip
    assert other[1] == "0044-03-15 00:00:00 BC"
    assert names == [None, "B", "_", "a", "b", "é"]


def test_postgres_is_seen_as_of_one_moment_and_never_written(empty_postgres_url: str) -> None:
    execute(empty_postgres_url, "CREATE TABLE t (a INTEGER)", "INSERT INTO t SELECT generate_series(1, 1000)")
    with open_source(empty_postgres_url) as source:
        rows, others = source.iter_rows("t", ["a"], order_by=["a"]), source.iter_rows("t", ["a"])
        first = [next(rows), next(others)]
        execute(empty_postgres_url, "DELETE FROM t")

        assert len([*first, *rows, *others]) == 2000
        assert source.count("t") == 1000
        with pytest.raises(SourceError):
            list(source.query("DELETE FROM t RETURNING a"))


def test_bytes_of_any_encoding_come_from_postgres(postgres_url: str, empty_postgres_url: str) -> None:
    name = urlsplit(empty_postgres_url).path.strip("/")
    other = changed(empty_postgres_url, path=f"/{name}_ascii")
    execute(postgres_url, f"CREATE DATABASE {name}_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    try:
        with psycopg.connect(other, client_encoding="SQL_ASCII") as connection:
            connection.execute("CREATE TABLE t (a TEXT)")
            connection.execute(rb"INSERT INTO t VALUES (E'a\xff'), (E'a\xfe'), ('" + "é".encode() + b"')")
        with open_source(other) as source:
            found = [row[0] for row in source.iter_rows("t", ["a"], order_by=["a"])]
            assert (found, source.n_repaired_texts) == (["a\udcfe", "a\udcff", "é"], 2)
    finally:
        execute(postgres_url, f"DROP DATABASE {name}_ascii WITH (FORCE)")


def test_a_server_or_database_that_is_not_there_is_told_without_the_password(postgres_url: str) -> None:
    host = urlsplit(postgres_url).hostname
    port = urlsplit(postgres_url).port or 5432
    addresses = {
        changed(postgres_url, netloc="me:hunter2@127.0.0.1:1"): "no PostgreSQL answers at 127.0.0.1:1",
        changed(postgres_url, path="/nowhere"): f"there is no database 'nowhere@{host}:{port}'",
        changed(postgres_url, netloc=f"nobody:hunter2@{host}:{port}"): "refuses this user or password",
        f"{postgres_url}?hunter2=1": "the database URL can't be used",
        f"{postgres_url}?sslmode=require": "look at host, port and sslmode",
    }
    for address, told in addresses.items():
        with pytest.raises(RunreelError) as raised:
            open_source(address)
        assert told in str(raised.value)
        assert "hunter2" not in str(raised.value)


def test_tables_that_may_not_be_read_are_told(empty_postgres_url: str) -> None:
    user = f"reader_{urlsplit(empty_postgres_url).path[-8:]}"
    execute(empty_postgres_url, "CREATE TABLE t (a INTEGER)", f"CREATE ROLE {user} LOGIN")
    host = f"{urlsplit(empty_postgres_url).hostname}:{urlsplit(empty_postgres_url).port or 5432}"
    try:
        source = open_source(changed(empty_postgres_url, netloc=f"{user}@{host}"))
        with source, pytest.raises(SourceError, match="may not read all tables"):
            source.count("t")
    finally:
        execute(empty_postgres_url, f"DROP ROLE {user}")


def test_rows_that_an_index_does_not_have_are_told(things: Path) -> None:
    with closing(sqlite3.connect(things, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE loose (id TEXT, value TEXT)")
        connection.execute("CREATE INDEX loose_by_id ON loose (id)")
        connection.execute("INSERT INTO loose VALUES ('a', '1'), ('b', '2')")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'loose_by_id'").fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(things.read_bytes())
    # The page of the index says that it has one cell less.
    at = (root - 1) * page_bytes + 3
    assert int.from_bytes(content[at : at + 2], "big") == 2
    content[at : at + 2] = (1).to_bytes(2, "big")
    things.write_bytes(content)
    with open_source(str(things)) as source, pytest.raises(SourceError, match="is damaged"):
        list(source.iter_rows("loose", ["id", "value"], order_by=["id"]))
