"""`runreel graph`."""

from __future__ import annotations

import json

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.fake_server import Answer, FakeServer

PATH = "GET /api/by-id/r1/graph"


@pytest.fixture(autouse=True)
def run_of_the_writer(server: FakeServer) -> None:
    server.answers("GET /api/runs/writer/run%201", {"run_id": "r1"})


def test_the_graph_is_written_as_mermaid(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"{PATH}?format=mermaid&path=false", Answer(body='flowchart TD\n    n0["é"]\n'.encode()))
    assert runreel("graph", "writer", "run 1").out == 'flowchart TD\n    n0["é"]\n'


def test_the_graph_is_written_as_dot_with_the_path(server: FakeServer, runreel: CommandLine) -> None:
    server.answers(f"{PATH}?format=dot&path=true", Answer(body=b"digraph run {\n}\n"))
    assert runreel("graph", "writer", "run 1", "--format", "dot", "--path").out == "digraph run {\n}\n"


@pytest.mark.parametrize("option", [["--format", "json"], ["--json"]], ids=" ".join)
def test_the_graph_is_written_as_json(server: FakeServer, runreel: CommandLine, option: list[str]) -> None:
    graph = {"run_id": "r1", "nodes": [], "edges": []}
    server.answers(f"{PATH}?format=json&path=false", graph)
    assert json.loads(runreel("graph", "writer", "run 1", *option).out) == graph
