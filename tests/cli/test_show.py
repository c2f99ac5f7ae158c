"""`runreel runs show`."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from runreel.cli.style import TERMINAL
from tests.cli.command_line import CommandLine
from tests.cli.example import make_event, make_node, make_run
from tests.cli.fake_server import Answer, FakeServer, problem

RUN = "GET /api/runs/climate_analyst/run%201"
NODES = "GET /api/runs/run-1/nodes"
TRACE = "GET /api/runs/climate_analyst/run%201/trace?limit=500"
CHILDREN = "GET /api/runs?parent=run-1&limit=500"


@pytest.fixture(autouse=True)
def no_children(server: FakeServer) -> None:
    server.answers(CHILDREN, {"runs": [], "next_cursor": None})


def deepest(event: dict[str, Any]) -> dict[str, Any]:
    while event["children"]:
        event = event["children"][0]
    return event


def trace(*events: dict[str, object], next_cursor: str | None = None, run_id: str = "run-1") -> dict[str, object]:
    return {"run_id": run_id, "execution_tree": list(events), "next_cursor": next_cursor}


def tree_of(out: str) -> list[str]:
    """The lines of the tree without the columns to their right, for labels of one word."""
    return [match.group() for match in map(re.compile(r"[│├└─ ]+[✓✗●○] \S+").match, out.splitlines()) if match]


def test_a_run_is_shown_as_a_tree(server: FakeServer, runreel: CommandLine) -> None:
    ask = make_event(
        "ask",
        event_type="llm_call",
        name=None,
        model="m-1",
        tokens_in=412,
        tokens_out=96,
        cost=0.0004,
        duration_ms=812.0,
    )
    read = make_event("read", status="failed", data={"error": {"type": "FileNotFoundError", "message": "no rain.csv"}})
    plan = make_event("plan", event_type="agent_call", node_id="planning", children=[ask])
    work = make_event("work", event_type="agent_call", node_id="step_1", status="failed", children=[read])
    nodes = [
        make_node("planning", node_type="planning"),
        make_node("step_1", name="Read the table", status="failed"),
        make_node("step_2", goal="Say it\nin two words", status="skipped", started_at=None, ended_at=None),
    ]
    server.answers(RUN, make_run(status="failed", error={"type": "StepFailed", "message": "step_1"}, error_count=1))
    server.answers(NODES, {"nodes": nodes, "edges": []})
    server.answers(TRACE, trace(plan, work))

    result = runreel("runs", "show", "climate_analyst", "run 1")

    head = result.out.splitlines()
    assert head[0] == "climate_analyst / run 1"
    assert head[1] == "✗ failed · 4.2 s · 3 events · 1 error · 1,204 → 322 tokens · $0.0123"
    assert head[2] == "Which city has the widest range?"
    assert "mode planning_control" in head[3]
    assert head[4] == "StepFailed: step_1"
    assert result.out.splitlines()[5:] == [
        "├── ✓ planning                planning              1.5 s",
        "│   └── ✓ plan                agent_call            12 ms",
        "│       └── ✓ m-1             llm_call             812 ms  412 → 96 tokens  $0.000400",
        "├── ✗ step_1: Read the table  step        failed    1.5 s",
        "│   └── ✗ work                agent_call  failed    12 ms",
        "│       └── ✗ read            tool_call   failed    12 ms",
        "│           FileNotFoundError: no rain.csv",
        "└── ○ step_2: Say it          step        skipped",
    ]
    assert result.code == 0


@pytest.mark.parametrize(
    ("received", "expected", "dropped", "line"),
    [
        (4312, 4312, 0, "4,312 of 4,312 records, 0 dropped"),
        (1, 1, 0, "1 of 1 record, 0 dropped"),
        (4300, 4312, 12, "4,300 of 4,312 records, 12 dropped: 12 missing"),
        (4300, 4312, 3, "4,300 of 4,312 records, 3 dropped: 12 missing, 9 of them not arrived yet"),
        (4300, 4312, 0, "4,300 of 4,312 records, 0 dropped: 12 missing, 12 of them not arrived yet"),
    ],
)
def test_a_run_says_how_complete_it_is(
    server: FakeServer, runreel: CommandLine, received: int, expected: int, dropped: int, line: str
) -> None:
    completeness = {
        "received": received,
        "expected": expected,
        "dropped": dropped,
        "recorders": 1,
        "is_complete": received == expected and not dropped,
    }
    server.answers(RUN, make_run(completeness=completeness))
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace())
    result = runreel("runs", "show", "climate_analyst", "run 1")
    assert result.out.splitlines()[4] == line
    shown = runreel("runs", "show", "climate_analyst", "run 1", is_terminal=True).out.splitlines()[4]
    assert shown.startswith(TERMINAL.faint if completeness["is_complete"] else TERMINAL.bad)


def test_a_run_without_numbers_says_nothing_of_it(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(RUN, make_run(completeness=None))
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace())
    assert "dropped" not in runreel("runs", "show", "climate_analyst", "run 1").out


def test_names_of_any_kind_reach_the_server_as_one_segment(server: FakeServer, runreel: CommandLine) -> None:
    agent, run = "a/b?c", "50% #1 \U0001f680"
    path = "/api/runs/a%2Fb%3Fc/50%25%20%231%20%F0%9F%9A%80"
    server.answers(f"GET {path}", make_run(agent_name=agent, run_name=run))
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(f"GET {path}/trace?limit=500", trace(make_event("e")))

    result = runreel("runs", "show", agent, run)

    assert result.out.startswith("a/b?c / 50% #1 \U0001f680\n")
    assert tree_of(result.out) == ["└── ✓ e"]


def test_a_run_is_found_by_its_id(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/runs/run-1", make_run())
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace())

    assert runreel("runs", "show", "run-1").out.startswith("climate_analyst / run 1\n")


def test_a_former_name_leads_to_the_run(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/runs/climate_analyst/old", Answer(307, location="/api/runs/climate_analyst/run%201"))
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace())

    assert runreel("runs", "show", "climate_analyst", "old").out.startswith("climate_analyst / run 1\n")


def test_a_run_without_a_name_shows_its_nodes(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/runs/run-1", make_run(run_name=None, status="executing", ended_at=None))
    server.answers(NODES, {"nodes": [make_node("planning")], "edges": []})

    result = runreel("runs", "show", "run-1")

    assert result.out.startswith("climate_analyst / new run (run-1)\n● executing")
    assert tree_of(result.out) == ["└── ✓ planning"]
    assert "no name yet" in result.out


def test_an_event_of_a_later_page_hangs_under_its_parent(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace(make_event("a", children=[make_event("b")]), make_event("c"), next_cursor="2"))
    late = [make_event("d", parent_event_id="b"), make_event("e", parent_event_id="unknown")]
    server.answers(TRACE.replace("limit=500", "limit=497&cursor=2"), trace(*late))

    result = runreel("runs", "show", "climate_analyst", "run 1", "--limit", "500")

    assert tree_of(result.out) == ["├── ✓ a", "│   └── ✓ b", "│       └── ✓ d", "├── ✓ c", "└── ✓ e"]


def test_a_cut_off_tree_says_so(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(RUN, make_run(event_count=12_000))
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE.replace("500", "2"), trace(make_event("a"), make_event("b"), next_cursor="2"))

    result = runreel("runs", "show", "climate_analyst", "run 1", "--limit", "2")

    assert result.out.endswith("The first 2 of 12,000 events are shown; `--limit` sets how many.\n")


def test_a_run_that_took_the_name_meanwhile_is_not_mixed_in(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace(make_event("a"), run_id="run-2"))

    result = runreel("runs", "show", "climate_analyst", "run 1")

    assert result.code == 1
    assert "another run took its name" in result.err


def test_nodes_whose_events_hang_elsewhere_are_not_repeated(server: FakeServer, runreel: CommandLine) -> None:
    inner = make_event("inner", node_id="step_1")
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [make_node("step_1"), make_node("step_2")], "edges": []})
    server.answers(TRACE, trace(make_event("root", children=[inner])))

    result = runreel("runs", "show", "climate_analyst", "run 1")

    assert tree_of(result.out) == ["├── ✓ root", "│   └── ✓ inner", "└── ✓ step_2"]


def test_child_runs_are_shown_where_they_were_asked_for(server: FakeServer, runreel: CommandLine) -> None:
    asked = make_run(run_id="run-2", agent_name="helper", parent_run_id="run-1", parent_event_id="b", status="failed")
    stray = make_run(run_id="run-3", agent_name="stray", parent_run_id="run-1", parent_event_id=None)
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(CHILDREN, {"runs": [stray, asked], "next_cursor": None})
    server.answers(TRACE, trace(make_event("a", children=[make_event("b"), make_event("c")])))

    out = runreel("runs", "show", "climate_analyst", "run 1").out

    assert tree_of(out) == ["├── ✓ a", "│   ├── ✓ b", "│   │   └── ✗ helper", "│   └── ✓ c", "└── ✓ stray"]
    assert "✗ helper / run 1  run" in out


def test_a_tree_deeper_than_the_stack_is_shown(server: FakeServer, runreel: CommandLine) -> None:
    events = [make_event("e0", parent_event_id="e1999")]
    for depth in range(1, 2000):
        event = make_event(f"e{depth}", parent_event_id=f"e{depth - 1}")
        # Servers cut trees that JSON decoders could not read, and go on with the rest as a tree of its own.
        events.append(event) if depth % 200 == 0 else deepest(events[-1])["children"].append(event)
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace(*events))

    lines = runreel("runs", "show", "climate_analyst", "run 1").out.splitlines()

    assert len(lines) == 4 + 2000
    assert lines[-1].startswith(" " * 4 * 1999 + "└── ✓ e1999")


def test_a_long_traceback_keeps_its_last_lines(server: FakeServer, runreel: CommandLine) -> None:
    message = "\n".join(["Traceback", *(f"line {n}" for n in range(50)), "ZeroDivisionError: division by zero"])
    event = make_event("run_python", status="failed", error={"type": "ExitCode", "message": message})
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace(event))

    out = runreel("runs", "show", "climate_analyst", "run 1").out

    assert "ExitCode: Traceback" in out
    assert "ZeroDivisionError: division by zero" in out
    assert "line 20" not in out


def test_lines_fit_the_terminal(server: FakeServer, runreel: CommandLine) -> None:
    event = make_event("n" * 300, status="failed", error={"type": "E", "message": "m" * 300})
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace(event))

    out = runreel("runs", "show", "climate_analyst", "run 1", COLUMNS="90").out

    assert max(len(line) for line in out.splitlines() if "nnn" in line or "mmm" in line) == 90


def test_only_what_is_said_has_colour(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [make_node("planning", status="failed")], "edges": []})
    server.answers(TRACE, trace())

    out = runreel("runs", "show", "climate_analyst", "run 1", is_terminal=True).out

    assert "\n└── \x1b[31m✗ planning\x1b[0m" in out


def test_an_old_encoding_gets_plain_signs(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(RUN, make_run(task=None))
    server.answers(NODES, {"nodes": [make_node("planning")], "edges": []})
    server.answers(TRACE, trace())

    out = runreel("runs", "show", "climate_analyst", "run 1", encoding="latin-1").out

    assert out.isascii()
    assert "`-- + planning" in out


def test_json_has_the_run_its_graph_and_its_events(server: FakeServer, runreel: CommandLine) -> None:
    edge = {"source": "planning", "target": "step_1"}
    server.answers(RUN, make_run())
    server.answers(NODES, {"nodes": [make_node("planning")], "edges": [edge]})
    server.answers(TRACE, trace(make_event("a", children=[make_event("b")])))

    shown = json.loads(runreel("runs", "show", "climate_analyst", "run 1", "--json").out)

    assert shown["run_id"] == "run-1"
    assert shown["edges"] == [edge]
    assert [event["event_id"] for event in shown["events"]] == ["a", "b"]


def test_what_does_not_exist_is_told_in_the_servers_words(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(RUN, problem(404, "agent 'climate_analyst' has no run 'run 1'"))

    result = runreel("runs", "show", "climate_analyst", "run 1")

    assert (result.code, result.err) == (1, "runreel: agent 'climate_analyst' has no run 'run 1'\n")


@pytest.mark.parametrize("name", ["", "  ", ".", "..", "a\udcff"])
def test_a_name_that_no_address_can_hold_asks_for_nothing(server: FakeServer, runreel: CommandLine, name: str) -> None:
    assert runreel("runs", "show", "climate_analyst", name).code == 2
    assert server.asked() == []


def test_a_name_may_begin_with_a_dash(server: FakeServer, runreel: CommandLine) -> None:
    server.answers("GET /api/runs/-a/--b", problem(404, "gone"))

    assert runreel("runs", "show", "--", "-a", "--b").err == "runreel: gone\n"


def test_a_call_without_a_price_is_marked(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(RUN, make_run(unpriced_count=1))
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace(make_event("ask", tokens_in=4, tokens_out=1, is_unpriced=True)))

    result = runreel("runs", "show", "climate_analyst", "run 1")

    assert result.out.splitlines()[-1].endswith("4 → 1 tokens  ?")


def test_what_went_in_and_came_out_is_shown_on_a_line_each(server: FakeServer, runreel: CommandLine) -> None:
    run = make_run(inputs={"city": "Belém\x1b[31m"}, outputs="w" * 2000, event_count=0)
    server.answers(RUN, run)
    server.answers(NODES, {"nodes": [], "edges": []})
    server.answers(TRACE, trace())

    lines = runreel("runs", "show", "climate_analyst", "run 1").out.splitlines()

    assert lines[4] == r'in  {"city": "Belém\u001b[31m"}'
    assert lines[5].startswith("out www")
    assert len(lines[5]) == 500
