"""Sessions: created, listed, renamed, and deleted with their runs."""

from __future__ import annotations

import pytest

from tests.support.api import Api, event, problem_of, run_start


def test_a_session_is_created_and_read(api: Api) -> None:
    response = api.http.post("/api/sessions", json={"session_id": "s/1", "name": " My session "})

    assert response.status_code == 201
    session = response.json()
    assert (session["session_id"], session["name"], session["run_count"]) == ("s/1", "My session", 0)
    assert api.get("/api/sessions/s%2F1") == session
    assert api.get("/api/sessions")["sessions"] == [session]


def test_a_session_without_an_id_gets_one(api: Api) -> None:
    ids = {api.http.post("/api/sessions", json={"name": "the same"}).json()["session_id"] for _ in range(3)}

    assert len(ids) == 3
    assert all(api.get(f"/api/sessions/{session_id}")["name"] == "the same" for session_id in ids)


def test_a_session_that_exists_is_not_created_again(api: Api) -> None:
    api.record_all(run_start(session_id="s"))

    problem = problem_of(api.http.post("/api/sessions", json={"session_id": "s", "name": "other"}), 400)

    assert "run_id" not in problem


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "a\nb"},
        {"name": 7},
        {"name": "x" * 256},
        {"session_id": "", "name": "x"},
        {"session_id": "..", "name": "x"},
        {"session_id": "a\0b", "name": "x"},
        {"name": "x", "run_count": 3},
    ],
    ids=str,
)
def test_an_unusable_session_is_refused(api: Api, body: dict[str, object]) -> None:
    problem_of(api.http.post("/api/sessions", json=body), 422)

    assert api.get("/api/sessions")["sessions"] == []


def test_no_record_undoes_what_a_person_called_a_session(api: Api) -> None:
    api.record_all({"record": "session", "session_id": "s", "name": "theirs"})
    renamed = api.http.patch("/api/sessions/s", json={"name": "mine"}).json()

    api.record_all({"record": "session", "session_id": "s", "name": "theirs again", "metadata": {"a": 1}})

    assert renamed["name"] == "mine"
    session = api.get("/api/sessions/s")
    assert (session["name"], session["metadata"]) == ("mine", {"a": 1})


def test_deleting_a_session_deletes_its_runs_and_no_others(api: Api) -> None:
    api.record_all(
        run_start("a", session_id="s"), event("e", "a"), run_start("b", session_id="s"), run_start("c", session_id="t")
    )

    answer = api.http.delete("/api/sessions/s").json()

    assert answer == {"status": "deleted", "deleted_runs": 2, "deleted_events": 1}
    problem_of(api.http.get("/api/sessions/s"), 404)
    assert [run["run_id"] for run in api.get("/api/runs")["runs"]] == ["c"]
    assert api.record(event("late", "a"))["refused"] == 1


def test_the_default_session_stays_when_it_is_emptied(api: Api) -> None:
    api.record_all(run_start("a"))

    assert api.http.delete("/api/sessions/default").json()["deleted_runs"] == 1
    assert api.get("/api/sessions/default")["run_count"] == 0


def test_deleting_an_agent_deletes_its_runs_and_no_others(api: Api) -> None:
    api.record_all(run_start("a", "one"), event("e", "a"), run_start("b", "two"))

    answer = api.http.delete("/api/agents/one").json()

    assert answer == {"status": "deleted", "deleted_runs": 1, "deleted_events": 1}
    assert [agent["name"] for agent in api.list("/api/agents")] == ["two"]
    api.record_all(run_start("c", "one"))
    assert api.get("/api/by-id/c")["run_name"] == "run 2"
