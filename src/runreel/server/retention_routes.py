"""How long runs are kept: rules, and sweeping by them."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.responses import Response

from runreel.model.instant import now
from runreel.model.retention import EVERY_AGENT, RetentionRule
from runreel.server.dependency import AgentName, Cursor, Limit, Retention, ScopeOf
from runreel.server.maintenance import note_deletion
from runreel.server.problem import PROBLEM
from runreel.server.retention_view import (
    RulePageView,
    RuleView,
    SweepView,
    UnruledView,
    view_rule,
    view_sweep,
)
from runreel.server.view import json_response

router = APIRouter(prefix="/api/retention", tags=["retention"], responses=PROBLEM)

_MICROSECONDS_PER_MS = 1_000
_LONGEST_MS = 10**13
_MOST_BYTES = 2**60


class NewRule(BaseModel):
    """What is kept; at least one of the two."""

    model_config = ConfigDict(extra="forbid")

    max_age_ms: float | None = Field(default=None, ge=1, le=_LONGEST_MS, description="Age of the last activity.")
    max_bytes: int | None = Field(default=None, ge=1, le=_MOST_BYTES, description="Size of all runs together.")

    @model_validator(mode="after")
    def _require_bound(self) -> Self:
        if self.max_age_ms is None and self.max_bytes is None:
            raise ValueError("give max_age_ms, max_bytes or both")
        return self


@router.get("", response_model=RulePageView)
def list_rules(scope: ScopeOf, retention: Retention, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """List the rules by agent; that of all agents, whose `agent_name` is null, is the first."""
    page = retention.list_retention_rules(scope, limit=limit, cursor=cursor)
    return json_response({"rules": [view_rule(rule) for rule in page.items], "next_cursor": page.next_cursor})


@router.put("", response_model=RuleView)
def put_rule(new: NewRule, scope: ScopeOf, retention: Retention) -> Response:
    """Set the rule of all agents."""
    return _put(new, scope, retention, EVERY_AGENT)


@router.delete("", response_model=UnruledView)
def delete_rule(scope: ScopeOf, retention: Retention) -> Response:
    """Remove the rule of all agents."""
    retention.delete_retention_rule(scope, EVERY_AGENT)
    return json_response({"status": "deleted"})


@router.get("/{agent_name}", response_model=RuleView)
def get_agent_rule(agent_name: AgentName, scope: ScopeOf, retention: Retention) -> Response:
    """Return the rule of one agent."""
    return json_response(view_rule(retention.get_retention_rule(scope, agent_name)))


@router.put("/{agent_name}", response_model=RuleView)
def put_agent_rule(agent_name: AgentName, new: NewRule, scope: ScopeOf, retention: Retention) -> Response:
    """Set the rule of one agent, which need not exist yet."""
    return _put(new, scope, retention, agent_name)


@router.delete("/{agent_name}", response_model=UnruledView)
def delete_agent_rule(agent_name: AgentName, scope: ScopeOf, retention: Retention) -> Response:
    """Remove the rule of one agent."""
    retention.delete_retention_rule(scope, agent_name)
    return json_response({"status": "deleted"})


@router.post("/sweep", response_model=SweepView)
def sweep(
    request: Request,
    scope: ScopeOf,
    retention: Retention,
    dry_run: Annotated[bool, Query(description="Only say what would be deleted.")] = False,
    limit: Limit = 50,
) -> Response:
    """Delete up to `limit` ended runs that are beyond the rules; the server does so by itself every minute."""
    report = retention.sweep_runs(scope, now=now(), dry_run=dry_run, limit=limit)
    if report.n_runs and not dry_run:
        note_deletion(request)
    return json_response(view_sweep(report, is_dry_run=dry_run))


def _put(new: NewRule, scope: ScopeOf, retention: Retention, agent_name: str) -> Response:
    max_age_us = None if new.max_age_ms is None else round(new.max_age_ms * _MICROSECONDS_PER_MS)
    rule = RetentionRule(agent_name=agent_name, max_age_us=max_age_us, max_bytes=new.max_bytes)
    return json_response(view_rule(retention.put_retention_rule(scope, rule, now=now())))
