"""Running the server until it is told to end."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from runreel import __version__
from runreel.errors import ConfigError
from runreel.server.app import create_app
from runreel.server.dependency import Parts
from runreel.server.log import configure_log
from runreel.server.settings import Settings
from runreel.storage.blobs import open_blobs
from runreel.storage.port import Store
from runreel.storage.price_table import read_price_file
from runreel.storage.sql import open_store

_GRACE_S = 5


def serve(settings: Settings, *, on_ready: Callable[[str], None] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; print the address, and call `on_ready` with it, once it answers.

    What is queued at the end is still written and answered; a second signal ends at once. Returns the exit code.

    Raises:
        ConfigError: the host or port can't be used.
        StorageError: the database can't be used.
    """
    settings.require_loopback()
    configure_log(level=settings.log_level, style=settings.log_format)
    with _listen(settings.host, settings.port) as listener:
        _serve_on(listener, settings, on_ready)
    return 0


@contextmanager
def serving_privately(settings: Settings) -> Generator[str]:
    """Serve beside the caller's own work until the block ends, on a port that the system chooses; give the address.

    Raises:
        ConfigError: the place of the blobs can't be used.
        StorageError: the database can't be used.
    """
    with _listen("127.0.0.1", 0) as listener:
        is_settled = threading.Event()
        app = create_app(_open_store(settings), settings)
        server = _make_server(app, on_started=is_settled.set)
        thread = threading.Thread(target=_run_then, args=(server, listener, is_settled.set), name="private-server")
        thread.start()
        try:
            is_settled.wait()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _run_then(server: uvicorn.Server, listener: socket.socket, done: Callable[[], None]) -> None:
    try:
        server.run(sockets=[listener])
    finally:
        # Also where it could not start: nobody may wait for ever.
        done()


def _serve_on(listener: socket.socket, settings: Settings, on_ready: Callable[[str], None] | None) -> None:
    store = _open_store(settings)
    # What is loaded by now lives as long as the process, and decoded batches come and go by the thousand objects:
    # collecting less often saves a tenth of the time that ingest takes.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()
    app = create_app(store, settings)
    # uvicorn raises the signals that it got again when it has ended; they must not end the process by themselves.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _note_signal)
    _make_server(app, on_started=_announce(listener, settings.host, on_ready)).run(sockets=[listener])


def _open_store(settings: Settings) -> Store:
    prices = read_price_file(settings.prices.expanduser()) if settings.prices is not None else None
    return open_store(settings.database_url(), open_blobs(settings.blobs_place()), prices=prices)


def _make_server(app: FastAPI, *, on_started: Callable[[], None]) -> _Server:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        # A slow sender must not lose its connection between two batches.
        timeout_keep_alive=30,
    )
    parts: Parts = app.state.parts
    return _Server(config, on_started=on_started, drain=parts.ingest.drain, on_ending=parts.live.end)


def _note_signal(_number: int, _frame: object) -> None:
    """Take a signal that was acted upon already."""


class _Server(uvicorn.Server):
    """A server that says when it answers and when it is about to end, and answers before it ends all it has taken."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        on_started: Callable[[], None],
        drain: Callable[[], Awaitable[None]],
        on_ending: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._drain = drain
        self._on_ending = on_ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What follows is bounded in time, and writing what is queued may take longer.
        await self._drain()
        # It waits for what is being answered, and streams are answered for as long as somebody listens.
        self._on_ending()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            # As a kill would: what is not committed was not acknowledged.
            os._exit(128 + sig)
        super().handle_exit(sig, frame)


def _announce(listener: socket.socket, host: str, on_ready: Callable[[str], None] | None) -> Callable[[], None]:
    port = listener.getsockname()[1]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def announce() -> None:
        sys.stdout.write(f"Runreel {__version__} is ready at {url}\n")
        sys.stdout.flush()
        if on_ready is not None:
            on_ready(url)

    return announce


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"the address {host}:{port} can't be used ({error.strerror}); "
            "another server may have it: end that one, or give another --port"
        ) from error
    return listener
