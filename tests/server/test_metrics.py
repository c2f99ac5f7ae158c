"""Figures of periods over HTTP: their shapes, their periods, and that each names the list of runs that it counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runreel.model.instant import format_instant, now, parse_instant
from tests.support.api import Api, Json, event, problem_of, run_end, run_start

SUMMARY = "/api/metrics/summary"
TIMELINE = "/api/metrics/timeline"
COMPARISON = "/api/metrics/agents-comparison"
DAY = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-03T00:00:00Z"}
HOUR_US = 3_600_000_000


def llm_call(event_id: str, run_id: str, **fields: Any) -> Json:
    usage = {"tokens_in": 100, "tokens_out": 20, "cost": 0.5, **fields.pop("usage", {})}
    return event(event_id, run_id, event_type="llm_call", model="small-1", usage=usage, **fields)


def filled(api: Api) -> Api:
    """Record four runs of two agents on three days: one fails, and one goes on."""
    failing: Json = {"started_at": "2026-01-02T03:30:00Z"}
    api.record_all(
        *(run_start("a"), llm_call("e", "a"), event("f", "a", name="search"), run_end("a")),
        *(run_start("b", **failing), run_end("b", ended_at="2026-01-02T03:30:20Z", error={"message": "no"})),
        *(run_start("c", "writer", started_at="2026-01-04T12:00:00Z"),),
        llm_call("g", "c", started_at="2026-01-04T12:00:00Z", ended_at="2026-01-04T12:00:02Z", usage={"cost": 2}),
        event("h", "c", name="write", status="failed", started_at="2026-01-04T12:59:00Z", ended_at=None),
        run_start("d", started_at="2026-01-05T23:59:59.999999Z"),
    )
    return api


@pytest.fixture(params=["sqlite", "postgres"])
def full(request: pytest.FixtureRequest) -> Api:
    return filled(request.getfixturevalue("api" if request.param == "sqlite" else "postgres_api"))


def test_a_summary_has_the_shape_that_is_known_and_more(full: Api) -> None:
    summary = full.get(SUMMARY)

    assert {
        "total_agents": 2,
        "total_runs": 4,
        "total_events": 4,
        "total_cost": 2.5,
        "avg_cost_per_run": 0.625,
        "avg_tokens_in_per_run": 50.0,
        "avg_tokens_out_per_run": 10.0,
        "total_tokens_in": 200,
        "total_tokens_out": 40,
        "total_duration_hours": 30 / 3600,
    }.items() <= summary.items()
    assert [(row["agent_name"], row["cost"]) for row in summary["top_agents_by_cost"]] == [
        ("writer", 2.0),
        ("planner", 0.5),
    ]
    assert [(row["agent_name"], row["runs"]) for row in summary["top_agents_by_runs"]] == [
        ("planner", 3),
        ("writer", 1),
    ]
    assert {
        "since": None,
        "until": None,
        "ended_runs": 2,
        "failed_runs": 1,
        "success_rate": 0.5,
        "total_errors": 1,
        "unpriced_count": 0,
        "avg_duration_ms": 15_000.0,
        "p50_ms": pytest.approx(10_000, rel=0.02),
        "p95_ms": pytest.approx(20_000, rel=0.02),
        "p99_ms": pytest.approx(20_000, rel=0.02),
    }.items() <= summary.items()
    assert [(row["model"], row["calls"], row["cost"]) for row in summary["top_models_by_cost"]] == [("small-1", 2, 2.5)]
    assert [row["tool"] for row in summary["top_tools_by_calls"]] == ["search", "write"]
    assert [row["tool"] for row in summary["top_tools_by_errors"]] == ["write", "search"]
    assert [row["error_rate"] for row in summary["top_tools_by_errors"]] == [1.0, 0.0]
    assert [(row["tool"], row["p95_ms"]) for row in summary["top_tools_by_p95"]] == [
        ("search", pytest.approx(500, rel=0.02)),
        ("write", 0.0),
    ]


def test_a_summary_is_of_one_agent_where_one_is_named(full: Api) -> None:
    summary = full.get(SUMMARY, agent="writer", top=1)

    assert (summary["total_agents"], summary["total_runs"], summary["total_cost"]) == (1, 1, 2.0)
    assert summary["top_agents_by_cost"][0]["agent_name"] == "writer"
    assert full.get(SUMMARY, agent="nobody")["total_runs"] == 0


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"since": "2026-01-02T03:04:05Z"}, ("2026-01-02T03:00:00.000000Z", None)),
        ({"until": "2026-01-02T03:04:05Z"}, (None, "2026-01-02T04:00:00.000000Z")),
        (
            {"since": "2026-01-02T04:59:59.999999+01:00", "until": "2026-01-02T05:00:00+01:00"},
            ("2026-01-02T03:00:00.000000Z", "2026-01-02T04:00:00.000000Z"),
        ),
        (
            {"days": "2", "until": "2026-01-04T00:00:01Z"},
            ("2026-01-02T00:00:00.000000Z", "2026-01-04T01:00:00.000000Z"),
        ),
    ],
    ids=["since", "until", "both", "days"],
)
def test_a_period_is_rounded_outwards_to_whole_hours(
    full: Api, asked: dict[str, str], answered: tuple[str | None, str | None]
) -> None:
    for path in (SUMMARY, "/api/metrics/models", "/api/metrics/tools", "/api/agents/planner/metrics"):
        answer = full.get(path, **asked)
        assert (answer["since"], answer["until"]) == answered


def test_days_end_now(api: Api) -> None:
    before = now()
    summary = api.get(SUMMARY, days=7)

    since, until = parse_instant(summary["since"]), parse_instant(summary["until"])
    assert since is not None
    assert until is not None
    assert since <= before - 7 * 24 * HOUR_US < since + HOUR_US
    assert until - HOUR_US <= now() <= until
    assert until - since in (169 * HOUR_US, 170 * HOUR_US)


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (SUMMARY, {}),
        (SUMMARY, DAY),
        (SUMMARY, {"agent": "planner", "since": "2026-01-02T03:30:00Z"}),
        (SUMMARY, {"until": "2026-01-02T03:30:00Z"}),
        (COMPARISON, {}),
        (COMPARISON, DAY),
        ("/api/agents/planner/metrics", {}),
        ("/api/agents/planner/metrics", DAY),
        (TIMELINE, {**DAY, "bucket": "hour"}),
        (TIMELINE, {"since": "2026-01-01T00:00Z", "until": "2026-01-07", "tz": "Asia/Kolkata"}),
        (TIMELINE, {"since": "2026-01-01T00:00Z", "until": "2026-01-07", "tz": "America/New_York", "bucket": "week"}),
        (TIMELINE, {"since": "2026-01-01T00:00Z", "until": "2026-01-07", "agent": "planner"}),
    ],
)
def test_every_figure_names_the_list_of_its_runs(full: Api, path: str, parameters: dict[str, str]) -> None:
    rows = list(_rows_with_filter(full.get(path, **parameters)))

    assert rows
    for row in rows:
        count = row["total_runs"] if "total_runs" in row else row["runs"]
        assert len(full.get("/api/runs", **row["runs_filter"])["runs"]) == count
        if "failed_runs" in row:
            failed = full.get("/api/runs", **{**row["runs_filter"], "status": "failed"})["runs"]
            assert len(failed) == row["failed_runs"]
    assert sum(row.get("total_runs", row.get("runs")) for row in rows) > 0


def _rows_with_filter(answer: Any) -> Iterator[Json]:
    if isinstance(answer, list):
        for item in answer:
            yield from _rows_with_filter(item)
    elif isinstance(answer, dict):
        if answer.get("runs_filter") is not None:
            yield answer
        for item in answer.values():
            yield from _rows_with_filter(item)


def test_timelines_fill_what_is_empty_and_add_up(full: Api) -> None:
    period = {"since": "2026-01-01T00:00:00Z", "until": "2026-01-07T00:00:00Z"}
    points = full.get(TIMELINE, **period)["points"]

    assert [point["timestamp"] for point in points] == [f"2026-01-0{day}T00:00:00.000000Z" for day in range(1, 7)]
    assert [point["runs"] for point in points] == [0, 2, 0, 1, 1, 0]
    assert [point["ended_runs"] for point in points] == [0, 2, 0, 0, 0, 0]
    assert [point["failed_runs"] for point in points] == [0, 1, 0, 0, 0, 0]
    assert [point["success_rate"] for point in points] == [None, 0.5, None, None, None, None]
    assert [point["events"] for point in points] == [0, 2, 0, 2, 0, 0]
    assert [point["errors"] for point in points] == [0, 0, 0, 1, 0, 0]
    assert [point["cost"] for point in points] == [0, 0.5, 0, 2, 0, 0]
    assert [point["cumulative_cost"] for point in points] == [0, 0.5, 0.5, 2.5, 2.5, 2.5]
    assert [point["cumulative_tokens_in"] for point in points] == [0, 100, 100, 200, 200, 200]
    assert points[1]["p50_ms"] == pytest.approx(10_000, rel=0.02)
    assert points[2]["p50_ms"] is None


def test_cost_and_tokens_over_time_have_the_shapes_that_are_known(full: Api) -> None:
    period = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-04T13:00:00Z"}
    costs = full.list("/api/metrics/cost-timeline", **period)
    tokens = full.list("/api/metrics/tokens-timeline", **period)

    day = {"timestamp": "2026-01-04T00:00:00.000000Z"}
    runs_filter = {"since": "2026-01-04T00:00:00.000000Z", "until": "2026-01-04T13:00:00.000000Z"}
    cost = {"cost": 2.0, "cumulative_cost": 2.5, "unpriced_count": 0}
    assert costs[-1] == {**day, **cost, "runs_filter": runs_filter}
    assert tokens[-1] == {
        **day,
        "tokens_in": 100,
        "tokens_out": 20,
        "cumulative_tokens_in": 200,
        "cumulative_tokens_out": 40,
        "runs_filter": runs_filter,
    }
    assert len(costs) == len(tokens) == 3


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"model": "small-1"}, [(1, 0, 0.5), (0, 0, 0), (1, 0, 2.0)]),
        ({"model": "small-1", "agent": "writer"}, [(0, 0, 0), (0, 0, 0), (1, 0, 2.0)]),
        ({"tool": "write"}, [(0, 0, 0), (0, 0, 0), (1, 1, 0)]),
        ({"tool": "none"}, [(0, 0, 0)] * 3),
    ],
    ids=str,
)
def test_a_timeline_is_of_one_model_or_tool_where_one_is_named(
    full: Api, parameters: dict[str, str], expected: list[tuple[int, int, float]]
) -> None:
    points = full.get(TIMELINE, since="2026-01-02", until="2026-01-05", **parameters)["points"]

    assert [(point["events"], point["errors"], point["cost"]) for point in points] == expected
    assert {(point["runs"], point["runs_filter"]) for point in points} == {(None, None)}


def test_a_timeline_says_what_it_is_of(full: Api) -> None:
    answer = full.get(TIMELINE, since="2026-01-01T12:30:00Z", until="2026-01-02T12:30:00Z", tz="Europe/Berlin")

    assert (answer["bucket"], answer["tz"]) == ("day", "Europe/Berlin")
    assert (answer["since"], answer["until"]) == ("2026-01-01T12:00:00.000000Z", "2026-01-02T13:00:00.000000Z")
    # The first point stands for its day, of which only a part is in the period.
    assert [point["timestamp"][:16] for point in answer["points"]] == ["2025-12-31T23:00", "2026-01-01T23:00"]


def test_a_timeline_without_a_period_is_of_the_last_thirty_days(api: Api) -> None:
    api.record_all(run_start(started_at=format_instant(now())))
    points = api.get(TIMELINE)["points"]

    assert len(points) in (30, 31)
    assert points[-1]["runs"] == 1


def test_agents_are_compared_in_the_shape_that_is_known_and_more(full: Api) -> None:
    writer, planner = full.list(COMPARISON)

    known = {"agent_name": "planner", "runs": 3, "cost": 0.5, "avg_cost_per_run": 0.5 / 3, "total_tokens": 120}
    more = {"tokens_in": 100, "tokens_out": 20, "ended_runs": 2, "failed_runs": 1, "success_rate": 0.5, "events": 2}
    assert {**known, **more, "errors": 0, "p50_ms": pytest.approx(10_000, rel=0.02)}.items() <= planner.items()
    assert (writer["agent_name"], writer["events"], writer["errors"], writer["p50_ms"]) == ("writer", 2, 1, None)
    assert [agent["agent_name"] for agent in full.list(COMPARISON, sort="name")] == ["planner", "writer"]
    assert [agent["agent_name"] for agent in full.list(COMPARISON, **DAY)] == ["planner"]


def test_links_lead_through_the_comparison(full: Api) -> None:
    pages = list(full.iter_linked(f"{COMPARISON}?limit=1&sort=runs"))

    assert [agent["agent_name"] for page in pages for agent in page] == ["planner", "writer"]


def test_models_and_tools_are_listed_with_their_calls(full: Api) -> None:
    (model,) = full.get("/api/metrics/models")["models"]
    tools = full.get("/api/metrics/tools", sort="errors")["tools"]

    assert {"model": "small-1", "calls": 2, "errors": 0, "error_rate": 0.0, "cost": 2.5, "tokens_in": 200}.items() <= (
        model.items()
    )
    assert model["avg_duration_ms"] == 1_250.0
    assert [(tool["tool"], tool["errors"]) for tool in tools] == [("write", 1), ("search", 0)]
    assert [tool["tool"] for tool in full.get("/api/metrics/tools", agent="writer")["tools"]] == ["write"]
    assert full.get("/api/metrics/tools", since="2026-01-04", offset=1, limit=1)["tools"] == []


def test_an_agents_figures_are_of_a_period_where_one_is_given(full: Api) -> None:
    always, day = (full.get("/api/agents/planner/metrics", **period) for period in ({}, DAY))

    assert (always["total_runs"], day["total_runs"]) == (3, 2)
    assert (day["success_rate"], day["p95_ms"]) == (0.5, pytest.approx(20_000, rel=0.02))
    assert {"ended_runs": 2, "avg_duration_ms": 15_000.0, "total_duration_ms": 30_000.0}.items() <= day.items()


def test_agents_show_how_they_do(full: Api) -> None:
    writer, planner = full.list("/api/agents", sort="cost", until="2026-01-05T12:00:00Z")

    assert planner["success_rate"] == 0.5
    assert (planner["p50_ms"], planner["avg_duration_ms"]) == (pytest.approx(10_000, rel=0.02), 15_000.0)
    assert planner["sparkline"] == {
        "since": "2025-12-23T00:00:00.000000Z",
        "runs": [*[0] * 10, 2, 0, 0, 1],
        "failed": [*[0] * 10, 1, 0, 0, 0],
    }
    assert (writer["success_rate"], writer["p50_ms"], sum(writer["sparkline"]["runs"])) == (None, None, 1)
    assert full.get("/api/agents/planner", until="2026-01-05T12:00:00Z") == planner


def test_days_of_a_sparkline_begin_at_local_midnight(full: Api) -> None:
    (planner,) = full.list("/api/agents", q="PLAN", until="2026-01-05T12:00:00Z", tz="America/Los_Angeles")

    assert planner["sparkline"]["since"] == "2025-12-23T08:00:00.000000Z"
    assert planner["sparkline"]["runs"] == [*[0] * 9, 2, 0, 0, 0, 1]


@pytest.mark.parametrize("sort", ["name", "last_run", "runs", "cost", "errors", "p95"])
def test_links_lead_through_agents_in_any_order(full: Api, sort: str) -> None:
    whole = full.list("/api/agents", sort=sort)
    pages = list(full.iter_linked(f"/api/agents?limit=1&sort={sort}"))

    assert [agent["name"] for page in pages for agent in page] == [agent["name"] for agent in whole]


@pytest.mark.parametrize(
    ("path", "parameters", "told"),
    [
        (SUMMARY, {"since": "soon"}, "since"),
        (SUMMARY, {"until": "never"}, "until"),
        (SUMMARY, {"since": "2026-01-02", "until": "2026-01-02"}, "not after"),
        (SUMMARY, {"since": "2026-01-02", "days": "3"}, "days and since"),
        (TIMELINE, {"tz": "Middle-earth/Shire"}, "Middle-earth/Shire"),
        (TIMELINE, {"since": "2020-01-01", "bucket": "hour"}, "1,000 buckets"),
        (TIMELINE, {"since": "9990-01-01"}, "future"),
        (TIMELINE, {"since": "9999-12-31T23:00Z", "until": "9999-12-31T23:30Z", "bucket": "week"}, "years"),
        (TIMELINE, {"model": "a", "tool": "b"}, "one of them"),
        ("/api/agents", {"tz": "../../etc/passwd"}, "time zone"),
        ("/api/agents", {"until": "0001-01-01"}, "years"),
        ("/api/agents/planner", {"until": "x"}, "until"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    read_only: Api, path: str, parameters: dict[str, str], told: str
) -> None:
    assert told in problem_of(read_only.http.get(path, params=parameters), 400)["detail"]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (SUMMARY, {"days": "0"}),
        (SUMMARY, {"top": "101"}),
        (TIMELINE, {"bucket": "month"}),
        (COMPARISON, {"sort": "colour"}),
        ("/api/metrics/tools", {"limit": "501"}),
        ("/api/agents", {"sort": "colour"}),
    ],
)
def test_a_parameter_out_of_bounds_is_refused(read_only: Api, path: str, parameters: dict[str, str]) -> None:
    problem_of(read_only.http.get(path, params=parameters), 422)


def test_figures_of_an_agent_that_is_none_are_not_found(read_only: Api) -> None:
    problem_of(read_only.http.get("/api/agents/nobody/metrics", params={"days": "3"}), 404)
