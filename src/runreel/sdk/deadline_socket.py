"""A socket for `http.client` on which everything together ends at one time, however slowly single bytes come."""

from __future__ import annotations

import io
import os
from socket import SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET
from socket import socket as _socket
from struct import pack
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
        self._head: bytes | None = None
        self._waits_in_system = _lets_system_wait(raw)
        self._ends_at = 0.0
        self._n_readers = 0
        self._is_closed = False

    def allow(self, timeout_s: float) -> None:
        """Allow so much time from now on."""
        self._ends_at = monotonic() + timeout_s

    def hold_head(self) -> None:
        """Send the head of the next request together with its body, which is one piece and not empty.

        Each time that this thread sends, it has to wait until the host's let it go on.
        """
        if hasattr(self._raw, "sendmsg"):
            self._head = b""

    def sendall(self, data: ReadableBuffer) -> None:
        """Send all of it, or raise `TimeoutError`."""
        if self._head == b"":
            self._head = bytes(data)
            return
        rest = memoryview(data).cast("B")
        if self._head is not None:
            head, self._head = self._head, None
            n_sent = self._patiently(lambda: self._raw.sendmsg((head, rest)))
            if n_sent < len(head):
                self.sendall(head[n_sent:])
            rest = rest[max(n_sent - len(head), 0) :]
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
            self._allow_wait(left_s if self.on_wait is None else min(left_s, _WAIT_S))
            try:
                return operation()
            except (TimeoutError, BlockingIOError):
                if self.on_wait is None:
                    raise TimeoutError("took too long") from None
            began_at = monotonic()
            self.on_wait()
            self._ends_at += monotonic() - began_at

    def _allow_wait(self, wait_s: float) -> None:
        if not self._waits_in_system:
            self._raw.settimeout(wait_s)
            return
        wait = pack("ll", int(wait_s), max(int(wait_s % 1 * 1_000_000), 1))
        self._raw.setsockopt(SOL_SOCKET, SO_SNDTIMEO, wait)
        self._raw.setsockopt(SOL_SOCKET, SO_RCVTIMEO, wait)

    def _left_s(self) -> float:
        left_s = self._ends_at - monotonic()
        if left_s <= 0:
            raise TimeoutError("took too long")
        return left_s


def _lets_system_wait(raw: socket.socket) -> bool:
    """Have the system wait by itself where it can, and tell whether it does.

    Python would wait first, and then send or receive: twice our thread would ask for the interpreter back, which a busy
    event loop that lets it go for moments only keeps for a long time, and at a cost to itself.
    """
    if os.name != "posix" or type(raw) is not _socket:
        return False
    raw.settimeout(None)
    return True


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
