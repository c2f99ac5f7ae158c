"""The plan of a run as it stands: its steps in order, and how far the run is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runreel.model.dag import DagNode
from runreel.model.node_history import AT_WORK, NEVER_BEGAN
from runreel.model.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """The steps of a run's plan in their order; those of a former version come first, if they ran.

    `version` is None where nodes were declared without one: then these are the steps.
    """

    version: int | None
    progress: Progress | None
    steps: tuple[DagNode, ...]


def make_plan(version: int | None, nodes: Sequence[DagNode]) -> RunPlan:
    """Return the plan that these nodes are the steps of, given in topological order."""
    steps = sorted(nodes, key=lambda step: (step.node.plan_version or 0, step.place))
    return RunPlan(version=version, progress=find_progress(steps), steps=tuple(steps))


def find_progress(steps: Sequence[DagNode]) -> Progress | None:
    """Return which step is at work, the one that began last of several; else which was last; None before any began."""
    begun = [(place, step) for place, step in enumerate(steps) if _has_begun(step)]
    if not begun:
        return None
    at_work = [each for each in begun if each[1].node.status in AT_WORK]
    place, step = max(at_work or begun, key=lambda each: (each[1].transitions[-1].at, each[0]))
    return Progress(
        place=place + 1,
        n_steps=len(steps),
        node_id=step.node.node_id,
        name=step.node.name,
        attempt=max(1, step.n_attempts),
        max_attempts=step.node.max_attempts,
    )


def _has_begun(step: DagNode) -> bool:
    has_worked = step.n_attempts > 0 or any(each.to_status in AT_WORK for each in step.transitions)
    return has_worked and step.node.status not in NEVER_BEGAN
