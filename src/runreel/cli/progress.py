"""How far long work has come, on the standard error, where that is a terminal; what is drawn goes away at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager

from runreel.cli.console import Console
from runreel.cli.quantity import count_of, format_count, format_size

_CELLS = 30
_DRAW_EVERY_S = 0.1


@contextmanager
def progress_bar(console: Console, what: str) -> Generator[Callable[[int, int], None]]:
    """Give a function that is told what is done and what there is."""

    def line_of(n_done: int, n_all: int) -> str:
        share = n_done / n_all if n_all else 1.0
        return f"{what} {_bar(share)} {share:4.0%}"

    with _drawn(console, line_of) as show:
        yield show


def counting_bytes(pieces: Iterable[bytes], console: Console, *, total_bytes: int | None) -> Iterator[bytes]:
    """Yield the pieces, and show how many bytes they are so far, out of how many."""

    def line_of(n_done: int, n_all: int) -> str:
        if not n_all:
            return format_size(n_done)
        return f"{_bar(min(n_done / n_all, 1.0))} {format_size(n_done)} of {format_size(n_all)}"

    n_bytes = 0
    with _drawn(console, line_of) as show:
        for piece in pieces:
            yield piece
            n_bytes += len(piece)
            show(n_bytes, total_bytes or 0)


@contextmanager
def counting_runs(console: Console, *, n_runs: int, n_events: int) -> Generator[Callable[[int, int], None]]:
    """Give a function that is told how many runs and events are done."""

    def line_of(n_done: int, n_events_done: int) -> str:
        share = (n_done + n_events_done) / max(n_runs + n_events, 1)
        return (
            f"{_bar(min(share, 1.0))} {format_count(n_done)} of {count_of(n_runs, 'run')}, "
            f"{format_count(n_events_done)} of {count_of(n_events, 'event')}"
        )

    with _drawn(console, line_of) as show:
        yield show


@contextmanager
def _drawn(console: Console, line_of: Callable[[int, int], str]) -> Generator[Callable[[int, int], None]]:
    if not console.err.isatty():
        yield lambda _done, _all: None
        return
    next_at = 0.0

    def show(n_done: int, n_all: int) -> None:
        nonlocal next_at
        if time.monotonic() < next_at:
            return
        next_at = time.monotonic() + _DRAW_EVERY_S
        # What was there may have been longer.
        console.err.write(f"\r\x1b[K{line_of(n_done, n_all)}")
        console.err.flush()

    try:
        yield show
    finally:
        console.err.write("\r\x1b[K")
        console.err.flush()


def _bar(share: float) -> str:
    n_full = round(share * _CELLS)
    return f"[{'#' * n_full}{'.' * (_CELLS - n_full)}]"
