"""A question to people: an event of the run that outlives the process, and what to ask next until there is an answer.

What comes next is told by one generator, `Question.steps`, for code that waits in its thread and for tasks alike.
"""

from __future__ import annotations

from _random import Random  # `random` takes longer to import than all of ours may
from time import monotonic, time

from runreel.sdk.answer import TAKEN, UNKNOWN_STATUS
from runreel.sdk.backoff import Backoff
from runreel.sdk.control import find_stop, watches_of
from runreel.sdk.guard import say_once
from runreel.sdk.ids import is_plain_id
from runreel.sdk.quoting import quote
from runreel.sdk.record import plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from datetime import datetime
    from typing import TypeAlias

    from runreel.sdk.context import Place
    from runreel.sdk.port import Heard, Line
    from runreel.sdk.watch import Watch

    Step: TypeAlias = "Find | Expire | Pause"

OPEN = "open"
ANSWERED = "answered"
EXPIRED = "expired"
ENDED = "ended"
UNAVAILABLE = "unavailable"

OPTIONS = ("approve", "reject")

# Less than proxies and the server allow a request to take.
_LONGEST_WAIT_S = 25.0
_EXPIRING_TIMEOUT_S = 3.0
_FIRST_PAUSE_S = 0.05
_EARLY_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0
_MAX_NAME_CHARS = 255
# Of so many times that the same was asked before, in vain, one is looked at after the other.
_MOST_FORMER = 100


class Approval:
    """What became of a question. `status` is `answered`, `expired`, `ended` (nobody can answer it) or `unavailable`."""

    __slots__ = ("answered_at", "answered_by", "event_id", "feedback", "is_approved", "option", "status")

    def __init__(
        self,
        status: str,
        option: str | None = None,
        *,
        is_approved: bool = False,
        feedback: str | None = None,
        answered_by: str | None = None,
        answered_at: datetime | None = None,
        event_id: str = "",
    ) -> None:
        self.status = status
        self.option = option
        self.is_approved = is_approved
        self.feedback = feedback
        self.answered_by = answered_by
        self.answered_at = answered_at
        self.event_id = event_id

    def __repr__(self) -> str:
        return f"Approval(status={self.status!r}, option={self.option!r}, answered_by={self.answered_by!r})"


class Find:
    """A step: ask what became of the approval."""

    def __init__(self, run_id: str, event_id: str, wait_s: int) -> None:
        self._asked = run_id, event_id, wait_s

    def take(self, line: Line) -> Heard:
        return line.find_approval(*self._asked)


class Expire:
    """A step: tell that its time is over."""

    def __init__(self, run_id: str, event_id: str, option: str | None) -> None:
        self._told = run_id, event_id, option, _EXPIRING_TIMEOUT_S

    def take(self, line: Line) -> Heard:
        return line.expire_approval(*self._told)


