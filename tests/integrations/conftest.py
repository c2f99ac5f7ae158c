"""Records in memory, and graphs that are prepared for one test only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runreel.integrations.langgraph import uninstall
from runreel.testing import Recorded, recorded


@pytest.fixture
def recording() -> Iterator[Recorded]:
    """Record into memory; `init` names no agent."""
    with recorded() as kept:
        yield kept


@pytest.fixture(autouse=True)
def no_installation_stays() -> Iterator[None]:
    yield
    uninstall()


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests with asyncio."""
    return "asyncio"
