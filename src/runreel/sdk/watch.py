"""What people ask of one run, as far as this process has heard."""

from __future__ import annotations

from runreel.sdk.guard import OWN_ERRORS, swallow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from runreel.sdk.port import Line
    from runreel.sdk.run import Run


class Watch:
    """The requests of one run. The listener hears them, and threads and tasks of the run look here.

    `after` is the newest one that was heard, `told` the newest of which the server knows that the agent has taken note.
    """

    __slots__ = (
        "_has_heard",
        "_is_told_paused",
        "_pause_number",
        "after",
        "has_stopped",
        "is_paused",
        "lines",
        "listener",
        "n_unknown",
        "retry_at",
        "run",
        "stop_number",
        "told",
        "who",
        "why",
    )

    def __init__(self, run: Run, listener: object) -> None:
        self.run = run
        self.listener = listener
        self.after = 0
        self.told = 0
        self.stop_number: int | None = None
        self.why: str | None = None
        self.who: str | None = None
        self.is_paused = False
        # Whether the agent has taken note that it is to stop.
        self.has_stopped = False
        # What waits for something else, and is cut short when the run is to stop.
        self.lines: set[Line] = set()
        # Of the listener: when to ask again where the server hasn't heard of the run yet.
        self.retry_at = 0.0
        self.n_unknown = 0
        self._pause_number = 0
        self._is_told_paused = False
        self._has_heard = False

    def hear(self, requests: Iterable[object]) -> None:
        """Take in what came after the last one, in its order."""
        is_first, self._has_heard = not self._has_heard, True
        for request in requests:
            if isinstance(request, dict):
                self._hear_one(request, is_first=is_first)  # type: ignore[reportUnknownArgumentType]

    def note_stop(self) -> None:
        """Tell that the agent has taken note that it is to stop."""
        self.has_stopped = True
        if self.stop_number is not None:
            self._tell(self.stop_number)

    def note_pause(self) -> None:
        """Tell that the agent has taken note that it is to pause, or to go on."""
        if self._pause_number > self.told:
            self._tell(self._pause_number)

    def tell_paused(self) -> None:
        """Tell that the run waits, once however many of its threads and tasks do."""
        self.note_pause()
        if not self._is_told_paused:
            self._is_told_paused = True
            self._set_status("paused")

    def tell_going_on(self) -> None:
        """Tell that the run goes on, if it was told that it waits."""
        self.note_pause()
        if self._is_told_paused:
            self._is_told_paused = False
            self._set_status("executing")

    def _hear_one(self, request: dict[str, object], *, is_first: bool) -> None:
        number, action = request.get("number"), request.get("action")
        if not isinstance(number, int) or number <= self.after:
            return
        self.after = number
        is_seen = request.get("is_seen") is True
        if is_seen:
            self.told = number
        if action == "cancel":
            if is_first and is_seen and self.run.is_own:
                # It ended this run before; somebody has begun it again since.
                return
            self._hear_stop(number, request)
        elif action in {"pause", "resume"}:
            self._pause_number = number
            self.is_paused = action == "pause"

    def _hear_stop(self, number: int, request: dict[str, object]) -> None:
        why, who = request.get("why"), request.get("requested_by")
        self.why = why if isinstance(why, str) else None
        self.who = who if isinstance(who, str) else None
        # Before the lines are cut: whoever is cut short looks here why.
        self.stop_number = number
        for line in list(self.lines):
            line.interrupt()

    def _tell(self, number: int) -> None:
        if number <= self.told:
            return
        self.told = number
        try:
            self.run.add('"record":"run","phase":"start"', f',"seen_request":{number}')
        except OWN_ERRORS as error:
            swallow("tell that a request was seen", error)

    def _set_status(self, status: str) -> None:
        # Whether the run of another process waits is for that one to say.
        if self.run.is_own:
            self.run.set_status(status)
