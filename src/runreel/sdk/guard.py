"""Keeps our own errors away from the host: swallowed, counted, and the first of each kind said once."""

from __future__ import annotations

from runreel.sdk.counter import Counter

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import TracebackType

# One text for each kind of trouble; more than this many kinds are a trouble of their own.
_MAX_SAID = 200

# What our own code is caught with on the hot path, where a block costs too much.
OWN_ERRORS = (Exception,)

_swallowed = Counter()
_said: set[str] = set()


class never_raise:  # noqa: N801 - reads as a statement where it is used
    """Swallow what our own code in the block raises; `doing` says what it was about to do.

    Only `Exception`: an interruption of the host goes on its way.
    """

    __slots__ = ("_doing",)

    def __init__(self, doing: str) -> None:
        self._doing = doing

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        swallow(self._doing, error)
        return True


def swallow(doing: str, error: BaseException) -> None:
    """Count an error of ours, and say the first of its kind."""
    _swallowed.add()
    say_once(f"{doing}: {type(error).__name__}", f"could not {doing}: {type(error).__name__}: {error}")


def count_swallowed() -> int:
    """Return how many errors of ours were swallowed in this process."""
    return _swallowed.value()


def say_once(key: str, text: str) -> None:
    """Warn through the logger `runreel`, the first time only for each `key`. Never raises."""
    if key in _said or len(_said) >= _MAX_SAID:
        return
    # Before it is said: a handler of the host's log may itself be recorded, and come here again.
    _said.add(key)
    try:
        import logging

        logging.getLogger("runreel").warning("runreel: %s", text)
    except Exception:  # noqa: BLE001 - a handler of the host's, or an interpreter that ends
        pass
