"""The ports of the storage: what a store promises, each promise kept by a test of `runreel.testing`.

Every method takes the scope first. No method reads nodes, edges, events, messages or files without saying of which
run. Ports are synchronous; a store may be called from several threads at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from typing import Protocol

from runreel.model.agent import ALL_AGENTS, Agent, AgentFilter
from runreel.model.approval import Answer, Approval, ApprovalStatus
from runreel.model.blob import Blob, SweepReport
from runreel.model.bundle import ImportOptions, Part, RunImport, RunParts, SessionPart
from runreel.model.change import ProjectChanges, RunChanges
from runreel.model.course import Course
from runreel.model.dag import Dag
from runreel.model.event import ALL_EVENTS, Event, EventFamily, EventFilter, FullEvent
from runreel.model.file import FileContent, FileReference
from runreel.model.import_report import ImportSummary, KeptImport
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
from runreel.model.node_history import NodeHistory
from runreel.model.page import Page
from runreel.model.plan_draft import PlanDraft
from runreel.model.price import Price, RecomputeQuery, RecomputeReport, UnpricedModel
from runreel.model.record import ApplyReport, Record
from runreel.model.request import Action, Request
from runreel.model.retention import RetentionReport, RetentionRule
from runreel.model.run import NEWEST_FIRST, DeleteReport, Run, RunCount, RunDetail, RunFamily, RunFilter, RunOrder
from runreel.model.run_edit import RunEdit
from runreel.model.run_plan import RunPlan
from runreel.model.scope import Scope
from runreel.model.session import ALL_SESSIONS, Session, SessionFilter
from runreel.model.span import Overview, SpanColumns, SpanPage, SpanQuery
from runreel.model.store_size import StoreSize
from runreel.model.transition import Transition


class RunStore(Protocol):
    """Keeps sessions, agents and runs, and takes the records of everything."""

    def apply(self, batches: Sequence[tuple[Scope, Sequence[Record]]], *, now: int) -> list[ApplyReport]:
        """Merge the records of batches in one transaction; what the reports don't refuse is durable when this returns.

        - The rows, totals, statuses and trees that result depend only on the set of records ever applied.
        - Records of a deleted run are refused and counted.
        - A number of a recorder counts as received once, and only where its record was kept.
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
        """Return inputs, outputs, error and metadata of a run, at most 100 of its aliases, and how complete it is."""
        ...

    def get_run_family(self, scope: Scope, run_id: str) -> RunFamily:
        """Return the runs around a run: parent, previous and next of its agent by creation, and how many children."""
        ...

    def list_runs(
        self,
        scope: Scope,
        query: RunFilter,
        *,
        order: RunOrder = NEWEST_FIRST,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Run]:
        """Return runs, newest first unless `order` says otherwise; paging visits each run once while runs are added.

        - Runs that are equal in what they are sorted by stand by creation, and in the same direction.
        - A cursor of one order is refused by another.
        """
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

    def edit_run(self, scope: Scope, run_id: str, edit: RunEdit, *, now: int) -> Run:
        """Make all changes of an edit, or none.

        - A new name is given as by `rename_run`.
        - A status follows the transitions of `model/transition.py`; the run's present one is allowed too. An ended one
          stands for ever against the wire; another gives way to a status record of a later time.
        - Tags, and keys of metadata also where they were taken out, stand for ever against the wire.
        - What a person states last counts, and a change of status is in the history as a person's.

        Raises:
            InvalidNameError: a name or a tag breaks the rules.
            InvalidTransitionError: the run can't go to that status from the present one.
            NameTakenError: another run of the agent has the name.
        """
        ...

    def put_plan(self, scope: Scope, run_id: str, draft: PlanDraft, *, now: int) -> None:
        """Declare the next version of a run's plan: its nodes and edges.

        - Nodes and edges of a former version that are not in this one, and never ran, are in no plan or graph any more.
        - What is there keeps what happened to it, and what this version does not say of it.

        Raises:
            InvalidNameError: an id breaks the rules of names.
            InvalidPlanError: names everything that is wrong; nothing changed.
        """
        ...

    def set_node_status(
        self,
        scope: Scope,
        run_id: str,
        node_id: str,
        status: str,
        *,
        who: str | None = None,
        why: str | None = None,
        now: int,
    ) -> None:
        """State what a node is from now on, as a person does; the status that it has changes nothing.

        Raises:
            InvalidTransitionError: the node can't go to that status from the present one.
        """
        ...

    def list_transitions(self, scope: Scope, run_id: str, *, limit: int, cursor: str | None = None) -> Page[Transition]:
        """Return how the stored status of a run changed, oldest first: from, to, when, by whom and why."""
        ...

    def mark_lost_runs(self, *, now: int) -> int:
        """Give the status `lost` to runs of all projects that promised heartbeats and are silent; return how many.

        - Silent is a run that has not ended, and of which no record came for three intervals, and 15 seconds at least.
        - A bounded number at a time, each once, whatever other servers do.
        - The next record of the run takes it back.
        """
        ...

    def count_runs(self, scope: Scope, query: RunFilter) -> RunCount:
        """Return how many runs match, and how many events are in them."""
        ...

    def delete_runs(self, scope: Scope, query: RunFilter, *, now: int, cursor: str | None = None) -> DeleteReport:
        """Remove runs that match in one short transaction: a bounded number, the newest first, as by `delete_run`.

        - `next_cursor` of the report goes on with the next ones; it is None when all were visited.
        - A run that was first seen after `now` is not removed, so that a deletion in parts ends.
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

    def list_sessions(
        self, scope: Scope, query: SessionFilter = ALL_SESSIONS, *, limit: int, cursor: str | None = None
    ) -> Page[Session]:
        """Return sessions, newest first unless sorted otherwise.

        - Paging by `created_at` and by name visits each session once; by a figure that changes meanwhile, one may come
          twice or not at all.
        """
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

    def list_events(
        self,
        scope: Scope,
        run_id: str,
        query: EventFilter = ALL_EVENTS,
        *,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Event]:
        """Return narrow events in execution order, with their depth and their place among all of the run."""
        ...

    def list_full_events(self, scope: Scope, run_id: str, *, limit: int, cursor: str | None = None) -> Page[FullEvent]:
        """Return events with payloads, otherwise as `list_events`."""
        ...

    def get_event(self, scope: Scope, run_id: str, event_id: str) -> FullEvent:
        """Return one event of a run with its payload."""
        ...

    def get_event_family(self, scope: Scope, run_id: str, event_id: str, *, limit: int) -> EventFamily:
        """Return the parent of an event, if the run has it, and the first children by start."""
        ...

    def list_event_tree(self, scope: Scope, run_id: str, event_id: str, *, limit: int) -> list[FullEvent]:
        """Return an event and its descendants, level by level, at most `limit` of them; depth counts from the event."""
        ...

    def list_lifecycle_events(self, scope: Scope, run_id: str, *, limit: int) -> list[FullEvent]:
        """Return the run's first `agent_start` and `agent_end` events in execution order."""
        ...

    def get_graph(self, scope: Scope, run_id: str, *, limit: int | None = None) -> Graph:
        """Return the nodes of a run in their order, and its declared edges, at most `limit` of each."""
        ...

    def get_dag(self, scope: Scope, run_id: str, *, limit: int) -> Dag:
        """Return the nodes of a run by level, and the edges between them, at most `limit` of each.

        - Edges are those declared, and those taken: where the event before one was in another node, where an execution
          of a node came after one of another, and where an event's parent was in another node (type `call`).
        - Declared edges explain first what came after what, see `get_course`; nothing comes after what was skipped.
        - Edges in a circle don't fail; those that lead to no deeper level are marked.
        """
        ...

    def get_plan(self, scope: Scope, run_id: str) -> RunPlan:
        """Return the steps of a run's plan in their order, and how far the run is.

        - Steps of a former version are among them, first, if they ever ran.
        - Where nobody gave a version, all nodes are steps that records declare.
        """
        ...

    def get_course(self, scope: Scope, run_id: str, *, limit: int) -> Course:
        """Return the first executions of a run's nodes by when they began, and the steps between these.

        - A node of which no execution was recorded, but in which something happened, has one.
        - An execution comes after those that had ended of the nodes from which edges to its own are declared; where
          there is none, after the last that had ended.
        - What was skipped is no execution.
        """
        ...

    def get_node(self, scope: Scope, run_id: str, node_id: str) -> Node:
        """Return one node of a run.

        - Its status is the last of its history.
        """
        ...

    def get_node_history(self, scope: Scope, run_id: str, node_id: str) -> NodeHistory:
        """Return how the status of a node changed, by time.

        - It depends only on the set of records, and on whether the run has ended: see `model/node_history.py`.
        - The end of the run ends a node that goes on; if the run goes on again, so does the node.
        """
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
        self,
        scope: Scope,
        run_id: str,
        *,
        node_id: str | None = None,
        event_id: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Message]:
        """Return messages of a run, of one node of it, or of one event, by time."""
        ...

    def list_files(
        self,
        scope: Scope,
        run_id: str,
        *,
        node_id: str | None = None,
        event_id: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[FileReference]:
        """Return file references of a run, of one node of it, or of one event, by time."""
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
        - It begins with everything, which `begin` says, where the run has not reached the number `after`, or has
          nothing that is as old: it was deleted and revived.
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


class RetentionStore(Protocol):
    """Keeps the rules that say how long runs are kept, and deletes what is beyond them.

    The size of a run is an estimate: its stored payloads, and a constant for each event.
    """

    def list_retention_rules(self, scope: Scope, *, limit: int, cursor: str | None = None) -> Page[RetentionRule]:
        """Return rules by the name of their agent; the rule of all agents has the empty one, so it is the first."""
        ...

    def get_retention_rule(self, scope: Scope, agent_name: str) -> RetentionRule:
        """Return the rule of an agent, or of all agents for the empty name."""
        ...

    def put_retention_rule(self, scope: Scope, rule: RetentionRule, *, now: int) -> RetentionRule:
        """Set the rule of an agent, which need not exist yet, or of all; it replaces a former one.

        - An agent's own age counts in place of that of all agents.
        - The size of all agents bounds the sum of all runs, also of agents with a size of their own.

        Raises:
            InvalidNameError: no agent can have the name.
            InvalidQueryError: the rule has neither an age nor a size.
        """
        ...

    def delete_retention_rule(self, scope: Scope, agent_name: str) -> None:
        """Remove a rule; no run is touched by that."""
        ...

    def sweep_runs(self, scope: Scope, *, now: int, dry_run: bool, limit: int) -> RetentionReport:
        """Delete up to `limit` ended runs that are beyond the rules, in short transactions.

        - By age go those whose last activity is longer ago than the age; by size the oldest, until the rest fits.
        - A run that has not ended is never deleted; it counts for the size.
        - A deleted run leaves a tombstone, as any deletion does.
        - With `dry_run` nothing changes; the sums are of all runs beyond the rules, `limit` of which are listed.
        """
        ...

    def sweep_projects(self, *, now: int, limit: int) -> RetentionReport:
        """Sweep every project that has rules, up to `limit` runs in all."""
        ...


class OperationStore(Protocol):
    """What whoever operates a store wants to know of it; speaks for no one."""

    def measure(self) -> StoreSize:
        """Return how much the store holds, without counting rows of runs or events."""
        ...


class SpanStore(Protocol):
    """Shows runs of any length by a bounded number of rows; raises `NotFoundError` where the scope sees no such run."""

    def get_spans(self, scope: Scope, run_id: str, query: SpanQuery) -> SpanPage:
        """Return at most `query.max_rows` rows that stand for all events of a window, without payloads.

        - Counts of events and of errors sum up to those of the window, always.
        - Each event has a row of its own, with its exact depth and place, if there are no more than rows.
        - Else events are grouped by time and type, and failed events still have rows of their own if half of the
          rows are enough for them.
        """
        ...

    def get_span_columns(self, scope: Scope, run_id: str, *, from_order: int, n_events: int) -> SpanColumns:
        """Return at most `n_events` events by columns, in execution order from a place on, without payloads."""
        ...

    def get_overview(self, scope: Scope, run_id: str, *, n_buckets: int) -> Overview:
        """Return how many events and errors began when, in at most `n_buckets` stretches of a run."""
        ...


class PriceStore(Protocol):
    """Keeps what people set as prices, and prices the calls whose recorders gave no cost.

    What people set goes before the tables that the store was opened with, from its own dates on.
    """

    def list_prices(
        self,
        scope: Scope,
        *,
        provider: str | None = None,
        model: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Price]:
        """Return the prices that some call can have, by provider, model and date; those of a model by its exact name.

        - What another table's price hides at every instant is left out.
        """
        ...

    def put_price(self, scope: Scope, price: Price, *, now: int) -> Price:
        """Set what a model costs from an instant on; repeatable.

        - It replaces what was set for the same model and instant.
        - It counts for what is applied from now on, by whichever process, and for stored events that are priced again.

        Raises:
            InvalidNameError: the name of the model or its provider breaks the rules.
            InvalidPriceError: the project has too many prices already.
        """
        ...

    def delete_prices(self, scope: Scope, provider: str, model: str, *, valid_from: int | None = None) -> int:
        """Remove what was set for a model, from one instant on or at all; return how many prices that were.

        - Raises `NotFoundError` where nothing was set.
        """
        ...

    def list_unpriced(self, scope: Scope, *, limit: int, cursor: str | None = None) -> Page[UnpricedModel]:
        """Return the models that were called at a cost that nobody knows, by event type and name."""
        ...

    def recompute(
        self, scope: Scope, query: RecomputeQuery, *, dry_run: bool = False, cursor: str | None = None
    ) -> RecomputeReport:
        """Price stored events again by the prices of now, a bounded part of them; the report says where to go on.

        - Costs that recorders gave stay as they are.
        - Totals and rollups are of the same transaction.
        - A dry run changes nothing, and reports what would change.
        - What changes draws the next `change_seq` of its run.
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


class BlobWriter(Protocol):
    """Bytes on their way into a store; none of them is to be seen there before `commit`."""

    size_bytes: int

    @property
    def content_hash(self) -> str:
        """Return the hash of what was written so far."""
        ...

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        ...

    def commit(self) -> None:
        """Put what was written at its place, all of it or nothing; it is durable when this returns."""
        ...

    def close(self) -> None:
        """Drop what was not committed; safe twice."""
        ...


class BlobStore(Protocol):
    """Keeps bytes by project and content hash. Who refers to them, and how long they stay, `FileStore` knows."""

    def begin(self, scope: Scope) -> BlobWriter:
        """Return a writer of new bytes; committing what is there already changes nothing."""
        ...

    def read(self, scope: Scope, content_hash: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Return the bytes from `start` up to `end`, in chunks; raises `NotFoundError` at once."""
        ...

    def get_size(self, scope: Scope, content_hash: str) -> int:
        """Return how many bytes there are."""
        ...

    def delete(self, scope: Scope, content_hash: str) -> None:
        """Remove the bytes; safe twice."""
        ...

    def iter_hashes(self, scope: Scope, *, after: str | None = None) -> Iterator[str]:
        """Return the hashes of all bytes of the project, in order, those after one of them."""
        ...

    def close(self) -> None:
        """Release what the store holds; safe twice."""
        ...


class FileStore(Protocol):
    """Keeps the bytes of files, once per project, for as long as something refers to them, and a while longer."""

    def begin_upload(self, scope: Scope) -> BlobWriter:
        """Return a writer of new bytes, to be handed to `keep`."""
        ...

    def keep(self, scope: Scope, upload: BlobWriter, *, now: int) -> Blob:
        """Commit an upload; the bytes are durable when this returns.

        - Bytes that are there already are kept longer, else nothing changes.
        - Until `kept_until` no sweep takes them, whatever refers to them or doesn't.
        """
        ...

    def renew(self, scope: Scope, content_hash: str, *, now: int) -> Blob:
        """Return what is kept under a hash, and keep it as long as if it were uploaded now."""
        ...

    def get_file(self, scope: Scope, run_id: str, file_id: str) -> FileReference:
        """Return one file of a run."""
        ...

    def get_content(self, scope: Scope, run_id: str, file_id: str) -> FileContent:
        """Return the bytes of one file of a run; raises `NotFoundError` also where they are not here."""
        ...

    def sweep(self, *, now: int, resume_after: tuple[int, str, str] | None = None) -> SweepReport:
        """Delete bytes of all projects that nothing refers to and whose time is over; looks at a bounded number.

        - Bytes that a committed file or event refers to stay, whatever happens at the same time.
        """
        ...

    def sweep_orphans(self, *, resume_after: tuple[str, str] | None = None) -> tuple[str, str] | None:
        """Delete bytes that a crash left behind before anything was committed; returns where to go on, None at the end.

        - Bytes that are uploaded at the same time stay.
        """
        ...


class BundleStore(Protocol):
    """Takes runs out whole, and puts them in again."""

    def list_run_ids(self, scope: Scope, query: RunFilter, *, limit: int, cursor: str | None = None) -> Page[str]:
        """Return the ids of the runs that the filter lets through.

        - They come in the order in which stores of this kind keep what is below runs: putting runs in is quickest so.
        - A run that is there throughout is listed once, whatever is added or deleted meanwhile.
        """
        ...

    def export_run(self, scope: Scope, run_id: str, *, has_files: bool = True) -> Generator[Part]:
        """Yield the session of a run, the run, its nodes, edges, messages, files and events; all of one moment.

        - Importing the parts makes a run that is exported the same.
        - With `has_files` the bytes of the files follow, as far as they are here, each once; `FileStore` takes them.
        - A bounded number of rows is in memory at a time. Close it if it is not read to its end.

        Raises:
            NotFoundError: at the first step, where the scope sees no such run.
        """
        ...

    def import_runs(
        self, scope: Scope, runs: Sequence[RunParts], *, options: ImportOptions, now: int
    ) -> list[RunImport]:
        """Put runs in, all in one transaction; say of each what became of it.

        - A run that is new here is the same as it was, with its name unless another run has it.
        - A run that is here already is merged by the rules of records; what it has already changes nothing.
        - What people did stays: names that they gave, on either side.
        - The agent's counter never gives a number that came with a run.
        - What people stated of a run comes with it, and still counts more than what records say.
        - Calls without a recorder's cost are priced by the prices of this store.
        - A deleted run is refused, unless the options lift its tombstone; then `change_seq` goes on where it ended.
        - What is said of a run has the rows of each kind that it has then, as the same transaction counts them.

        Raises:
            StorageError: nothing of the call was kept.
        """
        ...

    def import_sessions(
        self, scope: Scope, sessions: Sequence[SessionPart], *, options: ImportOptions, now: int
    ) -> set[str]:
        """Put sessions in that no run comes with, in one transaction; return the ids of those that are there then.

        - One that is here already is merged by the rules of records; a name that a person gave stays.
        - Where the options name a session that takes all runs, nothing is put in.

        Raises:
            StorageError: nothing of the call was kept.
        """
        ...


class ApprovalStore(Protocol):
    """Keeps what agents and people ask of each other: approvals, and requests to agents that run."""

    def list_approvals(
        self, scope: Scope, statuses: Collection[ApprovalStatus], *, limit: int, cursor: str | None = None
    ) -> Page[Approval]:
        """Return the approvals of these statuses, those of the newest `limit` runs that have any, newest run first."""
        ...

    def count_open_approvals(self, scope: Scope) -> int:
        """Return how many approvals wait for an answer."""
        ...

    def list_run_approvals(self, scope: Scope, run_id: str) -> list[Approval]:
        """Return the first 500 approvals of a run by time."""
        ...

    def get_approval(self, scope: Scope, run_id: str, event_id: str) -> Approval:
        """Return one approval of a run."""
        ...

    def answer_approval(self, scope: Scope, run_id: str, event_id: str, answer: Answer, *, now: int) -> Approval:
        """Give the answer of a person: once, whoever else answers at the same time; no record of the wire undoes it.

        - The run goes on as its records say, once none of its approvals is open; its history has who answered what.

        Raises:
            ApprovalClosedError: it was answered already, its agent waits no longer, or its run has ended.
            InvalidAnswerError: the answer is none of the options.
        """
        ...

    def expire_approval(self, scope: Scope, run_id: str, event_id: str, option: str | None, *, now: int) -> Approval:
        """Say that the agent goes on without an answer, with `option`; where there is an answer, that counts."""
        ...

    def list_requests(self, scope: Scope, run_id: str) -> tuple[Request, ...]:
        """Return what people asked of the agent of a run, oldest first; of very many the latest hundred."""
        ...

    def add_request(
        self, scope: Scope, run_id: str, action: Action, *, why: str | None, who: str | None, now: int
    ) -> Request:
        """Ask something of the agent of a run; asking the same again before it is seen is one request.

        Raises:
            RequestRefusedError: the run has ended, or there is nothing to resume.
        """
        ...


class ImportStore(Protocol):
    """Keeps what became of foreign databases that were imported: the newest thousand reports of a project."""

    def put_import(self, scope: Scope, kept: KeptImport, *, now: int) -> KeptImport:
        """Keep a report.

        Raises:
            StorageError: there is one of this id already, or the store failed.
        """
        ...

    def list_imports(self, scope: Scope, *, limit: int, cursor: str | None = None) -> Page[ImportSummary]:
        """Return imports, the one that ended last first."""
        ...

    def get_import(self, scope: Scope, import_id: str) -> KeptImport:
        """Return a report.

        Raises:
            NotFoundError: the scope sees no such import.
        """
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
    def spans(self) -> SpanStore:
        """Runs of any length, in a bounded number of rows."""
        ...

    @property
    def prices(self) -> PriceStore:
        """What models cost."""
        ...

    @property
    def metrics(self) -> MetricStore:
        """What is kept in sums."""
        ...

    @property
    def files(self) -> FileStore:
        """What is kept of the bytes of files."""
        ...

    @property
    def bundles(self) -> BundleStore:
        """Runs as they travel."""
        ...

    @property
    def retention(self) -> RetentionStore:
        """How long runs are kept."""
        ...

    @property
    def approvals(self) -> ApprovalStore:
        """What agents and people ask of each other."""
        ...

    @property
    def imports(self) -> ImportStore:
        """What became of foreign databases."""
        ...

    @property
    def operation(self) -> OperationStore:
        """How the store fares."""
        ...

    def close(self) -> None:
        """Release what the store holds; safe twice."""
        ...
