"""`python -m runreel.demo --url http://127.0.0.1:4700`: runs the demo agent against a running server."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from types import FrameType

import runreel
from runreel.demo import scripted_model
from runreel.demo.agent import Surroundings, do_job
from runreel.demo.errors import StepFailedError, StoppedError
from runreel.demo.pace import Pace
from runreel.demo.scenes import SCRIPT, iter_jobs

DEFAULT_URL = "http://127.0.0.1:4700"
DEFAULT_N_RUNS = 30

# So many runs come at once, so that the first look finds some; then one by one, ever more slowly.
N_AT_ONCE = 4
FIRST_GAP_S = 3.0
GAP_GROWTH = 1.15
LONGEST_GAP_S = 60.0
LAST_DELIVERY_S = 1.5


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; 0 when all that it recorded is with the server or safe in the journal, else 1."""
    arguments = _parser().parse_args(argv)
    pace = Pace(arguments.pace)
    _stop_at_signals(pace)
    if arguments.until_input_ends:
        threading.Thread(target=_stop_after_input, args=(pace,), daemon=True).start()

    runreel.init(url=arguments.url, journal=arguments.journal, disabled=False)
    print(f"demo: {arguments.runs} runs of small agents are on their way to {arguments.url}", flush=True)
    try:
        do_jobs(pace, n_runs=arguments.runs)
    finally:
        n_lost = deliver_the_rest(pace)
    if n_lost:
        print(f"demo: {n_lost} records did not reach {arguments.url}", file=sys.stderr)
    return 1 if n_lost else 0


def do_jobs(pace: Pace, *, n_runs: int) -> None:
    """Do one job after the other until there were enough or the demo is told to end."""
    factor, gap_s = pace.factor, FIRST_GAP_S
    with scripted_model.serving(SCRIPT, wait=pace.wait) as model_url:
        surroundings = Surroundings(model_url=model_url, pace=pace)
        for number, job in enumerate(islice(iter_jobs(), n_runs), start=1):
            pace.factor = 0.0 if number <= N_AT_ONCE else factor
            try:
                do_job(job, surroundings)
            except (StepFailedError, runreel.StopRequestedError):
                pass  # It is in the recording, where it belongs.
            except StoppedError:
                return
            if number < n_runs and not pace.wait(gap_s):
                return
            if number > N_AT_ONCE:
                gap_s = min(gap_s * GAP_GROWTH, LONGEST_GAP_S)


def deliver_the_rest(pace: Pace) -> int:
    """Deliver for as long as it takes, or for a moment once the demo is told to end; return how much is lost."""
    while pace.wait_exactly(0) and runreel.flush(0.2).waiting:
        pass
    result = runreel.shutdown(LAST_DELIVERY_S)
    return result.dropped + result.refused


def _stop_at_signals(pace: Pace) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        pace.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _stop_after_input(pace: Pace) -> None:
    # Past Python's own buffer, whose lock would be held by this thread when the interpreter ends.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    pace.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m runreel.demo", description="Record runs of small real agents.")
    parser.add_argument("--url", default=DEFAULT_URL, help="the server (%(default)s)")
    parser.add_argument("--runs", type=int, default=DEFAULT_N_RUNS, metavar="N", help="how many runs (%(default)s)")
    parser.add_argument("--pace", type=float, default=1.0, help="0 for as fast as it goes, 2 for half as fast")
    parser.add_argument("--journal", type=Path, metavar="DIR", help="keep here what the server doesn't have yet")
    parser.add_argument("--until-input-ends", action="store_true", help="end when the standard input does")
    return parser


if __name__ == "__main__":
    sys.exit(main())
