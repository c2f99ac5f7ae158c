"""`runreel export`: writes runs to a bundle."""

from __future__ import annotations

import argparse
import gzip
import os
import sys
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from runreel.cli.answer import text_at
from runreel.cli.client import Client
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console
from runreel.cli.progress import counting_bytes
from runreel.cli.quantity import format_size
from runreel.errors import ConfigError, NotFoundError, RunreelError

if TYPE_CHECKING:
    from runreel.cli.command import Commands

_FILTERS = {
    "agent": "only runs of this agent",
    "session": "only runs of the session with this id",
    "status": "only runs of this status, such as failed",
    "tag": "only runs with this tag",
    "since": "only runs created at this time (ISO 8601) or later",
    "until": "only runs created before this time",
}


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "export",
        help="write runs to a bundle",
        description="Write one run, or all that match, to a file that `runreel import` reads.",
        parents=[connection_options()],
    )
    parser.add_argument("--run", metavar="AGENT/NAME", help="only this run, by its agent and its name")
    parser.add_argument("--id", metavar="ID", help="only this run, by its id")
    for name, text in _FILTERS.items():
        parser.add_argument(f"--{name}", help=text)
    parser.add_argument("--no-files", action="store_true", help="leave out the bytes of files; their references stay")
    parser.add_argument("-o", "--output", metavar="FILE", help="the file (standard output); *.gz is compressed")
    parser.set_defaults(command=export_runs)


def export_runs(arguments: argparse.Namespace, console: Console) -> int:
    """Write a bundle; a file of the name given is there only once it is whole."""
    query = {name: value for name in _FILTERS if (value := getattr(arguments, name)) is not None}
    if sum((arguments.run is not None, arguments.id is not None, bool(query))) > 1:
        raise ConfigError("`--run`, `--id` and filters say different things; give one of them")
    client = connect(arguments, console)
    if arguments.no_files:
        query["blobs"] = "false"
    pieces = client.download(*_address(client, arguments), query=query)
    with closing(pieces):
        shown = counting_bytes(pieces, console, total_bytes=None)
        if arguments.output is None:
            _write_all(shown, sys.stdout.buffer)
            return 0
        n_bytes = _write_file(shown, Path(arguments.output))
    console.complain(f"Wrote {format_size(n_bytes)} to {arguments.output}.")
    return 0


def _address(client: Client, arguments: argparse.Namespace) -> tuple[str, ...]:
    if arguments.id is not None:
        return ("api", "by-id", arguments.id, "export")
    if arguments.run is None:
        return ("api", "export")
    return ("api", "by-id", _id_of(client, arguments.run), "export")


def _id_of(client: Client, address: str) -> str:
    """Return the id of a run; both names may have slashes, so each is tried."""
    parts = address.split("/")
    for n in range(1, len(parts)):
        with suppress(NotFoundError):
            run = client.get("api", "runs", "/".join(parts[:n]), "/".join(parts[n:]))
            return text_at(run, "run_id") or ""
    raise NotFoundError(f"there is no run {address!r}; write its agent, a slash, and its name")


def _write_file(pieces: Iterable[bytes], path: Path) -> int:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed:
                    _write_all(pieces, cast("BinaryIO", packed))
            else:
                _write_all(pieces, raw)
            raw.flush()
            os.fsync(raw.fileno())
        n_bytes = part.stat().st_size
        part.replace(path)
    except OSError as error:
        raise RunreelError(f"the file {str(path)!r} can't be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)
    return n_bytes


def _write_all(pieces: Iterable[bytes], file: BinaryIO) -> None:
    file.writelines(pieces)
