"""Retention: how long, and how much of it, ended runs are kept."""

from __future__ import annotations

from dataclasses import dataclass

EVERY_AGENT = ""
"""Stands for all agents of a project where a rule names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """What is kept of an agent's ended runs, or of all; a bound that is None does not restrict."""

    agent_name: str
    max_age_us: int | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptRun:
    """A run that the rules give up; its size is an estimate, see `RetentionStore`."""

    run_id: str
    agent_name: str
    run_name: str | None
    active_at: int
    n_events: int
    n_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionReport:
    """What a sweep deleted, or would delete; `has_more` tells that more runs are beyond the rules than `runs` lists."""

    runs: tuple[SweptRun, ...]
    n_runs: int
    n_events: int
    n_bytes: int
    has_more: bool
