"""What agents and people ask of each other: approvals, and requests to agents that run."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import Response

from runreel.model.approval import Answer, Approval, ApprovalStatus
from runreel.model.instant import now
from runreel.model.request import Action
from runreel.model.request import Request as RunRequest
from runreel.server.approval_view import (
    ApprovalPageView,
    ApprovalView,
    RequestView,
    RunApprovalsView,
    RunRequestsView,
    view_approval,
    view_request,
)
from runreel.server.body_text import plain
from runreel.server.dependency import Approvals, Cursor, EventId, Limit, RunId, ScopeOf, parts_of
from runreel.server.problem import PROBLEM
from runreel.server.view import json_response
from runreel.server.waiting import MAX_WAIT_S, wait_for

router = APIRouter(tags=["approvals"], responses=PROBLEM)

_MAX_NAME_LENGTH: Final = 255
_MAX_TEXT_LENGTH: Final = 10_000
_OF_RUN: Final = "/api/by-id/{run_id}/approvals"


Who = Annotated[
    str | None,
    Field(max_length=_MAX_NAME_LENGTH, description="Who says so; shown to everyone."),
    AfterValidator(lambda who: who and (plain(who) or None)),
]
Words = Annotated[
    str | None, Field(max_length=_MAX_TEXT_LENGTH), AfterValidator(lambda words: words and (plain(words) or None))
]
WaitS = Annotated[
    int, Query(ge=0, le=MAX_WAIT_S, description="How many seconds to wait for news at most; 0 answers at once.")
]


class AnswerBody(BaseModel):
    """The answer of a person to an approval."""

    model_config = ConfigDict(extra="forbid")

    option: str = Field(max_length=_MAX_TEXT_LENGTH, description="One of the approval's options.")
    feedback: Words = None
    who: Who = None


class ExpiryBody(BaseModel):
    """What the agent goes on with, since nobody answered in time."""

    model_config = ConfigDict(extra="forbid")

    option: str | None = Field(default=None, max_length=_MAX_TEXT_LENGTH)


class RequestBody(BaseModel):
    """What a person asks of the agent of a run."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["cancel", "pause", "resume"]
    why: Words = None
    who: Who = None


@router.get("/api/approvals", response_model=ApprovalPageView)
def list_approvals(
    scope: ScopeOf,
    approvals: Approvals,
    status: Annotated[
        Literal["open", "answered", "expired", "ended", "all"], Query(description="Which to return.")
    ] = "open",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return the approvals of the newest `limit` runs that have any, newest run first."""
    statuses = tuple(ApprovalStatus) if status == "all" else (ApprovalStatus(status),)
    page = approvals.list_approvals(scope, statuses, limit=limit, cursor=cursor)
    return json_response(
        {
            "approvals": [view_approval(approval) for approval in page.items],
            "open_count": approvals.count_open_approvals(scope),
            "next_cursor": page.next_cursor,
        }
    )


@router.get(_OF_RUN, response_model=RunApprovalsView)
def list_run_approvals(run_id: RunId, scope: ScopeOf, approvals: Approvals) -> Response:
    """Return the approvals of a run by time."""
    found = approvals.list_run_approvals(scope, run_id)
    return json_response({"run_id": run_id, "approvals": [view_approval(approval) for approval in found]})


@router.get(_OF_RUN + "/{event_id}", response_model=ApprovalView)
async def get_approval(
    request: Request, run_id: RunId, event_id: EventId, scope: ScopeOf, approvals: Approvals, wait_s: WaitS = 0
) -> Response:
    """Return an approval; with `wait_s`, as soon as it is not open any more, or after so many seconds."""

    def read() -> Approval:
        return approvals.get_approval(scope, run_id, event_id)

    approval = await wait_for(
        parts_of(request), scope, run_id, read, lambda found: found.status is not ApprovalStatus.OPEN, wait_s=wait_s
    )
    return json_response(view_approval(approval))


@router.post(_OF_RUN + "/{event_id}/answer", response_model=ApprovalView)
def answer_approval(
    run_id: RunId, event_id: EventId, body: AnswerBody, scope: ScopeOf, approvals: Approvals
) -> Response:
    """Answer an approval, once; a second answer is refused with the first one."""
    answer = Answer(option=body.option, feedback=body.feedback, who=body.who)
    return json_response(view_approval(approvals.answer_approval(scope, run_id, event_id, answer, now=now())))


@router.post(_OF_RUN + "/{event_id}/expire", response_model=ApprovalView)
def expire_approval(
    run_id: RunId, event_id: EventId, body: ExpiryBody, scope: ScopeOf, approvals: Approvals
) -> Response:
    """Say as its agent that it waits no longer; where a person was quicker, the answer comes back."""
    return json_response(view_approval(approvals.expire_approval(scope, run_id, event_id, body.option, now=now())))


@router.get("/api/by-id/{run_id}/requests", response_model=RunRequestsView)
async def list_requests(
    request: Request,
    run_id: RunId,
    scope: ScopeOf,
    approvals: Approvals,
    after: Annotated[int, Query(ge=0, description="Only requests with a higher number.")] = 0,
    wait_s: WaitS = 0,
) -> Response:
    """Return what people asked of a run's agent; with `wait_s`, as soon as there is something after `after`."""

    def read() -> list[RunRequest]:
        return [each for each in approvals.list_requests(scope, run_id) if each.number > after]

    found = await wait_for(parts_of(request), scope, run_id, read, bool, wait_s=wait_s)
    return json_response({"run_id": run_id, "requests": [view_request(each) for each in found]})


@router.post("/api/by-id/{run_id}/requests", response_model=RequestView)
def add_request(run_id: RunId, body: RequestBody, scope: ScopeOf, approvals: Approvals) -> Response:
    """Ask the agent of a run to cancel, to pause or to go on; it does so when it next looks."""
    added = approvals.add_request(scope, run_id, Action(body.action), why=body.why, who=body.who, now=now())
    return json_response(view_request(added))
