"""A request: what a person asks of an agent that runs, and the agent does when it comes to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

MAX_REQUESTS: Final = 100
"""Of so many requests of a run it is remembered what they were: the latest."""


class Action(StrEnum):
    """What can be asked of an agent."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"


_FOLLOWED: Final = {"paused": Action.PAUSE, "cancelled": Action.CANCEL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked of a run, numbered from 1; `is_seen` once the agent says that it knows of it."""

    number: int
    action: Action
    why: str | None
    requested_at: int
    requested_by: str | None
    is_seen: bool


def read_requests(stored: object, seen_request: object) -> tuple[Request, ...]:
    """Return the requests that a run's state holds, oldest first."""
    seen = seen_request if type(seen_request) is int else 0
    if type(stored) is not list:
        return ()
    requests: list[Request] = []
    for entry in cast("Sequence[Mapping[str, object]]", stored):
        number = cast("int", entry["number"])
        requests.append(
            Request(
                number=number,
                action=Action(cast("str", entry["action"])),
                why=cast("str | None", entry.get("why")),
                requested_at=cast("int", entry["requested_at"]),
                requested_by=cast("str | None", entry.get("requested_by")),
                is_seen=number <= seen,
            )
        )
    return tuple(requests)


def write_request(request: Request) -> dict[str, object]:
    """Return a request as a run's state holds it."""
    return {
        "number": request.number,
        "action": str(request.action),
        "why": request.why,
        "requested_at": request.requested_at,
        "requested_by": request.requested_by,
    }


def find_followed(requests: Sequence[Request], from_status: str | None, to_status: str) -> Request | None:
    """Return the request that an agent followed when its run's status changed so: the latest that it has seen."""
    seen = [request for request in requests if request.is_seen]
    if not seen:
        return None
    is_resumed = from_status == "paused" and to_status == "executing"
    action = Action.RESUME if is_resumed else _FOLLOWED.get(to_status)
    return seen[-1] if seen[-1].action is action else None


def makes_sense(action: Action, requests: Sequence[Request], run_status: str) -> bool:
    """Tell whether an action can be asked of a run now: only what is paused, or was asked to pause, can be resumed."""
    if action is not Action.RESUME:
        return True
    return run_status == "paused" or bool(requests and requests[-1].action is Action.PAUSE)
