"""Where a database of another program is: a file, or a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runreel.errors import ConfigError
from runreel.importers.source import Source
from runreel.importers.sqlite_source import SqliteSource

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


def is_url(address: str) -> bool:
    """Tell whether this is the URL of a database, and not the name of a file."""
    return "://" in address


def open_source(address: str) -> Source:
    """Open the file or the URL of a database; nothing is changed there, and nothing left behind.

    Raises:
        ConfigError: the URL can't be used.
        SourceError: there is nothing that can be read.
    """
    if not is_url(address):
        return SqliteSource(address)
    url = _parse(address)
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite":
        if not url.database or url.database == ":memory:":
            raise ConfigError("the SQLite URL names no file; write sqlite:///FILE, or the file alone")
        return SqliteSource(url.database)
    if kind in ("postgresql", "postgres"):
        from runreel.importers.postgres_source import PostgresSource  # noqa: PLC0415  its driver is an extra

        return PostgresSource(url)
    raise ConfigError(f"the database kind {kind!r} is not known; give an SQLite file or postgresql://USER@HOST/NAME")


def _parse(address: str) -> URL:
    # Files, which most databases are, need none of it: 18 MB of memory.
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        return make_url(address)
    except (ArgumentError, ValueError):
        # What was typed may hold a password, so it is not repeated.
        raise ConfigError("the database URL can't be read; write postgresql://USER@HOST/NAME, or a file") from None
