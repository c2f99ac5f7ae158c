"""What events contribute to the totals of their run and to the rollups: the one place that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from runreel.model.approval import APPROVAL_REQUESTED
from runreel.model.instant import MICROSECONDS_PER_HOUR
from runreel.storage.sql.event_row import PLACE, duration_us_between
from runreel.storage.sql.rollup import RollupDelta, duration_bucket

Row = Sequence[Any]

_LABELLED_BY_NAME = frozenset({"tool_call", "embedding", "retrieval", "guardrail", "code_exec"})
_TOKENS = ("tokens_in", "tokens_out", "tokens_cached", "tokens_cache_write", "tokens_reasoning")
_VALUES = (
    *("event_type", "name", "model", "status", "sequence"),
    *("started_at", "ended_at", "duration_us", "is_counted"),
)
_VALUES_OF = itemgetter(*(PLACE[name] for name in _VALUES))
_USAGE_OF = itemgetter(*(PLACE[name] for name in (*_TOKENS, "cost_nanos", "price_nanos")))


class EventTotals(NamedTuple):
    """What events come to; `totals` are in the order of `rollup.TOTALS`."""

    n_sequenced: int
    n_approvals: int
    n_open_approvals: int
    totals: Sequence[int]


def add_events(rollup: RollupDelta, sign: int, rows: Iterable[Row], project: str, agent_name: str) -> EventTotals:
    """Add what events contribute to the rollups of an agent, or with sign -1 take it out; return what they come to."""
    cells = rollup.cells
    n_events = n_failed = n_sequenced = n_approvals = n_open = 0
    usage = [0] * (len(_TOKENS) + 2)
    # Every event of every batch comes through here, so nothing is called that can be written out.
    for row in rows:
        event_type, name, model, status, sequence, started_at, ended_at, duration_us, is_counted = _VALUES_OF(row)
        label = ""
        if event_type == "llm_call":
            label = model or name or ""
        elif event_type in _LABELLED_BY_NAME:
            label = name or ""
        elif event_type == APPROVAL_REQUESTED:
            n_approvals += 1
            n_open += status == "running"
        sums, buckets = cells[project, agent_name, started_at // MICROSECONDS_PER_HOUR, event_type, label]
        if duration_us is None and ended_at is not None:
            duration_us = duration_us_between(None, started_at, ended_at)
        if duration_us is not None:
            sums[0] += sign * duration_us
            bucket = duration_bucket(duration_us)
            buckets[bucket] = buckets.get(bucket, 0) + sign
        n_events += 1
        sums[1] += sign
        if status == "failed":
            n_failed += 1
            sums[2] += sign
        if sequence is not None:
            n_sequenced += 1
        if is_counted:
            for place, amount in enumerate(_usage_of(row)):
                if amount:
                    usage[place] += amount
                    sums[place + 3] += sign * amount
    return EventTotals(n_sequenced, n_approvals, n_open, (n_events, n_failed, *usage))


def _usage_of(row: Row) -> Sequence[int | None]:
    """Return tokens, cost, and whether nobody knows the cost."""
    *tokens, cost_nanos, price_nanos = _USAGE_OF(row)
    cost = price_nanos if cost_nanos is None else cost_nanos
    return *tokens, cost, cost is None
