"""Which run and agent the call of a graph belongs to, and when it is recorded at all."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import Any

import pytest
from langgraph.pregel import Pregel

import runreel
from runreel.integrations.langgraph import install, record, uninstall
from runreel.testing import Recorded, recorded
from tests.integrations.graphs import chain, executions, in_thread
from tests.support.patience import PATIENCE_S
from tests.support.source import PACKAGE


@pytest.mark.parametrize(
    ("agent", "name", "of_init", "expected"),
    [
        ("chosen", "compiled", "app", "chosen"),
        (None, "compiled", "app", "compiled"),
        (None, None, "app", "app"),
        (None, None, None, "LangGraph"),
    ],
)
def test_agent_of_a_graph(agent: str | None, name: str | None, of_init: str | None, expected: str) -> None:
    with recorded(of_init) as recording:
        record(chain("a", name=name), agent=agent).invoke({})
    assert [run["agent_name"] for run in recording.runs] == [expected]


def test_within_a_run_a_graph_is_an_event_of_it(recording: Recorded) -> None:
    @runreel.agent("host")
    def host() -> Any:
        return record(chain("a", name="inner")).invoke({"steps": ["given"]})

    host()
    (run,) = recording.runs
    call = recording.event("inner")
    assert (run["agent_name"], call["event_type"], call["status"]) == ("host", "step", "completed")
    assert (call["inputs"], call["outputs"]) == ({"steps": ["given"]}, {"steps": ["given", "a"]})
    assert [event["parent_event_id"] for event in executions(recording)] == [call["event_id"]]


def test_tags_metadata_and_thread_are_those_of_the_run(recording: Recorded) -> None:
    config = {"tags": ["nightly"], "metadata": {"customer": "c-1"}, **in_thread("talk")}
    record(chain("a", name="tagged")).invoke({}, config)
    run = recording.run("tagged")
    assert (run["tags"], run["session_id"]) == (["nightly"], "talk")
    assert run["metadata"] == {"customer": "c-1", "framework": "langgraph"}


def test_the_session_of_init_counts_more_than_the_thread() -> None:
    with recorded("app", session="mine") as recording:
        record(chain("a")).invoke({}, in_thread("talk"))
    assert recording.runs[0]["session_id"] == "mine"


def test_copies_of_a_recorded_graph_are_recorded(recording: Recorded) -> None:
    record(chain("a", name="original")).with_config(tags=["copy"]).invoke({})
    assert recording.run("original")["status"] == "completed"


def test_recording_twice_records_once(recording: Recorded) -> None:
    graph = record(chain("a"))
    assert record(graph, agent="again") is graph
    graph.invoke({})
    assert [run["agent_name"] for run in recording.runs] == ["again"]
    assert len(executions(recording)) == 1


def test_only_what_was_asked_for_is_recorded(recording: Recorded) -> None:
    record(chain("a", name="one"))
    chain("a", name="other").invoke({})
    assert recording.runs == []


def test_install_records_every_graph_until_uninstall(recording: Recorded) -> None:
    original = Pregel.stream, Pregel.astream
    install()
    install()
    before = chain("a", name="installed")
    before.invoke({})
    uninstall()
    assert (Pregel.stream, Pregel.astream) == original
    before.invoke({})
    chain("a", name="later").invoke({})
    assert [run["agent_name"] for run in recording.runs] == ["installed"]


def test_uninstall_leaves_what_somebody_else_put_there(monkeypatch: pytest.MonkeyPatch) -> None:
    install()
    ours = Pregel.stream

    def theirs(self: Any, *args: Any, **kwargs: Any) -> Any:
        return ours(self, *args, **kwargs)

    monkeypatch.setattr(Pregel, "stream", theirs)
    uninstall()
    assert Pregel.stream is theirs
    assert chain("a").invoke({}) == {"steps": ["a"]}


def test_what_is_no_graph_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    something = object()
    with caplog.at_level(logging.WARNING, "runreel"):
        assert record(something) is something
    assert "give what `compile` of a graph returns" in caplog.text


def test_signatures_stay() -> None:
    import inspect

    before = inspect.signature(Pregel.stream)
    install()
    assert inspect.signature(Pregel.stream) == before


def test_wrong_arguments_are_no_call(recording: Recorded) -> None:
    graph = record(chain("a"))
    with pytest.raises(TypeError):
        graph.stream()
    assert list(recording) == []


def test_disabled_recording_touches_nothing() -> None:
    program = (
        "from langgraph.pregel import Pregel; from tests.integrations.graphs import chain;"
        "from runreel.integrations.langgraph import install, record;"
        "stream = Pregel.stream; graph = chain('a'); node = graph.nodes['a'].node; install();"
        "assert record(graph) is graph and Pregel.stream is stream and graph.nodes['a'].node is node"
    )
    env = os.environ | {"RUNREEL_DISABLED": "1", "PYTHONPATH": f"{PACKAGE.parent}{os.pathsep}{PACKAGE.parents[1]}"}
    subprocess.run([sys.executable, "-c", program], env=env, check=True, timeout=PATIENCE_S)
