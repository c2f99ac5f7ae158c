"""What a running process costs, as the Linux kernel counts it."""

from __future__ import annotations

import time
from pathlib import Path

_CPUCLOCK_SCHED = 2  # the kind of clock, in the low bits of a clock id, that counts user and system time


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


def _read_kib(path: Path, label: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(f"{label}:"):
            return int(line.split()[1])
    raise LookupError(f"{path} has no line {label!r}; is the process still running?")
