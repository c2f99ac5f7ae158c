"""What one process hears of another's commits, sooner than it would look for itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from runreel.model.scope import Scope
from runreel.storage.sql import SqlStore, open_store
from runreel.storage.sql.dialect import make_dialect
from runreel.storage.sql.key import topic_of
from runreel.testing.record import NOW, make_event, make_run

_LONG_S = 15


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> Scope:
    return Scope(project=request.node.nodeid)


@pytest.fixture
def waker() -> Iterator[socket.socket]:
    waker, alarm = socket.socketpair()
    with waker, alarm:
        yield waker


def test_a_commit_is_heard_with_what_it_touched(
    migrated_postgres_url: str, postgres_store: SqlStore, scope: Scope, waker: socket.socket
) -> None:
    with closing(make_dialect(migrated_postgres_url).listen()) as listener:
        postgres_store.runs.apply([(scope, [make_run("a"), make_run("b")])], now=NOW)
        heard = listener.wait(waker, _LONG_S)
    assert heard == {topic_of(scope.project, run_id) for run_id in ("a", "b", None)}


def test_a_commit_that_touched_more_than_can_be_told_is_heard(
    migrated_postgres_url: str, postgres_store: SqlStore, scope: Scope, waker: socket.socket
) -> None:
    with closing(make_dialect(migrated_postgres_url).listen()) as listener:
        postgres_store.runs.apply([(scope, [make_run(f"{n}") for n in range(1_000)])], now=NOW)
        assert listener.wait(waker, _LONG_S) is None


def test_what_changed_nothing_is_not_heard(
    migrated_postgres_url: str, postgres_store: SqlStore, scope: Scope, waker: socket.socket
) -> None:
    postgres_store.runs.apply([(scope, [make_run("a")])], now=NOW)
    with closing(make_dialect(migrated_postgres_url).listen()) as listener:
        postgres_store.runs.apply([(scope, [make_run("a")])], now=NOW)
        postgres_store.runs.apply([(scope, [make_event("e", "b")])], now=NOW)
        assert listener.wait(waker, _LONG_S) == {topic_of(scope.project, run_id) for run_id in ("b", None)}


def test_a_file_shows_that_another_process_wrote(sqlite_url: str, scope: Scope, waker: socket.socket) -> None:
    with closing(open_store(sqlite_url)) as store, closing(make_dialect(sqlite_url).listen()) as listener:
        assert listener.wait(waker, 0) == frozenset()
        store.runs.apply([(scope, [make_run("a")])], now=NOW)
        assert listener.wait(waker, 0) is None
        assert listener.wait(waker, 0) == frozenset()