class Pause:
    """A step: nothing, for a while."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Question:
    """One question, from its asking to its end."""

    def __init__(
        self,
        place: Place,
        question: str,
        *,
        options: Iterable[str],
        context: object,
        timeout_s: float | None,
        default: str | None,
        approval_id: str | None,
    ) -> None:
        self.client = place.run.client
        self._place = place
        self._run = place.run
        self._question = question
        self._options = _checked_options(options)
        self._context = context
        self._default = _checked_default(default, self._options)
        self._approval_id = approval_id
        self._timeout_s = timeout_s if isinstance(timeout_s, int | float) else None
        self._ends_at = None if self._timeout_s is None else monotonic() + self._timeout_s
        self._number = 1 if approval_id else _count(place, question)
        self._event_id = self._id_of(self._number)
        self._is_recorded = self._is_over = False
        self._backoff = Backoff(Random().random, longest_pause_s=_LONGEST_PAUSE_S)
        self._n_unknown = 0
        self._watches: list[Watch] = watches_of(place)
        self.line = self.client.open_line()
        for watch in self._watches:
            watch.lines.add(self.line)

    def steps(self) -> Generator[Step, Heard | None, Approval]:
        """Give what to ask next, or how long to wait before that; be sent what was heard."""
        if self._run.may_be_known:
            found = yield from self._look_for_former()
            if found is not None:
                return found
        if not self._is_recorded:
            self._record()
        while (left_s := self._left_s()) > 0:
            stopping = find_stop(self._watches)
            if stopping is not None:
                self._end("cancelled", None)
                return Approval(ENDED, event_id=self._event_id)
            asked_at, wait_s = monotonic(), int(left_s)
            heard = yield Find(self._run.run_id, self._event_id, wait_s)
            found = self._read(heard)
            if found is not None and found.status != OPEN:
                return found
            # A server that didn't wait, be it that it is about to end, must not be asked again at once.
            is_early = monotonic() - asked_at < max(wait_s / 2, _EARLY_PAUSE_S)
            pause_s = self._pause_s(heard) if found is None else _EARLY_PAUSE_S if is_early else 0.0
            if (pause_s := min(pause_s, self._left_s())) > 0:
                yield Pause(pause_s)
        return (yield from self._expire())

    def get_ready(self) -> None:
        """Use the line again after it was cut, unless that was because the run is to stop."""
        self.line.resume()
        # Whoever asks the run to stop says so before cutting the line, so one of both is seen here.
        if any(watch.stop_number is not None for watch in self._watches):
            self.line.interrupt()

    def withdraw(self, error: BaseException) -> None:
        """Tell that nobody waits any more."""
        if self._is_recorded and not self._is_over:
            with_attributes = f',"attributes":{{"cancelled_by":{quote(type(error).__name__)}}}'
            self._end("cancelled", None, with_attributes)

    def close(self) -> None:
        """Let go of the server."""
        for watch in self._watches:
            watch.lines.discard(self.line)
        self.line.close()

    def _look_for_former(self) -> Generator[Step, Heard | None, Approval | None]:
        """Return what a former process of the run was answered; a question that ended unanswered is asked anew."""
        for _ in range(_MOST_FORMER):
            heard = yield Find(self._run.run_id, self._event_id, 0)
            found = self._read(heard)
            if found is None:
                return None
            if found.status == OPEN:
                self._is_recorded = True
                return None
            # What was withdrawn is told as expired without an option.
            if found.status != ENDED and found.option is not None:
                return found
            self._is_over = False
            self._number += 1
            self._event_id = self._id_of(self._number)
        return None

    def _expire(self) -> Generator[Step, Heard | None, Approval]:
        heard = yield Expire(self._run.run_id, self._event_id, self._default)
        found = self._read(heard)
        if found is not None and found.status != OPEN:
            return found
        self._end_expired()
        return self._approval(EXPIRED, self._default)

    def _record(self) -> None:
        run = self._run
        inputs = {"question": self._question, "options": list(self._options), "context": self._context}
        link = self._place.link
        fields = f',"event_id":{quote(self._event_id)}{self._place.make_link() if link is None else link}'
        fields += f',"inputs":{run.values.text(inputs, run)}'
        if self._timeout_s is not None:
            fields += f',"attributes":{{"expires_at":{quote(_utc_text(time() + self._timeout_s))}}}'
        name = " ".join(self._question.split())[:_MAX_NAME_CHARS] or "approval"
        run.add(f'"record":"event","phase":"start","event_type":"approval_requested","name":{quote(name)}', fields)
        self._is_recorded = True

    def _end_expired(self) -> None:
        option = "null" if self._default is None else quote(self._default)
        self._end("cancelled", EXPIRED, f',"outputs":{{"option":{option}}}')

    def _end(self, status: str, subtype: str | None, fields: str = "") -> None:
        self._is_over = True
        told = "" if subtype is None else f',"event_subtype":{quote(subtype)}'
        self._run.add(
            '"record":"event","phase":"end"',
            f',"event_id":{quote(self._event_id)},"status":{quote(status)}{told}{fields}',
        )

    def _left_s(self) -> float:
        return _LONGEST_WAIT_S if self._ends_at is None else min(self._ends_at - monotonic(), _LONGEST_WAIT_S)

    def _pause_s(self, heard: Heard | None) -> float:
        """Return how long to wait after nothing was heard of the approval."""
        if heard is not None and heard[0].status == UNKNOWN_STATUS:
            # It is on its way to the server.
            pause_s = min(_FIRST_PAUSE_S * 2 ** min(self._n_unknown, 10), _LONGEST_PAUSE_S)
            self._n_unknown += 1
            return pause_s
        if heard is not None:
            self._backoff.fail(heard[0], monotonic(), is_urgent=False)
        return self._backoff.retry_at - monotonic()

    def _read(self, heard: Heard | None) -> Approval | None:
        """Return what the server says of the approval; None where it says nothing."""
        if heard is None or heard[0].kind != TAKEN or not isinstance(heard[1].get("status"), str):
            return None
        self._backoff.succeed()
        view = heard[1]
        status, option = str(view["status"]), _text_of(view.get("option"))
        if status == OPEN:
            return Approval(OPEN)
        self._is_over = True
        if status == UNAVAILABLE:
            option = self._default
            self._end_expired()
        elif status == ENDED:
            option = None
        return self._approval(
            status,
            option,
            feedback=_text_of(view.get("feedback")),
            answered_by=_text_of(view.get("answered_by")),
            answered_at=_instant_of(view.get("answered_at")),
        )

    def _approval(
        self,
        status: str,
        option: str | None,
        *,
        feedback: str | None = None,
        answered_by: str | None = None,
        answered_at: datetime | None = None,
    ) -> Approval:
        return Approval(
            status,
            option,
            is_approved=option is not None and option == self._options[0],
            feedback=feedback,
            answered_by=answered_by,
            answered_at=answered_at,
            event_id=self._event_id,
        )

    def _id_of(self, number: int) -> str:
        if self._approval_id and number == 1 and is_plain_id(self._approval_id):
            return self._approval_id
        from hashlib import blake2b

        node_id = None if self._approval_id else self._place.node_id
        told = "\0".join((self._run.run_id, node_id or "", self._approval_id or self._question, str(number)))
        return blake2b(told.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _count(place: Place, question: str) -> int:
    """Return how manieth time this is asked in a node, by this process."""
    run = place.run
    if run.asked is None:
        run.asked = {}
    key = (place.node_id, question)
    run.asked[key] = run.asked.get(key, 0) + 1
    return run.asked[key]


def _checked_options(given: Iterable[str]) -> tuple[str, ...]:
    options = tuple(dict.fromkeys(plain_text(option, "an option") for option in given))
    if not options or isinstance(given, str):
        say_once("options of an approval", "approval: options are no list of texts; give some, such as two")
        return OPTIONS
    return options


def _checked_default(default: str | None, options: tuple[str, ...]) -> str | None:
    if default is not None and default not in options:
        say_once("default of an approval", f"approval: the default {default!r} is none of the options, and is ignored")
        return None
    return default


def _text_of(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _instant_of(value: object) -> datetime | None:
    from datetime import datetime

    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _utc_text(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat()
