"""An approval: what an agent asks a person, and what came of it. It is an event of type `approval_requested`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from runreel.model.event import FullEvent
from runreel.model.instant import parse_instant
from runreel.model.run import Run
from runreel.model.vocabulary import is_ended

APPROVAL_REQUESTED: Final = "approval_requested"
USUAL_OPTIONS: Final = ("approve", "reject")
EXPIRED: Final = "expired"


class ApprovalStatus(StrEnum):
    """What became of an approval; `ended` is one that nobody answered before its run ended."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What an agent asks, with its answer if there is one.

    `option` of an expired one is what the agent went on with.
    """

    run_id: str
    agent_name: str
    run_name: str | None
    event_id: str
    node_id: str | None
    question: str
    options: tuple[str, ...]
    context: object
    requested_at: int
    expires_at: int | None
    status: ApprovalStatus
    option: str | None = None
    feedback: str | None = None
    answered_at: int | None = None
    answered_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person answers: one of the options, and what there is to say of it."""

    option: str
    feedback: str | None = None
    who: str | None = None


def tell_answer(option: str, feedback: str | None) -> str:
    """Return what histories tell of an answer."""
    return f"{option}: {feedback}" if feedback else option


def is_answerable(run_status: str) -> bool:
    """Tell whether a run of this status may go on with an answer: also a lost one, whose agent may come again."""
    return run_status == "lost" or not is_ended(run_status)


def read_approval(run: Run, full: FullEvent) -> Approval:
    """Return what an event says of an approval."""
    event, payload = full.event, full.payload
    asked, answered = _mapping(payload.inputs), _mapping(payload.outputs)
    status = _status_of(run.status, "running" if event.ended_by_run else event.status)
    return Approval(
        run_id=run.run_id,
        agent_name=run.agent_name,
        run_name=run.run_name,
        event_id=event.event_id,
        node_id=event.node_id,
        question=_text(asked, "question") or event.name or "Is this approved?",
        options=_options(asked.get("options")),
        context=asked.get("context") if "question" in asked else payload.inputs,
        requested_at=event.started_at,
        expires_at=parse_instant(payload.attributes.get("expires_at")),
        status=status,
        option=_text(answered, "option") or _text(answered, "resolution"),
        feedback=_text(answered, "feedback") or _text(answered, "user_feedback"),
        answered_at=event.ended_at if status is ApprovalStatus.ANSWERED else None,
        answered_by=_text(answered, "answered_by"),
    )


def _status_of(run_status: str, event_status: str) -> ApprovalStatus:
    if event_status == "running":
        return ApprovalStatus.OPEN if is_answerable(run_status) else ApprovalStatus.ENDED
    return ApprovalStatus.ANSWERED if event_status == "completed" else ApprovalStatus.EXPIRED


def _options(stated: object) -> tuple[str, ...]:
    if type(stated) is not list:
        return USUAL_OPTIONS
    texts = [option for option in cast("list[object]", stated) if type(option) is str and option]
    return tuple(dict.fromkeys(texts)) or USUAL_OPTIONS


def _mapping(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if type(value) is dict else {}


def _text(values: Mapping[str, object], name: str) -> str | None:
    value = values.get(name)
    return value if type(value) is str else None
