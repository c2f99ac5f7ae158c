"""The states that a node went through, by time: from what was stated of it, its executions, and its approvals.

It is a function of what was recorded, so records that come late, out of order or twice lead to the same states as
those in order. What does not fit the transitions of `transition.py` is shown as it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from runreel.model.ending import RUNNING, RunEnd
from runreel.model.record import Rank
from runreel.model.statement import Statement
from runreel.model.transition import BY_PERSON, BY_RECORDER, BY_RUN

PENDING = "pending"
WAITING = "waiting_approval"
AT_WORK = frozenset({RUNNING, WAITING, "paused"})
"""The states that end when the run does."""

NEVER_BEGAN = frozenset({"skipped", PENDING})
"""How an execution is that was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTransition:
    """One change of a node's status; `from_status` is None for the first one."""

    at: int
    from_status: str | None
    to_status: str
    who: str
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHistory:
    """How the status of a node changed, by time; a node of which nothing is known is pending."""

    transitions: tuple[NodeTransition, ...] = ()
    ended_by_run: bool = False

    @property
    def status(self) -> str:
        """What the node is now."""
        return self.transitions[-1].to_status if self.transitions else PENDING

    @property
    def began_at(self) -> int | None:
        """When the node began; what was called off before never did."""
        return next((each.at for each in self.transitions if _is_begin(each)), None)

    @property
    def ended_at(self) -> int | None:
        """When the node ended, if it has and was begun before."""
        if self.began_at is None or self.status in AT_WORK or self.status == PENDING:
            return None
        return self.transitions[-1].at


def _is_begin(transition: NodeTransition) -> bool:
    is_called_off = transition.to_status == "cancelled" and transition.from_status in (None, PENDING)
    return transition.to_status not in NEVER_BEGAN and not is_called_off


class Stretch(NamedTuple):
    """An execution of a node, or an approval that was asked for in it; `ended_at` is None while it goes on."""

    started_at: int
    ended_at: int | None
    status: str
    who: str = BY_RECORDER
    asked: str | None = None
    answer: str | None = None


class _Kind(IntEnum):
    STATED = 0
    BEGUN = 1
    ENDED = 2
    PASSED = 3
    ASKED = 4
    ANSWERED = 5


class _Order(IntEnum):
    """What comes first of what has one time: what ends had begun before, but for what has no length."""

    ANSWER = 0
    END = 1
    STATED_START = 2
    BEGIN = 3
    QUESTION = 4
    END_AT_ONCE = 5
    STATED_END = 6
    PERSON = 7


class _Moment(NamedTuple):
    at: int
    order: int
    place: int
    kind: int
    status: str
    who: str
    why: str | None = None


def make_history(
    statements: Sequence[Statement],
    executions: Iterable[Stretch] = (),
    approvals: Iterable[Stretch] = (),
    *,
    since: int,
    end: RunEnd | None,
) -> NodeHistory:
    """Return the states of a node, given its executions and approvals by their start.

    `since` is when its run began, which is the time of what was stated without one. At the end of the run the node
    ends too, if it goes on.
    """
    told = [*_moments_of_executions(executions), *_moments_of_approvals(approvals)]
    moments = sorted([*told, *_moments_of_statements(statements, told, since)])
    transitions: list[NodeTransition] = []
    n_running = n_waiting = 0
    status = None
    for at, _, _, kind, to_status, who, why in moments:
        n_running += (kind == _Kind.BEGUN) - (kind == _Kind.ENDED)
        n_waiting += (kind == _Kind.ASKED) - (kind == _Kind.ANSWERED)
        # An execution beside another one that goes on is no end of the node, nor one answer while others are wanted.
        if kind in (_Kind.ENDED, _Kind.PASSED) and n_running:
            continue
        if kind == _Kind.ANSWERED and (n_waiting or status != WAITING):
            continue
        if to_status != status:
            transitions.append(NodeTransition(at=at, from_status=status, to_status=to_status, who=who, why=why))
            status = to_status
    if end is None or status not in AT_WORK:
        return NodeHistory(transitions=tuple(transitions))
    ended_at = max(end.at, transitions[-1].at)
    transitions.append(
        NodeTransition(at=ended_at, from_status=status, to_status=end.status, who=BY_RUN, why="the run ended")
    )
    return NodeHistory(transitions=tuple(transitions), ended_by_run=True)


def _moments_of_executions(executions: Iterable[Stretch]) -> Iterator[_Moment]:
    for place, each in enumerate(executions):
        if each.status in NEVER_BEGAN:
            yield _Moment(each.started_at, _Order.BEGIN, place, _Kind.PASSED, each.status, each.who)
            continue
        yield _Moment(each.started_at, _Order.BEGIN, place, _Kind.BEGUN, RUNNING, each.who)
        if each.ended_at is not None:
            order = _Order.END if each.ended_at > each.started_at else _Order.END_AT_ONCE
            yield _Moment(each.ended_at, order, place, _Kind.ENDED, each.status, each.who)


def _moments_of_approvals(approvals: Iterable[Stretch]) -> Iterator[_Moment]:
    for place, each in enumerate(approvals):
        is_at_once = each.ended_at == each.started_at
        order = _Order.ANSWER if is_at_once else _Order.QUESTION
        yield _Moment(each.started_at, order, 2 * place, _Kind.ASKED, WAITING, BY_RECORDER, each.asked)
        if each.ended_at is not None:
            yield _Moment(each.ended_at, _Order.ANSWER, 2 * place + 1, _Kind.ANSWERED, RUNNING, each.who, each.answer)


def _moments_of_statements(statements: Sequence[Statement], told: Sequence[_Moment], since: int) -> Iterator[_Moment]:
    said_at = [each.at for each in statements if each.at is not None and each.rank < Rank.PERSON]
    first = min([since, *said_at, *(each.at for each in told)])
    last = max([since, *said_at, *(each.at for each in told)])
    for place, each in enumerate(statements):
        at = each.at
        if at is None:
            # Nothing becomes pending at last, whatever says so.
            at = last if each.rank >= Rank.END and each.status != PENDING else first
        order = _Order.PERSON if each.rank >= Rank.PERSON else _Order.STATED_END
        if each.rank < Rank.END:
            order = _Order.STATED_START
        who = each.who or (BY_PERSON if each.rank >= Rank.PERSON else BY_RECORDER)
        yield _Moment(at, order, place, _Kind.STATED, each.status, who, each.why)
