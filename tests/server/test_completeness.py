"""How complete a run is, over HTTP: on its page, by every address, and in its stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from runreel.model.record import Record
from runreel.model.scope import Scope
from runreel.storage.port import Store
from tests.support.api import Api, Json, event, run_path, run_start
from tests.support.app import serving
from tests.support.store import Apply, StoreWith
from tests.support.stream import stream_path, streaming


def recorder(**said: object) -> Json:
    return {"record": "recorder", "run_id": "run-1", "recorder_id": "p", **said}


def numbered(*numbers: int, recorder_id: str = "p") -> list[Json]:
    return [{**event(f"{recorder_id}{n}"), "recorder_id": recorder_id, "number": n} for n in numbers]


def completeness_of(api: Api) -> Json | None:
    """Return what all addresses of the run say alike."""
    views = [api.get(path) for path in ("/api/runs/run-1", "/api/by-id/run-1", run_path("planner", "run 1"))]
    assert [view["completeness"] for view in views] == [views[0]["completeness"]] * 3
    return views[0]["completeness"]


def test_a_run_without_numbers_has_none(api: Api) -> None:
    api.record_all(run_start(), event("e"))
    assert completeness_of(api) is None
    assert "completeness" not in api.get("/api/runs")["runs"][0]


def test_a_run_says_what_is_missing(api: Api) -> None:
    api.record_all(run_start(), *numbered(1, 2, 4), recorder(record_count=6, dropped_count=1))
    missing = {"received": 3, "expected": 6, "dropped": 1, "recorders": 1, "is_complete": False}
    assert completeness_of(api) == missing


def test_a_run_says_that_all_came(api: Api) -> None:
    api.record_all(run_start(), *numbered(3, 1, 2), *numbered(1, recorder_id="q"), recorder(record_count=3))
    complete = {"received": 4, "expected": 4, "dropped": 0, "recorders": 2, "is_complete": True}
    assert completeness_of(api) == complete
    api.record_all(*numbered(3, 1, 2))
    assert completeness_of(api) == complete


def test_a_record_that_is_refused_has_not_come(api: Api) -> None:
    api.record_all(run_start(), *numbered(1))
    answer = api.record(
        {**event(""), "recorder_id": "p", "number": 2},
        {**event("odd", duration_ms="fast"), "recorder_id": "p", "number": 3},
    )
    assert (answer["refused"], answer["accepted"]) == (1, 1)
    found = completeness_of(api)
    assert found is not None
    assert (found["received"], found["expected"]) == (2, 3)


def test_a_record_that_can_not_be_stored_has_not_come(store: Store) -> None:
    """The batch is halved until it stands alone, and the others keep their numbers."""

    def refuse_the_second(real: Apply, batches: Sequence[tuple[Scope, Sequence[Record]]], *, now: int) -> Any:
        if any(record.origin == ("p", 2) for _, records in batches for record in records):
            raise ValueError("no database can hold this")
        return real(batches, now=now)

    with serving(cast("Store", StoreWith(store, apply=refuse_the_second))) as app:
        answer = app.api.record(run_start(), *numbered(1, 2, 3))
        found = completeness_of(app.api)
    assert [error["id"] for error in answer["errors"]] == ["p2"]
    assert found is not None
    assert (found["received"], found["expected"], found["is_complete"]) == (2, 3, False)


def test_the_stream_tells_when_completeness_changes(api: Api) -> None:
    api.record_all(run_start(), *numbered(1))
    with streaming(api, stream_path("run-1")) as stream:
        first = stream.next()
        assert first.data["run"]["completeness"]["expected"] == 1
        # Nothing else of the run changes by this.
        api.record_all(recorder(record_count=2, dropped_count=1))
        second = stream.next()
    assert second.id > first.id
    assert second.data["run"]["completeness"] == completeness_of(api)
    assert second.data["run"]["completeness"]["dropped"] == 1
    assert second.data["events"] == []


def test_a_late_record_of_a_deleted_run_is_refused_with_its_recorder(api: Api) -> None:
    api.record_all(run_start(), *numbered(1))
    api.http.delete("/api/by-id/run-1")
    answer = api.record(*numbered(2), recorder(record_count=2))
    assert [(error["record"], error["id"]) for error in answer["errors"]] == [("event", "p2"), ("recorder", "p")]


@pytest.mark.parametrize("kind", ["FollowedRunView", "RunDetailView"])
def test_the_contract_of_programs_names_it(api: Api, kind: str) -> None:
    schemas = api.get("/openapi.json")["components"]["schemas"]
    assert schemas["CompletenessView"]["required"] == ["received", "expected", "dropped", "recorders", "is_complete"]
    assert "completeness" in schemas[kind]["required"]
