"""What recording costs the host, and what of it arrives, with Runreel and with other recorders in one run."""

from __future__ import annotations

import shutil
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from bench.corpus import OUT
from bench.report import Bound, Figure, Report, gate, percentile
from bench.scale import Scale
from bench.sdk.peer import RUNREEL, Recorder, open_peers, open_runreel
from bench.sdk.sink_process import Behaviour, RunningSink, running_sink

FAST = Behaviour(name="a fast sink")
BEHAVIOURS = (
    FAST,
    Behaviour(name="100 ms latency", latency_s=0.1),
    Behaviour(name="down for 30 s", down_s=30),
    Behaviour(name="500 every third time", fails_every=3),
)
CALLS_IN_A_ROUND = 1_000
FLUSH_TIMEOUT_S = 90
BURST_LIMIT_S = 240
PATIENCE_S = 10
EXIT_LIMIT_S = 60
N_IMPORTS = 7


def run(scale: Scale) -> Iterable[Report]:
    with _scratch() as scratch, running_sink() as sink:
        recorders = [open_runreel(scratch / "journal"), *open_peers()]
        yield report_costs(recorders, sink, scale)
        yield report_delivery(recorders, sink, scale)
        yield report_kills(recorders, sink, scale, scratch)
        yield report_starts(recorders)
        yield report_growth(recorders[0], sink, scale)


def report_costs(recorders: Sequence[Recorder], sink: RunningSink, scale: Scale) -> Report:
    """Measure every recorder in turns, so that a busy minute of the machine hits all of them."""
    sink.behave(FAST)
    p50s: dict[str, list[float]] = {recorder.name: [] for recorder in recorders}
    p99s: dict[str, list[float]] = {recorder.name: [] for recorder in recorders}
    for _ in range(scale.n_repeats):
        for recorder in recorders:
            options = {"n_rounds": scale.n_call_rounds, "n_calls": CALLS_IN_A_ROUND}
            times_us = recorder.run("measure_calls", sink.url, **options)["times_us"]
            p50s[recorder.name].append(percentile(times_us, 50))
            p99s[recorder.name].append(percentile(times_us, 99))
    figures = [
        *(_figure(name, "p50", "µs", values, gate("<=", 15)) for name, values in p50s.items()),
        *(_figure(name, "p99", "µs", values, gate("<=", 150)) for name, values in p99s.items()),
    ]
    for label, values in (("p50", p50s), ("p99", p99s)):
        others = [statistics.median(taken) for name, taken in values.items() if name != RUNREEL]
        if RUNREEL in values and others:
            ahead = min(others) / statistics.median(values[RUNREEL])
            figures.append(
                Figure(
                    name=f"{label} of the best other, over Runreel's", unit="×", values=(ahead,), bound=gate(">=", 1)
                )
            )
    return Report(
        title="One recorded call on the caller's thread: 200 bytes in, 200 bytes out",
        figures=figures,
        notes=[_versions(recorders)],
    )


def report_delivery(recorders: Sequence[Recorder], sink: RunningSink, scale: Scale) -> Report:
    figures: list[Figure] = []
    notes: list[str] = []
    for behaviour in BEHAVIOURS:
        for recorder in recorders:
            sink.behave(behaviour)
            options = {"n_calls": scale.n_burst_calls, "timeout_s": FLUSH_TIMEOUT_S}
            if recorder.run_at_most(BURST_LIMIT_S, "burst", sink.url, **options) is None:
                notes.append(
                    f"{recorder.name}, {behaviour.name}: had not ended after {BURST_LIMIT_S} s, and was killed"
                )
            delivered = 100 * sink.count_calls() / scale.n_burst_calls
            figures.append(_figure(recorder.name, behaviour.name, "%", [delivered], gate(">=", 100)))
    title = f"{scale.n_burst_calls:,} calls in a tight loop: delivered when the program has ended"
    return Report(title=title, figures=figures, notes=notes)


def report_kills(recorders: Sequence[Recorder], sink: RunningSink, scale: Scale, scratch: Path) -> Report:
    """Kill the program at random moments; that another one starts is all the help that any of them gets."""
    moments = Random(20_050)
    figures: list[Figure] = []
    for recorder in recorders:
        n_kills = scale.n_kills if recorder.name == RUNREEL else scale.n_kills_of_others
        delivered = [_delivered_after_kill(recorder, sink, scratch, moments) for _ in range(n_kills)]
        figures.append(_figure(recorder.name, f"lowest of {n_kills}", "%", [min(delivered)], gate(">=", 100)))
    return Report(title="kill -9 at a random moment: delivered of the calls that had returned", figures=figures)


