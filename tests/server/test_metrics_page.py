"""The figures for Prometheus."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from runreel.errors import StorageUnavailableError
from runreel.server.telemetry import Distribution
from runreel.storage.port import Store
from tests.support.api import Api, client_of, event, gati_event, run_start
from tests.support.app import serving
from tests.support.store import StoreWith, failing

SECRET = "agent-whom-nobody-may-know"


def figures_of(api: Api) -> dict[tuple[str, ...], float]:
    """Return the value of each sample by its name and the values of its labels."""
    response = api.http.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_what_was_taken_is_counted_by_dialect(api: Api) -> None:
    api.record(run_start(agent_name=SECRET), event(), {"record": "nonsense"}, event("e2", status=7))
    api.send_events(gati_event("g", "run-2"))

    figures = figures_of(api)

    assert figures["runreel_ingest_bodies_total", "native", "taken"] == 1
    assert figures["runreel_ingest_bodies_total", "gati", "taken"] == 1
    assert figures["runreel_ingest_records_total", "native"] == 4
    assert figures["runreel_ingest_records_refused_total", "native"] == 1
    assert figures["runreel_ingest_warnings_total", "native"] == 1
    assert figures["runreel_ingest_bytes_total", "native"] > 100
    assert figures["runreel_commit_seconds_count",] == figures["runreel_commit_bodies_count",] == 2
    assert figures["runreel_commit_bodies_sum",] == 2
    assert figures["runreel_commit_bodies_bucket", "1.0"] == 2


def test_sizes_are_measured_when_they_are_asked_for(api: Api) -> None:
    api.record_all(run_start(), event(), event("e2"))

    figures = figures_of(api)

    assert (figures["runreel_runs",], figures["runreel_events",], figures["runreel_store_up",]) == (1, 2, 1)
    assert figures["runreel_database_bytes",] > 4096
    assert figures["runreel_database_log_bytes",] >= 0
    assert (figures["runreel_queue_bytes",], figures["runreel_queue_bodies",]) == (0, 0)
    assert figures["runreel_streams_open",] == 0


def test_streams_that_are_read_are_counted(api: Api) -> None:
    with api.http.stream("GET", "/api/stream") as response:
        assert response.status_code == 200
        with client_of(str(api.http.base_url)) as other:
            assert figures_of(other)["runreel_streams_open",] == 1


@pytest.mark.postgres
def test_sizes_of_a_database_server(postgres_api: Api) -> None:
    postgres_api.record_all(run_start(), event())
    figures = figures_of(postgres_api)
    assert (figures["runreel_runs",], figures["runreel_events",]) == (1, 1)
    assert figures["runreel_database_bytes",] > 4096
    assert ("runreel_database_log_bytes",) not in figures


def test_nothing_names_an_agent_or_a_run(api: Api) -> None:
    api.record_all(run_start("run-whom-nobody-may-know", agent_name=SECRET))
    assert "nobody-may-know" not in api.http.get("/metrics").text


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"measure": None}, "unreadable"),
        ({"apply": failing(StorageUnavailableError("away"))}, "unavailable"),
    ],
)
def test_bodies_that_are_not_taken_are_counted_by_the_reason(
    store: Store, change: dict[str, Any], outcome: str
) -> None:
    with serving(StoreWith(store, **change)) as app:
        body = b"{" if outcome == "unreadable" else b'{"version": 1, "records": [{"record": "run", "run_id": "r"}]}'
        assert app.api.http.post("/api/records", content=body).status_code >= 400
        assert figures_of(app.api)["runreel_ingest_bodies_total", "native", outcome] == 1


def test_a_database_that_is_away_leaves_the_other_figures(store: Store) -> None:
    with serving(StoreWith(store, measure=failing(StorageUnavailableError("away")))) as app:
        figures = figures_of(app.api)
    assert figures["runreel_store_up",] == 0
    assert ("runreel_runs",) not in figures
    assert figures["runreel_queue_capacity_bytes",] > 0


def test_a_value_counts_at_the_bound_that_it_is_at_most() -> None:
    distribution = Distribution((1, 2))
    for value in (0.5, 1, 1.5, 2, 7):
        distribution.add(value)
    assert (distribution.counts, distribution.total) == ([2, 2, 1], 12)
