"""A run: one execution of one task by one agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runreel.model.usage import NO_USAGE, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as lists show it. `run_name` is None until its agent is settled.

    `created_at` is the earliest instant that any of its records speaks of, `active_at` the latest.
    """

    run_id: str
    run_name: str | None
    agent_name: str
    session_id: str
    status: str
    created_at: int
    active_at: int
    started_at: int | None = None
    ended_at: int | None = None
    duration_us: int | None = None
    environment: str | None = None
    mode: str | None = None
    task: str | None = None
    model: str | None = None
    parent_run_id: str | None = None
    parent_event_id: str | None = None
    tags: tuple[str, ...] = ()
    usage: Usage = NO_USAGE
    n_events: int = 0
    n_errors: int = 0
    change_seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """What only the page of one run shows: any JSON, as it was recorded."""

    inputs: object = None
    outputs: object = None
    error: object = None
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs to list; a field that is None does not restrict."""

    agent_name: str | None = None
    session_id: str | None = None
    status: str | None = None
    environment: str | None = None
    mode: str | None = None
    tag: str | None = None
    parent_run_id: str | None = None
    since: int | None = None
    until: int | None = None
    has_unpriced: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReport:
    """How many runs and events a deletion removed."""

    n_runs: int
    n_events: int
