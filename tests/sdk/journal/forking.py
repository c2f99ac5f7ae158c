"""A program that forks and is killed, while its child lives: `python -m tests.sdk.journal.forking <root>`."""

from __future__ import annotations

import os
import signal
import sys

from tests.sdk.journal.example import MIB, make_journal


def main(root: str) -> None:
    journal = make_journal(root, max_bytes=MIB, segment_bytes=8192)
    journal.append(b"before the fork")
    if os.fork() == 0:
        journal.drop_in_child()
        own = make_journal(root, "00000000000000bb", max_bytes=MIB, segment_bytes=8192)
        own.append(b"of the child")
        print("ready", flush=True)
        sys.stdin.read()  # until the test ends
        own.close()
        return
    journal.append(b"after the fork")
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1])
