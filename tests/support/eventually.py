"""Waiting for what another process does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from tests.support.patience import PATIENCE_S

Value = TypeVar("Value")


def eventually(look: Callable[[], Value], *, timeout_s: float = PATIENCE_S) -> Value:
    """Return what `look` finds as soon as it finds something; nobody can tell us when that is, so we ask again."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing came within {timeout_s} s; the last look found {found!r}")
        time.sleep(0.02)
