"""The large database that reading and starting are measured on; kept, and built again when the schema has changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path

from bench.corpus import OUT, Corpus, iter_bodies, write_bodies
from bench.ingest import find_database
from bench.scale import Scale
from bench.sender import send
from bench.server import running_server

N_AGENTS = 300


def keep_large_database(scale: Scale) -> Path:
    """Return the data folder, loaded through the API unless one with this schema and corpus is there."""
    corpus = Corpus(n_events=scale.n_read_events, n_agents=N_AGENTS, n_live_runs=40, batch_events=500, seed=7)
    data = OUT / f"large-{corpus.key}"
    mark = data.with_suffix(".mark")
    wanted = json.dumps({"schema": _read_schema_of_new_database()})
    if not (mark.exists() and mark.read_text() == wanted):
        mark.unlink(missing_ok=True)
        shutil.rmtree(data, ignore_errors=True)
        _load(data, corpus)
        mark.write_text(wanted)
    return data


def _load(data: Path, corpus: Corpus) -> None:
    bodies = OUT / f"large-{corpus.key}.bodies"
    write_bodies(bodies, iter_bodies(corpus))
    with running_server(data) as server:
        sent = send(server.url, bodies)
    bodies.unlink()
    if sent.n_events != corpus.n_events:
        raise RuntimeError(f"of {corpus.n_events} events {sent.n_events} were accepted")


def _read_schema_of_new_database() -> str:
    data = OUT / "schema"
    shutil.rmtree(data, ignore_errors=True)
    with running_server(data):
        pass
    with sqlite3.connect(find_database(data)) as connection:
        statements = connection.execute("select sql from sqlite_schema order by name").fetchall()
    shutil.rmtree(data)
    return hashlib.sha256(repr(statements).encode()).hexdigest()
