"""What deletions free comes back to the disk."""

from __future__ import annotations

import random
from pathlib import Path

from runreel.model.scope import Scope
from runreel.storage.sql import open_store
from runreel.testing.record import NOW, make_event, make_run

_SCOPE = Scope()


def _fill(run_id: str, n_events: int) -> list:
    noise = random.Random(run_id)
    return [
        make_run(run_id),
        *(make_event(f"{n}", run_id, inputs=noise.randbytes(2_000).hex()) for n in range(n_events)),
    ]


def test_the_file_shrinks_after_a_deletion(tmp_path: Path) -> None:
    path = tmp_path / "runreel.db"
    store = open_store(f"sqlite:///{path}")
    store.runs.apply([(_SCOPE, _fill("kept", 20))], now=NOW)
    store.runs.apply([(_SCOPE, _fill("deleted", 3_000))], now=NOW)
    store.close()
    full_bytes = path.stat().st_size

    store = open_store(f"sqlite:///{path}")
    store.runs.delete_run(_SCOPE, "deleted", now=NOW)
    n_rounds = 1
    while store.runs.shrink():
        n_rounds += 1
    assert store.runs.get_run(_SCOPE, "kept").n_events == 20
    store.close()
    assert path.stat().st_size < full_bytes / 5
    assert n_rounds < 100
