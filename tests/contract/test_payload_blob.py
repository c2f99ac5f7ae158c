"""Where large payloads are kept, and what happens when that place fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from runreel.errors import NotFoundError, StorageError, StorageFullError
from runreel.model.scope import Scope
from runreel.storage.blobs import open_blobs
from runreel.storage.sql import SqlStore, open_store, schema
from runreel.storage.sql.dialect import make_dialect
from runreel.storage.sql.key import run_pk_of
from runreel.storage.sql.payload_blob import LARGE_BYTES
from runreel.testing.contract.base import apply
from runreel.testing.record import AT, make_event

_JSON_AROUND = len('{"inputs":""}')
_LARGEST_IN_A_BLOCK = "x" * (LARGE_BYTES - _JSON_AROUND)
_LARGE = _LARGEST_IN_A_BLOCK + "x"


@pytest.fixture(params=["sqlite_url", "migrated_postgres_url"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(request.param)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = make_dialect(url).read_engine()
    yield engine
    engine.dispose()


@pytest.fixture
def blobs(tmp_path: Path) -> Any:
    return open_blobs(str(tmp_path / "blobs"))


@pytest.fixture
def store(url: str, blobs: Any) -> Iterator[SqlStore]:
    store = open_store(url, blobs)
    yield store
    store.close()


@pytest.fixture
def scope(request: pytest.FixtureRequest) -> Scope:
    return Scope(project=request.node.nodeid)


def test_only_what_is_too_large_for_a_block_is_a_blob(
    store: SqlStore, engine: Engine, blobs: Any, scope: Scope
) -> None:
    apply(store, scope, make_event("a", inputs=_LARGEST_IN_A_BLOCK), make_event("b", inputs=_LARGE))
    with engine.connect() as connection:
        of_run = schema.events.c.run_pk == run_pk_of(scope.project, "run-1")
        rows = connection.execute(select(schema.events).where(of_run).order_by(schema.events.c.event_id)).all()
        blob = connection.execute(select(schema.blobs).where(schema.blobs.c.project == scope.project)).one()
    assert [(row.payload_block, row.payload_line, row.payload_blob) for row in rows] == [
        (0, 0, None),
        (None, None, blob.content_hash),
    ]
    assert list(blobs.iter_hashes(scope)) == [blob.content_hash]
    # It is compressed.
    assert blobs.get_size(scope, blob.content_hash) == blob.size_bytes < LARGE_BYTES / 10


def test_a_run_counts_the_bytes_of_its_large_payloads(
    store: SqlStore, engine: Engine, blobs: Any, scope: Scope
) -> None:
    apply(store, scope, make_event(inputs=_LARGE))
    with engine.connect() as connection:
        of_run = schema.runs.c.run_pk == run_pk_of(scope.project, "run-1")
        n_bytes = connection.execute(select(schema.runs.c.payload_bytes).where(of_run)).scalar_one()
    assert n_bytes == blobs.get_size(scope, next(blobs.iter_hashes(scope)))


def test_a_store_without_blobs_keeps_every_payload_in_blocks(url: str, scope: Scope) -> None:
    store = open_store(url)
    apply(store, scope, make_event(inputs=_LARGE))
    assert store.events.get_event(scope, "run-1", "event-1").payload.inputs == _LARGE
    store.close()


def test_a_store_without_blobs_says_that_it_can_not_read_one(url: str, store: SqlStore, scope: Scope) -> None:
    apply(store, scope, make_event("a", inputs=_LARGE), make_event("b", at=AT + 1, inputs=1))
    without = open_store(url)
    with pytest.raises(StorageError, match="opened without"):
        without.events.get_event(scope, "run-1", "a")
    with pytest.raises(StorageError, match="opened without"):
        apply(without, scope, make_event("a", at=AT + 1, outputs=1))
    assert without.events.get_event(scope, "run-1", "b").payload.inputs == 1
    assert without.runs.get_run(scope, "run-1").n_events == 2
    without.close()


def test_missing_bytes_of_a_payload_are_told_from_a_missing_event(store: SqlStore, blobs: Any, scope: Scope) -> None:
    apply(store, scope, make_event(inputs=_LARGE))
    blobs.delete(scope, next(blobs.iter_hashes(scope)))
    with pytest.raises(StorageError, match="missing"):
        store.events.get_event(scope, "run-1", "event-1")
    assert [event.event_id for event in store.events.list_events(scope, "run-1", limit=10).items] == ["event-1"]


def test_where_bytes_find_no_room_nothing_of_the_batch_is_kept(
    store: SqlStore, blobs: Any, scope: Scope, tmp_path: Path
) -> None:
    begin = blobs.begin

    def begin_without_room(scope: Scope) -> Any:
        writer = begin(scope)
        writer._sync = _no_room
        return writer

    blobs.begin = begin_without_room
    with pytest.raises(StorageFullError):
        apply(store, scope, make_event("a", inputs=_LARGE), make_event("b", inputs=1))
    with pytest.raises(NotFoundError):
        store.runs.get_run(scope, "run-1")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name == "arriving"] == []
    blobs.begin = begin
    apply(store, scope, make_event("a", inputs=_LARGE))
    assert store.events.get_event(scope, "run-1", "a").payload.inputs == _LARGE


def _no_room(_descriptor: int) -> None:
    raise OSError(28, "No space left on device")
