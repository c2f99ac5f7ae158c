"""A fake server, and the command line against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.fake_server import FakeServer, serving


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with serving() as server:
        yield server


@pytest.fixture
def runreel(server: FakeServer) -> CommandLine:
    return CommandLine(server.url)
