"""Databases with something of everything in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine

from runreel.model.scope import Scope
from runreel.storage.sql import open_store
from runreel.storage.sql.dialect import make_dialect
from runreel.testing.record import (
    AT,
    HOUR,
    NOW,
    SECOND,
    make_event,
    make_llm_call,
    make_recorder,
    make_run,
    make_run_end,
    numbered,
)
from runreel.testing.workflow import make_workflow
from tests.support.need import demand
from tests.support.postgres import new_database


def fill(url: str) -> None:
    """Record runs of two projects that were renamed, moved, swept, repeated and deleted."""
    store = open_store(url)
    for scope in (Scope(), Scope(project="other")):
        batch = [
            *make_workflow("a"),
            *make_workflow("gone"),
            make_run("b", at=AT + HOUR, agent_name="writer", tags=["x", "y"]),
            make_llm_call("parent", "b", at=AT + HOUR, sequence=1),
            make_llm_call("child", "b", at=AT + HOUR, parent_event_id="parent", sequence=2, duration_us=7 * SECOND),
            make_event("failed", "b", at=AT + 2 * HOUR, status="failed", error={"message": "no"}),
            make_run_end("b", at=AT + 3 * HOUR),
            numbered(make_run_end("a"), 2),
            make_recorder("recorder-1", "a", record_count=3, sdk="sdk/1"),
            make_event("guess", "moved", agent_name="helper"),
        ]
        store.runs.apply([(scope, batch)], now=NOW)
        store.runs.apply(
            [(scope, [*batch, make_run("moved"), make_llm_call("more", "moved", cost_nanos=None)])], now=NOW
        )
        store.runs.rename_run(scope, "a", "mine")
        store.runs.delete_run(scope, "gone", now=NOW)
    store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Give the URL of a filled database."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def sqlite_url(filled_file: Path, tmp_path: Path) -> str:
    """Give the URL of a filled database in a file."""
    path = shutil.copyfile(filled_file, tmp_path / "runreel.db")
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(filled_postgres: str) -> Iterator[str]:
    """Give the URL of a filled database in PostgreSQL."""
    with new_database(demand("postgres"), template=filled_postgres) as url:
        yield url


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a database in a file, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "runreel.db"
    fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def filled_postgres(postgres_template: str) -> Iterator[str]:
    """Fill a database in PostgreSQL, to be copied; give its name."""
    with new_database(demand("postgres"), template=postgres_template) as url:
        fill(url)
        yield urlsplit(url).path.strip("/")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Give the engine that damages the database."""
    engine = make_dialect(url).write_engine()
    yield engine
    engine.dispose()
