"""A bar that shows how far long work is, on a terminal alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from runreel.cli.console import Console

_CELLS = 30
_DRAW_EVERY_S = 0.1


@contextmanager
def progress_bar(console: Console, what: str) -> Generator[Callable[[int, int], None]]:
    """Give a function that is told what is done and what there is; the bar goes away at the end."""
    if not console.err.isatty():
        yield lambda _done, _all: None
        return
    next_at = 0.0

    def show(n_done: int, n_all: int) -> None:
        nonlocal next_at
        if time.monotonic() < next_at:
            return
        next_at = time.monotonic() + _DRAW_EVERY_S
        share = n_done / n_all if n_all else 1.0
        n_full = round(share * _CELLS)
        console.err.write(f"\r{what} [{'#' * n_full}{'.' * (_CELLS - n_full)}] {share:4.0%}")
        console.err.flush()

    try:
        yield show
    finally:
        console.err.write("\r\x1b[K")
        console.err.flush()
