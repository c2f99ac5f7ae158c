"""`runreel retention`."""

from __future__ import annotations

import json

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.fake_server import FakeServer, Question

RULE = {"agent_name": None, "max_age_ms": 30 * 86_400_000.0, "max_bytes": None}
SWEEP = "/api/retention/sweep"


def test_rules_are_listed(server: FakeServer, runreel: CommandLine) -> None:
    mine = {"agent_name": "a/b", "max_age_ms": None, "max_bytes": 20 * 2**30}
    server.answers("GET /api/retention?limit=500", {"rules": [RULE, mine], "next_cursor": None})

    assert runreel("retention").out.split("\n") == [
        "AGENT           AGE  SIZE",
        "all agents  30 days",
        "a/b                  20.0 GiB",
        "",
    ]
    assert json.loads(runreel("retention", "list", "--json").out) == {"rules": [RULE, mine]}


def test_without_rules_everything_is_kept(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/retention?limit=500", {"rules": [], "next_cursor": None})
    assert runreel("retention").out == "There are no rules: everything is kept.\n"


def test_a_rule_of_all_is_set(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("PUT /api/retention", RULE)

    result = runreel("retention", "set", "--max-age", "30d")

    assert server.questions == [Question("PUT", "/api/retention", {"max_age_ms": 30 * 86_400_000, "max_bytes": None})]
    assert result.out == "Ended runs of all agents are kept within 30 days.\n"


def test_a_rule_of_an_agent_is_set_and_removed(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("PUT /api/retention/a%2Fb", {"agent_name": "a/b", "max_age_ms": 43_200_000, "max_bytes": 1_500_000})
    server.answers("DELETE /api/retention/a%2Fb", {"status": "deleted"})

    result = runreel("retention", "set", "a/b", "--max-age", "12h", "--max-size", "1.5 MB")

    assert server.questions[0].body == {"max_age_ms": 43_200_000, "max_bytes": 1_500_000}
    assert result.out == "Ended runs of a/b are kept within 0.5 days and 1.4 MiB.\n"
    assert runreel("retention", "remove", "a/b").out == "The rule is removed.\n"


@pytest.mark.parametrize("given", [("--max-age", "30"), ("--max-age", "x"), ("--max-size", "0"), ("--max-size", "1xb")])
def test_an_unusable_bound_leaves_with_2(runreel: CommandLine, given: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        runreel("retention", "set", *given)
    assert leaving.value.code == 2


def test_a_rule_without_a_bound_is_refused(server: FakeServer, runreel: CommandLine) -> None:
    assert runreel("retention", "set").code == 2
    assert server.questions == []


def test_a_dry_run_says_what_would_go(server: FakeServer, runreel: CommandLine) -> None:
    run = {"run_id": "r", "agent_name": "a", "run_name": "run 1", "last_active_at": "2026-11-22T04:00:00.000000Z"}
    sums = {"deleted_runs": 1200, "deleted_events": 3400, "deleted_bytes": 5 * 2**20}
    server.answers(f"POST {SWEEP}?dry_run=true&limit=500", {"dry_run": True, **sums, "runs": [run], "has_more": True})

    lines = runreel("retention", "sweep", "--dry-run").out.splitlines()

    assert lines[0].endswith("  a / run 1")
    assert lines[-1] == "Would delete 1,200 runs with 3,400 events, about 5.0 MiB."


def test_a_sweep_goes_on_until_nothing_is_left(server: FakeServer, runreel: CommandLine) -> None:
    step = {"deleted_runs": 500, "deleted_events": 1000, "deleted_bytes": 10, "runs": [], "has_more": True}
    server.answers(f"POST {SWEEP}?limit=500", step, {**step, "deleted_runs": 7, "has_more": False})

    result = runreel("retention", "sweep", "--json")

    assert json.loads(result.out) == {
        "dry_run": False,
        "deleted_runs": 507,
        "deleted_events": 2000,
        "deleted_bytes": 20,
    }