def _delivered_after_kill(recorder: Recorder, sink: RunningSink, scratch: Path, moments: Random) -> float:
    sink.behave(FAST)
    counter = scratch / "counter"
    counter.write_bytes(bytes(8))
    # Nobody reads what it prints while it runs, so a pipe would hold it up in the end.
    process = recorder.start("call_until_killed", sink.url, output=subprocess.DEVNULL, counter=str(counter))
    while _read_counter(counter) == 0:
        if process.poll() is not None:
            raise RuntimeError(f"{recorder.name} ended with {process.returncode} before its first call")
        time.sleep(0.001)
    time.sleep(moments.uniform(0, 1))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    n_returned = _read_counter(counter)
    n_delivered = _deliver_what_is_left(recorder, sink, n_returned)
    return min(100.0, 100 * n_delivered / n_returned)


def _deliver_what_is_left(recorder: Recorder, sink: RunningSink, n_wanted: int) -> int:
    """Let another program of the same recorder run until everything has arrived, or nothing more comes."""
    process = recorder.start("stay", sink.url, timeout_s=PATIENCE_S)
    n_delivered = sink.count_calls()
    deadline = time.monotonic() + PATIENCE_S
    while n_delivered < n_wanted and time.monotonic() < deadline:
        time.sleep(0.2)
        n_before, n_delivered = n_delivered, sink.count_calls()
        if n_delivered > n_before:
            deadline = time.monotonic() + PATIENCE_S
    try:
        process.communicate(timeout=EXIT_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return sink.count_calls()


def report_starts(recorders: Sequence[Recorder]) -> Report:
    figures: list[Figure] = []
    for recorder in recorders:
        times_ms, sizes_mb = zip(*(_measure_import(recorder) for _ in range(N_IMPORTS)), strict=True)
        figures.append(_figure(recorder.name, "import", "ms", times_ms, gate("<=", 40)))
        figures.append(_figure(recorder.name, "memory", "MB", sizes_mb, gate("<=", 6)))
    figures += [
        _figure(recorder.name, "exit without a server", "s", [_measure_exit_s(recorder)], gate("<=", 2))
        for recorder in recorders
    ]
    return Report(
        title="Beginning and ending, over bare Python",
        figures=figures,
        notes=[f"What had not ended after {EXIT_LIMIT_S} s was killed."],
    )


def _measure_import(recorder: Recorder) -> tuple[float, float]:
    program = (
        "import time; size = lambda: int(open('/proc/self/statm').read().split()[1]) * 4096;"
        "held = size(); began = time.perf_counter();"
        f"import {recorder.modules};"
        "print((time.perf_counter() - began) * 1e3, (size() - held) / 1e6)"
    )
    time_ms, size_mb = recorder.evaluate(program).split()
    return float(time_ms), float(size_mb)


def _measure_exit_s(recorder: Recorder) -> float:
    """Measure from the last statement of a program to the end of its process; nobody listens at the address."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = recorder.run_at_most(EXIT_LIMIT_S, "leave", url)
        return EXIT_LIMIT_S if result is None else time.time() - result["left_at"]


def report_growth(recorder: Recorder, sink: RunningSink, scale: Scale) -> Report:
    sink.behave(FAST)
    sizes = recorder.run("grow", sink.url, n_calls=scale.n_grown_calls, n_steps=10)["rss_bytes"]
    # The first steps fill caches and pools, which stay.
    grown_mb = (sizes[-1] - sizes[4]) / 1e6
    figures = [
        Figure(name="memory at the end", unit="MB", values=(sizes[-1] / 1e6,)),
        Figure(name="growth over the second half", unit="MB", values=(grown_mb,), bound=gate("<=", 1)),
    ]
    return Report(title=f"{scale.n_grown_calls:,} calls of one process", figures=figures)


def _figure(recorder: str, label: str, unit: str, values: Sequence[float], bound: Bound) -> Figure:
    """Hold only Runreel to a bound; the others are there to compare."""
    return Figure(
        name=f"{label}, {recorder}", unit=unit, values=tuple(values), bound=bound if recorder == RUNREEL else None
    )


def _versions(recorders: Sequence[Recorder]) -> str:
    return "Versions: " + ", ".join(f"{recorder.name} {recorder.version}" for recorder in recorders)


def _read_counter(path: Path) -> int:
    return struct.unpack("<Q", path.read_bytes())[0]


@contextmanager
def _scratch() -> Iterator[Path]:
    OUT.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=OUT))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
