"""Interrupting an `append` wherever Python can be interrupted."""

from __future__ import annotations

import sys
from collections.abc import Callable

from runreel.sdk.journal.journal import Journal

OUTER = b"outer" * 100


def interrupt(journal: Journal, event: int, action: Callable[[], None]) -> tuple[bool, bool]:
    """Append `OUTER`; at the so many-th call that Python makes meanwhile, do the action. Tell both outcomes."""
    count = 0
    is_kept = False

    def profile(_frame: object, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1
        if count == event:
            action()

    sys.setprofile(profile)
    try:
        is_kept = journal.append(OUTER)
    finally:
        sys.setprofile(None)
    return is_kept, count >= event
