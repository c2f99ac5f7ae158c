"""The real server as a process of its own: started by the command that people use, ended by its pid."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.patience import PATIENCE_S

RUNREEL = str(Path(sys.executable).with_name("runreel"))
_READY = re.compile(r"Runreel \S+ is ready at (http://\S+)")


@dataclass(slots=True, kw_only=True)
class RunningServer:
    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def stop(self, *, timeout_s: float = PATIENCE_S) -> int:
        """End the server gracefully and return its exit code; kills it when it does not end in time."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End the server as a power cut would."""
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    """Return a port that is free now, for a server that is to come back at the same address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def running_server(
    data_dir: Path | None = None,
    database_url: str | None = None,
    *,
    env: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    timeout_s: float = PATIENCE_S,
    migrated: bool = False,
    wait: bool = True,
) -> Iterator[RunningServer]:
    """Run `runreel up` on a free port until the block ends; `wait=False` does not wait until it is ready.

    Without `data_dir` the data, or the blobs of a database by URL, go to a folder that is removed. A database given by
    URL is migrated first, unless it is `migrated`. Settings of the surrounding environment do not reach the server;
    those in `env` do.
    """
    with ExitStack() as stack:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")} | dict(env or {})
        command = [RUNREEL, "up", "--port", "0", *arguments]
        if database_url is not None:
            command += ["--database", database_url]
        if database_url is not None and not migrated:
            migrate = [RUNREEL, "migrate", "--database", database_url]
            subprocess.run(migrate, env=clean, check=True, timeout=PATIENCE_S, capture_output=True)
        if data_dir is None:
            data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="runreel-test-")))
        command += ["--data", str(data_dir)]
        process = subprocess.Popen(
            command, env=clean, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        server = RunningServer(process=process)
        ready = threading.Event()
        reader = threading.Thread(target=_read_output, args=(server, ready), daemon=True)
        reader.start()
        try:
            if wait and (not ready.wait(timeout_s) or not server.url):
                raise AssertionError(f"`{' '.join(command)}` did not get ready:\n{server.output}")
            yield server
        finally:
            try:
                server.stop()
            finally:
                reader.join(PATIENCE_S)
                if process.stdout is not None:
                    process.stdout.close()


def _read_output(server: RunningServer, ready: threading.Event) -> None:
    # Read to the end, whatever comes: a server that nobody reads stands still when the pipe is full.
    assert server.process.stdout is not None
    for line in server.process.stdout:
        server.lines.append(line)
        if not server.url and (match := _READY.search(line)):
            server.url = match[1]
            ready.set()
    ready.set()
