"""`runreel tail`: follows a run while it happens."""

from __future__ import annotations

import argparse
import json
import os
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Protocol

from runreel.cli.address import add_run_address, read_run
from runreel.cli.answer import JsonObject, decode_object, objects_at, text_at
from runreel.cli.connection import connect, connection_options
from runreel.cli.console import Console
from runreel.cli.live_run import LiveRun
from runreel.cli.quantity import format_cost, format_duration, format_instant
from runreel.cli.run_tree import draw_run
from runreel.cli.run_view import name_of
from runreel.cli.stream import Stream
from runreel.cli.text import harmless

if TYPE_CHECKING:
    from runreel.cli.command import Commands

_DEFAULT_HEIGHT = 24


def add_to(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "tail",
        help="follow a run while it happens",
        description="Show a run as a tree that grows, until the run has ended; elsewhere than on a terminal, as lines.",
        parents=[connection_options()],
    )
    add_run_address(parser)
    parser.add_argument("--follow", action="store_true", help="go on when the run has ended: it may be resumed")
    parser.set_defaults(command=tail_run)


def tail_run(arguments: argparse.Namespace, console: Console) -> int:
    """Follow a run; fails where it is deleted meanwhile."""
    client = connect(arguments, console)
    live = LiveRun(read_run(client, arguments))
    screen: Screen = _Lines(console)
    if "json" in arguments:
        screen = _Frames(console)
    elif console.out.isatty():
        screen = _Picture(console)
    stream = Stream(client, "api", "by-id", str(live.run.get("run_id")), "stream", pause=time.sleep)
    with closing(stream.iter_frames()) as frames:
        for frame in frames:
            changes = decode_object(frame.data.encode())
            if frame.event == "gone":
                console.complain(f"{harmless(name_of(live.run))} was deleted.")
                return 1
            if frame.event != "changes" or changes is None:
                continue
            live.take(changes)
            screen.show(live, changes)
            if live.is_over() and not arguments.follow:
                break
    screen.end(live)
    return 0


class Screen(Protocol):
    """Where the changes of a run are shown."""

    def show(self, live: LiveRun, changes: JsonObject) -> None:
        """Show what a frame brought."""
        ...

    def end(self, live: LiveRun) -> None:
        """Show the run as it was in the end."""
        ...


class _Frames:
    """JSON, one frame a line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, live: LiveRun, changes: JsonObject) -> None:  # noqa: ARG002
        self._console.say(json.dumps(changes))
        self._console.out.flush()

    def end(self, live: LiveRun) -> None:
        pass


class _Lines:
    """Text, one line for every change of an event or of the run's status."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: str | None = None

    def show(self, live: LiveRun, changes: JsonObject) -> None:
        for event in objects_at(changes, "events"):
            self._console.say(_event_line(event, self._console))
        status = text_at(live.run, "status")
        if live.is_caught_up and status != self._status:
            self._status = status
            self._console.say(f"{harmless(name_of(live.run))}: {harmless(status or 'unknown')}")
        self._console.out.flush()

    def end(self, live: LiveRun) -> None:
        pass


class _Picture:
    """The tree, drawn again in place at every change; of a tall one the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._n_lines = 0

    def show(self, live: LiveRun, changes: JsonObject) -> None:  # noqa: ARG002
        # What is not caught up would only flicker by.
        if not live.is_caught_up:
            return
        lines = draw_run(live.view(), self._console)
        room = max(_height(self._console) - 2, 4)
        if len(lines) > room:
            lines = [*lines[:2], self._console.glyphs.ellipsis, *lines[len(lines) - room + 3 :]]
        self._draw(lines)

    def end(self, live: LiveRun) -> None:
        self._draw(draw_run(live.view(), self._console))

    def _draw(self, lines: list[str]) -> None:
        # Up to where the last picture began, and clear from there.
        up = f"\x1b[{self._n_lines}A" if self._n_lines else ""
        self._console.out.write(up + "\x1b[J" + "".join(line + "\n" for line in lines))
        self._console.out.flush()
        self._n_lines = len(lines)


def _event_line(event: JsonObject, console: Console) -> str:
    status = text_at(event, "status")
    sign = console.palette.paint(console.glyphs.sign_of(status), console.palette.style_of(status))
    name = text_at(event, "name") or text_at(event, "model")
    words = [
        format_instant(event.get("started_at")),
        sign,
        text_at(event, "event_type") or "event",
        name or "",
        "" if status == "completed" else status or "",
        format_duration(event.get("duration_ms")),
        format_cost(event.get("cost")),
    ]
    return "  ".join(harmless(word) if word is not sign else word for word in words if word)


def _height(console: Console) -> int:
    with suppress(OSError, ValueError):
        return os.get_terminal_size(console.out.fileno()).lines or _DEFAULT_HEIGHT
    return _DEFAULT_HEIGHT
