"""Prices over HTTP: set, listed, removed, and counted in what runs cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runreel.storage.price_table import read_price_file
from runreel.storage.sql import open_store
from tests.support.api import Api, Json, event, problem_of, run_start
from tests.support.app import serving

PRICE = "/api/prices/acme/m%2F1"
RATES = {"input": 2, "output": 8.5}


def call(event_id: str = "e", **fields: Any) -> Json:
    usage = {"tokens_in": 1_000, "tokens_out": 100}
    return event(event_id, event_type="llm_call", **{"model": "m/1", "provider": "acme", "usage": usage, **fields})


def put(api: Api, path: str = PRICE, **content: object) -> Json:
    response = api.http.put(path, json={**RATES, **content})
    assert response.status_code == 200, response.text
    return response.json()


def event_at(api: Api, event_id: str = "e") -> Json:
    return next(each for each in api.get("/api/by-id/run-1/timeline")["events"] if each["event_id"] == event_id)


def test_a_price_is_set_and_listed(api: Api) -> None:
    price = put(
        api,
        valid_from="2025-01-31",
        cached=0.2,
        cache_write=2.5,
        reasoning=9,
        batch=0.5,
        long_context={"above_tokens": 200_000, "input": 4, "output": 17},
    )

    assert price == {
        "provider": "acme",
        "model": "m/1",
        "aliases": [],
        "valid_from": "2025-01-31T00:00:00.000000Z",
        "valid_until": None,
        "input": 2.0,
        "output": 8.5,
        "cached": 0.2,
        "cache_write": 2.5,
        "reasoning": 9.0,
        "batch": 0.5,
        "long_context": {
            "above_tokens": 200_000,
            "input": 4.0,
            "output": 17.0,
            "cached": None,
            "cache_write": None,
            "reasoning": None,
        },
        "source": "project",
    }
    assert api.get("/api/prices", model="m/1") == {"prices": [price], "next_cursor": None}


def test_all_prices_are_read_page_by_page(api: Api) -> None:
    put(api)

    prices = [price for page in api.iter_pages("/api/prices", limit=60) for price in page["prices"]]

    keys = [(price["provider"], price["model"], price["valid_from"] or "") for price in prices]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys)) > 100
    assert {price["source"] for price in prices} == {"project", "shipped"}
    openai = api.get("/api/prices", provider="OpenAI", limit=500)["prices"]
    assert openai == [price for price in prices if price["provider"] == "openai"]


def test_a_call_shows_where_its_cost_is_from(api: Api) -> None:
    put(api)
    usage = {"tokens_in": 1, "cost": 0.5}
    api.record_all(run_start(), call(), call("stated", usage=usage), call("other", model="m/2"), event("none"))

    shown = {
        event_id: [event_at(api, event_id)[key] for key in ("cost", "cost_source", "is_unpriced")]
        for event_id in ("e", "stated", "other", "none")
    }

    assert shown == {
        "e": [0.00285, "prices", False],
        "stated": [0.5, "recorder", False],
        "other": [None, None, True],
        "none": [None, None, False],
    }
    assert event_at(api)["data"]["cost"] == 0.00285
    run = api.get("/api/by-id/run-1")
    assert (run["total_cost"], run["unpriced_count"]) == (0.50285, 1)


def test_models_without_a_price_lead_to_their_runs(api: Api) -> None:
    api.record_all(run_start(), call(started_at="2026-01-31T12:30:00Z"), run_start("free"))

    (unpriced,) = api.get("/api/prices/unpriced")["models"]

    assert unpriced == {
        "model": "m/1",
        "event_type": "llm_call",
        "unpriced_count": 1,
        "first_hour": "2026-01-31T12:00:00.000000Z",
        "last_hour": "2026-01-31T12:00:00.000000Z",
        "filter": {"unpriced": True, "until": "2026-01-31T13:00:00.000000Z"},
    }
    runs = api.get("/api/runs", unpriced=unpriced["filter"]["unpriced"])["runs"]
    assert [run["run_id"] for run in runs] == ["run-1"]
    assert [run["run_id"] for run in api.get("/api/runs", unpriced=False)["runs"]] == ["free"]


def test_recomputing_tells_first_and_then_does_it(api: Api) -> None:
    api.record_all(run_start(), call())
    put(api)

    told = api.http.post("/api/prices/recompute", json={"dry_run": True, "model": "m/1"}).json()
    before = api.get("/api/by-id/run-1")["total_cost"]
    done = api.http.post("/api/prices/recompute", json={"model": "m/1", "since": "2000-01-01"}).json()

    assert told == {
        "dry_run": True,
        "examined_events": 1,
        "changed_events": 1,
        "changed_runs": 1,
        "cost_change": 0.00285,
        "unpriced_change": -1,
        "runs_left": 0,
        "next_cursor": None,
    }
    assert done == {**told, "dry_run": False}
    assert (before, api.get("/api/by-id/run-1")["total_cost"]) == (0, 0.00285)


def test_a_price_is_removed_by_its_date_or_with_all_others(api: Api) -> None:
    put(api)
    put(api, valid_from="2025-01-31T00:00:00Z")
    put(api, valid_from="2026-01-31T00:00:00Z")

    answer = api.http.delete(PRICE, params={"valid_from": "2025-01-31"}).json()
    assert answer == {"status": "deleted", "deleted_prices": 1}
    assert api.http.delete(PRICE, params={"valid_from": "always"}).json()["deleted_prices"] == 1
    assert api.http.delete(PRICE).json()["deleted_prices"] == 1
    problem_of(api.http.delete(PRICE), 404)
    assert api.get("/api/prices", model="m/1")["prices"] == []


def test_a_shipped_price_is_not_removed(api: Api) -> None:
    problem_of(api.http.delete("/api/prices/openai/gpt-4o"), 404)


@pytest.mark.parametrize(
    "content",
    [
        {"input": 1},
        {**RATES, "input": -1},
        {**RATES, "input": "cheap"},
        {**RATES, "input": 0.000_000_1},
        {**RATES, "input": 1e9},
        {**RATES, "batch": 2},
        {**RATES, "valid_from": "soon"},
        {**RATES, "valid_from": "1969-01-01"},
        {**RATES, "long_context": {"above_tokens": 0, **RATES}},
        {**RATES, "inputs": 1},
    ],
    ids=str,
)
def test_an_unusable_price_is_refused(api: Api, content: Json) -> None:
    problem_of(api.http.put(PRICE, json=content), 422)

    assert api.get("/api/prices", model="m/1")["prices"] == []


@pytest.mark.parametrize("path", ["/api/prices/acme/a%0Ab", "/api/prices/%20/m", f"/api/prices/acme/{'x' * 256}"])
def test_an_unusable_name_is_refused(api: Api, path: str) -> None:
    problem_of(api.http.put(path, json=RATES), 422)


@pytest.mark.parametrize("content", [{"since": "soon"}, {"cursor": "x"}])
def test_an_unusable_wish_is_refused(api: Api, content: Json) -> None:
    problem_of(api.http.post("/api/prices/recompute", json=content), 400)


def test_a_file_of_prices_goes_before_the_shipped_table(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text('{"version": 1, "prices": [{"provider": "openai", "model": "gpt-4o", "input": 1, "output": 1}]}')
    store = open_store(f"sqlite:///{tmp_path / 'runreel.db'}", prices=read_price_file(path))

    with serving(store) as app:
        (price,) = app.api.get("/api/prices", model="gpt-4o")["prices"]

    assert (price["source"], price["input"]) == ("file", 1)
