"""Which rows of the rollups a question is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Executable, Table, and_, literal_column

from runreel.model.instant import MICROSECONDS_PER_HOUR
from runreel.model.metrics import Period
from runreel.model.scope import Scope
from runreel.storage.sql.rollup import RUN_TYPE
from runreel.storage.sql.schema import agents, project_rollups, rollups

# A literal, since an index over some of the rows serves only who says plainly that no others are wanted.
_RUN_TYPE: ColumnElement[str] = literal_column(f"'{RUN_TYPE}'")


def fetch(connection: Connection, statement: Executable) -> Sequence[tuple[Any, ...]]:
    """Return the rows of a query."""
    return cast("Sequence[tuple[Any, ...]]", connection.execute(statement).all())


def source_of(scope: Scope, period: Period, agent_name: str | None) -> tuple[Table, list[ColumnElement[bool]]]:
    """Return the rollups of one agent or of the whole project, and the condition for those of a period."""
    table = project_rollups if agent_name is None else rollups
    wanted = [table.c.project == scope.project, *within(table, period)]
    if agent_name is not None:
        wanted.append(table.c.agent_name == agent_name)
    return table, wanted


def within(table: Table, period: Period) -> list[ColumnElement[bool]]:
    """Return the conditions for the hours of a period."""
    conditions: list[ColumnElement[bool]] = []
    if period.since is not None:
        conditions.append(table.c.hour >= hour_of(period.since))
    if period.until is not None:
        conditions.append(table.c.hour < hour_of(period.until))
    return conditions


def is_run(table: Table) -> ColumnElement[bool]:
    """Return the condition for what runs contribute."""
    # A recorder may call an event "run" too: those have no label, whereas a run has its status there.
    return and_(table.c.event_type == _RUN_TYPE, table.c.label != "")


def of_agent(period: Period) -> ColumnElement[bool]:
    """Return the condition that joins agents with what their runs of a period contribute."""
    joined = (rollups.c.project == agents.c.project, rollups.c.agent_name == agents.c.agent_name)
    return and_(*joined, is_run(rollups), *within(rollups, period))


def hour_of(instant: int) -> int:
    """Return the number of an hour."""
    return instant // MICROSECONDS_PER_HOUR
