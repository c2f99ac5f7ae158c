"""The streams and the environment that a command works with."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO

from runreel.cli.style import ASCII, PLAIN, TERMINAL, UNICODE, Glyphs, Palette

DEFAULT_WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Where a command reads and writes. `width` is None where lines may be of any length: not on a terminal.

    `exits` holds what is to be ended when the command is.
    """

    env: Mapping[str, str]
    out: TextIO
    err: TextIO
    inp: TextIO
    width: int | None
    palette: Palette
    glyphs: Glyphs
    exits: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @classmethod
    def of_streams(cls, *, env: Mapping[str, str], out: TextIO, err: TextIO, inp: TextIO) -> Console:
        """Find out what the output can show; afterwards nothing that is written to it fails to encode."""
        for stream in (out, err):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        is_colourful = out.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"
        return cls(
            env=env,
            out=out,
            err=err,
            inp=inp,
            width=_width(env, out),
            palette=TERMINAL if is_colourful else PLAIN,
            glyphs=UNICODE if _can_encode(out, UNICODE) else ASCII,
        )

    def say(self, line: str = "") -> None:
        """Write a line of the result."""
        self.out.write(line + "\n")

    def complain(self, line: str) -> None:
        """Write a line beside the result: an error, a hint."""
        self.err.write(line + "\n")

    def can_ask(self) -> bool:
        """Tell whether a person can answer."""
        return self.inp.isatty()

    def is_confirmed(self, question: str) -> bool:
        """Ask a question whose answer is no unless it is a plain yes."""
        self.err.write(f"{question} [y/N] ")
        self.err.flush()
        return self.inp.readline().strip().casefold() in {"y", "yes"}


def print_json(value: object, console: Console) -> int:
    """Print JSON; return the exit code."""
    # Escaped, since not every terminal can show, and not every reader can decode, what recorders put into names.
    console.say(json.dumps(value, indent=2))
    return 0


def _width(env: Mapping[str, str], out: TextIO) -> int | None:
    if env.get("COLUMNS", "").isascii() and env.get("COLUMNS", "").isdigit() and int(env["COLUMNS"]) > 0:
        return int(env["COLUMNS"])
    if not out.isatty():
        return None
    with contextlib.suppress(OSError, ValueError):
        return os.get_terminal_size(out.fileno()).columns or DEFAULT_WIDTH
    return DEFAULT_WIDTH


def _can_encode(out: TextIO, glyphs: Glyphs) -> bool:
    try:
        "".join(glyphs.all()).encode(out.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
