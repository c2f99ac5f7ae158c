"""Hour-by-hour sums per agent, type of event and label (model, tool, status of a run).

A change of rows becomes a sum of signed contributions, so what is merged, moved or deleted is taken out exactly as it
was put in. Durations are counted in buckets whose bounds grow by a fixed factor: their quantiles are right to within
`RELATIVE_ERROR`, and unlike other sketches they can be subtracted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from runreel.model.instant import MICROSECONDS_PER_HOUR
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

_LOG_FACTOR = math.log((1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR))
_SUMS = ("duration_us", *TOTALS)
_KEY = ("project", "agent_name", "hour", "event_type", "label")

RollupKey = tuple[str, str, int, str, str]

_encode_buckets: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode
_decode_buckets: Callable[[bytes], dict[int, int]] = msgspec.msgpack.Decoder(dict[int, int]).decode


def duration_bucket(duration_us: int) -> int:
    """Return the bucket that counts this duration; bucket 0 holds what is below a microsecond."""
    return math.ceil(math.log(duration_us) / _LOG_FACTOR) + 1 if duration_us > 0 else 0


class RollupDelta:
    """Signed contributions of one transaction, summed by key."""

    def __init__(self) -> None:
        self._sums: dict[RollupKey, list[int]] = {}
        self._buckets: dict[RollupKey, dict[int, int]] = {}

    def add(
        self,
        sign: int,
        project: str,
        agent_name: str,
        started_at: int,
        event_type: str,
        label: str,
        duration_us: int | None,
        totals: Sequence[int],
    ) -> None:
        """Add (or with sign -1 take out) what one event or run contributes; `totals` are in the order of `TOTALS`."""
        key = (project, agent_name, started_at // MICROSECONDS_PER_HOUR, event_type, label)
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = [0] * (N_TOTALS + 1)
            self._buckets[key] = {}
        if duration_us is not None:
            sums[0] += sign * duration_us
            buckets = self._buckets[key]
            bucket = duration_bucket(duration_us)
            buckets[bucket] = buckets.get(bucket, 0) + sign
        for place, amount in enumerate(totals, 1):
            if amount:
                sums[place] += sign * amount

    def write(self, dialect: Dialect, cursor: Cursor) -> None:
        """Bring the stored sums up to date; rows that come to nothing are removed."""
        keys = sorted(key for key, sums in self._sums.items() if any(sums) or any(self._buckets[key].values()))
        if not keys:
            return
        stored = self._stored(dialect, cursor, keys)
        missing = [key for key in keys if key not in stored]
        if missing:
            empty = (*([0] * (N_TOTALS + 1)), _encode_buckets({}))
            dialect.insert(cursor, schema.rollups, [(*key, *empty) for key in missing], or_ignore=True)
            stored.update(self._stored(dialect, cursor, missing))
        self._update(dialect, cursor, keys, stored)

    def _stored(self, dialect: Dialect, cursor: Cursor, keys: Sequence[RollupKey]) -> dict[RollupKey, Sequence[Any]]:
        columns = (*_KEY, *_SUMS, "durations")
        rows = dialect.select(cursor, schema.rollups, columns, _KEY, keys, for_update=True)
        return {(row[0], row[1], row[2], row[3], row[4]): row[5:] for row in rows}

    def _update(
        self, dialect: Dialect, cursor: Cursor, keys: Sequence[RollupKey], stored: dict[RollupKey, Sequence[Any]]
    ) -> None:
        where = " AND ".join(f"{name} = ?" for name in _KEY)
        changed: list[tuple[Any, ...]] = []
        emptied: list[RollupKey] = []
        for key in keys:
            row = stored[key]
            sums = [old + change for old, change in zip(row, self._sums[key], strict=False)]
            buckets = _decode_buckets(row[-1])
            for bucket, change in self._buckets[key].items():
                count = buckets.pop(bucket, 0) + change
                if count:
                    buckets[bucket] = count
            if any(sums) or buckets:
                changed.append((*sums, _encode_buckets(buckets), *key))
            else:
                emptied.append(key)
        if changed:
            assignments = ",".join(f"{name} = ?" for name in (*_SUMS, "durations"))
            cursor.executemany(dialect.sql(f"UPDATE rollups SET {assignments} WHERE {where}"), changed)
        if emptied:
            cursor.executemany(dialect.sql(f"DELETE FROM rollups WHERE {where}"), emptied)
