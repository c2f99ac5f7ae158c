"""What changed: pages of a run's things, and of a project's runs, in the order in which changes became visible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runreel.model.edge import Edge
from runreel.model.event import Event
from runreel.model.file import FileReference
from runreel.model.message import Message
from runreel.model.recorder import Completeness
from runreel.model.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredNode:
    """What records declare of a node.

    What follows from the events of a node is not here: it changes with them, and the node's row does not.
    """

    node_id: str
    name: str
    node_type: str | None = None
    status: str | None = None
    agent_name: str | None = None
    goal: str | None = None
    order_index: int | None = None
    parent_node_id: str | None = None
    started_at: int | None = None
    ended_at: int | None = None
    error: object = None
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])
    details: object = None
    requires_approval: bool = False
    max_attempts: int | None = None
    plan_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChanges:
    """The run as it is now, and those of its things whose latest change is in a stretch of `change_seq`.

    `completeness` is that of now, too. The stretch comes after `begin`: 0 where the number that was asked for is of a
    run that was deleted and came back, or of a database before its restoring. `change_seq` is its end, `is_caught_up`
    tells whether it was the run's present number. Events have neither `execution_order` nor `depth`: both change with
    other events.
    """

    run: Run
    nodes: tuple[DeclaredNode, ...]
    edges: tuple[Edge, ...]
    events: tuple[Event, ...]
    messages: tuple[Message, ...]
    files: tuple[FileReference, ...]
    begin: int
    change_seq: int
    is_caught_up: bool
    completeness: Completeness | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectChanges:
    """The runs whose latest change is in a stretch of `change_no`, and the ids of those deleted in it."""

    runs: tuple[Run, ...]
    deleted: tuple[str, ...]
    change_no: int
    is_caught_up: bool
