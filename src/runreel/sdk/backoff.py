"""When to try again after a request that came to nothing."""

from __future__ import annotations

from runreel.sdk.answer import BLOCKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.sdk.answer import Answer

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 30.0

# A longer one helps nobody who waits in `flush`.
_LONGEST_URGENT_PAUSE_S = 0.25


class Backoff:
    """Pauses that double, with chance in them: many processes that lost the same server come back one by one."""

    def __init__(self, jitter: Callable[[], float], *, longest_pause_s: float = LONGEST_PAUSE_S) -> None:
        self.retry_at = 0.0
        self._longest_pause_s = longest_pause_s
        self._not_before = 0.0  # what the server asked for is obeyed also when somebody waits
        self._n_failures = 0
        self._jitter = jitter

    def succeed(self) -> None:
        """Note an answer; the next failure begins with the shortest pause."""
        self.retry_at = self._not_before = 0.0
        self._n_failures = 0

    def fail(self, answer: Answer, now: float, *, is_urgent: bool) -> None:
        """Note that nothing came of a request. What whatever is sent would be refused for is tried rarely."""
        longest_s = _LONGEST_URGENT_PAUSE_S if is_urgent else self._longest_pause_s
        pause_s = min(FIRST_PAUSE_S * 2 ** min(self._n_failures, 20), longest_s)
        if answer.kind == BLOCKED:
            pause_s = self._longest_pause_s
        self._n_failures += 1
        self._not_before = now + answer.retry_after_s
        self.retry_at = max(now + pause_s * (0.5 + self._jitter() / 2), self._not_before)

    def hurry(self) -> None:
        """Try again at once, since somebody waits."""
        self.retry_at = self._not_before
