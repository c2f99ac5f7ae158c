"""Retention: the rules of a project, which ended runs are beyond them, and deleting those.

What is beyond the rules is a plan: for each agent the place, by last activity, up to which ended runs go. A plan is
worked out while nobody waits; each short transaction that deletes looks again whether a run is still beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from runreel.errors import InvalidQueryError, NotFoundError
from runreel.model.name import check_name
from runreel.model.page import Page
from runreel.model.retention import EVERY_AGENT, RetentionReport, RetentionRule, SweptRun
from runreel.model.scope import Scope
from runreel.storage.sql.applying import put_projects
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.database import Database
from runreel.storage.sql.deleting import delete_rows
from runreel.storage.sql.schema import agents, retention_rules, runs
from runreel.storage.sql.transaction import Transaction

EVENT_BYTES = 500
"""What an event takes beside its payload: its row and its places in indexes, as measured."""

_RUNS_AT_ONCE = 50
_EVENTS_AT_ONCE = 5_000
_LARGEST = 2**63 - 1

Place = tuple[int, int]
_NOWHERE: Place = (-_LARGEST, 0)

_SIZE: ColumnElement[int] = runs.c.payload_bytes + runs.c.event_count * EVENT_BYTES


@dataclass(frozen=True, slots=True)
class Plan:
    """Up to which place, by last activity and key, the ended runs of each agent go."""

    project: str
    places: dict[str, Place]

    def gives_up(self, agent_name: str, active_at: int, run_pk: int) -> bool:
        """Tell whether an ended run is beyond the rules."""
        return (active_at, run_pk) <= self.places.get(agent_name, _NOWHERE)


def list_rules(connection: Connection, scope: Scope, *, limit: int, cursor: str | None) -> Page[RetentionRule]:
    """Return the rules of a project, that of all agents first."""
    statement = _rules_of(scope.project).order_by(retention_rules.c.agent_name).limit(limit + 1)
    if cursor is not None:
        statement = statement.where(retention_rules.c.agent_name > parse_cursor("retention", cursor, str)[0])
    found = [_read_rule(row) for row in connection.execute(statement)]
    shown = found[:limit]
    return Page(tuple(shown), format_cursor("retention", (shown[-1].agent_name,)) if len(found) > limit else None)


def get_rule(connection: Connection, scope: Scope, agent_name: str) -> RetentionRule:
    """Return one rule, or raise `NotFoundError`."""
    statement = _rules_of(scope.project).where(retention_rules.c.agent_name == agent_name)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise _no_rule(agent_name)
    return _read_rule(row)


def put_rule(transaction: Transaction, scope: Scope, rule: RetentionRule, *, now: int) -> RetentionRule:
    """Set a rule; see `RetentionStore.put_retention_rule`."""
    agent_name = rule.agent_name
    if agent_name != EVERY_AGENT:
        agent_name = check_name(agent_name, what="agent name")
    if rule.max_age_us is None and rule.max_bytes is None:
        raise InvalidQueryError("a retention rule without an age and a size keeps everything; give one, or delete it")
    put_projects(transaction, {scope.project}, now)
    transaction.execute(
        "INSERT INTO retention_rules (project, agent_name, max_age_us, max_bytes) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (project, agent_name) DO UPDATE SET max_age_us = excluded.max_age_us, "
        "max_bytes = excluded.max_bytes",
        scope.project,
        agent_name,
        rule.max_age_us,
        rule.max_bytes,
    )
    return RetentionRule(agent_name=agent_name, max_age_us=rule.max_age_us, max_bytes=rule.max_bytes)


def delete_rule(transaction: Transaction, scope: Scope, agent_name: str) -> None:
    """Remove a rule, or raise `NotFoundError`."""
    key = (scope.project, agent_name)
    if not transaction.execute("DELETE FROM retention_rules WHERE project = ? AND agent_name = ?", *key):
        raise _no_rule(agent_name)


def list_ruled_projects(connection: Connection) -> list[str]:
    """Return the projects that have rules."""
    statement = select(retention_rules.c.project).distinct().order_by(retention_rules.c.project)
    return list(connection.execute(statement).scalars())


def sweep(database: Database, project: str, *, now: int, limit: int) -> RetentionReport:
    """Delete up to `limit` runs that are beyond the rules, a few at a time."""
    with database.read() as connection:
        plan = _make_plan(connection, project, now)
        found = list(_iter_given_up(connection, plan, limit=limit + 1))
    swept: list[SweptRun] = []
    for part in _parts(found[:limit]):
        swept += database.write(partial(_delete_given_up, part=part, plan=plan, now=now))
    return _report(swept, has_more=len(found) > limit)


def preview(connection: Connection, project: str, *, now: int, limit: int) -> RetentionReport:
    """Count what is beyond the rules, and list up to `limit` of the runs."""
    plan = _make_plan(connection, project, now)
    shown = [_swept(row) for row in _iter_given_up(connection, plan, limit=limit)]
    n_runs = n_events = n_bytes = 0
    for agent_name, place in plan.places.items():
        sums = select(func.count(), func.sum(runs.c.event_count), func.sum(_SIZE))
        row = connection.execute(sums.where(*_up_to(project, agent_name, place))).one()
        n_runs, n_events, n_bytes = n_runs + row[0], n_events + int(row[1] or 0), n_bytes + int(row[2] or 0)
    return RetentionReport(
        runs=tuple(shown), n_runs=n_runs, n_events=n_events, n_bytes=n_bytes, has_more=n_runs > len(shown)
    )


def _make_plan(connection: Connection, project: str, now: int) -> Plan:
    """Work out the places: first by age, then by the size of each agent, then by the size of all that is left."""
    rules = {row.agent_name: _read_rule(row) for row in connection.execute(_rules_of(project))}
    everyone = rules.pop(EVERY_AGENT, RetentionRule(agent_name=EVERY_AGENT))
    names = select(agents.c.agent_name).where(agents.c.project == project, agents.c.run_count > 0)
    places: dict[str, Place] = {}
    for agent_name in sorted(connection.execute(names).scalars()):
        rule = rules.get(agent_name)
        age_us = everyone.max_age_us if rule is None or rule.max_age_us is None else rule.max_age_us
        places[agent_name] = _NOWHERE if age_us is None else (now - age_us, _LARGEST)
    plan = Plan(project, places)
    sized = [(rule.agent_name, rule.max_bytes) for rule in rules.values() if rule.max_bytes is not None]
    if not sized and everyone.max_bytes is None:
        return plan
    kept = _kept_bytes(connection, plan)
    for agent_name, max_bytes in sized:
        if agent_name in places:
            excess = kept[agent_name] - max_bytes
            kept[agent_name] -= _give_up(connection, plan, [agent_name], excess)
    if everyone.max_bytes is not None:
        _give_up(connection, plan, list(places), sum(kept.values()) - everyone.max_bytes)
    return plan


def _kept_bytes(connection: Connection, plan: Plan) -> dict[str, int]:
    """Return how much the plan leaves of each agent."""
    totals = select(runs.c.agent_name, func.sum(_SIZE)).where(runs.c.project == plan.project)
    kept = dict.fromkeys(plan.places, 0)
    for agent_name, n_bytes in connection.execute(totals.group_by(runs.c.agent_name)):
        kept[agent_name] = int(n_bytes)
    for agent_name, place in plan.places.items():
        if place != _NOWHERE:
            gone = select(func.sum(_SIZE)).where(*_up_to(plan.project, agent_name, place))
            kept[agent_name] -= int(connection.execute(gone).scalar_one() or 0)
    return kept


def _give_up(connection: Connection, plan: Plan, agent_names: Sequence[str], excess: int) -> int:
    """Move the places of these agents on, through their oldest ended runs, until `excess` bytes are given up."""
    if excess <= 0:
        return 0
    columns = (runs.c.active_at, runs.c.run_pk, runs.c.agent_name, _SIZE.label("size"))
    statement = select(*columns).where(runs.c.project == plan.project, runs.c.ended_at.is_not(None))
    if len(agent_names) == 1:
        statement = statement.where(runs.c.agent_name == agent_names[0])
    n_bytes = 0
    ordered = statement.order_by(runs.c.active_at, runs.c.run_pk).execution_options(yield_per=1_000)
    with connection.execute(ordered) as result:
        for active_at, run_pk, agent_name, size in result:
            if plan.gives_up(agent_name, active_at, run_pk):
                continue
            plan.places[agent_name] = (active_at, run_pk)
            n_bytes += size
            if n_bytes >= excess:
                break
    return n_bytes


def _iter_given_up(connection: Connection, plan: Plan, *, limit: int) -> Iterator[Any]:
    """Yield rows of up to `limit` runs that the plan gives up."""
    columns = (runs.c.run_pk, runs.c.run_id, runs.c.agent_name, runs.c.run_name, runs.c.active_at, runs.c.event_count)
    for agent_name, place in plan.places.items():
        if place == _NOWHERE or limit <= 0:
            continue
        statement = select(*columns, _SIZE.label("size")).where(*_up_to(plan.project, agent_name, place))
        rows = connection.execute(statement.order_by(runs.c.created_at, runs.c.run_pk).limit(limit)).all()
        limit -= len(rows)
        yield from rows


def _up_to(project: str, agent_name: str, place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        runs.c.project == project,
        runs.c.agent_name == agent_name,
        # A run is active after it began, so the index by creation bounds what has to be looked at.
        runs.c.created_at <= place[0] + 1,
        runs.c.ended_at.is_not(None),
        tuple_(runs.c.active_at, runs.c.run_pk) <= place,
    )


def _parts(found: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield the rows in parts that are deleted in moments each; a run is never divided."""
    part: list[Any] = []
    n_events = 0
    for row in found:
        if part and (len(part) == _RUNS_AT_ONCE or n_events + row.event_count > _EVENTS_AT_ONCE):
            yield part
            part, n_events = [], 0
        part.append(row)
        n_events += row.event_count
    if part:
        yield part


