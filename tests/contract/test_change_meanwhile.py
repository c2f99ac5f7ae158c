"""What changes between the look for runs and the lock on them counts: only there can it, with several writers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.storage.sql import SqlStore
from runreel.testing.contract.heartbeat import mark_all_lost
from runreel.testing.record import NOW, SECOND, make_run
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.postgres

_SILENT = NOW + 60 * SECOND


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> Scope:
    return Scope(project=request.node.nodeid)


def test_a_run_that_is_heard_of_meanwhile_is_not_lost(
    postgres_store: SqlStore, migrated_postgres_url: str, scope: Scope
) -> None:
    mark_all_lost(postgres_store, now=_SILENT)
    postgres_store.runs.apply([(scope, [make_run(heartbeat_us=SECOND)])], now=NOW)

    with _meanwhile(
        migrated_postgres_url,
        f"UPDATE runs SET heartbeat_at = {_SILENT} WHERE project = %s",
        scope,
        lambda: postgres_store.runs.mark_lost_runs(now=_SILENT),
    ) as marking:
        pass

    assert marking.result(PATIENCE_S) == 0
    assert postgres_store.runs.get_run(scope, "run-1").status == "executing"


def test_a_run_that_does_not_match_any_more_is_not_deleted(
    postgres_store: SqlStore, migrated_postgres_url: str, scope: Scope
) -> None:
    postgres_store.runs.apply(
        [(scope, [make_run("a", environment="test"), make_run("b", environment="test")])], now=NOW
    )

    with _meanwhile(
        migrated_postgres_url,
        "UPDATE runs SET environment = 'live' WHERE project = %s AND run_id = 'a'",
        scope,
        lambda: postgres_store.runs.delete_runs(scope, RunFilter(environment="test"), now=NOW),
    ) as deleting:
        pass

    assert deleting.result(PATIENCE_S).n_runs == 1
    assert [run.run_id for run in postgres_store.runs.list_runs(scope, RunFilter(), limit=9).items] == ["a"]


@contextmanager
def _meanwhile(url: str, change: str, scope: Scope, act: Callable[[], Any]) -> Iterator[Future[Any]]:
    """Hold rows that `act` will wait for, and let them go once it does."""
    with ThreadPoolExecutor(1) as pool, psycopg.connect(url) as holder:
        holder.execute(change.encode(), [scope.project])
        acting = pool.submit(act)
        waiting = (
            b"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with psycopg.connect(url, autocommit=True) as watcher:
            eventually(lambda: watcher.execute(waiting).fetchone()[0])  # type: ignore[index]
        holder.commit()
        yield acting
