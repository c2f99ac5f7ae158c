"""Stores of both databases that all examples share, each example in projects of its own.

`RUNREEL_EXAMPLES=20` tries twenty times as many examples as usual.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runreel.storage.sql import migrate, open_store
from tests.property.effort import FACTOR
from tests.property.laboratory import Laboratory


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    usual_s = float(config.getini("timeout"))
    for item in items:
        if item.path.parent.name == "property":
            item.add_marker(pytest.mark.timeout(usual_s * FACTOR))


@pytest.fixture(scope="session")
def sqlite_laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'runreel.db'}")


@pytest.fixture(scope="session")
def postgres_laboratory(postgres_url: str) -> Iterator[Laboratory]:
    yield from _opened(postgres_url)


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def laboratory(request: pytest.FixtureRequest) -> Laboratory:
    return request.getfixturevalue(f"{request.param}_laboratory")


def _opened(url: str) -> Iterator[Laboratory]:
    migrate(url)
    store = open_store(url)
    laboratory = Laboratory(url, store)
    yield laboratory
    laboratory.close()