def _delete_given_up(transaction: Transaction, *, part: Sequence[Any], plan: Plan, now: int) -> list[SweptRun]:
    locked = transaction.lock_runs([row.run_pk for row in part])
    # A late record may have revived a run, or given it to another agent, since the plan was made.
    doomed = {
        row.run_pk: row
        for row in locked.values()
        if row.ended_at is not None and plan.gives_up(row.agent_name, row.active_at, row.run_pk)
    }
    delete_rows(transaction, list(doomed.values()), now)
    return [_swept(row) for row in part if row.run_pk in doomed]


def _report(swept: Sequence[SweptRun], *, has_more: bool) -> RetentionReport:
    return RetentionReport(
        runs=tuple(swept),
        n_runs=len(swept),
        n_events=sum(run.n_events for run in swept),
        n_bytes=sum(run.n_bytes for run in swept),
        has_more=has_more,
    )


def _swept(row: Any) -> SweptRun:
    return SweptRun(
        run_id=row.run_id,
        agent_name=row.agent_name,
        run_name=row.run_name,
        active_at=row.active_at,
        n_events=row.event_count,
        n_bytes=row.size,
    )


def _rules_of(project: str) -> Any:
    return select(retention_rules).where(retention_rules.c.project == project)


def _read_rule(row: Any) -> RetentionRule:
    return RetentionRule(agent_name=row.agent_name, max_age_us=row.max_age_us, max_bytes=row.max_bytes)


def _no_rule(agent_name: str) -> NotFoundError:
    of_whom = f"of the agent {agent_name!r}" if agent_name else "of all agents"
    return NotFoundError(f"there is no retention rule {of_whom}")
