"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NotRequired

from starlette.responses import Response
from typing_extensions import TypedDict

MEDIA_TYPE = "application/problem+json"


class ProblemView(TypedDict):
    """What went wrong: `detail` says with which thing, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    run_id: NotRequired[str]
    run_ids: NotRequired[list[str]]
    run_status: NotRequired[str]
    node_status: NotRequired[str]
    allowed_statuses: NotRequired[list[str]]
    problems: NotRequired[list[str]]


# What routes say of all the answers that they don't name.
PROBLEM: dict[int | str, dict[str, Any]] = {"default": {"model": ProblemView, "description": "A problem"}}


def problem_response(
    status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
) -> Response:
    """Return a problem document; `members` are further members of it."""
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    content = json.dumps(problem, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status, dict(headers or {}), MEDIA_TYPE)
