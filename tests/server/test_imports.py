"""Reports of imports over HTTP: kept, listed, and given as they were taken."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api, Json, problem_of

REPORT: Json = {
    "kind": "legacy workflow database",
    "source": "old.db",
    "started_at": "2026-01-02T03:04:05.000000Z",
    "ended_at": "2026-01-02T03:04:06.000000Z",
    "into": None,
    "dry_run": False,
    "runs": {"new": 2, "same": 0, "changed": 0, "refused": 0, "renamed": 1},
    "tables": [
        {
            "table": "execution_events",
            "found": 5,
            "stored": 4,
            "merged": 1,
            "left_out": [{"reason": "its run is missing", "count": 1, "examples": ["e-1"]}],
            "reconciled": True,
        }
    ],
    "repairs": [{"what": "nodes were made", "count": 3, "examples": ["step_1"]}],
    "kinds": [{"kind": "events", "sent": 3, "made": 0, "kept": 3, "missing": 0}],
    "problem": None,
    "reconciled": True,
}

RUN = {"run_id": "run-1", "agent_name": "planner", "run_name": "run 1"}


def put(api: Api, **changes: Any) -> Json:
    response = api.http.post("/api/imports", json={**REPORT, **changes})
    assert response.status_code == 201, response.text
    return response.json()


def test_a_report_is_kept_and_given(api: Api) -> None:
    kept = put(api)
    assert {name: kept[name] for name in REPORT} == REPORT
    assert api.get(f"/api/imports/{kept['import_id']}") == kept
    assert kept["who"] is None


def test_imports_are_listed_by_their_end_a_page_at_a_time(api: Api) -> None:
    for second in (6, 8, 7):
        put(api, ended_at=f"2026-01-02T03:04:0{second}.000000Z")
    pages = list(api.iter_pages("/api/imports", limit=2))
    assert [len(page["imports"]) for page in pages] == [2, 1]
    listed = [each for page in pages for each in page["imports"]]
    assert [each["ended_at"][17:19] for each in listed] == ["08", "07", "06"]
    assert (listed[0]["found"], listed[0]["left_out"], listed[0]["new"]) == (5, 1, 2)


def test_whether_a_report_adds_up_is_worked_out_here(api: Api) -> None:
    assert put(api, kinds=[{"kind": "events", "sent": 4, "made": 0, "kept": 3}])["reconciled"] is False
    table: Json = {"table": "files", "found": 2, "stored": 1, "merged": 0, "left_out": []}
    assert put(api, tables=[table])["tables"][0]["reconciled"] is False
    assert [each["reconciled"] for each in api.get("/api/imports")["imports"]] == [False, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": ""},
        {"source": "x" * 400},
        {"runs": {"new": -1}},
        {"tables": [{"table": "t", "found": 1}]},
        {"tables": [REPORT["tables"][0]] * 501},
        {"repairs": [{"what": "w", "count": 1, "examples": ["e"] * 11}]},
        {"more": 1},
    ],
)
def test_what_is_no_report_is_refused(api: Api, changes: Json) -> None:
    response = api.http.post("/api/imports", json={**REPORT, **changes})
    assert response.status_code == 422, response.text
    assert api.get("/api/imports")["imports"] == []


def test_a_time_that_is_none_is_refused(api: Api) -> None:
    response = api.http.post("/api/imports", json={**REPORT, "ended_at": "yesterday"})
    assert problem_of(response, 400)["detail"].startswith("ended_at of the report is no time")


def test_a_missing_import_is_not_found(api: Api) -> None:
    assert problem_of(api.http.get("/api/imports/none"), 404)["detail"] == "there is no import 'none'"


def test_a_report_names_the_runs_that_were_refused_and_renamed(api: Api) -> None:
    refused = [{**RUN, "reason": "it was deleted here"}, {**RUN, "run_name": None, "reason": ""}]
    renamed = [{**RUN, "run_name": "run 1 (2)", "wanted_name": "run 1"}]
    report = put(api, refused_runs=refused, renamed_runs=renamed)
    assert (report["refused_runs"], report["renamed_runs"]) == (refused, renamed)
    assert api.get(f"/api/imports/{report['import_id']}") == report


@pytest.mark.parametrize(
    ("sent", "here", "same", "missing"), [(5, 5, 0, 0), (5, 3, 0, 2), (5, 6, 0, -1), (5, 6, 1, 0), (5, 3, 1, 2)]
)
def test_what_is_missing_of_a_kind_is_worked_out_here(api: Api, sent: int, here: int, same: int, missing: int) -> None:
    kinds = [{"kind": "events", "sent": sent, "made": 0, "kept": here, "missing": 99}]
    report = put(api, runs={"new": 1, "same": same}, kinds=kinds)
    assert report["kinds"] == [{**kinds[0], "missing": missing}]
    assert report["reconciled"] is (missing == 0)


def test_a_report_that_names_more_runs_than_are_kept_is_refused(api: Api) -> None:
    answer = api.http.post("/api/imports", json={**REPORT, "refused_runs": [{**RUN, "reason": ""}] * 101})
    assert answer.status_code == 422
