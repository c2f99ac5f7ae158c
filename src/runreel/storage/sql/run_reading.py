"""Reading runs."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from runreel.errors import NotFoundError, RenamedError
from runreel.model.request import Request
from runreel.model.run import Run, RunDetail
from runreel.model.scope import Scope
from runreel.storage.merge import State
from runreel.storage.sql.prepared import fetch_one
from runreel.storage.sql.recorder_row import read_completeness
from runreel.storage.sql.run_history import list_aliases
from runreel.storage.sql.run_row import RunRow, decode_state, empty_state, error_of, metadata_of, read_run, requests_of
from runreel.storage.sql.schema import run_aliases, run_states, runs

_RUN_BY_ID = select(runs).where(runs.c.project == bindparam("project"), runs.c.run_id == bindparam("run_id"))
_RUN_BY_NAME = select(runs).where(
    runs.c.project == bindparam("project"),
    runs.c.agent_name == bindparam("agent_name"),
    runs.c.run_name == bindparam("run_name"),
)
_STATE_OF_RUN = select(run_states.c.state).where(run_states.c.run_pk == bindparam("run_pk"))


def find_row(connection: Connection, scope: Scope, run_id: str) -> RunRow | None:
    """Return the row of a run that the scope sees."""
    row = fetch_one(connection, _RUN_BY_ID, project=scope.project, run_id=run_id)
    return None if row is None else RunRow(*row)


def get_row(connection: Connection, scope: Scope, run_id: str) -> RunRow:
    """Return the row of a run that the scope sees, or raise `NotFoundError`."""
    row = find_row(connection, scope, run_id)
    if row is None:
        raise NotFoundError(f"there is no run with the id {run_id!r}")
    return row


def get_run_by_name(connection: Connection, scope: Scope, agent_name: str, run_name: str) -> Run:
    """Return a run by its present name; see `RunStore.get_run_by_name`."""
    row = fetch_one(connection, _RUN_BY_NAME, project=scope.project, agent_name=agent_name, run_name=run_name)
    if row is not None:
        return read_run(RunRow(*row))
    alias = (
        run_aliases.c.project == scope.project,
        run_aliases.c.agent_name == agent_name,
        run_aliases.c.run_name == run_name,
    )
    former = connection.execute(
        select(runs).join(run_aliases, run_aliases.c.run_pk == runs.c.run_pk).where(*alias)
    ).one_or_none()
    if former is None:
        raise NotFoundError(f"the agent {agent_name!r} has no run {run_name!r}")
    run = read_run(RunRow(*former))
    known_as = f"{run.run_name!r} of the agent {run.agent_name!r}"
    raise RenamedError(
        f"the run {run_name!r} of the agent {agent_name!r} is now called {known_as}",
        agent_name=run.agent_name,
        run_name=run.run_name,
        run_id=run.run_id,
    )


def get_detail(connection: Connection, row: RunRow) -> RunDetail:
    """Return what only the page of one run shows."""
    state = _read_state(connection, row)
    aliases = list_aliases(connection, row)
    completeness = read_completeness(connection, row.run_pk)
    return RunDetail(
        inputs=state.fields.get("inputs"),
        outputs=state.fields.get("outputs"),
        error=error_of(state, row.status),
        metadata=metadata_of(state),
        aliases=aliases,
        completeness=completeness,
        requests=requests_of(state),
    )


def read_requests(connection: Connection, row: RunRow) -> tuple[Request, ...]:
    """Return what people asked of the agent of a run, oldest first."""
    return requests_of(_read_state(connection, row))


def _read_state(connection: Connection, row: RunRow) -> State:
    stored = fetch_one(connection, _STATE_OF_RUN, run_pk=row.run_pk)
    return empty_state() if stored is None else decode_state(stored[0])
