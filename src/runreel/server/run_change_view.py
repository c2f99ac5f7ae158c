"""What the API answers of changes of runs."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from runreel.model.instant import format_instant
from runreel.model.node_history import NodeTransition
from runreel.model.page import Page
from runreel.model.run import DeleteReport, Run, RunCount
from runreel.model.transition import Transition
from runreel.server.view import DeletedView, view_deleted


class TransitionView(TypedDict):
    """One change of the status of a run or a node; `from_status` is null for the first one."""

    at: str
    from_status: str | None
    to_status: str
    who: str
    why: str | None


class HistoryView(TypedDict):
    """A page of the changes of a run's status, oldest first."""

    run_id: str
    transitions: list[TransitionView]
    next_cursor: str | None


class BulkDeletedView(DeletedView):
    """What a deletion of many runs removed; where it is not complete there are more, for the same request again."""

    is_complete: bool


class MatchedRunView(TypedDict):
    """A run that would be deleted."""

    run_id: str
    agent_name: str
    run_name: str | None


class MatchedRunsView(TypedDict):
    """What a deletion would remove, and the newest of it."""

    status: str
    matching_runs: int
    matching_events: int
    first_runs: list[MatchedRunView]


def view_history(run_id: str, page: Page[Transition]) -> HistoryView:
    """Return a page of the changes of a run's status."""
    transitions = [view_transition(transition) for transition in page.items]
    return {"run_id": run_id, "transitions": transitions, "next_cursor": page.next_cursor}


def view_transition(transition: Transition | NodeTransition) -> TransitionView:
    """Return one change of a status."""
    return {
        "at": format_instant(transition.at),
        "from_status": transition.from_status,
        "to_status": transition.to_status,
        "who": transition.who,
        "why": transition.why,
    }


def view_bulk_deleted(report: DeleteReport) -> BulkDeletedView:
    """Return what a deletion of many runs removed."""
    return {**view_deleted(report), "is_complete": report.next_cursor is None}


def view_matched_runs(count: RunCount, first: Sequence[Run]) -> MatchedRunsView:
    """Return what a deletion would remove."""
    return {
        "status": "dry_run",
        "matching_runs": count.n_runs,
        "matching_events": count.n_events,
        "first_runs": [{"run_id": run.run_id, "agent_name": run.agent_name, "run_name": run.run_name} for run in first],
    }
