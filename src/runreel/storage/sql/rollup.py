"""Hour-by-hour sums per agent and per project, type of event and label (model, tool, status of a run).

A change of rows becomes a sum of signed contributions, so what is merged, moved or deleted is taken out exactly as it
was put in. Durations are counted in buckets whose bounds grow by a fixed factor: their quantiles are right to within
`RELATIVE_ERROR`, and unlike other sketches they can be subtracted.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import accumulate
from operator import add
from typing import Any

import msgspec
from sqlalchemy import Table

from runreel.storage.sql import schema
from runreel.storage.sql.dialect import Cursor, Dialect

RELATIVE_ERROR = 0.02
RUN_TYPE = "run"
TOTALS = (
    "event_count",
    "error_count",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "cost_nanos",
    "unpriced_count",
)
N_TOTALS = len(TOTALS)

_FACTOR = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_FACTOR = math.log(_FACTOR)
_SUMS = ("duration_us", *TOTALS)
_KEY = ("project", "agent_name", "hour", "event_type", "label")
_PROJECT_KEY = ("project", "hour", "event_type", "label")

RollupKey = tuple[str, str, int, str, str]
AgentKey = tuple[str, str]
Buckets = dict[int, int]
Cell = tuple[list[int], Buckets]
"""What is summed under one key: the duration and the totals, and how many took how long."""

encode_buckets: Callable[[Buckets], bytes] = msgspec.msgpack.Encoder().encode
decode_buckets: Callable[[bytes], Buckets] = msgspec.msgpack.Decoder(dict[int, int]).decode


def duration_bucket(duration_us: int) -> int:
    """Return the bucket that counts this duration; bucket 0 holds what is below a microsecond."""
    return math.ceil(math.log(duration_us) / _LOG_FACTOR) + 1 if duration_us > 0 else 0


def find_quantiles(buckets: Buckets, percents: Sequence[int]) -> list[int]:
    """Return the durations that so many of a hundred did not exceed, in microseconds.

    Each is the middle of the bucket that holds it, so no further from it than `RELATIVE_ERROR`.
    """
    ordered = sorted(buckets)
    n_up_to = list(accumulate(map(buckets.__getitem__, ordered)))
    if not n_up_to:
        return [0] * len(percents)
    ranks = (-(-percent * n_up_to[-1] // 100) for percent in percents)
    return [_middle_us(ordered[bisect_left(n_up_to, rank)]) for rank in ranks]


@cache
def _middle_us(bucket: int) -> int:
    return round(_FACTOR ** (bucket - 1) * 2 / (1 + _FACTOR)) if bucket else 0


class RollupDelta:
    """Signed contributions of one transaction, summed by key."""

    def __init__(self) -> None:
        self.cells: defaultdict[RollupKey, Cell] = defaultdict(_new_cell)

    def add_row(self, sign: int, key: RollupKey, sums: Sequence[int], durations: bytes) -> None:
        """Add (or take out) a whole stored row, its sums in the order of the columns."""
        known, buckets = self.cells[key]
        for place, amount in enumerate(sums):
            known[place] += sign * amount
        add_buckets(buckets, {bucket: sign * count for bucket, count in decode_buckets(durations).items()})

    def differing_keys(self) -> list[RollupKey]:
        """Return the keys whose sums don't come to nothing."""
        return _differing(self.cells)

    def agent_keys(self) -> set[AgentKey]:
        """Return the agents that have sums here."""
        return {key[:2] for key in self.cells}

    def write(self, dialect: Dialect, cursor: Cursor) -> None:
        """Bring the stored sums of agents up to date, which are locked; rows that come to nothing are removed."""
        _write(dialect, cursor, schema.rollups, _KEY, self.cells)

    def write_projects(self, dialect: Dialect, cursor: Cursor) -> None:
        """Bring the stored sums of projects up to date, which are locked."""
        cells: dict[tuple[Any, ...], Cell] = {}
        for key, (amounts, counts) in self.cells.items():
            project_key = (key[0], *key[2:])
            known = cells.get(project_key)
            if known is None:
                cells[project_key] = (list(amounts), dict(counts))
                continue
            sums, buckets = known
            for place, amount in enumerate(amounts):
                sums[place] += amount
            add_buckets(buckets, counts)
        _write(dialect, cursor, schema.project_rollups, _PROJECT_KEY, cells)


def add_buckets(counts: Buckets, changes: Mapping[int, int]) -> None:
    """Add counts of durations to others; what comes to nothing is left out."""
    for bucket, change in changes.items():
        count = counts.pop(bucket, 0) + change
        if count:
            counts[bucket] = count


def _new_cell() -> Cell:
    return [0] * (N_TOTALS + 1), {}


def _differing(cells: Mapping[Any, Cell]) -> list[Any]:
    return sorted(key for key, (sums, buckets) in cells.items() if any(sums) or any(buckets.values()))


def _write(
    dialect: Dialect,
    cursor: Cursor,
    table: Table,
    key_names: Sequence[str],
    cells: Mapping[Any, Cell],
) -> None:
    keys = _differing(cells)
    if not keys:
        return
    stored = _stored(dialect, cursor, table, key_names, keys)
    new: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    emptied: list[Sequence[Any]] = []
    for key in keys:
        amounts, buckets = cells[key]
        row = stored.get(key)
        if row is None:
            counts = {bucket: count for bucket, count in buckets.items() if count}
            new.append((*key, *amounts, encode_buckets(counts)))
            continue
        sums = list(map(add, row, amounts))
        counts = decode_buckets(row[-1])
        add_buckets(counts, buckets)
        if any(sums) or counts:
            changed.append((*sums, encode_buckets(counts), *key))
        else:
            emptied.append(key)
    dialect.insert(cursor, table, new)
    where = " AND ".join(f"{name} = ?" for name in key_names)
    if changed:
        assignments = ",".join(f"{name} = ?" for name in (*_SUMS, "durations"))
        cursor.executemany(dialect.sql(f"UPDATE {table.name} SET {assignments} WHERE {where}"), changed)
    if emptied:
        cursor.executemany(dialect.sql(f"DELETE FROM {table.name} WHERE {where}"), emptied)


def _stored(
    dialect: Dialect, cursor: Cursor, table: Table, key_names: Sequence[str], keys: Sequence[Sequence[Any]]
) -> dict[Any, Sequence[Any]]:
    columns = (*key_names, *_SUMS, "durations")
    rows = dialect.select(cursor, table, columns, key_names, keys, for_update=True)
    n_key = len(key_names)
    return {tuple(row[:n_key]): row[n_key:] for row in rows}
