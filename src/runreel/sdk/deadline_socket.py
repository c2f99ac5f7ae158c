"""A socket for `http.client` on which everything together ends at one time, however slowly single bytes come."""

from __future__ import annotations

import io
from time import monotonic

TYPE_CHECKING = False

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from _typeshed import ReadableBuffer, WriteableBuffer

_WAIT_S = 0.05


class DeadlineSocket:
    """What `http.client` uses of a socket."""

    def __init__(self, raw: socket.socket) -> None:
        # Called again and again while the other side keeps us waiting; that time is not counted.
        self.on_wait: Callable[[], object] | None = None
        self._raw = raw
        self._ends_at = 0.0
        self._n_readers = 0
        self._is_closed = False

    def allow(self, timeout_s: float) -> None:
        """Allow so much time from now on."""
        self._ends_at = monotonic() + timeout_s

    def sendall(self, data: ReadableBuffer) -> None:
        """Send all of it, or raise `TimeoutError`."""
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[self._patiently(lambda rest=rest: self._raw.send(rest)) :]

    def recv_into(self, buffer: WriteableBuffer) -> int:
        """Receive what there is, or raise `TimeoutError`."""
        return self._patiently(lambda: self._raw.recv_into(buffer))

    def makefile(self, mode: str, *_: object) -> io.BufferedReader:
        """Return a reader; the socket stays open until it and the socket are closed."""
        assert mode == "rb"
        self._n_readers += 1
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Close the socket once nobody reads from it; an answer may outlive its connection."""
        self._is_closed = True
        if self._n_readers == 0:
            self._raw.close()

    def release(self) -> None:
        """Note that a reader was closed."""
        self._n_readers -= 1
        if self._is_closed:
            self.close()

    def _patiently(self, operation: Callable[[], int]) -> int:
        while True:
            left_s = self._left_s()
            self._raw.settimeout(left_s if self.on_wait is None else min(left_s, _WAIT_S))
            try:
                return operation()
            except TimeoutError:
                if self.on_wait is None:
                    raise
            began_at = monotonic()
            self.on_wait()
            self._ends_at += monotonic() - began_at

    def _left_s(self) -> float:
        left_s = self._ends_at - monotonic()
        if left_s <= 0:
            raise TimeoutError("took too long")
        return left_s


class _Reader(io.RawIOBase):
    def __init__(self, source: DeadlineSocket) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return self._source.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._source.release()
        super().close()
