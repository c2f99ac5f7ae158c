"""The machine and the versions that a figure belongs to."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("runreel", "msgspec", "zstandard", "SQLAlchemy", "fastapi", "uvicorn", "psycopg")


def describe_machine(folder: Path) -> dict[str, str]:
    return {
        "processor": f"{_read_processor()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.2f} (average of a minute)",
        "one fsync": f"{measure_fsync_ms(folder):.2f} ms (median of 50 writes of 4 KiB)",
        "versions": ", ".join(_list_versions()),
    }


def measure_fsync_ms(folder: Path) -> float:
    path = folder / f"fsync-{os.getpid()}"
    times_ms = []
    with path.open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(bytes(4096))
            start = time.perf_counter()
            os.fsync(file.fileno())
            times_ms.append((time.perf_counter() - start) * 1000)
    path.unlink()
    return statistics.median(times_ms)


def read_busy_s() -> float:
    """Return the processor time that the whole machine has spent, idle and waiting for disks not counted."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _read_processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _list_versions() -> list[str]:
    found = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return found
