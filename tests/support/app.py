"""The application in the test's own process, behind a real socket: its store, settings and log are at hand."""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from runreel.server.app import create_app
from runreel.server.settings import Settings
from runreel.storage.blobs import open_blobs
from runreel.storage.port import Store
from runreel.storage.sql import open_store
from tests.support.api import Api
from tests.support.patience import PATIENCE_S


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedApp:
    api: Api
    store: Store
    settings: Settings

    @property
    def url(self) -> str:
        return str(self.api.http.base_url)

    @property
    def address(self) -> tuple[str, int]:
        url = self.api.http.base_url
        return url.host, url.port or 80


@contextmanager
def serving(store: Store, **settings: Any) -> Iterator[ServedApp]:
    """Serve the application on a free port until the block ends; `settings` differ from the defaults."""
    listener = socket.create_server(("127.0.0.1", 0))
    chosen = replace(Settings(data=Path("not-used")), port=listener.getsockname()[1], **settings)
    app = create_app(store, chosen)
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=5)
    server = _Server(config, app.state.parts.live.end)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="served-app")
    thread.start()
    try:
        assert server.ended_start.wait(PATIENCE_S)
        assert server.started, "the application did not start"
        base_url = f"http://127.0.0.1:{chosen.port}"
        with httpx.Client(
            base_url=base_url, timeout=PATIENCE_S, follow_redirects=False, trust_env=False, verify=False
        ) as http:
            yield ServedApp(api=Api(http), store=store, settings=chosen)
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)
    assert not thread.is_alive(), "the application did not end"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self.ended_start = threading.Event()
        self._end_streams = end_streams

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ended_start.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        # The original waits a tenth of a second for connections to close, even where there are none.
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for server in self.servers:
            await server.wait_closed()
        await self.lifespan.shutdown()

    async def main_loop(self) -> None:
        # Hundreds of tests end a server each; the original looks only ten times a second whether it is to end.
        while not await self.on_tick(0):
            await asyncio.sleep(0.01)


def migrated_file(folder: Path) -> Path:
    """Make an empty SQLite database of the present schema, to be copied: that is quicker than migrating each time."""
    path = folder / "empty.db"
    with closing(open_store(f"sqlite:///{path}")):
        pass
    return path


def copied_store(template: Path, folder: Path) -> Store:
    """Open a store on a copy of an empty database."""
    path = folder / "runreel.db"
    shutil.copyfile(template, path)
    return open_store(f"sqlite:///{path}", open_blobs(str(folder / "blobs")))
