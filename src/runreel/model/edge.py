"""An edge: this node follows that one, within one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from runreel.model.value import value


@value
class Edge:
    """An edge between two nodes of one run; `condition` is empty for an unconditional one.

    `plan_version` is the version of the plan that last declared it.
    """

    source: str
    target: str
    edge_type: str
    condition: str
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])
    plan_version: int | None = None
