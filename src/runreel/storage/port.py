"""The ports of the storage: what a store promises, each promise kept by a test of `runreel.testing`.

Every method takes the scope first. No method reads nodes, edges, events, messages or files without saying of which
run. Ports are synchronous; a store may be called from several threads at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from runreel.model.agent import ALL_AGENTS, Agent, AgentFilter
from runreel.model.change import ProjectChanges, RunChanges
from runreel.model.event import Event, FullEvent
from runreel.model.file import FileReference
from runreel.model.message import Message
from runreel.model.metrics import (
    Activity,
    AgentFigures,
    AgentOrder,
    CallFigures,
    CallOrder,
    Period,
    Summary,
    TimelinePoint,
)
from runreel.model.node import Graph, Node, NodeSummary
from runreel.model.page import Page
from runreel.model.record import ApplyReport, Record
from runreel.model.run import DeleteReport, Run, RunDetail, RunFilter
from runreel.model.scope import Scope
from runreel.model.session import Session


class RunStore(Protocol):
    """Keeps sessions, agents and runs, and takes the records of everything."""

    def apply(self, batches: Sequence[tuple[Scope, Sequence[Record]]], *, now: int) -> list[ApplyReport]:
        """Merge the records of batches in one transaction; what the reports don't refuse is durable when this returns.

        - The rows, totals, statuses and trees that result depend only on the set of records ever applied.
        - Records of a deleted run are refused and counted.
        - A run is named when its agent is settled or when it ends, see DESIGN §2.
        - Totals, rollups and change numbers are of the same transaction.

        Raises:
            StorageError: nothing of the call was kept.
        """
        ...

    def settle_runs(self, *, seen_before: int) -> int:
        """Name the runs of all projects that were first seen before this instant and have no name yet."""
        ...

    def get_run(self, scope: Scope, run_id: str) -> Run:
        """Return a run by its id."""
        ...

    def get_run_by_name(self, scope: Scope, agent_name: str, run_name: str) -> Run:
        """Return a run by its present name; a former one raises `RenamedError` with the present one."""
        ...

    def get_run_detail(self, scope: Scope, run_id: str) -> RunDetail:
        """Return inputs, outputs, error and metadata of a run."""
        ...

    def list_runs(self, scope: Scope, query: RunFilter, *, limit: int, cursor: str | None = None) -> Page[Run]:
        """Return runs, newest first; paging visits each run once while runs are added."""
        ...

    def list_runs_at(self, scope: Scope, query: RunFilter, *, limit: int, offset: int) -> list[Run]:
        """Return runs, newest first, from a position in the list."""
        ...

    def list_runs_of_event(self, scope: Scope, event_id: str, *, limit: int) -> list[Run]:
        """Return the visible runs that have an event of this id; normally one."""
        ...

    def rename_run(self, scope: Scope, run_id: str, new_name: str) -> Run:
        """Give a run the name that a person chose; the former name becomes an alias.

        - Renaming a run to the name it has changes nothing.
        - No record of the wire undoes it.

        Raises:
            InvalidNameError: the name breaks the rules.
            NameTakenError: another run of the agent has it.
        """
        ...

    def delete_run(self, scope: Scope, run_id: str, *, now: int) -> DeleteReport:
        """Remove a run and everything below it; later records of it are refused."""
        ...

    def list_agents(
        self, scope: Scope, query: AgentFilter = ALL_AGENTS, *, limit: int, cursor: str | None = None
    ) -> Page[Agent]:
        """Return agents in the order that is asked for; paging by name visits each once while agents are added."""
        ...

    def get_agent(self, scope: Scope, agent_name: str) -> Agent:
        """Return an agent by its name."""
        ...

    def delete_agent(self, scope: Scope, agent_name: str, *, now: int) -> DeleteReport:
        """Remove an agent with all its runs; the numbers of its runs are never used again."""
        ...

    def list_sessions(self, scope: Scope, *, limit: int, cursor: str | None = None) -> Page[Session]:
        """Return sessions, newest first."""
        ...

    def get_session(self, scope: Scope, session_id: str) -> Session:
        """Return a session by its id."""
        ...

    def create_session(self, scope: Scope, session_id: str, name: str, *, now: int) -> Session:
        """Create a session; raises `NameTakenError` where the id exists."""
        ...

    def rename_session(self, scope: Scope, session_id: str, name: str) -> Session:
        """Give a session the name that a person chose; no record of the wire undoes it."""
        ...

    def delete_session(self, scope: Scope, session_id: str, *, now: int) -> DeleteReport:
        """Remove a session with all its runs."""
        ...

    def shrink(self) -> bool:
        """Give back disk space that deletions freed, a bounded part of it; return whether there is more."""
        ...

    def check(self) -> None:
        """Raise `StorageError` where the store can't write now."""
        ...

    def close(self) -> None:
        """Release what the store holds; safe twice."""
        ...


