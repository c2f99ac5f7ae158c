"""`runreel runs rename` and `runreel runs delete`."""

from __future__ import annotations

import json

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
