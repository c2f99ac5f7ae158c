"""`runreel prices`."""

from __future__ import annotations

import json

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.fake_server import FakeServer, Question, problem

PRICE: dict[str, object] = {
    "provider": "acme",
    "model": "m/1",
    "valid_from": "2026-01-31T00:00:00.000000Z",
    "input": 2.0,
    "output": 8.5,
    "cached": None,
    "cache_write": 2.5,
    "reasoning": None,
    "batch": 0.5,
    "source": "project",
}
STEP: dict[str, object] = {
    "dry_run": False,
    "examined_events": 3_000,
    "changed_events": 20,
    "changed_runs": 2,
    "cost_change": 1.5,
    "unpriced_change": -20,
    "runs_left": 7,
    "next_cursor": None,
}


def test_prices_alone_lists_prices(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/prices?limit=500", {"prices": [PRICE], "next_cursor": None})

    result = runreel("prices")

    title, line = result.out.splitlines()
    assert title.split() == ["PROVIDER", "MODEL", "FROM", "INPUT", "CACHED", "WRITE", "OUTPUT", "BATCH", "SOURCE"]
    assert line.split() == ["acme", "m/1", "2026-01-31", "$2", "$2.5", "$8.5", "0.5", "project"]
    assert (result.code, result.err) == (0, "")


def test_a_list_is_read_page_by_page(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/prices?provider=acme&limit=500", {"prices": [PRICE], "next_cursor": "c"})
    server.answers("GET /api/prices?provider=acme&limit=500&cursor=c", {"prices": [PRICE], "next_cursor": None})

    result = runreel("prices", "list", "--provider", "acme", "--json")

    assert json.loads(result.out) == {"prices": [PRICE, PRICE]}


def test_no_price_is_told(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/prices?model=m&limit=500", {"prices": [], "next_cursor": None})

    assert runreel("prices", "--model", "m").out == "No price matches.\n"


def test_a_price_is_set(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("PUT /api/prices/acme/m%2F1", PRICE)

    result = runreel(
        "prices",
        "set",
        "acme",
        "m/1",
        "--input",
        "2",
        "--output",
        "8.5",
        "--cache-write",
        "2.5",
        "--from",
        "2026-01-31",
    )

    content = {"input": 2.0, "output": 8.5, "cache_write": 2.5, "valid_from": "2026-01-31"}
    assert server.questions == [Question("PUT", "/api/prices/acme/m%2F1", content)]
    assert "acme" in result.out
    assert result.out.endswith("until `runreel prices recompute`.\n")


@pytest.mark.parametrize("rate", ["-1", "cheap", "nan", "inf"])
def test_an_unusable_rate_is_told(runreel: CommandLine, capsys: pytest.CaptureFixture[str], rate: str) -> None:
    with pytest.raises(SystemExit) as left:
        runreel("prices", "set", "acme", "m", f"--input={rate}", "--output", "1")

    assert left.value.code == 2
    assert "no number from 0" in capsys.readouterr().err


def test_a_refused_price_is_told(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("PUT /api/prices/acme/m", problem(422, "input is 1e-7; give at most 6 digits after the point"))

    result = runreel("prices", "set", "acme", "m", "--input", "1e-7", "--output", "1")

    assert (result.code, result.err) == (1, "runreel: input is 1e-7; give at most 6 digits after the point\n")


def test_prices_are_removed(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("DELETE /api/prices/acme/m?valid_from=2026-01-31", {"status": "deleted", "deleted_prices": 1})
    server.answers("DELETE /api/prices/acme/m", {"status": "deleted", "deleted_prices": 2})

    assert runreel("prices", "unset", "acme", "m", "--from", "2026-01-31").out == "Removed 1 price.\n"
    assert runreel("prices", "unset", "acme", "m").out == "Removed 2 prices.\n"


def test_recomputing_goes_on_to_the_end_and_adds_up(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("POST /api/prices/recompute", {**STEP, "next_cursor": "c"}, {**STEP, "cost_change": -4.0})

    result = runreel("prices", "recompute", "--model", "m", "--dry-run")

    asked = {"dry_run": True, "model": "m"}
    assert [question.body for question in server.questions] == [{**asked, "cursor": None}, {**asked, "cursor": "c"}]
    assert result.out == ("Of 6,000 calls without a recorder's cost, 40 would change: -$2.50, -40 without a price.\n")
    assert result.err == ""


def test_recomputing_as_json_has_the_sums(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("POST /api/prices/recompute", {**STEP, "next_cursor": "c"}, STEP)

    result = runreel("prices", "recompute", "--since", "2026-01-31", "--json")

    assert json.loads(result.out) == {
        "dry_run": False,
        "examined_events": 6_000,
        "changed_events": 40,
        "cost_change": 3.0,
        "unpriced_change": -40,
    }


def test_models_without_a_price_are_listed(server: FakeServer, runreel: CommandLine) -> None:
    model = {
        "model": "m/1",
        "event_type": "llm_call",
        "unpriced_count": 1_200,
        "first_hour": "2026-01-31T12:00:00Z",
        "last_hour": "2026-01-31T13:00:00Z",
    }
    server.answers("GET /api/prices/unpriced?limit=500", {"models": [model], "next_cursor": None})

    title, line = runreel("prices", "unpriced").out.splitlines()

    assert title.split() == ["MODEL", "TYPE", "CALLS", "FIRST", "LAST"]
    assert line.startswith("m/1    llm_call  1,200  2026-01-31 ")


def test_every_price_known_is_told(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/prices/unpriced?limit=500", {"models": [], "next_cursor": None})

    assert runreel("prices", "unpriced").out == "Every call has a price.\n"
