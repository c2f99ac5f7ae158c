"""The stores on SQL: what the ports promise, by the parts of this package."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from runreel.errors import NotFoundError, StorageError
from runreel.model.agent import ALL_AGENTS, Agent, AgentFilter
from runreel.model.change import ProjectChanges, RunChanges
from runreel.model.course import Course
from runreel.model.dag import Dag
from runreel.model.event import ALL_EVENTS, Event, EventFamily, EventFilter, FullEvent
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
from runreel.model.node_history import NodeHistory
from runreel.model.page import Page
from runreel.model.plan_draft import PlanDraft
from runreel.model.price import PriceTable
from runreel.model.record import ApplyReport, Record
from runreel.model.run import NEWEST_FIRST, DeleteReport, Run, RunCount, RunDetail, RunFamily, RunFilter, RunOrder
from runreel.model.run_edit import RunEdit
from runreel.model.run_plan import RunPlan
from runreel.model.scope import Scope
from runreel.model.session import ALL_SESSIONS, Session, SessionFilter
from runreel.model.span import Overview, SpanColumns, SpanPage, SpanQuery
from runreel.model.transition import Transition
from runreel.storage.port import BlobStore
from runreel.storage.price_table import read_shipped_prices
from runreel.storage.sql import (
    agent_reading,
    applying,
    approval_reading,
    change_reading,
    course_reading,
    deleting,
    editing,
    heartbeat,
    metrics_reading,
    node_reading,
    node_summary,
    overview,
    planning,
    run_editing,
    run_history,
    run_list,
    run_matching,
    run_reading,
    session_reading,
    span_reading,
    timeline_reading,
)
from runreel.storage.sql.approval_store import SqlApprovalStore
from runreel.storage.sql.bundle_store import SqlBundleStore
from runreel.storage.sql.database import Database
from runreel.storage.sql.dialect import make_dialect
from runreel.storage.sql.event_reading import Inside
from runreel.storage.sql.file_store import SqlFileStore
from runreel.storage.sql.import_store import SqlImportStore
from runreel.storage.sql.migration import require_head
from runreel.storage.sql.operation_store import SqlOperationStore
from runreel.storage.sql.price_book import PriceBook
from runreel.storage.sql.price_store import SqlPriceStore
from runreel.storage.sql.retention_store import SqlRetentionStore
from runreel.storage.sql.run_row import read_run
from runreel.storage.sql.watching import Watcher


class SqlRunStore:
    """`RunStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, batches: Sequence[tuple[Scope, Sequence[Record]]], *, now: int) -> list[ApplyReport]:
        try:
            return self._database.write(lambda transaction: applying.apply(transaction, batches, now=now))
        except NotFoundError as error:
            raise StorageError("a record has text that the database can't hold") from error

    def settle_runs(self, *, seen_before: int) -> int:
        return self._database.write(lambda transaction: editing.settle_runs(transaction, seen_before=seen_before))

    def get_run(self, scope: Scope, run_id: str) -> Run:
        with self._database.read() as connection:
            return read_run(run_reading.get_row(connection, scope, run_id))

    def get_run_by_name(self, scope: Scope, agent_name: str, run_name: str) -> Run:
        with self._database.read() as connection:
            return run_reading.get_run_by_name(connection, scope, agent_name, run_name)

    def get_run_detail(self, scope: Scope, run_id: str) -> RunDetail:
        with self._database.read() as connection:
            inside = Inside(connection, self._database.dialect, scope, run_id, self._database.blobs)
            detail = run_reading.get_detail(connection, inside.run)
            return replace(detail, progress=course_reading.read_progress(inside))

    def get_run_family(self, scope: Scope, run_id: str) -> RunFamily:
        with self._database.read() as connection:
            return run_list.get_family(connection, scope, run_reading.get_row(connection, scope, run_id))

    def list_runs(
        self,
        scope: Scope,
        query: RunFilter,
        *,
        order: RunOrder = NEWEST_FIRST,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Run]:
        with self._database.read() as connection:
            return run_list.list_runs(
                connection, self._database.dialect, scope, query, order, limit=limit, cursor=cursor
            )

    def list_runs_at(self, scope: Scope, query: RunFilter, *, limit: int, offset: int) -> list[Run]:
        with self._database.read() as connection:
            dialect = self._database.dialect
            return run_list.list_runs_at(connection, dialect, scope, query, limit=limit, offset=offset)

    def list_runs_of_event(self, scope: Scope, event_id: str, *, limit: int) -> list[Run]:
        with self._database.read() as connection:
            return run_list.list_runs_of_event(connection, scope, event_id, limit=limit)

    def rename_run(self, scope: Scope, run_id: str, new_name: str) -> Run:
        return self.edit_run(scope, run_id, RunEdit(new_name=new_name), now=0)

    def edit_run(self, scope: Scope, run_id: str, edit: RunEdit, *, now: int) -> Run:
        return self._database.write(lambda transaction: run_editing.edit_run(transaction, scope, run_id, edit, now=now))

    def put_plan(self, scope: Scope, run_id: str, draft: PlanDraft, *, now: int) -> None:
        self._database.write(lambda transaction: planning.put_plan(transaction, scope, run_id, draft, now=now))

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
        self._database.write(
            lambda transaction: planning.set_node_status(
                transaction, scope, run_id, node_id, status, who=who, why=why, now=now
            )
        )

    def list_transitions(self, scope: Scope, run_id: str, *, limit: int, cursor: str | None = None) -> Page[Transition]:
        with self._database.read() as connection:
            row = run_reading.get_row(connection, scope, run_id)
            return run_history.list_transitions(connection, row, limit=limit, cursor=cursor)

    def mark_lost_runs(self, *, now: int) -> int:
        return self._database.write(lambda transaction: heartbeat.mark_lost_runs(transaction, now=now))

    def count_runs(self, scope: Scope, query: RunFilter) -> RunCount:
        with self._database.read() as connection:
            return run_matching.count_runs(connection, self._database.dialect, scope, query)

    def delete_runs(self, scope: Scope, query: RunFilter, *, now: int, cursor: str | None = None) -> DeleteReport:
        return self._database.write(
            lambda transaction: deleting.delete_runs(transaction, scope, query, now=now, cursor=cursor)
        )

    def delete_run(self, scope: Scope, run_id: str, *, now: int) -> DeleteReport:
        return self._database.write(lambda transaction: deleting.delete_run(transaction, scope, run_id, now=now))

    def list_agents(
        self, scope: Scope, query: AgentFilter = ALL_AGENTS, *, limit: int, cursor: str | None = None
    ) -> Page[Agent]:
        with self._database.read() as connection:
            return agent_reading.list_agents(connection, scope, query, limit=limit, cursor=cursor)

    def get_agent(self, scope: Scope, agent_name: str) -> Agent:
        with self._database.read() as connection:
            return agent_reading.get_agent(connection, scope, agent_name)

    def delete_agent(self, scope: Scope, agent_name: str, *, now: int) -> DeleteReport:
        return self._database.write(lambda transaction: deleting.delete_agent(transaction, scope, agent_name, now=now))

    def list_sessions(
        self, scope: Scope, query: SessionFilter = ALL_SESSIONS, *, limit: int, cursor: str | None = None
    ) -> Page[Session]:
        with self._database.read() as connection:
            return session_reading.list_sessions(connection, scope, query, limit=limit, cursor=cursor)

    def get_session(self, scope: Scope, session_id: str) -> Session:
        with self._database.read() as connection:
            return session_reading.get_session(connection, scope, session_id)

    def create_session(self, scope: Scope, session_id: str, name: str, *, now: int) -> Session:
        self._database.write(lambda transaction: editing.create_session(transaction, scope, session_id, name, now=now))
        return self.get_session(scope, session_id)

    def rename_session(self, scope: Scope, session_id: str, name: str) -> Session:
        self._database.write(lambda transaction: editing.rename_session(transaction, scope, session_id, name))
        return self.get_session(scope, session_id)

    def delete_session(self, scope: Scope, session_id: str, *, now: int) -> DeleteReport:
        return self._database.write(
            lambda transaction: deleting.delete_session(transaction, scope, session_id, now=now)
        )

    def shrink(self) -> bool:
        return self._database.shrink()

    def check(self) -> None:
        self._database.write(editing.check)

    def close(self) -> None:
        self._database.close()


class SqlEventStore:
    """`EventStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_events(
        self,
        scope: Scope,
        run_id: str,
        query: EventFilter = ALL_EVENTS,
        *,
        limit: int,
        cursor: str | None = None,
    ) -> Page[Event]:
        with self._inside(scope, run_id) as inside:
            return inside.list_events(query, limit=limit, cursor=cursor)

    def list_full_events(self, scope: Scope, run_id: str, *, limit: int, cursor: str | None = None) -> Page[FullEvent]:
        with self._inside(scope, run_id) as inside:
            return inside.list_full_events(limit=limit, cursor=cursor)

    def get_event(self, scope: Scope, run_id: str, event_id: str) -> FullEvent:
        with self._inside(scope, run_id) as inside:
            return inside.get_event(event_id)

    def get_event_family(self, scope: Scope, run_id: str, event_id: str, *, limit: int) -> EventFamily:
        with self._inside(scope, run_id) as inside:
            return inside.get_event_family(event_id, limit=limit)

    def list_event_tree(self, scope: Scope, run_id: str, event_id: str, *, limit: int) -> list[FullEvent]:
        with self._inside(scope, run_id) as inside:
            return inside.list_event_tree(event_id, limit=limit)

    def list_lifecycle_events(self, scope: Scope, run_id: str, *, limit: int) -> list[FullEvent]:
        with self._inside(scope, run_id) as inside:
            return inside.list_lifecycle_events(limit=limit)

    def get_graph(self, scope: Scope, run_id: str, *, limit: int | None = None) -> Graph:
        with self._inside(scope, run_id) as inside:
            return node_reading.read_graph(inside, limit=limit)

    def get_dag(self, scope: Scope, run_id: str, *, limit: int) -> Dag:
        with self._inside(scope, run_id) as inside:
            return course_reading.read_dag(inside, limit=limit)

    def get_plan(self, scope: Scope, run_id: str) -> RunPlan:
        with self._inside(scope, run_id) as inside:
            return course_reading.read_plan(inside)

    def get_course(self, scope: Scope, run_id: str, *, limit: int) -> Course:
        with self._inside(scope, run_id) as inside:
            return course_reading.read_course(inside, limit=limit)

    def get_node(self, scope: Scope, run_id: str, node_id: str) -> Node:
        with self._inside(scope, run_id) as inside:
            return node_reading.read_node(inside, node_id).node

    def get_node_history(self, scope: Scope, run_id: str, node_id: str) -> NodeHistory:
        with self._inside(scope, run_id) as inside:
            return approval_reading.read_history(inside, node_id)

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
        with self._inside(scope, run_id) as inside:
            return inside.list_node_events(node_id, event_type=event_type, limit=limit, cursor=cursor)

    def get_node_summary(self, scope: Scope, run_id: str, node_id: str) -> NodeSummary:
        with self._inside(scope, run_id) as inside:
            return node_summary.read_summary(inside, node_id)

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
        with self._inside(scope, run_id) as inside:
            return inside.list_messages(node_id=node_id, event_id=event_id, limit=limit, cursor=cursor)

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
        with self._inside(scope, run_id) as inside:
            return inside.list_files(node_id=node_id, event_id=event_id, limit=limit, cursor=cursor)

    @contextmanager
    def _inside(self, scope: Scope, run_id: str) -> Generator[Inside]:
        with self._database.read() as connection:
            yield Inside(connection, self._database.dialect, scope, run_id, self._database.blobs)


