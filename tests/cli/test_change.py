"""`runreel runs rename` and `runreel runs delete`."""

from __future__ import annotations

import json

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.example import make_run
from tests.cli.fake_server import Answer, FakeServer, Question, problem

RUN = "/api/runs/climate_analyst/run%201"


def test_a_run_is_renamed(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"PATCH {RUN}", make_run(run_name="the best"))

    result = runreel("runs", "rename", "climate_analyst", "run 1", "the best")

    assert server.questions == [Question("PATCH", RUN, {"new_run_name": "the best"})]
    assert result.out == "It is called climate_analyst / the best now.\n"
    assert result.code == 0


def test_a_run_is_renamed_by_its_id(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("PATCH /api/by-id/run-1", make_run(run_name="the best"))

    result = runreel("runs", "rename", "run-1", "the best", "--json")

    assert json.loads(result.out)["run_name"] == "the best"


def test_a_taken_name_is_told(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"PATCH {RUN}", problem(400, "'best' is the name of another run of this agent"))

    result = runreel("runs", "rename", "climate_analyst", "run 1", "best")

    assert (result.code, result.err) == (1, "runreel: 'best' is the name of another run of this agent\n")


def test_deleting_asks_and_then_deletes_what_it_asked_about(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/runs/climate_analyst/old", Answer(307, location=RUN))
    server.answers(f"GET {RUN}", make_run(event_count=12))
    server.answers("DELETE /api/by-id/run-1", {"status": "deleted", "events": 12})

    result = runreel("runs", "delete", "climate_analyst", "old", typed="y\n")

    assert result.err == "Delete climate_analyst / run 1 with its 12 events, for ever? [y/N] "
    assert server.asked()[-1] == "DELETE /api/by-id/run-1"
    assert (result.code, result.out) == (0, "Deleted.\n")


def test_anything_but_yes_deletes_nothing(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"GET {RUN}", make_run())

    for typed in ("\n", "", "n\n", "maybe\n"):
        result = runreel("runs", "delete", "climate_analyst", "run 1", typed=typed)
        assert result.code == 1
        assert "Nothing was deleted" in result.err

    assert {question.method for question in server.questions} == {"GET"}


def test_without_a_terminal_deleting_wants_a_yes_beforehand(server: FakeServer, runreel: CommandLine) -> None:
    result = runreel("runs", "delete", "climate_analyst", "run 1")

    assert result.code == 2
    assert "--yes" in result.err
    assert server.asked() == []


def test_yes_deletes_at_once(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"DELETE {RUN}", {"status": "deleted", "events": 3})

    result = runreel("runs", "delete", "climate_analyst", "run 1", "--yes", "--json")

    assert server.asked() == [f"DELETE {RUN}"]
    assert json.loads(result.out) == {"status": "deleted", "events": 3}


def test_writing_to_a_former_name_tells_the_present_one(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"DELETE {RUN}", problem(404, "this run is called 'the best' now"))

    result = runreel("runs", "delete", "climate_analyst", "run 1", "--yes")

    assert (result.code, result.err) == (1, "runreel: this run is called 'the best' now\n")


DELETION = "/api/runs/delete"
MATCHED = {
    "status": "dry_run",
    "matching_runs": 3,
    "matching_events": 12,
    "first_runs": [
        {"run_id": "a", "agent_name": "planner", "run_name": "run 1"},
        {"run_id": "b", "agent_name": "planner", "run_name": None},
    ],
}


def test_a_dry_run_says_what_would_be_deleted(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"POST {DELETION}", MATCHED)

    result = runreel("runs", "delete", "--agent", "planner", "--before", "2026-01-31", "--dry-run")

    body = {"agent": "planner", "until": "2026-01-31", "dry_run": True}
    assert server.questions == [Question("POST", DELETION, body)]
    assert result.code == 0
    assert result.out.splitlines()[0] == "3 runs with 12 events would be deleted."
    assert "planner / run 1" in result.out
    assert result.out.splitlines()[-1] == "  and 1 more"


def test_a_dry_run_of_one_run_deletes_nothing(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"GET {RUN}", make_run(event_count=12))

    result = runreel("runs", "delete", "climate_analyst", "run 1", "--dry-run")

    assert result.out == "climate_analyst / run 1 with its 12 events would be deleted.\n"
    assert server.asked() == [f"GET {RUN}"]


def test_many_are_deleted_in_parts_after_a_yes(server: FakeServer, runreel: CommandLine) -> None:
    part = {"status": "deleted", "deleted_runs": 2, "deleted_events": 8, "is_complete": False}
    last = {"status": "deleted", "deleted_runs": 1, "deleted_events": 4, "is_complete": True}
    server.answers(f"POST {DELETION}", *(Answer(body=body) for body in (MATCHED, part, last)))

    result = runreel("runs", "delete", "--status", "failed", "--session", "s", typed="y\n")

    wanted = {"status": "failed", "session": "s"}
    assert [question.body for question in server.questions] == [{**wanted, "dry_run": True}, wanted, wanted]
    assert "Delete 3 runs with 12 events, for ever? [y/N]" in result.err
    assert "2 of 3 are deleted." in result.err
    assert (result.code, result.out) == (0, "Deleted 3 runs.\n")


def test_all_are_deleted_only_by_that_word(server: FakeServer, runreel: CommandLine) -> None:
    last = {"status": "deleted", "deleted_runs": 3, "deleted_events": 12, "is_complete": True}
    server.answers(f"POST {DELETION}", MATCHED, last)

    result = runreel("runs", "delete", "--all", "--yes", "--json")

    assert [question.body for question in server.questions] == [{"all": True, "dry_run": True}, {"all": True}]
    assert json.loads(result.out) == last


def test_a_no_deletes_none_of_many(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"POST {DELETION}", MATCHED)

    result = runreel("runs", "delete", "--agent", "planner", typed="n\n")

    assert (result.code, "Nothing was deleted" in result.err) == (1, True)
    assert len(server.questions) == 1


def test_where_nothing_matches_nobody_is_asked(server: FakeServer, runreel: CommandLine) -> None:
    nothing = {**MATCHED, "matching_runs": 0, "matching_events": 0, "first_runs": []}
    server.answers(f"POST {DELETION}", nothing)

    result = runreel("runs", "delete", "--agent", "planner", typed="")

    assert len(server.questions) == 1
    assert (result.code, result.out, result.err) == (0, "No run matches.\n", "")


@pytest.mark.parametrize(
    "options",
    [(), ("--yes",), ("planner", "--all", "--yes"), ("planner", "run 1", "--status", "failed"), ("--agent", "planner")],
    ids=" ".join,
)
def test_a_deletion_that_is_unclear_or_unasked_is_refused(
    server: FakeServer, runreel: CommandLine, options: tuple[str, ...]
) -> None:
    result = runreel("runs", "delete", *options)

    assert result.code == 2
    assert server.asked() == []
