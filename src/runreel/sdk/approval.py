"""Approvals: an agent asks, people answer, and the agent waits for it."""

from __future__ import annotations

from time import sleep

from runreel.sdk.guard import OWN_ERRORS, swallow
from runreel.sdk.implicit import place_here
from runreel.sdk.question import OPTIONS, UNAVAILABLE, Approval, Pause, Question
from runreel.sdk.record import plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from runreel.sdk.port import Heard


def approval(
    question: str,
    *,
    options: Iterable[str] = OPTIONS,
    context: object = None,
    timeout_s: float | None = None,
    default: str | None = None,
    approval_id: str | None = None,
) -> Approval:
    """Ask people, and wait until one of them answers, or for `timeout_s`; then it is `default`.

    The first option is the one that approves. While no server answers it is asked again and again. A run that is begun
    again with its `run_id` finds the answer that was given meanwhile: the question is known by the run, the node and
    how manieth of its kind it is, or else by `approval_id`.
    """
    try:
        asking = _begin(question, options, context, timeout_s, default, approval_id)
        return asking if isinstance(asking, Approval) else _wait(asking)
    except OWN_ERRORS as error:
        swallow("ask for an approval", error)
        return _unavailable(options, default)


async def approval_async(
    question: str,
    *,
    options: Iterable[str] = OPTIONS,
    context: object = None,
    timeout_s: float | None = None,
    default: str | None = None,
    approval_id: str | None = None,
) -> Approval:
    """Ask people as `approval` does, and let other tasks of the `asyncio` loop go on. A task that is cancelled while it
    waits withdraws the question.
    """
    try:
        asking = _begin(question, options, context, timeout_s, default, approval_id)
        return asking if isinstance(asking, Approval) else await _wait_async(asking)
    except OWN_ERRORS as error:
        swallow("ask for an approval", error)
        return _unavailable(options, default)


def _begin(
    question: object,
    options: Iterable[str],
    context: object,
    timeout_s: float | None,
    default: str | None,
    approval_id: str | None,
) -> Question | Approval:
    place = place_here()
    if place is None:
        return _unavailable(options, default)
    return Question(
        place,
        plain_text(question, "a question"),
        options=options,
        context=context,
        timeout_s=timeout_s,
        default=default,
        approval_id=plain_text(approval_id, "approval_id") or None,
    )


def _wait(question: Question) -> Approval:
    """Take one step after the other in this thread."""
    line = question.line
    steps = question.steps()
    heard: Heard | None = None
    try:
        while True:
            step = steps.send(heard)
            heard = None
            if isinstance(step, Pause):
                sleep(step.seconds)
            else:
                question.get_ready()
                heard = step.take(line)
    except StopIteration as end:
        return end.value
    except BaseException as error:
        question.withdraw(error)
        raise
    finally:
        question.close()


async def _wait_async(question: Question) -> Approval:
    """Take one step after the other, those that wait for the server in threads of their own."""
    import asyncio

    from runreel.sdk.errand import Errand

    line = question.line
    steps = question.steps()
    heard: Heard | None = None
    try:
        while True:
            try:
                step = steps.send(heard)
            except StopIteration as end:
                return end.value
            heard = None
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            else:
                question.get_ready()
                heard = await Errand(question.client, line, lambda step=step: step.take(line)).result()
    except BaseException as error:
        question.withdraw(error)
        raise
    finally:
        question.close()


def _unavailable(options: Iterable[str], default: str | None) -> Approval:
    try:
        first = next(iter(options), None)
    except OWN_ERRORS:
        first = None
    return Approval(UNAVAILABLE, default, is_approved=default is not None and default == first)
