"""The server within the `gati` package, as it is on PyPI: its databases are what is imported.

It migrates its database as its own entry point does. Run as a module this is that server, in a process of its own.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S
from tests.support.server import free_port

HEAD = "head"
NAMELESS = "001"
"""The revision before runs had names."""


@contextmanager
def running_gati(path: Path) -> Iterator[str]:
    """Run the server on the database file at `path`, and give its URL."""
    migrate(path)
    port = free_port()
    process = _start(path, "serve", str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(url) or process.poll() is not None)
        assert process.poll() is None, "the server ended before it answered"
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def migrate(path: Path, revision: str = HEAD) -> None:
    """Bring the database to a revision; its own migrations do it."""
    process = _start(path, "migrate", revision)
    assert process.wait(PATIENCE_S) == 0


def _start(path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "DATABASE_URL": f"sqlite+aiosqlite:///{path}", "DEBUG": "false"}
    command = [sys.executable, "-m", __name__, *arguments]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, env=env, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=PATIENCE_S, trust_env=False, verify=False).status_code == 200
    except httpx.TransportError:
        return False


def _main(what: str, value: str) -> None:
    found = importlib.util.find_spec("gati")
    assert found is not None
    assert found.origin is not None
    backend = Path(found.origin).parents[1] / "backend"
    # At the end: the package has a folder `alembic` of its own.
    sys.path.append(str(backend))
    if what == "migrate":
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(backend / "alembic"))
        command.upgrade(config, value)
        return
    import uvicorn

    uvicorn.run("app.main:app", host="127.0.0.1", port=int(value), log_level="warning")


if __name__ == "__main__":
    _main(*sys.argv[1:])
