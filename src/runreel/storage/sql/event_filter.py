"""Filters of events as conditions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, literal_column

from runreel.model.ending import RUNNING, RunEnd
from runreel.model.event import EventFilter
from runreel.storage.sql.dialect import Dialect
from runreel.storage.sql.schema import events


def is_failed() -> ColumnElement[bool]:
    """Return what holds for failed events, in the words of the index `events_failed`."""
    return events.c.status == literal_column("'failed'")


def conditions_of(dialect: Dialect, query: EventFilter, end: RunEnd | None) -> list[ColumnElement[bool]]:
    """Return what an event of a run that ended so must meet; nothing where the filter lets all events through."""
    conditions: list[ColumnElement[bool]] = []
    if query.event_types:
        conditions.append(events.c.event_type.in_(query.event_types))
    if query.statuses:
        conditions.append(events.c.status.in_(_stored_statuses(query.statuses, end)))
    if query.node_id is not None:
        conditions.append(events.c.member_of == query.node_id)
    if query.agent_name is not None:
        conditions.append(events.c.agent_name == query.agent_name)
    if query.text is not None:
        conditions.append(dialect.has_text(events.c.name, query.text))
    if query.is_failed:
        conditions.append(is_failed())
    return conditions


def _stored_statuses(shown: Sequence[str], end: RunEnd | None) -> list[str]:
    """Return the stored statuses of events that are shown with these: what goes on is shown as ended with its run."""
    if end is None:
        return list(shown)
    stored = [status for status in shown if status != RUNNING]
    return [*stored, RUNNING] if end.status in stored else stored
