"""Branches: what else an agent tries, in a run of its own."""

from __future__ import annotations

from runreel.sdk.block import RunBlock
from runreel.sdk.context import Place
from runreel.sdk.record import plain_mapping, plain_text
from runreel.sdk.run_kind import RunKind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from runreel.sdk.run import Run, RunPlace


def branch(
    hypothesis: str,
    *,
    from_node: str | None = None,
    overrides: Mapping[str, object] | None = None,
    name: str | None = None,
    agent: str | None = None,
) -> BranchBlock:
    """Record what is inside as a branch of the run around: a child run of the same agent, or of another `agent`.

    `from_node` is where it leaves the run, by default the node that the code is in; `overrides` is what is done
    otherwise.
    """
    return BranchBlock(hypothesis, from_node=from_node, overrides=overrides, name=name, agent=agent)


class BranchBlock(RunBlock):
    """Records a branch. The block gives its `Run`."""

    __slots__ = ("_hypothesis",)

    def __init__(self, hypothesis: object, **fields: object) -> None:
        super().__init__(is_named_after_function=False, capture_inputs=True, **fields)
        self._hypothesis = hypothesis

    def _kind(self, name: str | None) -> Any:  # noqa: ARG002 - a branch is not called like its function
        return _BranchKind(self._hypothesis, **self._fields)  # type: ignore[arg-type]


class _BranchKind:
    """What all runs of one branch have in common; whose branch it is shows when it begins."""

    __slots__ = ("_agent", "_from_node", "_hypothesis", "_name", "_overrides")

    def __init__(
        self, hypothesis: object, *, from_node: object, overrides: object, name: object, agent: object
    ) -> None:
        self._hypothesis = plain_text(hypothesis, "hypothesis")
        self._from_node = plain_text(from_node, "from_node") or None
        self._overrides = plain_mapping(overrides, "overrides")
        self._name = name
        self._agent = agent

    def open(self, outer: Place | None, write_inputs: Callable[[Run], str] | None = None) -> RunPlace | None:
        """Tell that the branch began; without a run around it is a run like any other."""
        told = {
            "from_node": self._from_node or (outer.node_id if outer is not None else None),
            "hypothesis": self._hypothesis,
            "overrides": self._overrides,
        }
        kind = RunKind(
            agent=self._agent or (outer.run.agent_name if outer is not None else None),
            name=self._name,
            metadata={"branch": {key: value for key, value in told.items() if value}},
        )
        return kind.open(outer, write_inputs)
