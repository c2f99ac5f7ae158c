"""`RetentionStore` on SQL."""

from __future__ import annotations

from runreel.model.page import Page
from runreel.model.retention import RetentionReport, RetentionRule
from runreel.model.scope import Scope
from runreel.storage.sql import retention
from runreel.storage.sql.database import Database


class SqlRetentionStore:
    """`RetentionStore` on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_retention_rules(self, scope: Scope, *, limit: int, cursor: str | None = None) -> Page[RetentionRule]:
        with self._database.read() as connection:
            return retention.list_rules(connection, scope, limit=limit, cursor=cursor)

    def get_retention_rule(self, scope: Scope, agent_name: str) -> RetentionRule:
        with self._database.read() as connection:
            return retention.get_rule(connection, scope, agent_name)

    def put_retention_rule(self, scope: Scope, rule: RetentionRule, *, now: int) -> RetentionRule:
        return self._database.write(lambda transaction: retention.put_rule(transaction, scope, rule, now=now))

    def delete_retention_rule(self, scope: Scope, agent_name: str) -> None:
        self._database.write(lambda transaction: retention.delete_rule(transaction, scope, agent_name))

    def sweep_runs(self, scope: Scope, *, now: int, dry_run: bool, limit: int) -> RetentionReport:
        if not dry_run:
            return retention.sweep(self._database, scope.project, now=now, limit=limit)
        with self._database.read() as connection:
            return retention.preview(connection, scope.project, now=now, limit=limit)

    def sweep_projects(self, *, now: int, limit: int) -> RetentionReport:
        with self._database.read() as connection:
            projects = retention.list_ruled_projects(connection)
        reports: list[RetentionReport] = []
        for project in projects:
            reports.append(retention.sweep(self._database, project, now=now, limit=limit))
            limit -= reports[-1].n_runs
        return RetentionReport(
            runs=tuple(run for report in reports for run in report.runs),
            n_runs=sum(report.n_runs for report in reports),
            n_events=sum(report.n_events for report in reports),
            n_bytes=sum(report.n_bytes for report in reports),
            has_more=any(report.has_more for report in reports),
        )
