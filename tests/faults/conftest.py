"""Tests that kill processes, fill disks and cut connections."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "faults":
            item.add_marker("faults")
            item.add_marker("slow")
