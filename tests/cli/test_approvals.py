"""`runreel approvals`, and `cancel`, `pause` and `resume`."""

from __future__ import annotations

import json

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.fake_server import FakeServer, Question, problem

APPROVAL: dict[str, object] = {
    "run_id": "r1",
    "agent_name": "writer",
    "run_name": "run 1",
    "event_id": "a1",
    "question": "Deploy?",
    "options": ["approve", "reject"],
    "requested_at": "2026-01-31T12:00:00.000000Z",
    "status": "open",
    "option": None,
    "answered_by": None,
}
ANSWERED = {**APPROVAL, "status": "answered", "option": "approve", "answered_by": "Ada"} | {
    "answered_at": "2026-01-31T12:05:00.000000Z"
}
RUN: dict[str, object] = {"run_id": "r1", "agent_name": "writer", "run_name": "run 1"}
ANSWER = "POST /api/by-id/r1/approvals/a1/answer"


@pytest.fixture(autouse=True)
def run_of_the_writer(server: FakeServer) -> None:
    server.answers("GET /api/runs/writer/run%201", RUN)


def listed(server: FakeServer, *approvals: dict[str, object]) -> None:
    server.answers("GET /api/by-id/r1/approvals", {"run_id": "r1", "approvals": list(approvals)})


def test_what_waits_is_listed(server: FakeServer, runreel: CommandLine) -> None:
    page = {"approvals": [APPROVAL], "open_count": 1, "next_cursor": None}
    server.answers("GET /api/approvals?status=open&limit=500", page)

    title, line = runreel("approvals").out.splitlines()

    assert title.split() == ["AGENT", "RUN", "ASKED", "STATUS", "QUESTION", "OPTIONS", "ANSWER", "ID"]
    assert all(word in line for word in ("writer", "run 1", "open", "Deploy?", "approve, reject", "a1"))


def test_all_that_was_asked_is_listed_page_by_page(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(
        "GET /api/approvals?status=all&limit=500", {"approvals": [APPROVAL], "open_count": 1, "next_cursor": "c"}
    )
    server.answers(
        "GET /api/approvals?status=all&limit=500&cursor=c",
        {"approvals": [ANSWERED], "open_count": 1, "next_cursor": None},
    )

    assert "approve (Ada)" in runreel("approvals", "--all").out
    assert json.loads(runreel("approvals", "--all", "--json").out) == {
        "approvals": [APPROVAL, ANSWERED],
        "open_count": 1,
    }


def test_nothing_that_waits_is_told(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/approvals?status=open&limit=500", {"approvals": [], "open_count": 0, "next_cursor": None})

    assert runreel("approvals").out == "No agent waits for an answer.\n"


def test_the_only_open_approval_of_a_run_is_answered(server: FakeServer, runreel: CommandLine) -> None:
    listed(server, ANSWERED | {"event_id": "a0"}, APPROVAL)
    server.answers(ANSWER, ANSWERED)

    result = runreel(
        "approvals", "answer", "writer", "run 1", "--option", "approve", "--feedback", "fine", "--who", "Ada"
    )

    assert (result.code, result.out) == (0, "Answered 'approve': Deploy?\n")
    sent = {"option": "approve", "feedback": "fine", "who": "Ada"}
    assert server.questions[-1] == Question("POST", "/api/by-id/r1/approvals/a1/answer", sent)


@pytest.mark.parametrize(
    ("approvals", "told"),
    [
        ((), "waits for no answer"),
        ((APPROVAL | {"status": "expired"},), "waits for no answer"),
        ((ANSWERED,), "Ada has answered 'approve' at 20"),
        ((APPROVAL, APPROVAL), "waits for several answers"),
    ],
)
def test_what_is_answered_must_be_clear(
    server: FakeServer, runreel: CommandLine, approvals: tuple[dict[str, object], ...], told: str
) -> None:
    listed(server, *approvals)

    result = runreel("approvals", "answer", "writer", "run 1", "--option", "approve")

    assert (result.code, told in result.err) == (2, True)


def test_one_of_several_is_answered_by_its_id(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(ANSWER, ANSWERED)

    result = runreel("approvals", "answer", "writer", "run 1", "--approval", "a1", "--option", "approve", "--json")

    assert json.loads(result.out) == ANSWERED


def test_a_second_answer_fails_with_the_first(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(ANSWER, problem(409, "Ada has answered 'approve'; an approval is answered once"))

    result = runreel("approvals", "answer", "writer", "run 1", "--approval", "a1", "--option", "reject")

    assert (result.code, "Ada has answered" in result.err) == (1, True)


@pytest.mark.parametrize("action", ["cancel", "pause", "resume"])
def test_an_agent_is_asked(server: FakeServer, runreel: CommandLine, action: str) -> None:
    server.answers("POST /api/by-id/r1/requests", {"number": 1, "action": action})

    result = runreel(action, "writer", "run 1", "--why", "lunch", "--who", "Ada")

    assert (result.code, f"to {action}" in result.out) == (0, True)
    sent = {"action": action, "why": "lunch", "who": "Ada"}
    assert server.questions[-1] == Question("POST", "/api/by-id/r1/requests", sent)
