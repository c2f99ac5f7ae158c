"""Reading what a run was before: its statuses, and the names that still lead to it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from runreel.model.page import Page
from runreel.model.run import MAX_ALIASES, FormerName
from runreel.model.transition import Transition
from runreel.storage.sql.cursor import format_cursor, parse_cursor
from runreel.storage.sql.run_row import RunRow
from runreel.storage.sql.schema import run_aliases, run_transitions


def list_aliases(connection: Connection, row: RunRow) -> tuple[FormerName, ...]:
    """Return the names that lead to a run, `MAX_ALIASES` at most."""
    statement = (
        select(run_aliases.c.agent_name, run_aliases.c.run_name)
        .where(run_aliases.c.run_pk == row.run_pk)
        .order_by(run_aliases.c.agent_name, run_aliases.c.run_name)
        .limit(MAX_ALIASES)
    )
    return tuple(
        FormerName(agent_name=agent_name, run_name=run_name) for agent_name, run_name in connection.execute(statement)
    )


def list_transitions(connection: Connection, row: RunRow, *, limit: int, cursor: str | None) -> Page[Transition]:
    """Return how the status of a run changed, oldest first, after a cursor."""
    after = 0 if cursor is None else parse_cursor("transitions", cursor, int)[0]
    columns = (
        run_transitions.c.change_seq,
        run_transitions.c.at,
        run_transitions.c.from_status,
        run_transitions.c.to_status,
        run_transitions.c.who,
        run_transitions.c.why,
    )
    statement = (
        select(*columns)
        .where(run_transitions.c.run_pk == row.run_pk, run_transitions.c.change_seq > after)
        .order_by(run_transitions.c.change_seq)
        .limit(limit + 1)
    )
    found = [Transition(**each) for each in connection.execute(statement).mappings()]
    shown = found[:limit]
    return Page(tuple(shown), format_cursor("transitions", (shown[-1].change_seq,)) if len(found) > limit else None)
