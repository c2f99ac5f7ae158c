"""Importing: how fast an old database comes in, from its file to the last row, and how much memory that takes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bench import postgres
from bench.corpus import OUT
from bench.legacy_database import write_large_database
from bench.report import Bound, Figure, Report, gate
from bench.scale import Scale
from bench.server import command, migrate, running_server

_EVENTS_PER_S = 20_000
_MEMORY_MB = 200
_EVENTS_PER_RUN = 1_000


class _Taken(NamedTuple):
    seconds: float
    peak_mb: float


def run(scale: Scale) -> Iterable[Report]:
    source = _keep_source(scale.n_imported_events)
    yield _into_a_folder(scale, source)
    yield _into_a_server(scale, source)
    if postgres.is_reachable():
        yield _into_postgres(scale, source)


def _into_a_folder(scale: Scale, source: Path) -> Report:
    data = OUT / "imported"
    shutil.rmtree(data, ignore_errors=True)
    try:
        first = _import(scale, source, "--data", str(data), outcome="new")
        again = _import(scale, source, "--data", str(data), outcome="same")
    finally:
        shutil.rmtree(data, ignore_errors=True)
    return _report("a folder, without a server", scale, first, [_rate("import of the same again", scale, again)])


def _into_a_server(scale: Scale, source: Path) -> Report:
    data = OUT / "imported"
    shutil.rmtree(data, ignore_errors=True)
    try:
        with running_server(data) as server:
            first = _import(scale, source, "--url", server.url, outcome="new")
            peak = _peak("peak memory of the server", server.read_peak_rss_bytes() / 1e6)
    finally:
        shutil.rmtree(data, ignore_errors=True)
    return _report("a server on SQLite", scale, first, [peak])


def _into_postgres(scale: Scale, source: Path) -> Report:
    with postgres.temporary_database() as database:
        migrate(database)
        with running_server(OUT / "not-used", database=database) as server:
            first = _import(scale, source, "--url", server.url, outcome="new")
            peak = _peak("peak memory of the server", server.read_peak_rss_bytes() / 1e6)
    return _report("a server on PostgreSQL", scale, first, [peak])


def _report(where: str, scale: Scale, taken: _Taken, more: list[Figure]) -> Report:
    figures = [
        _rate("import", scale, taken, is_gate=True),
        _peak("peak memory of the largest process of the command", taken.peak_mb),
        *more,
    ]
    n_runs = scale.n_imported_events // _EVENTS_PER_RUN
    title = f"Importing a legacy database of {n_runs:,} runs with {scale.n_imported_events:,} events into {where}"
    return Report(title=title, figures=figures)


def _rate(name: str, scale: Scale, taken: _Taken, *, is_gate: bool = False) -> Figure:
    bound = gate(">=", _EVENTS_PER_S) if is_gate else None
    return Figure(name=name, unit="events/s", values=(scale.n_imported_events / taken.seconds,), bound=bound)


def _peak(name: str, peak_mb: float) -> Figure:
    return Figure(name=name, unit="MB", values=(peak_mb,), bound=Bound(kind="gate", sense="<", value=_MEMORY_MB))


def _import(scale: Scale, source: Path, *where: str, outcome: str) -> _Taken:
    """Run the command; make sure that every run came, and that the numbers add up."""
    start = time.perf_counter()
    process = subprocess.Popen(command("import", "--json", *where, str(source)), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as output:
        text = output.read()
    # The largest of the command and of the process that converts, for which it waits.
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    report = json.loads(text)
    n_runs = scale.n_imported_events // _EVENTS_PER_RUN
    if process.returncode or report["runs"][outcome] != n_runs or not report["reconciled"]:
        raise RuntimeError(f"the import ended with {process.returncode}: {text[:1_000]!r}")
    return _Taken(seconds, usage.ru_maxrss / 1e3)


def _keep_source(n_events: int) -> Path:
    path = OUT / f"legacy-{n_events}.db"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        write_large_database(unfinished, n_runs=n_events // _EVENTS_PER_RUN, n_events_per_run=_EVENTS_PER_RUN)
        unfinished.rename(path)
    return path
