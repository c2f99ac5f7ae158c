"""The sink in a process of its own, and how it is told to behave."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How the sink answers from now on."""

    name: str
    latency_s: float = 0.0
    down_s: float = 0.0
    fails_every: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSink:
    url: str
    control: str

    def behave(self, behaviour: Behaviour) -> None:
        """Forget what has arrived, and answer like this."""
        told = {
            "latency_s": behaviour.latency_s,
            "down_s": behaviour.down_s,
            "fails_every": behaviour.fails_every,
        }
        self._ask("/behaviour", json.dumps(told).encode())

    def count_calls(self) -> int:
        """Return how many calls have arrived, each counted once."""
        return self._ask("/counts")["calls"]

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.control}{path}", data=body, timeout=120) as answer:
            return json.load(answer)


@contextmanager
def running_sink() -> Iterator[RunningSink]:
    """Start a sink on free loopback ports, and end it by its pid."""
    command = [sys.executable, "-m", "bench.sdk.sink"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        _, port, _, control = process.stdout.readline().split()
        yield RunningSink(url=f"http://127.0.0.1:{port}", control=f"http://127.0.0.1:{control}")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
