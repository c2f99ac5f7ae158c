"""Records in memory, for tests of how they come about."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runreel.testing import Recorded, recorded


@pytest.fixture
def recording() -> Iterator[Recorded]:
    """Record into memory; `init` names no agent."""
    with recorded() as kept:
        yield kept


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests with asyncio."""
    return "asyncio"
