"""The corpus: a seeded stream of GATI batches, the same bytes on every machine."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from bench.gati_run import Event, iter_run_events

OUT = Path(__file__).parent / "out"
STARTED_AT = datetime(2026, 1, 5, 8, 0, 0)  # noqa: DTZ001 - naive, as that SDK sends it
VERSION = 1  # raise it when the events change, so that kept files are not taken for new ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    n_events: int
    events_per_run: int = 50
    n_agents: int = 12
    n_live_runs: int = 8
    batch_events: int = 200
    seed: int = 1

    @property
    def key(self) -> str:
        text = json.dumps([VERSION, asdict(self)], sort_keys=True)
        return f"{self.n_events}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def iter_events(corpus: Corpus) -> Iterator[Event]:
    """Yield the events of several live runs, interleaved; each run's own in order."""
    rng = Random(corpus.seed)
    waiting = _iter_runs(corpus, rng)
    live = list(islice(waiting, corpus.n_live_runs))
    while live:
        index = rng.randrange(len(live))
        burst = list(islice(live[index], rng.randint(1, 6)))
        yield from burst
        if not burst:
            following = next(waiting, None)
            live[index : index + 1] = [] if following is None else [following]


def iter_bodies(corpus: Corpus) -> Iterator[bytes]:
    """Yield the request bodies of the whole corpus, in the order to send them."""
    events = iter_events(corpus)
    while batch := list(islice(events, corpus.batch_events)):
        yield encode_body(batch)


def encode_body(events: Sequence[Event]) -> bytes:
    """Encode one batch as the SDK's HTTP library writes JSON: with spaces, in ASCII."""
    return json.dumps({"events": events}).encode()


def keep_corpus(corpus: Corpus) -> Path:
    """Write the bodies to a file unless an earlier call did, and return its path."""
    path = OUT / f"corpus-{corpus.key}.bodies"
    if not path.exists():
        write_bodies(path, iter_bodies(corpus))
    return path


def write_bodies(path: Path, bodies: Iterable[bytes]) -> None:
    """Write bodies to a file that is complete once it has its name."""
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    with partial.open("wb") as file:
        for body in bodies:
            file.write(len(body).to_bytes(4, "big") + body)
    partial.rename(path)


def read_bodies(path: Path) -> Sequence[memoryview]:
    """Return the kept bodies as views of the mapped file, so that a large corpus costs no memory."""
    with path.open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    bodies = []
    start = 0
    while start < len(view):
        end = start + 4 + int.from_bytes(view[start : start + 4], "big")
        bodies.append(view[start + 4 : end])
        start = end
    return bodies


def _iter_runs(corpus: Corpus, rng: Random) -> Iterator[Iterator[Event]]:
    n_left = corpus.n_events
    started_at = STARTED_AT
    while n_left >= 2:
        # A last run that would be shorter than two events joins the one before it.
        n_events = n_left if n_left < corpus.events_per_run + 2 else corpus.events_per_run
        yield iter_run_events(
            Random(rng.getrandbits(64)),
            f"agent {rng.randrange(corpus.n_agents) + 1}",
            n_events=n_events,
            started_at=started_at,
            has_graph=rng.random() < 0.6,
        )
        started_at += timedelta(seconds=rng.uniform(0.5, 20))
        n_left -= n_events
