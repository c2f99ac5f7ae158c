"""A run: one execution of one task by one agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from runreel.model.progress import Progress
from runreel.model.recorder import Completeness
from runreel.model.request import Request
from runreel.model.usage import NO_USAGE, Usage

MAX_TAGS = 100
MAX_ALIASES = 100


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
    error_line: str | None = None
    usage: Usage = NO_USAGE
    n_events: int = 0
    n_errors: int = 0
    n_open_approvals: int = 0
    change_seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerName:
    """A name that a run had, and the agent it had then."""

    agent_name: str
    run_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """What only the page of one run shows: any JSON, as it was recorded, and the names that still lead to the run.

    `requests` are what people asked of the agent, oldest first. `completeness` is None where no recorder numbers its
    records of the run, `progress` where no node was declared, or none has begun.
    """

    inputs: object = None
    outputs: object = None
    error: object = None
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])
    aliases: tuple[FormerName, ...] = ()
    completeness: Completeness | None = None
    requests: tuple[Request, ...] = ()
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs to list; a field that is empty or None does not restrict.

    `text` is looked for in names, upper and lower case being the same. `run_ids` match no other runs, so none
    where there are none.
    """

    agent_name: str | None = None
    session_id: str | None = None
    statuses: tuple[str, ...] = ()
    environment: str | None = None
    mode: str | None = None
    tag: str | None = None
    parent_run_id: str | None = None
    since: int | None = None
    until: int | None = None
    text: str | None = None
    has_errors: bool | None = None
    run_ids: tuple[str, ...] | None = None
    has_unpriced: bool | None = None


class RunSort(StrEnum):
    """What runs can be sorted by; a run without a duration or a name stands after all others."""

    CREATED_AT = "created_at"
    DURATION = "duration"
    COST = "cost"
    TOKENS = "tokens"
    ERRORS = "errors"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """In which order to list runs: newest first, unless something else is said."""

    sort: RunSort = RunSort.CREATED_AT
    is_descending: bool = True


NEWEST_FIRST = RunOrder()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFamily:
    """The runs around one: its parent, the one before and after it of the same agent, and how many it began."""

    parent: Run | None
    previous: Run | None
    next: Run | None
    n_children: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteReport:
    """How many runs and events a deletion removed; `next_cursor` is where a deletion in parts goes on."""

    n_runs: int
    n_events: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCount:
    """How many runs a filter matches, and how many events are in them."""

    n_runs: int
    n_events: int
