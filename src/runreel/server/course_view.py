"""How a run went through its nodes, as JSON."""

from __future__ import annotations

from typing_extensions import TypedDict

from runreel.model.course import Course, Execution
from runreel.model.instant import format_instant


class ExecutionView(TypedDict):
    """One execution of a node, and the how manieth; `event_id` where an event tells of it."""

    node_id: str
    number: int
    event_id: str | None
    status: str
    started_at: str
    ended_at: str | None
    ended_by_run: bool


class StepView(TypedDict):
    """One execution came after another, or was called from it; both by their place among the executions."""

    source: int
    target: int
    edge_type: str
    is_declared: bool


class CourseView(TypedDict):
    """The first executions of a run's nodes, and the steps between them; the count is that of the whole run."""

    run_id: str
    execution_count: int
    executions: list[ExecutionView]
    steps: list[StepView]


def view_course(run_id: str, course: Course) -> CourseView:
    """Return how a run went through its nodes."""
    return {
        "run_id": run_id,
        "execution_count": course.n_executions,
        "executions": [_view_execution(execution) for execution in course.executions],
        "steps": [
            {
                "source": step.source,
                "target": step.target,
                "edge_type": step.edge_type,
                "is_declared": step.is_declared,
            }
            for step in course.steps
        ],
    }


def _view_execution(execution: Execution) -> ExecutionView:
    ended_at = execution.ended_at
    return {
        "node_id": execution.node_id,
        "number": execution.number,
        "event_id": execution.event_id,
        "status": execution.status,
        "started_at": format_instant(execution.started_at),
        "ended_at": None if ended_at is None else format_instant(ended_at),
        "ended_by_run": execution.ended_by_run,
    }
