"""Which runs a request asks for, by the filters that all routes about many runs have."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from runreel.model.run import RunFilter
from runreel.server.dependency import NameQuery, TextQuery, instant_of


async def _run_filter(
    agent: NameQuery = None,
    session: NameQuery = None,
    status: Annotated[list[str] | None, Query(description="May be given several times.")] = None,
    environment: Annotated[str | None, Query()] = None,
    mode: Annotated[str | None, Query()] = None,
    tag: Annotated[str | None, Query()] = None,
    parent: Annotated[str | None, Query(description="The id of the parent run.")] = None,
    since: Annotated[str | None, Query(description="ISO 8601; runs created at that time or later.")] = None,
    until: Annotated[str | None, Query(description="ISO 8601; runs created before that time.")] = None,
    q: TextQuery = None,
    has_errors: Annotated[bool | None, Query(description="Runs with failed events, or without.")] = None,
    unpriced: Annotated[bool | None, Query(description="Whether a call is in them whose cost nobody knows.")] = None,
) -> RunFilter:
    return RunFilter(
        agent_name=agent,
        session_id=session,
        statuses=tuple(status or ()),
        environment=environment,
        mode=mode,
        tag=tag,
        parent_run_id=parent,
        since=instant_of("since", since),
        until=instant_of("until", until),
        text=q,
        has_errors=has_errors,
        has_unpriced=unpriced,
    )


RunFilterOf = Annotated[RunFilter, Depends(_run_filter)]
