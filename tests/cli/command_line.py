"""The command line in the test's process, with streams that are kept."""

from __future__ import annotations

import io
from dataclasses import dataclass

from runreel.cli.console import Console
from runreel.cli.main import run


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str


class Stream(io.StringIO):
    """A stream of a chosen encoding that may claim to be a terminal."""

    def __init__(self, text: str = "", *, is_terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(text)
        self._is_terminal = is_terminal
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def isatty(self) -> bool:
        return self._is_terminal


class CommandLine:
    """Runs commands against one server."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(
        self,
        *argv: str,
        typed: str | None = None,
        is_terminal: bool = False,
        encoding: str = "utf-8",
        **env: str,
    ) -> Result:
        """Run one command; `typed` is what a person types, None where there is nobody to ask."""
        out = Stream(is_terminal=is_terminal, encoding=encoding)
        err = Stream()
        inp = Stream(typed or "", is_terminal=typed is not None)
        console = Console.of_streams(env={"RUNREEL_URL": self._url, **env}, out=out, err=err, inp=inp)
        code = run(argv, console)
        return Result(code, out.getvalue(), err.getvalue())
