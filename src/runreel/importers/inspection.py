"""Questions about the rows of a foreign database, asked in its own language, so that nothing is kept in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from runreel.importers.cycle import find_cycles
from runreel.importers.source import Row, Source
from runreel.model.damage import DamageCheck, DamageFinding

_N_EXAMPLES = 3
_N_LISTED = 20
_MAX_EXAMPLE_LENGTH = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column that names a row of another table, one of the same run where `own_run` tells which run that is."""

    table: str
    column: str
    target: str
    noun: str
    key: str = "id"
    own_run: str | None = None
    target_run: str = "run_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """Which values the columns of all tables are to have, by the names of columns; the others are texts."""

    instants: frozenset[str]
    json: frozenset[str]
    integers: frozenset[str]
    numbers: frozenset[str]


class Inspection:
    """Looks at one database; `nouns` are what the rows of its tables are called, `keys` their ids where not `id`."""

    def __init__(
        self, source: Source, nouns: Mapping[str, str], keys: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._source = source
        self._nouns = nouns
        self._keys = keys

    def has(self, table: str, *columns: str) -> bool:
        """Tell whether the table has all these columns."""
        return set(columns) <= self._source.tables.get(table, {}).keys()

    def name(self, table: str) -> str:
        """Return what a statement calls the table."""
        return self._source.relation(table)

    def text(self, alias: str, table: str, column: str) -> str:
        """Return what a statement calls the column."""
        return self._source.text(table, column, alias)

    def rows(self, statement: str) -> Iterator[Row]:
        """Yield the rows of an answer."""
        return self._source.query(statement)

    def count(self, rows: str) -> int:
        """Return how many rows there are, of what stands behind FROM."""
        return self.numbers(f"SELECT count(*) FROM {rows}")[0]

    def numbers(self, statement: str) -> tuple[int, ...]:
        """Return the one row of an answer, all of it numbers; what counts nothing is 0."""
        (row,) = self._source.query(statement)
        return tuple(int(value or 0) for value in row)

    def check_reference(self, reference: Reference) -> Iterator[DamageFinding]:
        """Find rows that point to what is missing, or into another run."""
        r = reference
        if not self.has(r.table, r.column):
            return
        named, key = self.text("s", r.table, r.column), self.text("t", r.target, r.key)
        own, other = "NULL", "NULL"
        is_elsewhere = "1 = 0"
        if r.own_run is not None and self.has(r.table, r.own_run) and self.has(r.target, r.target_run):
            own, other = self.text("s", r.table, r.own_run), self.text("t", r.target, r.target_run)
            is_elsewhere = f"{other} <> {own}"
        is_gone = f"{key} IS NULL"
        rows = (
            f"FROM {self.name(r.table)} s LEFT JOIN {self.name(r.target)} t ON {key} = {named} "
            f"WHERE {named} IS NOT NULL"
        )
        n_gone, n_elsewhere = self.numbers(
            f"SELECT count(CASE WHEN {is_gone} THEN 1 END), count(CASE WHEN {is_elsewhere} THEN 1 END) {rows}"
        )
        noun = self._nouns[r.table]
        shown = (self._row_id(r.table), named, own, other)
        if n_gone:
            examples = self._examples(shown, f"{rows} AND {is_gone}", f"{{0}} names the {r.noun} {{1}}")
            yield finding(DamageCheck.ORPHAN, r.table, n_gone, f"{noun} whose {r.noun} is missing", examples)
        if n_elsewhere:
            form = f"{{0}} of run {{2}} names the {r.noun} {{1}} of run {{3}}"
            examples = self._examples(shown, f"{rows} AND {is_elsewhere}", form)
            yield finding(
                DamageCheck.CROSSING, r.table, n_elsewhere, f"{noun} whose {r.noun} is another run's", examples
            )

    def check_ids(self, table: str, key: str, is_usable: Callable[[str], bool]) -> Iterator[DamageFinding]:
        """Find rows without an id, with one that can't be kept as it is, or with one that several have."""
        if not self.has(table, key):
            return
        noun = self._nouns[table]
        n_none, bad = 0, _Examples()
        for (value,) in self._source.iter_rows(table, [key]):
            if value is None:
                n_none += 1
            elif type(value) is not int and not (type(value) is str and is_usable(value)):
                bad.add(value)
        if n_none:
            yield finding(DamageCheck.IDENTITY, table, n_none, f"{noun} without an id")
        if bad.n:
            yield finding(DamageCheck.IDENTITY, table, bad.n, f"{noun} with an id that can't be kept", bad.shown)
        column = self.text("s", table, key)
        repeated = _Examples()
        for value, n_rows in self.rows(
            f"SELECT {column}, count(*) FROM {self.name(table)} s WHERE {column} IS NOT NULL "
            f"GROUP BY {column} HAVING count(*) > 1"
        ):
            repeated.add(value, n_rows)
        if repeated.n:
            detail = f"{noun} share their id with another of them"
            yield finding(DamageCheck.IDENTITY, table, repeated.n, detail, repeated.shown)

    def check_values(self, table: str, columns: Sequence[str], types: Types) -> Iterator[DamageFinding]:
        """Find values of a wrong type, where the database takes any."""
        # Of ids, numbers are as good as texts; `check_ids` looks at them.
        known = [column for column in columns if column != self._key(table) and self.has(table, column)]
        if self._source.is_typed or not known:
            return
        wrong = [_is_wrong(self.text("s", table, column), column, types) for column in known]
        counts = self.numbers(f"SELECT {', '.join(f'sum({test})' for test in wrong)} FROM {self.name(table)} s")
        for column, test, n_rows in zip(known, wrong, counts, strict=True):
            if n_rows:
                shown = (self._row_id(table), f"substr({self.text('s', table, column)}, 1, 60)")
                examples = self._examples(shown, f"FROM {self.name(table)} s WHERE {test}", "{0} has {1}")
                detail = f"{self._nouns[table]} with {_wanted(column, types)} in {column!r} that is none"
                yield finding(DamageCheck.VALUE, table, n_rows, detail, examples)

    def check_cycles(self, table: str, key: str, parent: str, run: str) -> Iterator[DamageFinding]:
        """Find rows that are their own ancestors."""
        if not self.has(table, key, parent) or not self._may_have_cycles(table, key, parent):
            return
        found = _Examples()
        rows = self._source.iter_rows(table, [run, key, parent], order_by=[run])
        for _, of_run in groupby(rows, itemgetter(0)):
            for row_id in find_cycles((row[1], row[2]) for row in of_run if row[2] is not None):
                found.add(row_id)
        if found.n:
            detail = f"{self._nouns[table]} are their own ancestors"
            yield finding(DamageCheck.CYCLE, table, found.n, detail, found.shown)

    def check_schema(
        self,
        known: Mapping[str, Sequence[str]],
        *,
        later: Mapping[str, Sequence[str]],
        vital: Mapping[str, str],
        others: Collection[str] = (),
    ) -> Iterator[DamageFinding]:
        """Find tables and columns that are missing or not known; damage are those without which nothing has a place.

        The columns of `later` versions are missing nowhere, and tables of `others` are not told.
        """
        tables = self._source.tables
        for table, columns in known.items():
            if table not in tables:
                yield finding(DamageCheck.SCHEMA, table, 1, "the table is missing", is_damage=table in vital)
                continue
            there = tables[table]
            missing = [column for column in columns if column not in there and column not in later.get(table, ())]
            if missing:
                is_damage = vital.get(table) in missing
                detail = f"without the columns {_listed(missing)}"
                yield finding(DamageCheck.SCHEMA, table, len(missing), detail, is_damage=is_damage)
            unknown = [column for column in there if column not in columns]
            if unknown:
                detail = f"with columns that are not known here: {_listed(unknown)}"
                yield finding(DamageCheck.SCHEMA, table, len(unknown), detail, is_damage=False)
        for table in sorted(tables.keys() - known.keys() - set(others)):
            yield finding(DamageCheck.SCHEMA, table, 1, "a table that is not known here", is_damage=False)

    def _key(self, table: str) -> str:
        return self._keys.get(table, "id")

    def _row_id(self, table: str) -> str:
        return self.text("s", table, self._key(table))

    def _may_have_cycles(self, table: str, key: str, parent: str) -> bool:
        """Tell whether there are rows that were not written after their parents: a cycle has at least one of them."""
        wanted = f"{self.text('p', table, key)} = {self.text('s', table, parent)}"
        is_later = f"{self._source.place(table, 'p')} < {self._source.place(table, 's')}"
        n_pairs, n_later = self.numbers(
            f"SELECT count(*), count(CASE WHEN {is_later} THEN 1 END) "
            f"FROM {self.name(table)} s JOIN {self.name(table)} p ON {wanted}"
        )
        return n_pairs != n_later

    def _examples(self, columns: Sequence[str], rows: str, form: str) -> list[str]:
        found = self._source.query(f"SELECT {', '.join(columns)} {rows} LIMIT {_N_EXAMPLES}")
        return [form.format(*(_quoted(value) for value in row))[: 3 * _MAX_EXAMPLE_LENGTH] for row in found]


