"""Fixtures and reports that every test may use."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import settings

from runreel.storage.sql import migrate
from tests.support.need import LEFT_OUT, NEEDS, demand, required_needs
from tests.support.postgres import delete_rows, new_database

# Before anything imports the kit: without it a failing assertion prints nothing but its name.
pytest.register_assert_rewrite("runreel.testing.contract")

# How long an example takes depends on what else the machine does; pytest-timeout bounds the whole test.
settings.register_profile("runreel", deadline=None)
settings.load_profile("runreel")

# The gati client reports its use to its makers unless it is told not to; no test talks to the outside.
os.environ["GATI_TELEMETRY"] = "false"

_FIXTURE_MARKS = {
    "postgres_url": "postgres",
    "empty_postgres_url": "postgres",
    "own_postgres_url": "postgres",
    "shared_postgres_url": "postgres",
    "chromium": "browser",
    "nginx": "nginx",
}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give a database that the tests of this worker share; it starts without tables."""
    with new_database(demand("postgres")) as url:
        yield url


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """Give a database without tables to one test."""
    with new_database(demand("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """Give the name of a database with empty tables, to be copied: that is quicker than migrating each time."""
    with new_database(demand("postgres")) as url:
        migrate(url)
        yield urlsplit(url).path.strip("/")


@pytest.fixture(scope="session")
def reused_postgres_url(postgres_template: str) -> Iterator[str]:
    """Give a database with tables that tests have one after the other; `own_postgres_url` empties it."""
    with new_database(demand("postgres"), template=postgres_template) as url:
        yield url


@pytest.fixture
def own_postgres_url(reused_postgres_url: str) -> str:
    """Give a database with empty tables to one test."""
    delete_rows(reused_postgres_url)
    return reused_postgres_url


@pytest.fixture(scope="class")
def shared_postgres_url(postgres_template: str) -> Iterator[str]:
    """Give a database with empty tables to the tests of one class."""
    with new_database(demand("postgres"), template=postgres_template) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of a Chromium that can be driven."""
    return demand("browser")


@pytest.fixture(scope="session")
def nginx() -> str:
    """Give the path of an nginx."""
    return demand("nginx")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    for item in items:
        for name in getattr(item, "fixturenames", ()):
            if mark := _FIXTURE_MARKS.get(name):
                item.add_marker(mark)
    yield
    # The longest first, so that no worker has one of them left when the others have nothing.
    items.sort(key=lambda item: item.get_closest_marker("faults") is None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name in NEEDS:
        if item.get_closest_marker(name):
            demand(name)


def pytest_report_header() -> list[str]:
    required = required_needs()
    return [f"{name}{' (required)' if name in required else ''}: {find().note}" for name, find in NEEDS.items()]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        _, _, reason = report.longrepr if isinstance(report.longrepr, tuple) else (None, None, str(report.longrepr))
        reasons[reason.removeprefix("Skipped: ")] += 1
    if not reasons:
        return
    terminalreporter.section("left out")
    for reason, count in sorted(reasons.items()):
        terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'}: {reason.removeprefix(LEFT_OUT)}")
