"""Programs of the tests, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import runreel
from tests.support.source import ROOT


@contextmanager
def running(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a module of the tests; whatever is left of it at the end is killed."""
    environment = {**os.environ, "PYTHONPATH": str(Path(runreel.__file__).parents[1])}
    command = [sys.executable, "-m", f"tests.sdk.journal.{module}", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()
