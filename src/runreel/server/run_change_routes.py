"""What people change of runs: one by one, and deleting many at once; and how the status of a run changed."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, cast

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from runreel.errors import InvalidQueryError
from runreel.model.instant import now
from runreel.model.run import DeleteReport, RunFilter
from runreel.model.run_edit import RunEdit
from runreel.model.scope import Scope
from runreel.model.vocabulary import RunStatus
from runreel.server.body_text import plain
from runreel.server.dependency import AgentName, Cursor, Limit, RunId, RunName, Runs, ScopeOf, instant_of
from runreel.server.maintenance import note_deletion
from runreel.server.problem import PROBLEM
from runreel.server.run_change_view import (
    BulkDeletedView,
    HistoryView,
    MatchedRunsView,
    view_bulk_deleted,
    view_history,
    view_matched_runs,
)
from runreel.server.run_routes import respond_detail
from runreel.server.view import RunDetailView, json_response
from runreel.storage.port import RunStore
from runreel.wire.json import cleaned

router = APIRouter(tags=["runs"], responses=PROBLEM)

_MAX_WHY_LENGTH = 1_000
_MAX_RUN_IDS = 1_000
_N_FIRST_RUNS = 20
# A request deletes so many parts at most, each of them one transaction, so that it ends before clients give up.
_MAX_PARTS = 10


# Names are kept composed, and people also type them otherwise.
Name = Annotated[str, AfterValidator(lambda name: unicodedata.normalize("NFC", name))]


class RunPatch(BaseModel):
    """What a person changes of a run: all of it, or nothing where a part can't be."""

    model_config = ConfigDict(extra="forbid")

    new_run_name: str | None = Field(
        default=None, description="1-255 characters; trimmed, and unique among the runs of the agent."
    )
    status: RunStatus | None = Field(default=None, description="One that the present status may go to.")
    why: Annotated[str, Field(max_length=_MAX_WHY_LENGTH), AfterValidator(plain)] | None = Field(
        default=None, description="Why the status changes; kept in the history."
    )
    tags: list[str] | None = Field(default=None, description="The tags to have instead of those there are.")
    metadata: dict[str, Any] | None = Field(
        default=None, description="A merge patch (RFC 7396): members are set, and null removes one."
    )

    @model_validator(mode="after")
    def _check_members(self) -> RunPatch:
        if self.why is not None and self.status is None:
            raise ValueError("'why' tells of a new status; give 'status' too")
        if all(each is None for each in (self.new_run_name, self.status, self.tags, self.metadata)):
            raise ValueError("there is nothing to change; give 'new_run_name', 'status', 'tags' or 'metadata'")
        return self

    def as_edit(self) -> RunEdit:
        """Return the changes as the store takes them."""
        return RunEdit(
            new_name=self.new_run_name,
            status=self.status,
            why=self.why or None,
            tags=self.tags,
            metadata=cast("dict[str, object] | None", cleaned(self.metadata)),
        )


class RunDeletion(BaseModel):
    """Which runs to delete: those that all of these describe."""

    model_config = ConfigDict(extra="forbid")

    run_ids: list[str] | None = Field(default=None, max_length=_MAX_RUN_IDS)
    agent: Name | None = None
    session: Name | None = None
    status: list[str] | str | None = Field(default=None, description="One, or several of which any will do.")
    environment: str | None = None
    mode: str | None = None
    tag: str | None = None
    parent: str | None = Field(default=None, description="The id of the parent run.")
    since: str | None = Field(default=None, description="ISO 8601; runs created at that time or later.")
    until: str | None = Field(default=None, description="ISO 8601; runs created before that time.")
    q: str | None = Field(default=None, max_length=200, description="What names contain.")
    has_errors: bool | None = Field(default=None, description="Runs with failed events, or without.")
    unpriced: bool | None = Field(default=None, description="Whether a call is in them whose cost nobody knows.")
    all: bool = Field(default=False, description="Must be true where nothing else says which runs.")
    dry_run: bool = Field(default=False, description="Only say what would be deleted.")

    def as_filter(self) -> RunFilter:
        """Return the filter; raises `InvalidQueryError` where it would match everything and nobody said so."""
        query = RunFilter(
            run_ids=None if self.run_ids is None else tuple(self.run_ids),
            agent_name=self.agent,
            session_id=self.session,
            statuses=(self.status,) if isinstance(self.status, str) else tuple(self.status or ()),
            environment=self.environment,
            mode=self.mode,
            tag=self.tag,
            parent_run_id=self.parent,
            since=instant_of("since", self.since),
            until=instant_of("until", self.until),
            text=self.q,
            has_errors=self.has_errors,
            has_unpriced=self.unpriced,
        )
        if (query == RunFilter()) is not self.all:
            raise InvalidQueryError(
                "say which runs to delete: give filters or 'run_ids', or else 'all': true for every run there is"
            )
        return query


@router.patch("/api/by-id/{run_id}", response_model=RunDetailView)
def patch_run_by_id(run_id: RunId, patch: RunPatch, scope: ScopeOf, runs: Runs) -> Response:
    """Change name, status, tags and metadata of a run by its id."""
    return _patch(scope, runs, run_id, patch)


@router.patch("/api/runs/{agent_name}/{run_name}", response_model=RunDetailView)
def patch_run(agent_name: AgentName, run_name: RunName, patch: RunPatch, scope: ScopeOf, runs: Runs) -> Response:
    """Change name, status, tags and metadata of a run; a former name leads to it until another run takes it."""
    return _patch(scope, runs, runs.get_run_by_name(scope, agent_name, run_name).run_id, patch)


@router.get("/api/by-id/{run_id}/history", response_model=HistoryView)
def get_history(run_id: RunId, scope: ScopeOf, runs: Runs, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """Return how the status of a run changed, oldest first: from, to, when, by whom and why."""
    page = runs.list_transitions(scope, run_id, limit=limit, cursor=cursor)
    return json_response(view_history(run_id, page))


@router.post("/api/runs/delete", response_model=BulkDeletedView | MatchedRunsView)
def delete_runs(request: Request, deletion: RunDeletion, scope: ScopeOf, runs: Runs) -> Response:
    """Delete the runs that a filter matches, in short transactions; again, while `is_complete` is false."""
    query = deletion.as_filter()
    if deletion.dry_run:
        first = runs.list_runs(scope, query, limit=_N_FIRST_RUNS).items
        return json_response(view_matched_runs(runs.count_runs(scope, query), first))
    report = _delete(scope, runs, query)
    note_deletion(request)
    return json_response(view_bulk_deleted(report))


def _patch(scope: Scope, runs: RunStore, run_id: str, patch: RunPatch) -> Response:
    return respond_detail(scope, runs, runs.edit_run(scope, run_id, patch.as_edit(), now=now()))


def _delete(scope: Scope, runs: RunStore, query: RunFilter) -> DeleteReport:
    began_at = now()
    n_runs = n_events = 0
    cursor: str | None = None
    for _ in range(_MAX_PARTS):
        part = runs.delete_runs(scope, query, now=began_at, cursor=cursor)
        n_runs, n_events, cursor = n_runs + part.n_runs, n_events + part.n_events, part.next_cursor
        if cursor is None:
            break
    return DeleteReport(n_runs=n_runs, n_events=n_events, next_cursor=cursor)
