"""A process that reads a bundle: `python -m runreel.wire.bundle_worker ENCODING MAX_LINE_BYTES`.

It gets the body at its standard input, and writes the steps that follow from it to its standard output, each after
its length. It ends with its input, or when nobody reads what it writes.
"""

from __future__ import annotations

import gc
import os
import signal
import struct
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import IO

from runreel.errors import DecodeError
from runreel.wire.bundle_steps import BundleSteps, Step, Stop, decode_step, encode_step, packed

_LENGTH = struct.Struct(">Q")
_BODY_BYTES = 1024 * 1024


def command(content_encoding: str, *, max_line_bytes: int) -> list[str]:
    """Return the command that starts this process."""
    return [sys.executable, "-m", "runreel.wire.bundle_worker", content_encoding, str(max_line_bytes)]


def read_steps(source: IO[bytes]) -> Iterator[Step]:
    """Yield the steps that such a process wrote; fewer where it ended early."""
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        (n_bytes,) = _LENGTH.unpack(head)
        text = source.read(n_bytes)
        if len(text) < n_bytes:
            return
        step = decode_step(text)
        del text
        yield step
        # Nobody needs it any more, and there may be much in it.
        del step


def main() -> None:
    # Who interrupts the server at a terminal interrupts this as well; it ends with its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # It lives for one bundle, and nothing that it makes is a circle.
    gc.disable()
    content_encoding, max_line_bytes = sys.argv[1], int(sys.argv[2])
    with closing(BundleSteps(content_encoding, max_line_bytes=max_line_bytes, keep=packed)) as steps:
        try:
            while body := sys.stdin.buffer.read(_BODY_BYTES):
                _write(steps.feed(body))
            _write(steps.finish())
        except DecodeError as error:
            _write(iter([Stop(str(error))]))
        except BrokenPipeError:
            # Python would try once more at its end, and complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(steps: Iterator[Step]) -> None:
    for step in steps:
        text = encode_step(step)
        sys.stdout.buffer.write(_LENGTH.pack(len(text)))
        sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
