"""The process that reads a foreign database and sends it to the server as a bundle.

It is one of its own, so that reading and writing go on side by side, also where the command serves the database itself.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any, Self

from runreel.cli.answer import JsonObject
from runreel.cli.client import Client
from runreel.errors import SourceError
from runreel.model.import_report import KindReport, Repair, TableReport

_COMMAND = [sys.executable, "-m", "runreel.cli.import_worker"]
_END_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the server answered, and what was counted on both sides."""

    answer: JsonObject
    tables: list[TableReport]
    repairs: list[Repair]
    kinds: list[KindReport]


class ImportProcess:
    """Opens a database and sends it; use it as a context. `kind` and `name` say what it is, `n_runs` and `n_events`
    what it has. Raises, here and when it sends, `SourceError` where the database can't be read or is of no known kind,
    `ConfigError` where the address can't be used, and `RunreelError` for what the server answers.
    """

    def __init__(self, address: str, *, folder: str | None = None) -> None:
        self._process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        try:
            put_message(self._to, (address, folder))
            self.kind, self.name, self.n_runs, self.n_events = self._receive("opened")
        except BaseException:
            self.close()
            raise

    def send(self, client: Client, query: Mapping[str, str], on_progress: Callable[[int, int], None]) -> Sent:
        """Send it to a server; `on_progress` is told how many runs and events are done."""
        put_message(self._to, (client.base_url, dict(query)))
        while True:
            tag, value = self._next()
            if tag != "progress":
                return value
            on_progress(*value)

    def close(self) -> None:
        """End the process; safe twice."""
        with suppress(OSError):
            self._to.close()
        self._from.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _receive(self, wanted: str) -> Any:
        tag, value = self._next()
        assert tag == wanted
        return value

    def _next(self) -> tuple[str, Any]:
        try:
            tag, value = take_message(self._from)
        except (EOFError, OSError) as error:
            raise SourceError("the process that reads the database ended before it was done; try again") from error
        if tag == "failed":
            kind, text = value
            raise kind(text)
        return tag, value


def put_message(to: IO[bytes], message: object) -> None:
    """Send something to the process at the other end.

    Raises:
        OSError: it is there no more.
    """
    pickle.dump(message, to)
    to.flush()


def take_message(of: IO[bytes]) -> Any:
    """Wait for something that the process at the other end sends.

    Raises:
        EOFError: it is there no more.
    """
    try:
        return pickle.load(of)
    except pickle.UnpicklingError as error:
        raise EOFError from error
