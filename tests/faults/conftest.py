"""Tests that kill processes, fill disks and cut connections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.need import demand
from tests.support.postgres import new_database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "faults":
            item.add_marker("faults")
            item.add_marker("slow")


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """Give a database without tables to one test; what it has acknowledged is on the disk."""
    with new_database(demand("postgres"), is_durable=True) as url:
        yield url
