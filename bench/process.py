"""What a running process costs, as the Linux kernel counts it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

_CPUCLOCK_SCHED = 2  # the kind of clock, in the low bits of a clock id, that counts user and system time
_SAMPLE_S = 0.05


def read_cpu_s(pid: int) -> float:
    """Return the user and system time of all threads of a process, with the scheduler's nanoseconds.

    `/proc/PID/stat` counts the same time in hundredths of a second, which is too coarse for a few batches.
    """
    return time.clock_gettime_ns((~pid << 3) | _CPUCLOCK_SCHED) / 1e9


def read_peak_rss_bytes(pid: int) -> int:
    return _read_kib(Path(f"/proc/{pid}/status"), "VmHWM") * 1024


def read_rss_bytes(pid: int) -> int:
    return _read_kib(Path(f"/proc/{pid}/status"), "VmRSS") * 1024


def read_pss_bytes(pid: int) -> int:
    """Return the resident memory with pages shared between processes counted in parts."""
    return _read_kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss") * 1024


@contextmanager
def watched_children(pid: int) -> Generator[dict[int, int]]:
    """Give the peak resident memory of each process that this one starts meanwhile."""
    peaks: dict[int, int] = {}
    is_over = Event()

    def watch() -> None:
        while not is_over.wait(_SAMPLE_S):
            for child in _list_children(pid):
                # One that has just ended has nothing to read any more.
                with suppress(OSError, LookupError):
                    peaks[child] = read_peak_rss_bytes(child)

    thread = Thread(target=watch)
    thread.start()
    try:
        yield peaks
    finally:
        is_over.set()
        thread.join()


def _list_children(pid: int) -> list[int]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            children += map(int, (task / "children").read_text().split())
    return children


def _read_kib(path: Path, label: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(f"{label}:"):
            return int(line.split()[1])
    raise LookupError(f"{path} has no line {label!r}; is the process still running?")
