"""A Runreel server of our own: started on a free loopback port, measured from outside, ended by its pid."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.client import Client
from bench.process import read_cpu_s, read_peak_rss_bytes

READY = re.compile(r"is ready at (http://\S+)")
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    pid: int
    url: str
    data: Path

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 80

    def connect(self) -> Client:
        return Client(self.url)

    def read_cpu_s(self) -> float:
        return read_cpu_s(self.pid)

    def read_peak_rss_bytes(self) -> int:
        return read_peak_rss_bytes(self.pid)


def command(*arguments: str) -> list[str]:
    """Return the installed `runreel` of the interpreter that runs the benchmarks."""
    return [str(Path(sysconfig.get_path("scripts")) / "runreel"), *arguments]


@contextmanager
def running_server(data: Path, *, database: str | None = None) -> Iterator[Server]:
    """Start `runreel up`, yield it when it is ready, and stop it gently: leaving checkpoints the database."""
    data.mkdir(parents=True, exist_ok=True)
    arguments = ["up", "--port", "0", "--data", str(data), *(["--database", database] if database else [])]
    log = data.with_name(f"{data.name}.log")
    with log.open("w") as output:
        process = subprocess.Popen(command(*arguments), stdout=output, stderr=output, env=_clean_environment())
    try:
        yield Server(pid=process.pid, url=_wait_until_ready(process, log), data=data)
    finally:
        stop_process(process)


def migrate(database: str) -> None:
    arguments = command("migrate", "--database", database)
    subprocess.run(arguments, check=True, capture_output=True, env=_clean_environment())


def stop_process(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def read_folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _clean_environment() -> dict[str, str]:
    # Settings of the caller's own server would change what is measured.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNREEL_")}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if found := READY.search(log.read_text()):
            return found[1]
        time.sleep(0.01)
    raise RuntimeError(
        f"the server ended, or was not ready after {START_TIMEOUT_S} s; it wrote: {log.read_text()[-2000:]}"
    )