def finding(
    check: DamageCheck,
    table: str,
    n_rows: int,
    detail: str,
    examples: Sequence[str] = (),
    *,
    is_damage: bool = True,
) -> DamageFinding:
    """Return a finding with the first of its examples."""
    return DamageFinding(
        check=check,
        table=table,
        n_rows=n_rows,
        detail=detail,
        examples=tuple(examples[:_N_EXAMPLES]),
        is_damage=is_damage,
    )


class _Examples:
    """Counts, and keeps the first few."""

    def __init__(self) -> None:
        self.n = 0
        self.shown: list[str] = []

    def add(self, value: object, n_rows: int = 1) -> None:
        self.n += n_rows
        if len(self.shown) < _N_EXAMPLES:
            self.shown.append(_quoted(value))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _N_LISTED} more" if len(names) > _N_LISTED else ""
    return ", ".join(name[:_MAX_EXAMPLE_LENGTH] for name in names[:_N_LISTED]) + more


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    shown = repr(text) if len(text) <= _MAX_EXAMPLE_LENGTH else repr(text[:_MAX_EXAMPLE_LENGTH]) + "…"
    return shown if isinstance(value, str) else text[:_MAX_EXAMPLE_LENGTH]


def _is_wrong(column: str, name: str, types: Types) -> str:
    """Return a test that is 1 where the value is not what it is to be; nothing is never wrong."""
    kind = f"typeof({column})"
    if name in types.instants | types.json:
        is_bad = f"julianday({column}) IS NULL" if name in types.instants else f"NOT json_valid({column})"
        return f"({column} IS NOT NULL AND CASE {kind} WHEN 'text' THEN {is_bad} ELSE {kind} = 'blob' END)"
    if name in types.integers:
        return f"({kind} NOT IN ('integer', 'null'))"
    if name in types.numbers:
        return f"({kind} NOT IN ('integer', 'real', 'null'))"
    return f"({kind} NOT IN ('text', 'null'))"


def _wanted(name: str, types: Types) -> str:
    if name in types.instants:
        return "a time"
    if name in types.json:
        return "JSON"
    return "a number" if name in types.integers | types.numbers else "a text"
