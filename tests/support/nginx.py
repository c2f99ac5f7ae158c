"""nginx as a process of its own, with the configuration that the documents tell people to use."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.eventually import eventually
from tests.support.server import free_port
from tests.support.source import ROOT

_GUIDE = ROOT / "docs" / "how-to" / "serve-under-a-path.md"
PATH = "/tools/runreel/"


@contextmanager
def running_nginx(command: str, upstream: str, folder: Path) -> Iterator[str]:
    """Serve what is at the address `upstream` under `PATH` until the block ends; give the address of that."""
    folder.mkdir()
    port = free_port()
    (folder / "nginx.conf").write_text(_configuration(upstream, port, folder), encoding="utf-8")
    with (folder / "error.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [command, "-p", str(folder), "-c", str(folder / "nginx.conf")], stdin=subprocess.DEVNULL, stderr=log
        )
    try:
        _wait_for(port, process, folder / "error.log")
        yield f"http://127.0.0.1:{port}{PATH}"
    finally:
        process.terminate()
        process.wait(15)


def _configuration(upstream: str, port: int, folder: Path) -> str:
    """Return the guide's configuration without what only a real host has: a name, a certificate, people."""
    (guide,) = re.findall(r"^```nginx\n(.*?)^```$", _GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    guide = re.sub(r"^ *(server_name|ssl_\w+|auth_\w+) .*\n", "", guide, flags=re.MULTILINE)
    guide = guide.replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    guide = guide.replace("https://tools.example.org", f"http://127.0.0.1:{port}")
    guide = guide.replace("127.0.0.1:4700", upstream.removeprefix("http://"))
    temporary = "\n".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Its workers give up what an administrator may, and then could not read the test's own folder.
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""{user}
daemon off;
worker_processes 1;
pid {folder / "nginx.pid"};
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
access_log off;
{temporary}
{guide}
}}
"""


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    def is_settled() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return process.poll() is not None

    eventually(is_settled)
    if process.poll() is not None:
        raise AssertionError(f"nginx does not run: {log.read_text(encoding='utf-8')}")
