"""Spans: rows that stand for all events of a window of a run, however many those are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runreel.model.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanQuery:
    """Which events rows are wanted for, and how many rows.

    The window is one of order if `from_order` is given: `n_events` events from that place on. Else it is one of time:
    the events that began at `since` or later, and before `until`. Places count the events that `text` (looked for in
    names) and `is_failed` let through.
    """

    max_rows: int
    from_order: int | None = None
    n_events: int | None = None
    since: int | None = None
    until: int | None = None
    text: str | None = None
    is_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanGroup:
    """Events of one type that began within one stretch of time; `event_type` is None where a row holds several."""

    event_type: str | None
    n_events: int
    n_errors: int
    first_started_at: int
    last_started_at: int
    last_ended_at: int
    first_event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanPage:
    """Rows for the events of a window, by start; events and errors of the rows sum up to those of the window.

    `n_events` are all of the run, `n_matching` those that the query lets through, `n_window` those in the window.
    What has changed since is told by the changes after `change_seq`, if not by the rows already.
    `from_order` is the place of the window's first event among the matching ones; None where the window is one of
    time in a run that is not ordered by it. `bucket_us` is None where each event has a row of its own.
    """

    rows: tuple[Event | SpanGroup, ...]
    change_seq: int
    n_events: int
    n_matching: int
    n_window: int
    n_window_errors: int
    from_order: int | None
    bucket_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanColumns:
    """A window of events in execution order by its columns, all of one length: what many thousands are read as.

    What has changed since is told by the changes after `change_seq`, if not by the columns already. `ended_by_run` has
    the places of the events that went on when the run ended.
    """

    change_seq: int
    n_events: int
    from_order: int
    event_ids: Sequence[str]
    parent_event_ids: Sequence[str | None]
    event_types: Sequence[str]
    event_subtypes: Sequence[str | None]
    names: Sequence[str | None]
    node_ids: Sequence[str | None]
    agent_names: Sequence[str | None]
    statuses: Sequence[str]
    started_at: Sequence[int]
    ended_at: Sequence[int | None]
    durations_us: Sequence[int | None]
    first_token_at: Sequence[int | None]
    models: Sequence[str | None]
    tokens_in: Sequence[int | None]
    tokens_out: Sequence[int | None]
    costs_nanos: Sequence[int | None]
    ended_by_run: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewBucket:
    """The events of a run that began within one stretch of time; `first_order` is the place of the first of them."""

    since: int
    until: int
    n_events: int
    n_errors: int
    first_order: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A whole run in stretches of equal length, from its first event's start to its last event's."""

    n_events: int
    n_errors: int
    since: int | None
    until: int | None
    buckets: tuple[OverviewBucket, ...]
