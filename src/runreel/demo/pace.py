"""How fast the demo goes, and whether it should end."""

from __future__ import annotations

import threading

from runreel.demo.errors import StoppedError


class Pace:
    """Passes time; every wait ends at once when the demo is told to end. A `factor` of 0 waits for nothing."""

    def __init__(self, factor: float) -> None:
        self.factor = factor
        self._is_stopped = threading.Event()

    def stop(self) -> None:
        """End all waits, now and later; safe to call from a signal handler and from any thread."""
        self._is_stopped.set()

    def wait(self, seconds: float) -> bool:
        """Pass the time at this pace; tell whether the demo should go on."""
        return self.wait_exactly(seconds * self.factor)

    def wait_exactly(self, seconds: float) -> bool:
        """Pass the time at any pace; tell whether the demo should go on."""
        return not self._is_stopped.wait(seconds)

    def check(self) -> None:
        """Raise `StoppedError` when the demo should end."""
        if self._is_stopped.is_set():
            raise StoppedError("the demo was told to end")
