"""What the API takes and answers of plans and of the states of nodes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from runreel.model.name import MAX_NAME_LENGTH, repair_name
from runreel.model.node_history import NodeHistory
from runreel.model.plan_draft import DraftEdge, DraftNode, PlanDraft
from runreel.model.vocabulary import NodeStatus
from runreel.server.body_text import plain
from runreel.server.run_change_view import TransitionView, view_transition
from runreel.wire.field import MAX_INTEGER, key_text_of
from runreel.wire.json import cleaned

MAX_NODES = 5_000
MAX_EDGES = 20_000
MAX_WHY_LENGTH = 1_000
_MAX_GOAL_LENGTH = 10_000
_MAX_ATTEMPTS = 10**12


def _short(text: str) -> str:
    repaired = repair_name(text)
    if repaired is None:
        raise ValueError("it has no usable characters")
    return repaired


ShortText = Annotated[str, Field(max_length=MAX_NAME_LENGTH), AfterValidator(_short)]
Why = Annotated[str, Field(max_length=MAX_WHY_LENGTH), AfterValidator(plain)]


class PlanNodeBody(BaseModel):
    """A node of a plan; what is left out is not said, and stays what it was."""

    model_config = ConfigDict(extra="forbid")

    node_id: str
    name: ShortText | None = None
    node_type: ShortText | None = None
    goal: Annotated[str, Field(max_length=_MAX_GOAL_LENGTH), AfterValidator(plain)] | None = None
    agent_name: ShortText | None = None
    details: Any = Field(default=None, description="Any JSON, best a list of texts.")
    requires_approval: bool | None = None
    max_attempts: int | None = Field(default=None, ge=1, le=_MAX_ATTEMPTS)
    depends_on: list[str] | None = Field(default=None, description="The nodes that it comes after.")
    order_index: int | None = Field(
        default=None, ge=-MAX_INTEGER, le=MAX_INTEGER, description="The default is its place in the list."
    )

    def as_draft(self) -> DraftNode:
        """Return the node as the store takes it."""
        stated = self.model_dump(exclude_none=True, exclude={"node_id", "depends_on"})
        if self.details is not None:
            stated["details"] = cleaned(self.details)
        depends_on = None if self.depends_on is None else tuple(self.depends_on)
        return DraftNode(node_id=self.node_id, fields=stated, depends_on=depends_on)


class PlanEdgeBody(BaseModel):
    """An edge of a plan."""

    model_config = ConfigDict(extra="forbid")

    source: str
    target: str
    edge_type: ShortText = "sequential"
    condition: str | None = None

    def as_draft(self) -> DraftEdge:
        """Return the edge as the store takes it."""
        condition = key_text_of(self.condition) or ""
        return DraftEdge(source=self.source, target=self.target, edge_type=self.edge_type, condition=condition)


class PlanBody(BaseModel):
    """A whole plan: where neither edges nor dependencies are given, each node comes after the one before."""

    model_config = ConfigDict(extra="forbid")

    nodes: list[PlanNodeBody] = Field(min_length=1, max_length=MAX_NODES)
    edges: list[PlanEdgeBody] | None = Field(default=None, max_length=MAX_EDGES)

    def as_draft(self) -> PlanDraft:
        """Return the plan as the store takes it."""
        edges = None if self.edges is None else tuple(edge.as_draft() for edge in self.edges)
        return PlanDraft(nodes=tuple(node.as_draft() for node in self.nodes), edges=edges)


class NodePatch(BaseModel):
    """What a person says of a node."""

    model_config = ConfigDict(extra="forbid")

    status: NodeStatus = Field(description="One that the present status may go to.")
    why: Why | None = Field(default=None, description="Why; kept in the history.")
    who: ShortText | None = Field(default=None, description="Who says so; the default is `person`.")


class NodeHistoryView(TypedDict):
    """The latest changes of a node's status, oldest first; the count is that of all."""

    run_id: str
    node_id: str
    transition_count: int
    transitions: list[TransitionView]


def view_node_history(run_id: str, node_id: str, history: NodeHistory, *, limit: int) -> NodeHistoryView:
    """Return the latest changes of a node's status."""
    return {
        "run_id": run_id,
        "node_id": node_id,
        "transition_count": len(history.transitions),
        "transitions": [view_transition(each) for each in history.transitions[-limit:]],
    }
