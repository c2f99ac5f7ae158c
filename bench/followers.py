"""Follows runs over many connections, in a process of its own: its processor time is not the server's.

`python -m bench.followers URL RUN_ID … --readers 200` says `ready` when every stream has begun, reads until its
standard input ends, and prints when each reader got each marked event, as JSON: `[[mark, seconds], …]`.
"""

from __future__ import annotations

import argparse
import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

MARK = re.compile(rb'"event_id":"mark-(\d+)"')
_CHUNK_BYTES = 1 << 20
_LONGEST_MARK = 40

Arrival = tuple[int, float]


@dataclass(slots=True)
class Following:
    """Readers at work; `arrivals` has what they got once the block has ended."""

    arrivals: list[Arrival] = field(default_factory=list)


@contextmanager
def following(url: str, run_ids: Sequence[str], *, n_readers: int) -> Iterator[Following]:
    """Follow runs from a process of its own until the block ends."""
    command = [sys.executable, "-m", "bench.followers", url, *run_ids, "--readers", str(n_readers)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    )
    assert process.stdin is not None
    assert process.stdout is not None
    found = Following()
    try:
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the readers did not get ready")
        yield found
        process.stdin.close()
        found.arrivals = [(mark, at) for mark, at in json.loads(process.stdout.read())]
    finally:
        process.kill()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.followers")
    parser.add_argument("url")
    parser.add_argument("run_ids", nargs="+")
    parser.add_argument("--readers", type=int, default=200)
    options = parser.parse_args()
    print(json.dumps(_follow(options.url, options.run_ids, options.readers)))


def _follow(url: str, run_ids: Sequence[str], n_readers: int) -> list[Arrival]:
    selector = selectors.DefaultSelector()
    tails: dict[socket.socket, bytes] = {}
    for n in range(n_readers):
        reader = _open(url, run_ids[n % len(run_ids)])
        tails[reader] = b""
        selector.register(reader, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    print("ready", flush=True)
    arrivals: list[Arrival] = []
    while True:
        for key, _ in selector.select():
            if not isinstance(key.fileobj, socket.socket):
                return arrivals
            chunk = key.fileobj.recv(_CHUNK_BYTES)
            if not chunk:
                raise RuntimeError("the server ended a stream")
            at = time.monotonic()
            text = tails[key.fileobj] + chunk
            marks = list(MARK.finditer(text))
            arrivals += [(int(mark[1]), at) for mark in marks]
            # A mark may be cut by the end of a chunk, and must not be found twice.
            rest = text[marks[-1].end() :] if marks else text
            tails[key.fileobj] = rest[-_LONGEST_MARK:]


def _open(url: str, run_id: str) -> socket.socket:
    """Open a stream and read its first message."""
    address = urlsplit(url)
    reader = socket.create_connection((address.hostname or "", address.port or 80))
    reader.sendall(f"GET /api/by-id/{run_id}/stream HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    begun = b""
    while b'"caught_up":true' not in begun:
        begun += reader.recv(_CHUNK_BYTES)
    return reader


if __name__ == "__main__":
    main()
