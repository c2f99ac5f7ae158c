"""Retention over HTTP, and by the server itself."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from runreel.model.retention import RetentionReport, RetentionRule
from runreel.model.scope import Scope
from runreel.storage.port import Store
from runreel.storage.sql import open_store
from runreel.testing.record import HOUR, NOW, make_event, make_run, make_run_end
from tests.support.api import Api, event, problem_of, run_end, run_start
from tests.support.app import migrated_file, serving
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S
from tests.support.store import StoreWith

ANCIENT = {"started_at": "2020-01-01T00:00:00Z", "ended_at": "2020-01-01T00:00:01Z"}
DAY_MS = 86_400_000


def record_ended(api: Api, run_id: str, agent_name: str = "planner", **event_fields: object) -> None:
    times = {"started_at": ANCIENT["started_at"], "recorded_at": ANCIENT["started_at"]}
    end = {"ended_at": ANCIENT["ended_at"], "recorded_at": ANCIENT["ended_at"]}
    api.record_all(
        run_start(run_id, agent_name, **times),
        event(f"e of {run_id}", run_id, **{**ANCIENT, "recorded_at": ANCIENT["ended_at"], **event_fields}),
        run_end(run_id, **end),
    )


def test_rules_are_set_listed_and_removed(api: Api) -> None:
    everyone = api.http.put("/api/retention", json={"max_age_ms": DAY_MS}).json()
    mine = api.http.put("/api/retention/a%2Fb", json={"max_bytes": 10}).json()

    assert everyone == {"agent_name": None, "max_age_ms": DAY_MS, "max_bytes": None}
    assert mine == {"agent_name": "a/b", "max_age_ms": None, "max_bytes": 10}
    assert api.get("/api/retention") == {"rules": [everyone, mine], "next_cursor": None}
    assert api.get("/api/retention/a%2Fb") == mine
    assert api.http.delete("/api/retention").json() == {"status": "deleted"}
    assert api.http.delete("/api/retention/a%2Fb").json() == {"status": "deleted"}
    problem_of(api.http.delete("/api/retention"), 404)
    problem_of(api.http.get("/api/retention/a%2Fb"), 404)


@pytest.mark.parametrize(
    "body",
    [{}, {"max_age_ms": 0}, {"max_bytes": 0}, {"max_bytes": 1.5}, {"max_age_ms": 1e300}, {"max_days": 3}],
    ids=str,
)
def test_an_unusable_rule_is_refused(api: Api, body: dict[str, object]) -> None:
    problem_of(api.http.put("/api/retention", json=body), 422)
    assert api.get("/api/retention")["rules"] == []


def test_a_sweep_tells_first_and_then_deletes(api: Api) -> None:
    record_ended(api, "old")
    api.record_all(run_start("goes-on"))
    assert api.http.post("/api/retention/sweep").json()["deleted_runs"] == 0
    api.http.put("/api/retention", json={"max_age_ms": DAY_MS})

    told = api.http.post("/api/retention/sweep?dry_run=true").json()
    assert (told["dry_run"], told["deleted_runs"], told["deleted_events"], told["has_more"]) == (True, 1, 1, False)
    assert [run["run_id"] for run in told["runs"]] == ["old"]
    assert told["runs"][0]["last_active_at"] == "2020-01-01T00:00:01.000000Z"
    assert api.get("/api/by-id/old")

    done = api.http.post("/api/retention/sweep").json()
    assert done == {**told, "dry_run": False}
    problem_of(api.http.get("/api/by-id/old"), 404)
    assert api.get("/api/by-id/goes-on")
    assert api.record(event("late", "old"))["refused"] == 1


def test_the_server_sweeps_by_itself(store: Store) -> None:
    swept = threading.Event()

    def sweep(real: Callable[..., RetentionReport], *, now: int, limit: int) -> RetentionReport:
        report = real(now=now, limit=limit)
        swept.set()
        return report

    ended_at = NOW - 10**15
    records = [make_run(at=ended_at), make_event(at=ended_at), make_run_end(at=ended_at)]
    store.runs.apply([(Scope(), records)], now=NOW)
    store.retention.put_retention_rule(Scope(), RetentionRule(agent_name="", max_age_us=HOUR), now=NOW)
    with serving(StoreWith(store, sweep_projects=sweep)) as app:
        assert swept.wait(PATIENCE_S)
        problem_of(app.api.http.get("/api/by-id/run-1"), 404)


def test_the_file_shrinks_when_runs_are_swept(tmp_path: Path) -> None:
    path = migrated_file(tmp_path)
    noise = random.Random(0)
    with serving(open_store(f"sqlite:///{path}")) as app:
        for number in range(20):
            record_ended(app.api, f"{number}", inputs=noise.randbytes(200_000).hex())
        app.api.http.put("/api/retention", json={"max_bytes": 500_000})
    full_bytes = path.stat().st_size
    assert full_bytes > 4_000_000

    with serving(open_store(f"sqlite:///{path}")) as app:
        eventually(lambda: path.stat().st_size < full_bytes / 3)
        log = path.with_name(f"{path.name}-wal")
        eventually(lambda: log.stat().st_size < full_bytes / 10)
        assert 1 <= len(app.api.runs_of("planner")) <= 3