class SqlSpanStore:
    """`SpanStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_spans(self, scope: Scope, run_id: str, query: SpanQuery) -> SpanPage:
        with self._inside(scope, run_id) as inside:
            return span_reading.read_spans(inside, query)

    def get_span_columns(self, scope: Scope, run_id: str, *, from_order: int, n_events: int) -> SpanColumns:
        with self._inside(scope, run_id) as inside:
            return span_reading.read_span_columns(inside, from_order, n_events)

    def get_overview(self, scope: Scope, run_id: str, *, n_buckets: int) -> Overview:
        with self._inside(scope, run_id) as inside:
            return overview.read_overview(inside, n_buckets=n_buckets)

    @contextmanager
    def _inside(self, scope: Scope, run_id: str) -> Generator[Inside]:
        with self._database.read() as connection:
            yield Inside(connection, self._database.dialect, scope, run_id, self._database.blobs)


class SqlChangeStore:
    """`ChangeStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_changes(
        self, scope: Scope, run_id: str, *, after: int, limit: int, until: int | None = None
    ) -> RunChanges:
        with self._database.read() as connection:
            run = run_reading.get_row(connection, scope, run_id)
            return change_reading.list_changes(connection, run, after=after, limit=limit, until=until)

    def list_run_changes(self, scope: Scope, *, after: int, limit: int, until: int | None = None) -> ProjectChanges:
        with self._database.read() as connection:
            return change_reading.list_run_changes(connection, scope, after=after, limit=limit, until=until)

    def get_change_no(self, scope: Scope) -> int:
        with self._database.read() as connection:
            return change_reading.get_change_no(connection, scope)

    def watch(self, on_change: Callable[[Mapping[int, int | None]], None]) -> Watcher:
        return Watcher(self._database, on_change)


class SqlMetricStore:
    """`MetricStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_summary(self, scope: Scope, period: Period, *, agent_name: str | None = None, top: int) -> Summary:
        with self._database.read() as connection:
            return metrics_reading.get_summary(connection, scope, period, agent_name=agent_name, top=top)

    def get_agent_figures(self, scope: Scope, agent_name: str, period: Period) -> AgentFigures:
        with self._database.read() as connection:
            return metrics_reading.get_agent_figures(connection, scope, agent_name, period)

    def list_agent_figures(
        self, scope: Scope, period: Period, *, order: AgentOrder, limit: int, offset: int = 0
    ) -> list[AgentFigures]:
        with self._database.read() as connection:
            return metrics_reading.list_agent_figures(
                connection, scope, period, order=order, limit=limit, offset=offset
            )

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
        with self._database.read() as connection:
            return metrics_reading.list_call_figures(
                connection, scope, period, event_type, agent_name=agent_name, order=order, limit=limit, offset=offset
            )

    def get_run_timeline(
        self, scope: Scope, bounds: Sequence[int], *, agent_name: str | None = None
    ) -> list[TimelinePoint]:
        with self._database.read() as connection:
            return timeline_reading.get_run_timeline(connection, scope, bounds, agent_name=agent_name)

    def get_call_timeline(
        self, scope: Scope, bounds: Sequence[int], event_type: str, label: str, *, agent_name: str | None = None
    ) -> list[CallFigures]:
        with self._database.read() as connection:
            return timeline_reading.get_call_timeline(
                connection, scope, bounds, event_type, label, agent_name=agent_name
            )

    def get_activity(self, scope: Scope, bounds: Sequence[int], agent_names: Sequence[str]) -> dict[str, Activity]:
        with self._database.read() as connection:
            return timeline_reading.get_activity(connection, scope, bounds, agent_names)


