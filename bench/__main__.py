"""`python -m bench [NAME …] [--quick] [--json FILE]`: run benchmarks and print one table for each."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bench import (
    bundle,
    dashboard,
    deep_run,
    graph,
    importing,
    ingest,
    langgraph_run,
    live,
    long_run,
    metrics,
    read,
    startup,
)
from bench.corpus import OUT
from bench.machine import describe_machine
from bench.report import Report, as_json, format_report, meets_gates
from bench.scale import Scale
from bench.sdk import benchmark as sdk

BENCHMARKS: dict[str, Callable[[Scale], Iterable[Report]]] = {
    "ingest": ingest.run,
    "deep_run": deep_run.run,
    "read": read.run,
    "live": live.run,
    "long_run": long_run.run,
    "graph": graph.run,
    "metrics": metrics.run,
    "bundle": bundle.run,
    "importing": importing.run,
    "startup": startup.run,
    "dashboard": dashboard.run,
    "sdk": sdk.run,
    "langgraph": langgraph_run.run,
}


def main() -> int:
    options = _parse_options()
    # Ends as an interruption does, so that servers and databases of ours do not stay behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    OUT.mkdir(exist_ok=True)
    machine = describe_machine(OUT)
    print("\n".join(f"{name + ':':<14}{value}" for name, value in machine.items()))
    scale = Scale.quick() if options.quick else Scale.full()
    if options.quick:
        print("A quick look: too small and too short for the figures that are held to.")
    reports: list[Report] = []
    for name in options.names or BENCHMARKS:
        for report in BENCHMARKS[name](scale):
            reports.append(report)
            print("\n" + format_report(report), flush=True)
    if options.json:
        kept = {"machine": machine, "reports": list(map(as_json, reports))}
        options.json.write_text(json.dumps(kept, indent=2) + "\n")
    return 0 if options.quick or all(map(meets_gates, reports)) else 1


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Print the figures that Runreel is held to.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="small sizes, once: shows that everything works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to a file")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
