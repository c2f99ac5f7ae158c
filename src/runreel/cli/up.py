"""`runreel up`: starts the server here."""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runreel.cli.command import port_number
from runreel.cli.console import Console
from runreel.cli.extra import needed_extra

if TYPE_CHECKING:
    from runreel.cli.command import Commands
    from runreel.server.settings import Settings

DEMO_GRACE_S = 3.0


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser("up", help="start the server on this machine", description="Start the server.")
    parser.add_argument("--host", help="address to listen on (RUNREEL_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=port_number, help="port, 0 for any free one (RUNREEL_PORT, else 4700)")
    add_storage_options(parser)
    parser.add_argument("--demo", action="store_true", help="also run a small agent, to have runs to look at")
    parser.set_defaults(command=start_server)


def add_storage_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say where runs are kept."""
    parser.add_argument("--data", metavar="DIR", help="folder of the data (RUNREEL_DATA)")
    parser.add_argument(
        "--database", metavar="URL", help="database, if not SQLite in that folder (RUNREEL_DATABASE): postgresql://…"
    )


def start_server(arguments: argparse.Namespace, console: Console) -> int:
    """Serve until the server is told to end."""
    with _loading(), needed_extra("runreel up"):
        from runreel.cli.recovery import recovering
        from runreel.server.run import serve

        settings = settings_of(arguments, console.env)
        with recovering(console.env) as recover, demo_beside(settings.data.expanduser()) as start_demo:

            def begin(base_url: str) -> None:
                recover(base_url)
                if arguments.demo:
                    start_demo(base_url)

            return serve(settings, on_ready=begin)


@contextmanager
def _loading() -> Generator[None]:
    # Loading makes many objects that stay; looking for garbage among them takes a sixth of the start.
    # The server turns the collector on again, unless it can't start.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settings_of(arguments: argparse.Namespace, env: Mapping[str, str]) -> Settings:
    """Return the server's settings: those of the environment, and over them those of the command line."""
    from runreel.server.settings import Settings

    given = {
        "host": arguments.host if "host" in arguments else None,
        "port": arguments.port if "port" in arguments else None,
        "data": Path(arguments.data) if arguments.data else None,
        "database": arguments.database,
    }
    return replace(Settings.from_env(env), **{key: value for key, value in given.items() if value is not None})


@contextmanager
def demo_beside(data_dir: Path) -> Generator[Callable[[str], None]]:
    """Give a function that starts the demo against a base URL; end the demo on leaving."""
    demos: list[subprocess.Popen[bytes]] = []

    def start(base_url: str) -> None:
        demos.append(subprocess.Popen(_demo_command(base_url, data_dir), stdin=subprocess.PIPE))

    try:
        yield start
    finally:
        for demo in demos:
            _end(demo)


def _demo_command(base_url: str, data_dir: Path) -> list[str]:
    # The demo ends when its standard input does, so also when the server is killed and can't end it.
    journal = os.fspath(data_dir / "demo-journal")
    return [sys.executable, "-m", "runreel.demo", "--url", base_url, "--journal", journal, "--until-input-ends"]


def _end(demo: subprocess.Popen[bytes]) -> None:
    if demo.stdin is not None:
        demo.stdin.close()
    try:
        demo.wait(timeout=DEMO_GRACE_S)
    except subprocess.TimeoutExpired:
        demo.kill()
        demo.wait()
