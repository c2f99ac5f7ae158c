"""Bundles: how fast runs leave a server and come into another, and how much memory that takes."""

from __future__ import annotations

import http.client
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from bench import postgres
from bench.corpus import OUT
from bench.ingest import find_database
from bench.large_database import keep_large_database
from bench.limit import measure_sqlite_insert_cpu_s
from bench.process import watched_children
from bench.report import Bound, Figure, Report, gate
from bench.scale import Scale
from bench.server import Server, migrate, running_server
from runreel.wire.bundle import PIECE_LINES

_EVENTS_PER_S = 30_000
_MEMORY_MB = 200
_PIECE_BYTES = 256 * 1024
_TIMEOUT_S = 3_600


def run(scale: Scale) -> Iterable[Report]:
    bundle = OUT / "bundle.jsonl"
    try:
        yield _export(scale, bundle)
        yield _import_on_sqlite(scale, bundle)
        if postgres.is_reachable():
            yield _import_on_postgres(scale, bundle)
    finally:
        bundle.unlink(missing_ok=True)


def _export(scale: Scale, bundle: Path) -> Report:
    with running_server(keep_large_database(scale)) as server:
        seconds = _time_s(lambda: _download(server, bundle))
        figures = _figures("export", scale.n_read_events / seconds, server.read_peak_rss_bytes())
    notes = [f"  the bundle: {bundle.stat().st_size:,} bytes"]
    return Report(title=f"Exporting {scale.n_read_events:,} events from SQLite", figures=figures, notes=notes)


def _import_on_sqlite(scale: Scale, bundle: Path) -> Report:
    data = OUT / "imported"
    shutil.rmtree(data, ignore_errors=True)
    try:
        with running_server(data) as server:
            report = _measure_import(server, bundle, scale, "SQLite")
        report.figures.append(_measure_limit(find_database(data), bundle, scale))
        return report
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _import_on_postgres(scale: Scale, bundle: Path) -> Report:
    with postgres.temporary_database() as database:
        migrate(database)
        with running_server(OUT / "not-used", database=database) as server:
            return _measure_import(server, bundle, scale, "PostgreSQL")


def _measure_import(server: Server, bundle: Path, scale: Scale, database: str) -> Report:
    with watched_children(server.pid) as peaks:
        seconds = _time_s(lambda: _upload(server, bundle))
    figures = _figures("import", scale.n_read_events / seconds, server.read_peak_rss_bytes() + max(peaks.values()))
    again = _time_s(lambda: _upload(server, bundle))
    figures.append(Figure(name="import of the same again", unit="events/s", values=(scale.n_read_events / again,)))
    return Report(title=f"Importing {scale.n_read_events:,} events into {database}", figures=figures)


def _measure_limit(database: Path, bundle: Path, scale: Scale) -> Figure:
    """Measure how fast one core decodes the same lines and inserts the same rows, and does nothing else."""
    with bundle.open("rb") as lines:
        start = time.process_time()
        for line in lines:
            msgspec.json.decode(line)
        decode_s = time.process_time() - start
    n_groups = -(-scale.n_read_events // PIECE_LINES)
    insert_s = measure_sqlite_insert_cpu_s(database, OUT / "limit.db", n_groups=n_groups)
    name = "limit of one core: decode and insert the same"
    return Figure(name=name, unit="events/s", values=(scale.n_read_events / (decode_s + insert_s),))


def _figures(name: str, events_per_s: float, peak_bytes: int) -> list[Figure]:
    memory = Bound(kind="gate", sense="<", value=_MEMORY_MB)
    return [
        Figure(name=name, unit="events/s", values=(events_per_s,), bound=gate(">=", _EVENTS_PER_S)),
        Figure(name=f"{name}, peak memory with all processes", unit="MB", values=(peak_bytes / 1e6,), bound=memory),
    ]


def _download(server: Server, bundle: Path) -> None:
    with closing(http.client.HTTPConnection(*server.address, timeout=_TIMEOUT_S)) as connection:
        connection.request("GET", "/api/export")
        response = connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"the export was answered {response.status}")
        with bundle.open("wb") as file:
            shutil.copyfileobj(response, file, _PIECE_BYTES)


def _upload(server: Server, bundle: Path) -> None:
    with closing(http.client.HTTPConnection(*server.address, timeout=_TIMEOUT_S)) as connection:
        headers = {"Content-Length": str(bundle.stat().st_size)}
        connection.request("POST", "/api/import", body=_pieces(bundle), headers=headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200 or b'"refused":0' not in answer or b'"problem":null' not in answer:
            raise RuntimeError(f"the import was answered {response.status}: {answer[:500]!r}")


def _pieces(bundle: Path) -> Iterator[bytes]:
    with bundle.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _time_s(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
