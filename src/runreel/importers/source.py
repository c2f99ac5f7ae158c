"""A database of another program, open for reading only, as of one moment.

What it holds is data of strangers: tables, columns and rows may be missing or damaged, and values be of any type.
`sqlite_source` and `postgres_source` know the databases, `address` opens them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

Row = tuple[Any, ...]


class Source(Protocol):
    """Tables of another program. Names of tables and columns are in lower case here, however they are written there.

    Every method raises `SourceError` where the database can't be read; values never do. Several streams may be open
    at once; all of them see the same moment.
    """

    name: str
    """What it is called in sentences: what the user typed, without passwords."""

    title: str
    """What it is called where others read it: without folder and server."""

    tables: Mapping[str, Mapping[str, str]]
    """The columns of every table, with the types that they are declared with."""

    is_typed: bool
    """Whether every value is of its column's type, because the database takes no other."""

    n_repaired_texts: int
    """How many texts of those given so far were no UTF-8; they come with their wrong bytes as lone surrogates."""

    def count(self, table: str) -> int:
        """Return how many rows the table has; a missing one has none."""
        ...

    def iter_rows(self, table: str, columns: Sequence[str], *, order_by: Sequence[str] = ()) -> Iterator[Row]:
        """Yield these columns of every row, None for columns that are missing; of a missing table nothing.

        They are sorted by the bytes of each value as text, None first; rows that are equal in this come in the order
        in which they were written. What is sorted are keys: wide rows are looked up one by one.
        """
        ...

    def query(self, statement: str) -> Generator[Row]:
        """Yield the rows of a statement that both databases understand."""
        ...

    def relation(self, table: str) -> str:
        """Return what a statement calls the table, before an alias; a missing one is without rows."""
        ...

    def text(self, table: str, column: str, alias: str) -> str:
        """Return what a statement calls the column as a text; NULL where it is missing."""
        ...

    def place(self, table: str, alias: str) -> str:
        """Return what a statement calls the place of a row, which grows with every row; NULL where it has none."""
        ...

    def close(self) -> None:
        """Let go of the database; safe twice."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as its database has it; `key` are the columns that find a row, one where it is the row's place."""

    name: str
    columns: Mapping[str, str]
    types: Mapping[str, str]
    key: Sequence[str]
    has_places: bool

    @classmethod
    def of_columns(
        cls, name: str, columns: Iterable[tuple[str, str]], *, key: Sequence[str], has_places: bool
    ) -> Table:
        """Make one of columns with the types that they are declared with."""
        pairs = list(columns)
        return cls(
            name=name,
            columns={column.lower(): column for column, _ in pairs},
            types={column.lower(): declared for column, declared in pairs},
            key=key,
            has_places=has_places,
        )

    def place(self, alias: str) -> str:
        """Return what a statement calls the place of a row."""
        return f"{alias}.{self.key[0]}" if self.has_places else "NULL"


NO_ROWS = "(SELECT 1 WHERE 1 = 0)"
"""What a statement calls a table that is missing."""


def quoted(name: str) -> str:
    """Return a name as statements write it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
