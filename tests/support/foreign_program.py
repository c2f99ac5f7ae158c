"""A program of somebody else that has a database file open, in a process of its own: locks are between processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCKING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for text in ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", "CREATE TABLE theirs (a)"):
    connection.execute(text)
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locking(path: Path) -> Iterator[None]:
    """Lock the file while the block runs; what was begun there is undone in the end."""
    command = [sys.executable, "-c", _LOCKING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        try:
            yield
        finally:
            process.communicate()
