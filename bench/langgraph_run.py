"""What recording costs a graph of LangGraph, beside the same graph that is not recorded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib.metadata import version

from bench.corpus import OUT
from bench.report import Figure, Report, gate
from bench.scale import Scale
from bench.sdk.sink_process import ROOT, Behaviour, running_sink

N_NODES = 20
CALLS_IN_A_ROUND = 100
# Whichever is more of both may be added to a call.
ALLOWED_SHARE = 0.10
ALLOWED_US_PER_NODE = 20


def run(scale: Scale) -> Iterable[Report]:
    OUT.mkdir(exist_ok=True)
    figures: list[Figure] = []
    with running_sink() as sink, tempfile.TemporaryDirectory(dir=OUT) as journal:
        for way in ("invoke", "ainvoke"):
            bare_us: list[float] = []
            recorded_us: list[float] = []
            for _ in range(scale.n_repeats):
                sink.behave(Behaviour(name="a fast sink"))
                measured = _measure(way, sink.url, journal, n_rounds=scale.n_call_rounds)
                bare_us.append(measured["bare_us"])
                recorded_us.append(measured["recorded_us"])
            figures += _figures(way, bare_us, recorded_us)
    yield Report(
        title=f"A graph of {N_NODES} trivial nodes, one after the other, in its median call",
        figures=figures,
        notes=[
            f"Versions: langgraph {version('langgraph')}, langchain-core {version('langchain-core')}",
            f"Allowed are {ALLOWED_SHARE:.0%} of the bare time, or {ALLOWED_US_PER_NODE} µs a node where that is more.",
        ],
    )


def _figures(way: str, bare_us: list[float], recorded_us: list[float]) -> list[Figure]:
    pairs = [*zip(bare_us, recorded_us, strict=True)]
    allowed_us = [max(ALLOWED_SHARE * bare, ALLOWED_US_PER_NODE * N_NODES) for bare in bare_us]
    used = [(recorded - bare) / allowed for (bare, recorded), allowed in zip(pairs, allowed_us, strict=True)]
    return [
        Figure(name=f"{way}, bare", unit="µs", values=tuple(bare_us)),
        Figure(name=f"{way}, recorded", unit="µs", values=tuple(recorded_us)),
        Figure(name=f"{way}, recorded over bare", unit="×", values=tuple(full / bare for bare, full in pairs)),
        Figure(name=f"{way}, added", unit="µs/node", values=tuple((full - bare) / N_NODES for bare, full in pairs)),
        Figure(name=f"{way}, added of what is allowed", unit="×", values=tuple(used), bound=gate("<=", 1)),
    ]


def _measure(way: str, url: str, journal: str, *, n_rounds: int) -> dict[str, float]:
    options = {"way": way, "n_nodes": N_NODES, "n_rounds": n_rounds, "n_calls": CALLS_IN_A_ROUND}
    # Settings of other recorders would change what is measured.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RUNREEL_", "LANG"))}
    env = clean | {"RUNREEL_URL": url, "RUNREEL_JOURNAL": journal, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "bench.langgraph_calls", json.dumps(options)]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])
