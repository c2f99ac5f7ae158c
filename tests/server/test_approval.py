"""Approvals and requests over HTTP: asked by agents, answered by people, waited for without asking again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import Api, Json, event, problem_of, run_end, run_start
from tests.support.patience import PATIENCE_S

BY_ID = "/api/by-id/run-1"
APPROVAL = f"{BY_ID}/approvals/a1"


def asked(event_id: str = "a1", **fields: object) -> Json:
    inputs = {"question": "Deploy?", "options": ["approve", "reject"], "context": {"to": "production"}}
    stated: dict[str, Any] = {"event_type": "approval_requested", "phase": "start", "inputs": inputs, **fields}
    return event(event_id, **stated)


@pytest.fixture
def waiting(api: Api) -> Api:
    api.record_all(run_start(), asked(attributes={"expires_at": "2030-01-01T00:00:00Z"}, node_id="release"))
    return api


def test_an_approval_is_listed_until_it_is_answered(waiting: Api) -> None:
    (open_one,) = waiting.get("/api/approvals")["approvals"]
    assert open_one == waiting.get(APPROVAL) == waiting.get(f"{BY_ID}/approvals")["approvals"][0]
    assert (open_one["question"], open_one["options"]) == ("Deploy?", ["approve", "reject"])
    assert (open_one["context"], open_one["node_id"]) == ({"to": "production"}, "release")
    assert open_one["expires_at"] == "2030-01-01T00:00:00.000000Z"
    assert (open_one["status"], open_one["agent_name"], open_one["run_name"]) == ("open", "planner", "run 1")
    run = waiting.get(BY_ID)
    assert (run["status"], run["open_approval_count"]) == ("waiting_approval", 1)

    body = {"option": "approve", "feedback": " fine\0 ", "who": "Ada"}
    answered = waiting.http.post(f"{APPROVAL}/answer", json=body).json()

    assert answered == waiting.get(APPROVAL)
    assert (answered["status"], answered["option"], answered["feedback"]) == ("answered", "approve", "fine")
    assert answered["answered_by"] == "Ada" and answered["answered_at"] > answered["requested_at"]
    assert waiting.get("/api/approvals") == {"approvals": [], "open_count": 0, "next_cursor": None}
    assert waiting.get("/api/approvals", status="all")["approvals"] == [answered]
    run = waiting.get(BY_ID)
    assert (run["status"], run["open_approval_count"]) == ("executing", 0)


def test_a_second_answer_is_refused_with_the_first(waiting: Api) -> None:
    waiting.http.post(f"{APPROVAL}/answer", json={"option": "approve", "who": "Ada"})
    refused = waiting.http.post(f"{APPROVAL}/answer", json={"option": "reject", "who": "Bob"})
    problem = problem_of(refused, 409)
    assert "Ada has answered 'approve'" in problem["detail"]
    assert problem["approval"] == waiting.get(APPROVAL)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"{APPROVAL}/answer", {"option": "perhaps"}, 422),
        (f"{APPROVAL}/answer", {}, 422),
        (f"{APPROVAL}/answer", {"option": "approve", "other": 1}, 422),
        (f"{BY_ID}/approvals/missing/answer", {"option": "approve"}, 404),
        ("/api/by-id/missing/approvals/a1/answer", {"option": "approve"}, 404),
        (f"{BY_ID}/requests", {"action": "stop"}, 422),
        (f"{BY_ID}/requests", {"action": "resume"}, 409),
        ("/api/by-id/missing/requests", {"action": "cancel"}, 404),
    ],
)
def test_what_can_not_be_is_refused(waiting: Api, path: str, body: Json, status: int) -> None:
    problem_of(waiting.http.post(path, json=body), status)
    assert waiting.get(APPROVAL)["status"] == "open"


def test_who_waits_is_answered_as_soon_as_there_is_an_answer(waiting: Api) -> None:
    answered = _while_it_waits(
        lambda: waiting.get(APPROVAL, wait_s=30),
        lambda: waiting.http.post(f"{APPROVAL}/answer", json={"option": "reject"}),
    )
    assert (answered["status"], answered["option"]) == ("answered", "reject")


def test_what_else_happens_in_the_run_ends_no_waiting(waiting: Api) -> None:
    def answer() -> None:
        waiting.record_all(event("other"))
        waiting.http.post(f"{APPROVAL}/answer", json={"option": "reject"})

    assert _while_it_waits(lambda: waiting.get(APPROVAL, wait_s=30), answer)["status"] == "answered"


def test_who_waits_in_vain_hears_that_it_is_open(waiting: Api) -> None:
    assert waiting.get(APPROVAL, wait_s=1)["status"] == "open"


def test_an_agent_says_that_it_waits_no_longer(waiting: Api) -> None:
    expired = waiting.http.post(f"{APPROVAL}/expire", json={"option": "reject"}).json()
    assert (expired["status"], expired["option"]) == ("expired", "reject")
    problem = problem_of(waiting.http.post(f"{APPROVAL}/answer", json={"option": "approve"}), 409)
    assert "waits no longer" in problem["detail"]
    assert waiting.get(BY_ID)["status"] == "executing"


def test_a_request_is_waited_for_seen_and_shown(api: Api) -> None:
    api.record_all(run_start())
    assert api.get(BY_ID)["request"] is None
    path = f"{BY_ID}/requests"
    body = {"action": "pause", "why": "lunch", "who": "Ada"}

    found = _while_it_waits(lambda: api.get(path, after=0, wait_s=30), lambda: api.http.post(path, json=body))

    (request,) = found["requests"]
    assert (request["number"], request["action"], request["why"]) == (1, "pause", "lunch")
    assert (request["requested_by"], request["is_seen"]) == ("Ada", False)
    assert api.get(path, after=1)["requests"] == []
    api.record_all({"record": "run", "run_id": "run-1", "seen_request": 1})
    run = api.get(BY_ID)
    assert run["request"] == {**request, "is_seen": True}
    assert run["status"] == "executing"


def test_of_a_run_that_has_ended_nothing_is_asked(api: Api) -> None:
    api.record_all(run_start(), asked(), run_end())
    problem = problem_of(api.http.post(f"{BY_ID}/requests", json={"action": "cancel"}), 409)
    assert problem["run_status"] == "completed"
    assert problem_of(api.http.post(f"{APPROVAL}/answer", json={"option": "approve"}), 409)["approval"]["status"] == (
        "ended"
    )


def _while_it_waits(wait: Callable[[], Json], act: Callable[[], object]) -> Json:
    """Return what waiting gives when something is done meanwhile."""
    found: list[Json] = []
    waiter = threading.Thread(target=lambda: found.append(wait()))
    waiter.start()
    act()
    waiter.join(PATIENCE_S)
    assert not waiter.is_alive()
    return found[0]
