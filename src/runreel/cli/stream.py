"""Server-sent events, followed over connections that break."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from runreel.cli.client import Client
from runreel.errors import NotFoundError, RunreelError

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_N_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One event of a stream."""

    event: str
    data: str


class Stream:
    """The events at one address: where a connection breaks, the next one goes on after the last event that came."""

    def __init__(self, client: Client, *segments: str, pause: Callable[[float], None]) -> None:
        self._client = client
        self._segments = segments
        self._pause = pause
        self._last_id = ""
        self._retry_s = _FIRST_PAUSE_S

    def iter_frames(self) -> Generator[Frame]:
        """Yield events for ever.

        Raises:
            NotFoundError: there is nothing to follow.
            RunreelError: there was no connection from the start, or none could be had again.
        """
        n_failed = 0
        while True:
            n_before = n_failed
            try:
                for frame in self._iter_once():
                    n_failed = 0
                    yield frame
            except NotFoundError:
                raise
            except RunreelError:
                if not self._last_id or n_failed >= _N_TRIES:
                    raise
            # A server that ends closes the stream; another one may take its place.
            n_failed = n_failed + 1 if n_failed == n_before else 1
            self._pause(min(self._retry_s * n_failed, _LONGEST_PAUSE_S))

    def _iter_once(self) -> Iterator[Frame]:
        headers = {"Accept": "text/event-stream"}
        if self._last_id:
            headers["Last-Event-ID"] = self._last_id
        with closing(self._client.download(*self._segments, headers=headers)) as pieces:
            fields: dict[str, str] = {}
            for line in _iter_lines(pieces):
                if line:
                    self._take(line, fields)
                    continue
                if "id" in fields:
                    self._last_id = fields["id"]
                if "data" in fields:
                    yield Frame(event=fields.get("event", "message"), data=fields["data"])
                fields = {}

    def _take(self, line: str, fields: dict[str, str]) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "retry" and value.isdigit():
            self._retry_s = int(value) / 1000
        elif name == "data" and "data" in fields:
            fields["data"] += "\n" + value
        elif name:
            fields[name] = value


def _iter_lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")