class SqlStore:
    """All ports on one database."""

    def __init__(self, database: Database) -> None:
        self.runs = SqlRunStore(database)
        self.events = SqlEventStore(database)
        self.bundles = SqlBundleStore(database)
        self.changes = SqlChangeStore(database)
        self.spans = SqlSpanStore(database)
        self.prices = SqlPriceStore(database)
        self.metrics = SqlMetricStore(database)
        self.files = SqlFileStore(database)
        self.operation = SqlOperationStore(database)
        self.retention = SqlRetentionStore(database)
        self.approvals = SqlApprovalStore(database)
        self.imports = SqlImportStore(database)

    def close(self) -> None:
        """Release the connections; safe twice."""
        self.runs.close()


def open_store(
    database_url: str,
    blobs: BlobStore | None = None,
    *,
    prices: PriceTable | None = None,
) -> SqlStore:
    """Open the stores of a database, `sqlite:///FILE` or `postgresql://…`.

    A SQLite file is created and migrated as needed; PostgreSQL must have been migrated. Without `blobs` no file can be
    uploaded or read, and no payload that is stored among them; new payloads go to the database, however large. `prices`
    go before those that ship with the package.

    Raises:
        ConfigError: the URL can't be used.
        SchemaVersionError: the database must be migrated first.
        StorageError: the database can't be reached.
    """
    dialect = make_dialect(database_url)
    require_head(dialect, database_url)
    tables = [prices] if prices is not None else []
    return SqlStore(Database(dialect, PriceBook([*tables, read_shipped_prices()]), blobs))
