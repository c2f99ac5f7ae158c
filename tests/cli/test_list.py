"""`runreel runs list`."""

from __future__ import annotations

import json

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.example import make_run
from tests.cli.fake_server import Answer, FakeServer, problem

LIST = "GET /api/runs?limit=20"


def page(*runs: dict[str, object], next_cursor: str | None = None) -> dict[str, object]:
    return {"runs": list(runs), "next_cursor": next_cursor}


def test_runs_alone_lists_runs(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(LIST, page(make_run(), make_run(run_name="run 2", status="failed")))

    result = runreel("runs", TZ="UTC")

    title, first, second = result.out.splitlines()
    assert title.split() == ["AGENT", "RUN", "STATUS", "STARTED", "DURATION", "EVENTS", "TOKENS", "COST"]
    assert first.startswith("climate_analyst  run 1  ✓ completed  ")
    assert first.endswith("4.2 s       3   1,526  $0.0123")
    assert "run 2  ✗ failed" in second
    assert (result.code, result.err) == (0, "")


def test_filters_go_to_the_server_encoded(server: FakeServer, runreel: CommandLine) -> None:
    question = "GET /api/runs?agent=a%2Fb+%26+c&status=failed&session=s+1&limit=3"
    server.answers(question, page())

    result = runreel("runs", "list", "--agent", "a/b & c", "--status", "failed", "--session", "s 1", "--limit", "3")

    assert server.asked() == [question]
    assert result.out == "No run matches.\n"


def test_options_before_the_command_count(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/runs?agent=a&limit=3", page())

    result = runreel(
        "runs", "--agent", "a", "--limit", "3", "--url", server.url, "list", RUNREEL_URL="http://x.invalid"
    )

    assert result.code == 0


def test_an_empty_server_says_so(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(LIST, page())

    assert runreel("runs").out == "There are no runs yet.\n"


def test_a_long_list_is_read_page_by_page(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/runs?limit=500", page(*[make_run()] * 500, next_cursor="c 1"))
    server.answers("GET /api/runs?limit=100&cursor=c+1", page(*[make_run()] * 100, next_cursor="c2"))

    result = runreel("runs", "--limit", "600")

    assert len(result.out.splitlines()) == 601
    assert "--limit 3000" in result.err


def test_json_is_what_the_server_said(server: FakeServer, runreel: CommandLine) -> None:
    run = make_run(run_name="lauf \U0001f3c3", something_new=[1])
    server.answers(LIST, page(run))

    result = runreel("runs", "--json", encoding="ascii")

    assert json.loads(result.out) == {"runs": [run], "next_cursor": None}
    assert result.out.isascii()


def test_a_table_fits_the_terminal(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(LIST, page(make_run(agent_name="星" * 60, run_name="n" * 80), make_run()))

    lines = runreel("runs", COLUMNS="100").out.splitlines()

    assert [wide_length(line) for line in lines] == [100, 100, 100]
    assert "星…" in lines[1]
    assert "nnn…" in lines[1]


def test_lines_are_whole_where_there_is_no_terminal(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(LIST, page(make_run(run_name="n" * 200)))

    assert "n" * 200 in runreel("runs").out


def test_recorded_text_cannot_command_the_terminal(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(LIST, page(make_run(run_name="\x1b[2Jboo\u202eoob", agent_name="a\ud800b")))

    out = runreel("runs").out

    assert "\\x1b[2Jboo\\u202eoob" in out
    assert "a\\ud800b" in out


@pytest.mark.parametrize(
    ("env", "has_colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": ""}, True)],
)
def test_colours_are_for_terminals_that_want_them(
    server: FakeServer, runreel: CommandLine, env: dict[str, str], has_colours: bool
) -> None:
    server.answers(LIST, page(make_run()))

    assert ("\x1b[32m✓ completed\x1b[0m" in runreel("runs", is_terminal=True, **env).out) == has_colours
    assert "\x1b" not in runreel("runs", **env).out


def test_calls_without_a_price_are_marked(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(LIST, page(make_run(unpriced_count=2), make_run(unpriced_count=2, total_cost=0.0)))

    _, some, none = runreel("runs").out.splitlines()

    assert some.endswith("$0.0123+")
    assert none.endswith("?")


def test_a_server_that_is_not_there_is_named(runreel: CommandLine) -> None:
    result = runreel("runs", "--url", "http://127.0.0.1:9/")

    assert result.code == 1
    assert result.err == "runreel: no Runreel answers at http://127.0.0.1:9; start it with `runreel up`\n"


def test_a_proxy_of_the_environment_does_not_stand_before_this_machine(
    server: FakeServer, runreel: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.answers(LIST, page())

    assert runreel("runs").code == 0


def test_a_problem_is_told_in_the_servers_words(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(LIST, problem(422, "the cursor is not one of ours"))

    result = runreel("runs")

    assert (result.code, result.err) == (1, "runreel: the cursor is not one of ours\n")


@pytest.mark.parametrize("answer", [Answer(200, b"<html>"), Answer(502, b"Bad Gateway"), Answer(200, b"[]")])
def test_a_stranger_is_not_taken_for_a_runreel(server: FakeServer, runreel: CommandLine, answer: Answer) -> None:
    server.answers(LIST, answer)

    result = runreel("runs")

    assert result.code == 1
    assert f"what answers at {server.url} is no Runreel" in result.err


@pytest.mark.parametrize(
    "url", ["ftp://x", "localhost:4700", "http://", "http://h:99999", "http://u:p@h", "http://h/?q", "http://h h"]
)
def test_an_address_that_is_none_is_refused(runreel: CommandLine, url: str) -> None:
    result = runreel("runs", "--url", url)

    assert result.code == 2
    assert repr(url) in result.err
    assert "RUNREEL_URL" in runreel("runs", RUNREEL_URL=url).err


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
def test_an_unusable_limit_is_a_usage_error(
    runreel: CommandLine, capsys: pytest.CaptureFixture[str], limit: str
) -> None:
    with pytest.raises(SystemExit) as leaving:
        runreel("runs", f"--limit={limit}")

    assert leaving.value.code == 2
    assert "no whole number" in capsys.readouterr().err


def test_json_of_an_odd_shape_does_not_break_the_table(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(LIST, page({"run_id": 7, "status": 3, "total_cost": "free", "started_at": "soon"}))

    result = runreel("runs")

    assert result.code == 0
    assert "(new run) 7" in result.out


def wide_length(line: str) -> int:
    return len(line) + line.count("星")
