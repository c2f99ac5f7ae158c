"""What changed in a run, asked for instead of followed."""

from __future__ import annotations

from tests.support.api import Api, event, problem_of, run_end, run_start


def test_changes_are_those_after_a_number(api: Api) -> None:
    api.record_all(run_start(), event("a"))
    before = api.get("/api/by-id/run-1/changes")
    api.record_all(event("b"), run_end())

    changes = api.get("/api/by-id/run-1/changes", after=before["change_seq"])

    assert [each["event_id"] for each in changes["events"]] == ["b"]
    assert changes["run"]["status"] == "completed"
    assert changes["after"] == before["change_seq"]
    assert changes["caught_up"]


def test_without_a_number_nothing_has_changed_yet(api: Api) -> None:
    api.record_all(run_start(), event("a"))

    changes = api.get("/api/by-id/run-1/changes")

    assert changes["events"] == []
    assert changes["after"] == changes["change_seq"] > 0


def test_pages_of_changes_tell_everything_once(api: Api) -> None:
    api.record_all(run_start(), *(event(f"e{number}") for number in range(7)))
    seen: list[str] = []
    after, is_caught_up = 0, False

    while not is_caught_up:
        page = api.get("/api/by-id/run-1/changes", after=after, limit=3)
        seen += [each["event_id"] for each in page["events"]]
        after, is_caught_up = page["change_seq"], page["caught_up"]

    assert sorted(seen) == [f"e{number}" for number in range(7)]


def test_a_number_that_the_run_has_not_reached_begins_again(api: Api) -> None:
    api.record_all(run_start(), event("a"))

    changes = api.get("/api/by-id/run-1/changes", after=10**9)

    assert changes["after"] == 0
    assert [each["event_id"] for each in changes["events"]] == ["a"]


def test_there_are_no_changes_of_a_run_that_is_not_there(api: Api) -> None:
    problem_of(api.http.get("/api/by-id/nowhere/changes"), 404)
