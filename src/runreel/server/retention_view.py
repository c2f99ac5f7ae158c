"""Retention as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from runreel.model.instant import format_instant
from runreel.model.retention import RetentionReport, RetentionRule, SweptRun


class RuleView(TypedDict):
    """A rule; `agent_name` is null for that of all agents, a bound that is null does not restrict."""

    agent_name: str | None
    max_age_ms: float | None
    max_bytes: int | None


class RulePageView(TypedDict):
    """Rules of a project."""

    rules: list[RuleView]
    next_cursor: str | None


class UnruledView(TypedDict):
    """A rule is gone."""

    status: str


class SweptRunView(TypedDict):
    """A run beyond the rules; `size_bytes` is an estimate."""

    run_id: str
    agent_name: str
    run_name: str | None
    last_active_at: str
    event_count: int
    size_bytes: int


class SweepView(TypedDict):
    """What was deleted, or with `dry_run` what would be: all of it, of which `runs` lists the first."""

    dry_run: bool
    deleted_runs: int
    deleted_events: int
    deleted_bytes: int
    runs: list[SweptRunView]
    has_more: bool


def view_rule(rule: RetentionRule) -> RuleView:
    """Return a rule."""
    return {
        "agent_name": rule.agent_name or None,
        "max_age_ms": None if rule.max_age_us is None else rule.max_age_us / 1_000,
        "max_bytes": rule.max_bytes,
    }


def view_sweep(report: RetentionReport, *, is_dry_run: bool) -> SweepView:
    """Return what a sweep did."""
    return {
        "dry_run": is_dry_run,
        "deleted_runs": report.n_runs,
        "deleted_events": report.n_events,
        "deleted_bytes": report.n_bytes,
        "runs": [_view_swept(run) for run in report.runs],
        "has_more": report.has_more,
    }


def _view_swept(run: SweptRun) -> SweptRunView:
    return {
        "run_id": run.run_id,
        "agent_name": run.agent_name,
        "run_name": run.run_name,
        "last_active_at": format_instant(run.active_at),
        "event_count": run.n_events,
        "size_bytes": run.n_bytes,
    }
