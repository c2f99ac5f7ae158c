"""A store for many examples, and everything that can be said of one project in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import msgspec
from sqlalchemy import Table, select

from runreel.model.agent import Agent
from runreel.model.record import Record
from runreel.model.run import Run, RunFilter
from runreel.model.scope import Scope
from runreel.storage.sql import SqlStore, schema
from runreel.storage.sql.dialect import make_dialect
from runreel.testing.contract.base import read_all
from runreel.testing.record import NOW

_ALL = RunFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """What the ports and the tables of sums say of a project, without what depends on the order of arrival."""

    runs: dict[str, Any]
    agents: list[Any]
    sessions: list[Any]
    rollups: dict[tuple[Any, ...], Any]
    project_rollups: dict[tuple[Any, ...], Any]
    durations: dict[str, dict[int, int]]


class Laboratory:
    """Hands out a project of its own to every arrangement of every example."""

    def __init__(self, url: str, store: SqlStore) -> None:
        self.store = store
        self._engine = make_dialect(url).read_engine()
        self._numbers = count(1)

    def new_scope(self) -> Scope:
        return Scope(project=f"project {next(self._numbers)}")

    def close(self) -> None:
        self._engine.dispose()
        self.store.close()

    def apply(self, scope: Scope, transactions: Sequence[Sequence[Sequence[Record]]], *, n_threads: int = 1) -> None:
        """Apply transactions, each of some batches."""

        def apply(batches: Sequence[Sequence[Record]]) -> None:
            reports = self.store.runs.apply([(scope, batch) for batch in batches], now=NOW)
            assert [report.refused for report in reports] == [[] for _ in batches]

        if n_threads == 1:
            for batches in transactions:
                apply(batches)
            return
        with ThreadPoolExecutor(n_threads) as pool:
            for future in [pool.submit(apply, batches) for batches in transactions]:
                future.result()

    def dump(self, scope: Scope) -> Dump:
        """Return all that is kept in a project."""
        return self._dump(scope, self._dump_run)

    def dump_sums(self, scope: Scope) -> Dump:
        """Return the sums of a project and what they are sums of; takes a fifth as long as all of it."""
        return self._dump(scope, self._dump_events)

    def _dump(self, scope: Scope, dump_run: Callable[[Scope, str], dict[str, Any]]) -> Dump:
        runs = self.store.runs
        listed = read_all(lambda cursor: runs.list_runs(scope, _ALL, limit=2, cursor=cursor))
        return Dump(
            runs={run.run_id: dump_run(scope, run.run_id) for run in sorted(listed, key=lambda run: run.run_id)},
            agents=[
                _without_tie(agent, listed)
                for agent in read_all(lambda cursor: runs.list_agents(scope, limit=2, cursor=cursor))
            ],
            sessions=read_all(lambda cursor: runs.list_sessions(scope, limit=2, cursor=cursor)),
            rollups=self._rollups(scope, schema.rollups, n_key=5),
            project_rollups=self._rollups(scope, schema.project_rollups, n_key=4),
            durations=self._durations(scope),
        )

    def rows_of_runs(self, scope: Scope) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Return all rows of a project's runs that have a change number, by table, run and key."""
        tables = [table for table in schema.metadata.sorted_tables if {"run_pk", "change_seq"} <= set(table.c.keys())]
        mine = select(schema.runs.c.run_pk).where(schema.runs.c.project == scope.project)
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        with self._engine.connect() as connection:
            for table in tables:
                keys = [column.name for column in table.primary_key.columns]
                if table is schema.run_transitions:
                    # A history: its rows have the numbers of the run's own changes.
                    continue
                # Of which node an event is shows with the node, and in no row that is streamed.
                columns = [column for column in table.c if column is not schema.events.c.member_of]
                for row in connection.execute(select(*columns).where(table.c.run_pk.in_(mine))).mappings():
                    rows[table.name, *(row[key] for key in keys)] = dict(row)
        return rows

    def event_rows(self, scope: Scope) -> dict[tuple[int, str], Any]:
        """Return the rows of all events of a project, by run and id."""
        mine = select(schema.runs.c.run_pk).where(schema.runs.c.project == scope.project)
        with self._engine.connect() as connection:
            rows = connection.execute(select(schema.events).where(schema.events.c.run_pk.in_(mine))).all()
        return {(row.run_pk, row.event_id): row for row in rows}

    def _dump_events(self, scope: Scope, run_id: str) -> dict[str, Any]:
        events = self.store.events
        listed = read_all(lambda cursor: events.list_full_events(scope, run_id, limit=3, cursor=cursor))
        return {
            "run": replace(self.store.runs.get_run(scope, run_id), run_name=None, change_seq=0),
            "events": [replace(full, event=replace(full.event, change_seq=0)) for full in listed],
        }

    def _dump_run(self, scope: Scope, run_id: str) -> dict[str, Any]:
        events = self.store.events
        dumped = self._dump_events(scope, run_id)
        graph = events.get_graph(scope, run_id)
        return {
            **dumped,
            "detail": replace(self.store.runs.get_run_detail(scope, run_id), aliases=()),
            "graph": graph,
            "dag": events.get_dag(scope, run_id, limit=100),
            "plan": events.get_plan(scope, run_id),
            "course": events.get_course(scope, run_id, limit=100),
            "nodes": {node.node_id: self._dump_node(scope, run_id, node.node_id) for node in graph.nodes},
            "trees": {
                full.event.event_id: [
                    (below.event.event_id, below.event.depth)
                    for below in events.list_event_tree(scope, run_id, full.event.event_id, limit=100)
                ]
                for full in dumped["events"]
            },
            "messages": read_all(lambda cursor: events.list_messages(scope, run_id, limit=2, cursor=cursor)),
            "files": read_all(lambda cursor: events.list_files(scope, run_id, limit=2, cursor=cursor)),
        }

    def _dump_node(self, scope: Scope, run_id: str, node_id: str) -> Any:
        events = self.store.events
        listed = read_all(lambda cursor: events.list_node_events(scope, run_id, node_id, limit=2, cursor=cursor))
        return (
            [full.event.event_id for full in listed],
            events.get_node_summary(scope, run_id, node_id),
            events.get_node_history(scope, run_id, node_id),
        )

    def _rollups(self, scope: Scope, table: Table, *, n_key: int) -> dict[tuple[Any, ...], Any]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).where(table.c.project == scope.project)).all()
        return {tuple(row[1:n_key]): (tuple(row[n_key:-1]), _sorted_buckets(row[-1])) for row in sorted(rows)}

    def _durations(self, scope: Scope) -> dict[str, dict[int, int]]:
        agents = schema.agents
        statement = select(agents.c.agent_name, agents.c.durations).where(agents.c.project == scope.project)
        with self._engine.connect() as connection:
            rows = connection.execute(statement.where(agents.c.durations.is_not(None))).all()
        kept = {name: _sorted_buckets(durations) for name, durations in rows}
        return {name: buckets for name, buckets in kept.items() if buckets}


def _sorted_buckets(stored: bytes) -> dict[int, int]:
    return dict(sorted(msgspec.msgpack.decode(stored, type=dict[int, int]).items()))


def _without_tie(agent: Agent, runs: Sequence[Run]) -> Agent:
    # Of runs that began at once, the one with the larger key is the last, and keys are hashed from the project.
    last = [run.status for run in runs if run.agent_name == agent.agent_name and run.created_at == agent.last_run_at]
    assert agent.last_status in last
    return agent if len(last) == 1 else replace(agent, last_status=None)
