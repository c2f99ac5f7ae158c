"""A program whose calls are recorded by one recorder, run in that recorder's environment: `caller.py RECORDER TASK …`.

Stands alone: of the benchmarks' package nothing can be imported in an environment that has only the recorder. It
prints one JSON object with what it measured.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

INPUT = ("What do we know of the stars that we see tonight, and of those that we do not see? " * 3)[:200]
OUTPUT = ("There are more of them than anybody has counted, and most are too faint for our eyes. " * 3)[:200]


class Recorder(NamedTuple):
    """One recorder: the call that it records, and how it is asked to deliver."""

    call: Callable[[str], str]
    flush: Callable[[float], object]
    shutdown: Callable[[], object]


def answer(question: str) -> str:
    return OUTPUT if question else ""


def open_runreel(url: str) -> Recorder:
    import runreel

    runreel.init(agent="bench", url=url)
    return Recorder(runreel.tool(answer), runreel.flush, runreel.shutdown)


def open_otel(url: str) -> Recorder:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url}/v1/traces")))
    tracer = provider.get_tracer("bench")

    def call(question: str) -> str:
        with tracer.start_as_current_span("answer") as span:
            span.set_attribute("input", question)
            told = answer(question)
            span.set_attribute("output", told)
            return told

    return Recorder(call, lambda timeout_s: provider.force_flush(int(timeout_s * 1000)), provider.shutdown)


def open_langfuse(url: str) -> Recorder:
    from langfuse import Langfuse, observe

    client = Langfuse(public_key="pk-lf-bench", secret_key="sk-lf-bench", base_url=url)
    return Recorder(observe(answer), lambda _: client.flush(), client.shutdown)


def open_mlflow(url: str) -> Recorder:
    import mlflow
    from mlflow.entities.trace_location import MlflowExperimentLocation

    mlflow.set_tracking_uri(url)
    mlflow.tracing.set_destination(MlflowExperimentLocation(experiment_id="1"))
    return Recorder(
        mlflow.trace(answer), lambda _: mlflow.flush_trace_async_logging(), lambda: mlflow.flush_trace_async_logging()
    )


RECORDERS: dict[str, Callable[[str], Recorder]] = {
    "runreel": open_runreel,
    "opentelemetry-sdk": open_otel,
    "langfuse": open_langfuse,
    "mlflow": open_mlflow,
}


def measure_calls(recorder: Recorder, n_rounds: int, n_calls: int) -> dict[str, Any]:
    """Time single calls on the caller's thread, in bursts; before each the recorder may deliver what it has."""
    clock = time.perf_counter_ns
    call = recorder.call
    times_ns: list[int] = []
    for number in range(n_rounds + 1):
        taken: list[int] = []
        for _ in range(n_calls):
            began = clock()
            call(INPUT)
            taken.append(clock() - began)
        recorder.flush(10)
        if number:  # the first round imports and fills caches
            times_ns += taken
    recorder.shutdown()
    return {"times_us": [taken / 1000 for taken in times_ns]}


def burst(recorder: Recorder, n_calls: int, timeout_s: float) -> dict[str, Any]:
    """Call in a tight loop, and leave as a well-behaved program does: flush with a deadline, shut down."""
    began = time.perf_counter()
    for _ in range(n_calls):
        recorder.call(INPUT)
    called_s = time.perf_counter() - began
    recorder.flush(timeout_s)
    flushed_s = time.perf_counter() - began
    recorder.shutdown()
    return {"called_s": called_s, "flushed_s": flushed_s}


def call_until_killed(recorder: Recorder, counter: str) -> dict[str, Any]:
    """Call for ever, and note in a mapped file, which outlives the process, how many calls have returned."""
    with Path(counter).open("r+b") as file:
        mapped = mmap.mmap(file.fileno(), 8)
    number = 0
    while True:
        recorder.call(INPUT)
        number += 1
        struct.pack_into("<Q", mapped, 0, number)


def stay(recorder: Recorder, timeout_s: float) -> dict[str, Any]:
    """Be a program that records nothing for now; what a former process left behind can be delivered meanwhile."""
    sys.stdin.read()
    recorder.flush(timeout_s)
    recorder.shutdown()
    return {}


def grow(recorder: Recorder, n_calls: int, n_steps: int) -> dict[str, Any]:
    """Tell how much memory the process holds after each step; the caller waits for the recorder now and then."""
    sizes: list[int] = []
    for _ in range(n_steps):
        for number in range(n_calls // n_steps):
            recorder.call(INPUT)
            if number % 5_000 == 0:
                recorder.flush(30)
        recorder.flush(30)
        sizes.append(_read_rss_bytes())
    recorder.shutdown()
    return {"rss_bytes": sizes}


def leave(recorder: Recorder) -> dict[str, Any]:
    """Record a little and end without a word; how long that takes is measured from outside."""
    for _ in range(100):
        recorder.call(INPUT)
    return {"left_at": time.time()}


def _read_rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "measure_calls": measure_calls,
    "burst": burst,
    "call_until_killed": call_until_killed,
    "stay": stay,
    "grow": grow,
    "leave": leave,
}


def main() -> None:
    name, task, url, *arguments = sys.argv[1:]
    result = TASKS[task](RECORDERS[name](url), **json.loads(arguments[0] if arguments else "{}"))
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