class EventStore(Protocol):
    """Reads what is inside one run; raises `NotFoundError` where the scope sees no such run or node."""

    def list_events(self, scope: Scope, run_id: str, *, limit: int, cursor: str | None = None) -> Page[Event]:
        """Return narrow events in execution order, with their place in it and their depth."""
        ...

    def list_full_events(self, scope: Scope, run_id: str, *, limit: int, cursor: str | None = None) -> Page[FullEvent]:
        """Return events with payloads, otherwise as `list_events`."""
        ...

    def get_event(self, scope: Scope, run_id: str, event_id: str) -> FullEvent:
        """Return one event of a run with its payload."""
        ...

    def list_event_tree(self, scope: Scope, run_id: str, event_id: str, *, limit: int) -> list[FullEvent]:
        """Return an event and its descendants, level by level, at most `limit` of them; depth counts from the event."""
        ...

    def list_lifecycle_events(self, scope: Scope, run_id: str, *, limit: int) -> list[FullEvent]:
        """Return the run's first `agent_start` and `agent_end` events in execution order."""
        ...

    def get_graph(self, scope: Scope, run_id: str) -> Graph:
        """Return the nodes of a run in their order, and its declared edges."""
        ...

    def get_node(self, scope: Scope, run_id: str, node_id: str) -> Node:
        """Return one node of a run."""
        ...

    def list_node_events(
        self,
        scope: Scope,
        run_id: str,
        node_id: str,
        *,
        event_type: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[FullEvent]:
        """Return the events of this node in this run in execution order.

        Those are the events recorded in the node, and the descendants of them that name no node of their own.
        """
        ...

    def get_node_summary(self, scope: Scope, run_id: str, node_id: str) -> NodeSummary:
        """Return what happened in this node of this run."""
        ...

    def list_messages(
        self, scope: Scope, run_id: str, *, node_id: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[Message]:
        """Return messages of a run, or of one node of it, by time."""
        ...

    def list_files(
        self, scope: Scope, run_id: str, *, node_id: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[FileReference]:
        """Return file references of a run, or of one node of it, by time."""
        ...


class Watch(Protocol):
    """Says of what is followed that it may have changed; numbers stand for runs and projects.

    Several threads may use it at once.
    """

    def add(self, scope: Scope, run_id: str | None) -> int:
        """Follow a run, or with None the project's list of runs; return its number."""
        ...

    def remove(self, number: int) -> None:
        """Follow it no longer; safe where it is not followed."""
        ...

    def close(self) -> None:
        """End the watch; safe twice."""
        ...


class ChangeStore(Protocol):
    """Reads what changed, in the order in which it became visible, and says when there may be more."""

    def list_changes(
        self, scope: Scope, run_id: str, *, after: int, limit: int, until: int | None = None
    ) -> RunChanges:
        """Return the things of a run whose latest change comes after one number and not after the other.

        - Reading on from `change_seq` of each page visits exactly what a fresh read has.
        - What changes meanwhile comes again, later; nothing is skipped.
        - A page has at most `limit` things, and is shorter where they are large.
        """
        ...

    def list_run_changes(self, scope: Scope, *, after: int, limit: int, until: int | None = None) -> ProjectChanges:
        """Return the runs whose latest change comes after one number of the project and not after the other.

        - Reading on from `change_no` of each page visits every run; one that changes meanwhile comes again, later.
        - Deleted runs are told by their ids.
        - A page has `limit` runs, and then those that the same transaction changed.
        """
        ...

    def get_change_no(self, scope: Scope) -> int:
        """Return the number of the project's latest change; 0 where there was none."""
        ...

    def watch(self, on_change: Callable[[Mapping[int, int | None]], None]) -> Watch:
        """Call `on_change` with what may have changed, by its number, after the commit that changed it.

        With it goes the `change_seq` of a run, or the `change_no` of a project, where that is known.

        - It is called from any thread, and must return at once.
        - What this process changes is told before the call that changed it returns.
        - What others change is told, too, two seconds later at the latest.
        - It may be called though nothing changed.
        """
        ...


class MetricStore(Protocol):
    """Answers what runs and calls of a period add up to, from sums that are kept: never by reading runs or events.

    Runs count, with all that they consumed, in the hour in which they were created, so that a list of the runs
    created in a period has those that its figures count. Events, and calls of models and tools, count in the hour in
    which they began. All instants given are on the hour.
    """

    def get_summary(self, scope: Scope, period: Period, *, agent_name: str | None = None, top: int) -> Summary:
        """Return a period on one page, of the whole project or of one agent, with lists of the first `top`."""
        ...

    def get_agent_figures(self, scope: Scope, agent_name: str, period: Period) -> AgentFigures:
        """Return the figures of one agent; all zero where it has nothing in the period."""
        ...

    def list_agent_figures(
        self, scope: Scope, period: Period, *, order: AgentOrder, limit: int, offset: int = 0
    ) -> list[AgentFigures]:
        """Return the agents with runs in the period, largest first, or by name."""
        ...

    def list_call_figures(
        self,
        scope: Scope,
        period: Period,
        event_type: str,
        *,
        agent_name: str | None = None,
        order: CallOrder,
        limit: int,
        offset: int = 0,
    ) -> list[CallFigures]:
        """Return what was called by events of one type (models: `llm_call`), largest first, or by name."""
        ...

    def get_run_timeline(
        self, scope: Scope, bounds: Sequence[int], *, agent_name: str | None = None
    ) -> list[TimelinePoint]:
        """Return runs and events of each part between two of the bounds, which ascend."""
        ...

    def get_call_timeline(
        self, scope: Scope, bounds: Sequence[int], event_type: str, label: str, *, agent_name: str | None = None
    ) -> list[CallFigures]:
        """Return the calls of one model or tool in each part between two of the bounds, which ascend."""
        ...

    def get_activity(self, scope: Scope, bounds: Sequence[int], agent_names: Sequence[str]) -> dict[str, Activity]:
        """Return how many runs of each of these agents were created in each part between two of the bounds."""
        ...


class Store(Protocol):
    """All ports, as the server gets them."""

    @property
    def runs(self) -> RunStore:
        """What is kept of sessions, agents and runs."""
        ...

    @property
    def events(self) -> EventStore:
        """What is kept inside runs."""
        ...

    @property
    def changes(self) -> ChangeStore:
        """What changed, and when there is more."""
        ...

    @property
    def metrics(self) -> MetricStore:
        """What is kept in sums."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether writing mostly waits for another process."""
        ...

    def close(self) -> None:
        """Release what the store holds; safe twice."""
        ...
