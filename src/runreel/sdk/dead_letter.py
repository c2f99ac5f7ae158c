"""Where records go that the server refuses: a file of JSON lines beside the journals, each with the reason."""

from __future__ import annotations

import os
from time import time

from runreel.sdk import guard

FILE_NAME = "dead-letter.jsonl"
FORMER_FILE_NAME = "dead-letter.1.jsonl"

# Two files of this size at most: what is written last is worth more than what came first.
_MAX_FILE_BYTES = 8 * 1024 * 1024


class DeadLetters:
    """Appends to the file of one folder, which processes share; when it is full it becomes the former one."""

    def __init__(self, folder: str, *, max_file_bytes: int = _MAX_FILE_BYTES) -> None:
        self.path = os.path.join(folder, FILE_NAME)
        self._former = os.path.join(folder, FORMER_FILE_NAME)
        self._max_file_bytes = max_file_bytes

    def add(self, record: bytes, *, reason: str, status: int | None) -> None:
        """Keep a refused record. Where even this fails, it is said once, and nothing else happens."""
        with guard.never_raise(f"write to {self.path}"):
            self._append(_line(record, reason, status))
        guard.say_once(f"refused {self.path}", f"the server refused a record ({reason}); it is kept in {self.path}")

    def _append(self, line: bytes) -> None:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        # One write at the end of the file: lines of several processes don't mix.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            size_bytes = os.fstat(handle).st_size
            if size_bytes == 0 or size_bytes + len(line) <= self._max_file_bytes:
                os.write(handle, line)
                return
        finally:
            os.close(handle)
        os.replace(self.path, self._former)
        self._append(line)


def _line(record: bytes, reason: str, status: int | None) -> bytes:
    import json

    stated: dict[str, object] = {"refused_at": round(time(), 6), "status": status, "reason": reason}
    try:
        stated["record"] = json.loads(record)
    except (ValueError, RecursionError):
        # What is no JSON may be just what is wrong with it.
        stated["text"] = record.decode("utf-8", "backslashreplace")
    return json.dumps(stated).encode() + b"\n"
