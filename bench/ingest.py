"""Ingest over HTTP on four connections, durable, against decoding the same bodies and inserting the same rows raw."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from bench import postgres
from bench.corpus import OUT, Corpus, keep_corpus, read_bodies
from bench.limit import measure_decode_cpu_s, measure_sqlite_insert_cpu_s
from bench.machine import read_busy_s
from bench.report import Bound, Figure, Report, aim, gate, percentile
from bench.scale import Scale
from bench.sender import Sent, send
from bench.server import Server, migrate, read_folder_bytes, running_server

N_CONNECTIONS = 4
LATE_WORK_S = 0.5  # what the server does after its last answer counts as well
Measured = dict[str, float]

SQLITE_BOUNDS: dict[str, Bound] = {
    "server CPU / limit CPU": gate("<=", 3),
    "events": aim(">=", 20_000),
    "server CPU": aim("<=", 50),
    "peak memory": gate("<", 250),
    "stored / wire": gate("<=", 0.5),
}
POSTGRES_BOUNDS: dict[str, Bound] = {"events": aim(">=", 8_000), "peak memory": gate("<", 250)}
UNITS = {
    "events": "events/s",
    "server CPU": "µs/event",
    "limit CPU: decode": "µs/event",
    "limit CPU: insert": "µs/event",
    "server CPU / limit CPU": "times",
    "server CPU / limit CPU of one commit per 800": "times",
    "peak memory": "MB",
    "stored": "bytes/event",
    "on the wire": "bytes/event",
    "stored / wire": "times",
    "answer, median": "ms/batch",
    "answer, p99": "ms/batch",
    "busy cores, server and sender not counted": "cores",
}


def run(scale: Scale) -> Iterable[Report]:
    corpus = Corpus(n_events=scale.n_ingested_events)
    repeats = [_measure_on_sqlite(corpus) for _ in range(scale.n_repeats)]
    yield _report("SQLite", corpus, repeats, SQLITE_BOUNDS)
    if postgres.is_reachable():
        repeats = [_measure_on_postgres(corpus) for _ in range(scale.n_postgres_repeats)]
        yield _report(f"{postgres.read_version()}, whose own CPU is not counted", corpus, repeats, POSTGRES_BOUNDS)


def _report(database: str, corpus: Corpus, repeats: list[Measured], bounds: dict[str, Bound]) -> Report:
    figures = [
        Figure(name=name, unit=UNITS[name], values=tuple(repeat[name] for repeat in repeats), bound=bounds.get(name))
        for name in repeats[0]
    ]
    size = f"{corpus.n_events:,} GATI events, batches of {corpus.batch_events}, {N_CONNECTIONS} connections"
    return Report(title=f"Ingest on {database}: {size}, {len(repeats)} times", figures=figures)


def _measure_on_sqlite(corpus: Corpus) -> Measured:
    data = OUT / "ingest"
    shutil.rmtree(data, ignore_errors=True)
    with running_server(data) as server:
        measured = _measure_server(server, corpus)
    stored_bytes = read_folder_bytes(data)
    bodies = read_bodies(keep_corpus(corpus))
    decode_s = measure_decode_cpu_s(bodies)
    database, scratch = find_database(data), OUT / "limit.db"
    insert_s = measure_sqlite_insert_cpu_s(database, scratch, n_groups=len(bodies))
    sparse_insert_s = measure_sqlite_insert_cpu_s(database, scratch, n_groups=max(1, len(bodies) // N_CONNECTIONS))
    shutil.rmtree(data)
    server_us = measured["server CPU"]
    return {
        **_compare(measured, corpus.n_events, decode_s, insert_s, stored_bytes),
        "server CPU / limit CPU of one commit per 800": server_us
        / ((decode_s + sparse_insert_s) / corpus.n_events * 1e6),
    }


def _measure_on_postgres(corpus: Corpus) -> Measured:
    data = OUT / "ingest-postgres"
    shutil.rmtree(data, ignore_errors=True)
    with postgres.temporary_database() as database:
        migrate(database)
        empty_bytes = postgres.read_database_bytes(database)
        with running_server(data, database=database) as server:
            measured = _measure_server(server, corpus)
        stored_bytes = postgres.read_database_bytes(database) - empty_bytes + read_folder_bytes(data)
        bodies = read_bodies(keep_corpus(corpus))
        decode_s = measure_decode_cpu_s(bodies)
        insert_s = postgres.measure_copy_cpu_s(database, n_groups=len(bodies))
    shutil.rmtree(data)
    return _compare(measured, corpus.n_events, decode_s, insert_s, stored_bytes)


def find_database(data: Path) -> Path:
    """Return the SQLite file in a data folder, by what it begins with."""
    for path in sorted(data.rglob("*")):
        if path.is_file() and path.open("rb").read(15) == b"SQLite format 3":
            return path
    raise FileNotFoundError(f"no SQLite database in {data}")


def _measure_server(server: Server, corpus: Corpus) -> Measured:
    n_events, path = corpus.n_events, keep_corpus(corpus)
    cpu_before, busy_before = server.read_cpu_s(), read_busy_s()
    start = time.perf_counter()
    sent = send(server.url, path, n_connections=N_CONNECTIONS)
    elapsed_s, busy_s = time.perf_counter() - start, read_busy_s() - busy_before
    time.sleep(LATE_WORK_S)
    cpu_s = server.read_cpu_s() - cpu_before
    _check_nothing_is_lost(server, sent, n_events)
    return {
        "events": n_events / sent.wall_s,
        "server CPU": cpu_s / n_events * 1e6,
        "peak memory": server.read_peak_rss_bytes() / 1e6,
        "on the wire": sent.sent_bytes / n_events,
        "answer, median": percentile(sent.latencies_ms, 50),
        "answer, p99": percentile(sent.latencies_ms, 99),
        "busy cores, server and sender not counted": max(0.0, busy_s - cpu_s - sent.cpu_s) / elapsed_s,
    }


def _check_nothing_is_lost(server: Server, sent: Sent, n_events: int) -> None:
    with server.connect() as client:
        stored = sum(agent["total_events"] for agent in client.get_json("/api/agents?limit=500"))
    if (sent.n_events, sent.n_failed, stored) != (n_events, 0, n_events):
        counts = f"accepted {sent.n_events}, failed {sent.n_failed}, counted {stored}"
        raise RuntimeError(f"of {n_events} events sent not all are there: {counts}")


def _compare(measured: Measured, n_events: int, decode_s: float, insert_s: float, stored_bytes: int) -> Measured:
    decode_us, insert_us = decode_s / n_events * 1e6, insert_s / n_events * 1e6
    stored = stored_bytes / n_events
    compared = {
        **measured,
        "limit CPU: decode": decode_us,
        "limit CPU: insert": insert_us,
        "server CPU / limit CPU": measured["server CPU"] / (decode_us + insert_us),
        "stored": stored,
        "stored / wire": stored / measured["on the wire"],
    }
    return {name: compared[name] for name in UNITS if name in compared}
