"""Filters of events as conditions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, literal_column

from runreel.model.event import EventFilter
from runreel.storage.sql.dialect import Dialect
from runreel.storage.sql.schema import events


def is_failed() -> ColumnElement[bool]:
    """Return what holds for failed events, in the words of the index `events_failed`."""
    return events.c.status == literal_column("'failed'")


def conditions_of(dialect: Dialect, query: EventFilter) -> list[ColumnElement[bool]]:
    """Return what an event must meet; nothing where the filter lets all events through."""
    conditions: list[ColumnElement[bool]] = []
    if query.event_types:
        conditions.append(events.c.event_type.in_(query.event_types))
    if query.statuses:
        conditions.append(events.c.status.in_(query.statuses))
    if query.node_id is not None:
        conditions.append(events.c.member_of == query.node_id)
    if query.agent_name is not None:
        conditions.append(events.c.agent_name == query.agent_name)
    if query.text is not None:
        conditions.append(dialect.has_text(events.c.name, query.text))
    if query.is_failed:
        conditions.append(is_failed())
    return conditions
