"""The states that a node went through, by time: from what was stated of it, its executions, and its approvals.

It is a function of what was recorded, so records that come late, out of order or twice lead to the same states as
those in order. What does not fit the transitions of `transition.py` is shown as it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from runreel.model.ending import RUNNING, RunEnd
from runreel.model.record import Rank
from runreel.model.statement import Statement
from runreel.model.transition import BY_PERSON, BY_RECORDER, BY_RUN
from runreel.model.value import value

PENDING = "pending"
WAITING = "waiting_approval"
AT_WORK = frozenset({RUNNING, WAITING, "paused"})
"""The states that end when the run does."""

NEVER_BEGAN = frozenset({"skipped", PENDING})
"""How an execution is that was none."""


class NodeTransition(NamedTuple):
    """One change of a node's status; `from_status` is None for the first one."""

    at: int
    from_status: str | None
    to_status: str
    who: str
    why: str | None = None


@value
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


_Moment = tuple[int, int, int, int, str, str, str | None]
"""When, what comes first of that time, a place among the like, the kind, the status, who and why."""
# Looked up once: members of an enum are slow to reach, and histories of thousands of nodes are read at once.
_STATED, _BEGUN, _ENDED, _PASSED, _ASKED, _ANSWERED = map(int, _Kind)
_ANSWER, _END, _STATED_START, _BEGIN, _QUESTION, _END_AT_ONCE, _STATED_END, _PERSON = map(int, _Order)
_RANK_END, _RANK_PERSON = int(Rank.END), int(Rank.PERSON)


def make_history(
    statements: Sequence[Statement],
    executions: Sequence[Stretch] = (),
    approvals: Sequence[Stretch] = (),
    *,
    since: int,
    end: RunEnd | None,
) -> NodeHistory:
    """Return the states of a node, given its executions and approvals by their start.

    `since` is when its run began, which is the time of what was stated without one. At the end of the run the node
    ends too, if it goes on.
    """
    moments = [*_moments_of_executions(executions)]
    if approvals:
        moments += _moments_of_approvals(approvals)
    if statements:
        moments += [*_moments_of_statements(statements, moments, since)]
    moments.sort()
    transitions: list[NodeTransition] = []
    n_running = n_waiting = 0
    status = None
    for at, _, _, kind, to_status, who, why in moments:
        n_running += (kind == _BEGUN) - (kind == _ENDED)
        n_waiting += (kind == _ASKED) - (kind == _ANSWERED)
        # An execution beside another one that goes on is no end of the node, nor one answer while others are wanted.
        if n_running and kind in (_ENDED, _PASSED):
            continue
        if kind == _ANSWERED and (n_waiting or status != WAITING):
            continue
        if to_status != status:
            transitions.append(NodeTransition(at, status, to_status, who, why))
            status = to_status
    if end is None or status not in AT_WORK:
        return NodeHistory(transitions=tuple(transitions))
    ended_at = max(end.at, transitions[-1].at)
    transitions.append(NodeTransition(ended_at, status, end.status, BY_RUN, "the run ended"))
    return NodeHistory(transitions=tuple(transitions), ended_by_run=True)


def _moments_of_executions(executions: Iterable[Stretch]) -> Iterator[_Moment]:
    for place, (started_at, ended_at, status, who, _, _) in enumerate(executions):
        if status in NEVER_BEGAN:
            yield started_at, _BEGIN, place, _PASSED, status, who, None
            continue
        yield started_at, _BEGIN, place, _BEGUN, RUNNING, who, None
        if ended_at is not None:
            order = _END if ended_at > started_at else _END_AT_ONCE
            yield ended_at, order, place, _ENDED, status, who, None


def _moments_of_approvals(approvals: Iterable[Stretch]) -> Iterator[_Moment]:
    for place, (started_at, ended_at, _, who, asked, answer) in enumerate(approvals):
        order = _ANSWER if ended_at == started_at else _QUESTION
        yield started_at, order, 2 * place, _ASKED, WAITING, BY_RECORDER, asked
        if ended_at is not None:
            yield ended_at, _ANSWER, 2 * place + 1, _ANSWERED, RUNNING, who, answer


def _moments_of_statements(statements: Sequence[Statement], told: Sequence[_Moment], since: int) -> Iterator[_Moment]:
    said_at = [each.at for each in statements if each.at is not None and each.rank < _RANK_PERSON]
    first = min([since, *said_at, *(each[0] for each in told)])
    last = max([since, *said_at, *(each[0] for each in told)])
    for place, each in enumerate(statements):
        at = each.at
        if at is None:
            # Nothing becomes pending at last, whatever says so.
            at = last if each.rank >= _RANK_END and each.status != PENDING else first
        order = _PERSON if each.rank >= _RANK_PERSON else _STATED_END
        if each.rank < _RANK_END:
            order = _STATED_START
        who = each.who or (BY_PERSON if each.rank >= _RANK_PERSON else BY_RECORDER)
        yield at, order, place, _STATED, each.status, who, each.why
