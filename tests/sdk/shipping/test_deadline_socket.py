"""A request's head and body leave together, whole and in their order, however little the system takes at once."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from runreel.sdk.deadline_socket import DeadlineSocket

HEAD, BODY = b"POST / HTTP/1.1\r\n\r\n", bytes(range(256)) * 4_000


class Reluctant:
    """A socket that takes so many bytes at first."""

    def __init__(self, raw: socket.socket, n_bytes: int) -> None:
        self._raw = raw
        self._n_bytes = n_bytes
        self.n_messages = 0

    def sendmsg(self, parts: tuple[bytes, memoryview]) -> int:
        self.n_messages += 1
        return self._raw.send(b"".join(parts)[: self._n_bytes])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


@pytest.mark.parametrize("n_bytes", [1, len(HEAD) - 1, len(HEAD), len(HEAD) + 1, len(HEAD) + len(BODY)])
def test_head_and_body_arrive_whole(n_bytes: int) -> None:
    here, there = socket.socketpair()
    received = bytearray()

    def receive() -> None:
        while piece := there.recv(65_536):
            received.extend(piece)

    receiver = threading.Thread(target=receive)
    receiver.start()
    raw = Reluctant(here, n_bytes)
    deadline = DeadlineSocket(raw)  # type: ignore[arg-type]
    deadline.allow(30)
    for _ in range(2):
        deadline.hold_head()
        deadline.sendall(HEAD)
        deadline.sendall(BODY)
    deadline.sendall(b"and on")
    deadline.close()
    receiver.join()
    assert bytes(received) == (HEAD + BODY) * 2 + b"and on"
    assert raw.n_messages == 2
    there.close()
