"""The example of recording by plain HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from runreel.wire.native import decode_batch
from tests.demo.fake_server import serving

EXAMPLE = Path(__file__).parents[2] / "examples" / "record_over_http.py"


def test_the_example_records_a_whole_run() -> None:
    with serving() as server:
        env = {**os.environ, "RUNREEL_URL": server.url}
        done = subprocess.run(
            [sys.executable, EXAMPLE], env=env, capture_output=True, text=True, check=True, timeout=20
        )
        records = server.records()

    batch = decode_batch(json.dumps({"records": records}).encode(), max_record_bytes=10_000, max_records=10)
    assert (batch.refused, batch.warnings) == ([], [])
    assert [(record["record"], record["phase"]) for record in records] == [
        ("run", "start"),
        ("event", "start"),
        ("event", "end"),
        ("run", "end"),
    ]
    assert done.stdout.startswith(f"recorded: {server.url}/api/runs/")
