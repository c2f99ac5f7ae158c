"""A program that appends until it is killed: `python -m tests.sdk.journal.appending <root> <tally file>`.

It writes from threads and from a signal handler, and reads and acknowledges beside. In memory that outlives it, it
notes for each writer the number of the last record whose `append` returned, and what it acknowledged.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

from runreel.sdk.journal.journal import Journal
from tests.sdk.journal.example import KIB, Target
from tests.sdk.journal.tally import N_WRITERS, Tally


def main(root: str, tally_file: str) -> None:
    tally = Tally(Path(tally_file))
    settings = {"recorder_id": "00000000000000cc", "max_bytes": 64_000 * KIB, "segment_bytes": 64 * KIB}
    journal = Journal.open(root, Target(), **settings)
    for writer in range(2, N_WRITERS):
        threading.Thread(target=_write, args=(journal, tally, writer), daemon=True).start()
    threading.Thread(target=_ship, args=(journal, tally), daemon=True).start()
    free = [True]

    def interrupt(_number: int, _frame: object) -> None:
        # A handler may be interrupted by its own signal; then two would append the same number.
        if free[0]:
            free[0] = False
            _append(journal, tally, 1)
            free[0] = True

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    _write(journal, tally, 0)


def _write(journal: Journal, tally: Tally, writer: int) -> None:
    while True:
        _append(journal, tally, writer)


def _append(journal: Journal, tally: Tally, writer: int) -> None:
    number = tally.appended[writer] + 1
    if journal.append(b"%d:%d:" % (writer, number) + b"x" * (number * 37 % 900)):
        tally.appended[writer] = number


def _ship(journal: Journal, tally: Tally) -> None:
    while True:
        journal.prepare_next_segment()
        chunk = journal.read(64 * KIB, 200)
        for record in chunk.records:
            writer, number, _ = record.split(b":")
            tally.to_acknowledge[int(writer)] = int(number)
        journal.acknowledge(chunk.position)
        tally.acknowledged[:] = tally.to_acknowledge
        time.sleep(0.002)


if __name__ == "__main__":
    main(*sys.argv[1:])
