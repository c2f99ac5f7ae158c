"""What is said of the innermost event or run."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import runreel
from runreel.testing import Recorded


def test_an_event_of_a_moment_is_one_record(recording: Recorded) -> None:
    with runreel.span("outer") as outer:
        runreel.event("retry", type="guardrail", inputs=1, outputs=[2], attributes={"n": 3})
        runreel.event("broken", error=ValueError("no"))
        runreel.event("odd", error="just text", status="cancelled")
    retry, broken, odd = (recording.event(name) for name in ("retry", "broken", "odd"))
    assert (retry["phase"], retry["event_type"], retry["status"], retry["duration_ms"]) == (
        "whole", "guardrail", "completed", 0,
    )  # fmt: skip
    assert (retry["inputs"], retry["outputs"], retry["attributes"]) == (1, [2], {"n": 3})
    assert (broken["status"], broken["error"]["message"]) == ("failed", "no")
    assert (odd["status"], odd["error"]) == ("cancelled", "just text")
    assert {event["parent_event_id"] for event in (retry, broken, odd)} == {outer.event_id}


def test_a_message_says_where_it_was_said(recording: Recorded) -> None:
    with runreel.node("planning"), runreel.span("asking") as event:
        runreel.message({"text": "hi"}, sender="a", recipient="b", tokens=3, metadata={"k": 1})
    (message,) = recording.merged("message")
    assert (message["sender"], message["recipient"], message["tokens"]) == ("a", "b", 3)
    assert message["content"] == {"text": "hi"}
    assert (message["node_id"], message["event_id"]) == ("planning", event.event_id)


@pytest.mark.parametrize("source", ["text", "path", "bytes"])
def test_a_file_is_kept_as_it_is_now(recording: Recorded, tmp_path: Path, source: str) -> None:
    path = tmp_path / "report.md"
    path.write_text("# Report")
    given: Any = {"text": str(path), "path": path, "bytes": b"# Report"}[source]
    with runreel.span("writing") as event:
        runreel.file(given, path="out/report.md", type="report", is_final_output=True, metadata={"k": 1})
    path.unlink()
    (file,) = recording.merged("file")
    assert (file["path"], file["file_type"], file["media_type"]) == ("out/report.md", "report", "text/markdown")
    assert (file["size_bytes"], file["is_final_output"], file["event_id"]) == (8, True, event.event_id)
    assert recording.files == {file["file_id"]: b"# Report"}


def test_a_file_that_is_not_there_is_told_with_the_reason(recording: Recorded, tmp_path: Path) -> None:
    runreel.file(tmp_path / "missing.csv")
    (file,) = recording.merged("file")
    assert file["path"].endswith("missing.csv")
    assert "No such file" in file["metadata"]["not_kept"]


def test_output_and_status_are_of_the_innermost(recording: Recorded) -> None:
    @runreel.tool
    def cautious() -> str:
        runreel.set_output("told")
        runreel.set_status("failed")
        return "returned"

    with runreel.run(agent="one"):
        assert cautious() == "returned"
        runreel.set_output("of the run")
    assert (recording.event("cautious")["outputs"], recording.event("cautious")["status"]) == ("told", "failed")
    assert recording.run("one")["outputs"] == "of the run"


def test_input_and_attributes_are_of_the_innermost(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        runreel.set_input({"task": "find"})
        runreel.add_attributes({"team": "stars"})
        with runreel.llm("m-1") as call:
            call.set_input("How far?")
            runreel.add_attributes({"attempt": 1})
    assert recording.run("one")["inputs"] == {"task": "find"}
    assert recording.run("one")["metadata"] == {"team": "stars"}
    assert recording.event("m-1")["inputs"] == "How far?"
    assert recording.event("m-1")["attributes"] == {"attempt": 1}


def test_input_that_is_set_stands_in_place_of_arguments(recording: Recorded) -> None:
    @runreel.tool
    def search(rows: list[int]) -> None:
        runreel.set_input({"n_rows": len(rows)})

    search([1, 2])
    assert recording.event("search")["inputs"] == {"n_rows": 2}


def test_tags_are_of_the_run(recording: Recorded) -> None:
    with runreel.run(agent="one"), runreel.span("inside"):
        runreel.add_tags("a", "b")
    assert recording.run("one")["tags"] == ["a", "b"]


def test_usage_is_of_the_innermost_event(recording: Recorded) -> None:
    with runreel.run(agent="one"), runreel.llm("ask", model="given", provider="p"):
        runreel.usage(tokens_in=5, tokens_out=1, cost=0.25)
        runreel.usage(tokens_out=2, model="later")
    event = recording.event("ask")
    assert event["usage"] == {"tokens_in": 5, "tokens_out": 2, "cost": 0.25}
    assert (event["model"], event["provider"]) == ("later", "p")


def test_usage_directly_in_a_run_is_an_event(recording: Recorded) -> None:
    with runreel.run(agent="one"):
        runreel.usage(tokens_in=5, model="m")
    event = recording.event("m")
    assert (event["event_type"], event["model"], event["usage"]) == ("llm_call", "m", {"tokens_in": 5})


@pytest.mark.parametrize("figure", [-1, "5", float("nan"), float("inf"), True, object(), 10**13])
def test_unusable_usage_is_left_out(recording: Recorded, figure: Any) -> None:
    with runreel.llm("ask"):
        runreel.usage(tokens_in=figure, tokens_out=1)
    assert recording.event("ask")["usage"] == {"tokens_out": 1}


OPENAI = SimpleNamespace(
    model="gpt-x",
    usage=SimpleNamespace(
        prompt_tokens=10,
        completion_tokens=4,
        prompt_tokens_details=SimpleNamespace(cached_tokens=6),
        completion_tokens_details=SimpleNamespace(reasoning_tokens=3),
    ),
)
ANTHROPIC = SimpleNamespace(
    model="claude-x",
    usage=SimpleNamespace(input_tokens=10, output_tokens=4, cache_read_input_tokens=6, cache_creation_input_tokens=2),
)
LANGCHAIN = SimpleNamespace(
    usage_metadata={"input_tokens": 10, "output_tokens": 4, "input_token_details": {"cache_read": 6}},
    response_metadata={"model_name": "other"},
)
GEMINI = SimpleNamespace(
    model_version="gemini-x",
    usage_metadata=SimpleNamespace(prompt_token_count=10, candidates_token_count=4, thoughts_token_count=3),
)


@pytest.mark.parametrize(
    ("result", "usage", "model"),
    [
        (OPENAI, {"tokens_in": 10, "tokens_out": 4, "tokens_cached": 6, "tokens_reasoning": 3}, "gpt-x"),
        (ANTHROPIC, {"tokens_in": 18, "tokens_out": 4, "tokens_cached": 6, "tokens_cache_write": 2}, "claude-x"),
        (LANGCHAIN, {"tokens_in": 10, "tokens_out": 4, "tokens_cached": 6}, None),
        (GEMINI, {"tokens_in": 10, "tokens_out": 7, "tokens_reasoning": 3}, "gemini-x"),
        ({"model": "m", "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, {"tokens_in": 1, "tokens_out": 2}, "m"),
        ({"llm_output": {"token_usage": {"prompt_tokens": 1}}}, {"tokens_in": 1}, None),
    ],
    ids=["openai", "anthropic", "langchain", "gemini", "dict", "nested"],
)
def test_usage_is_read_from_results(recording: Recorded, result: Any, usage: dict[str, int], model: str | None) -> None:
    assert runreel.llm("ask")(lambda: result)() is result
    event = recording.event("ask")
    assert (event["usage"], event.get("model")) == (usage, model)


class Hostile:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class Endless:
    def __getattr__(self, name: str) -> Any:
        return self


@pytest.mark.parametrize("make", [Hostile, Endless, lambda: {"usage": {"prompt_tokens": "many"}}, lambda: 3])
def test_results_without_usage_have_none(recording: Recorded, make: Any) -> None:
    result = make()
    assert runreel.llm("ask")(lambda: result)() is result
    assert recording.event("ask")["status"] == "completed"
    assert "usage" not in recording.event("ask")


def test_what_was_said_counts_more_than_what_is_read(recording: Recorded) -> None:
    @runreel.llm
    def ask() -> Any:
        runreel.usage(tokens_in=99, model="mine")
        return OPENAI

    ask()
    event = recording.event("ask")
    assert (event["usage"]["tokens_in"], event["usage"]["tokens_out"], event["model"]) == (99, 4, "mine")


def test_the_ancestors_names_do_the_same(recording: Recorded) -> None:
    from runreel import observe, track_agent, track_step, track_tool

    @track_tool(name="search")
    def find(query: str) -> str:
        return query

    @track_step(name="summing", metadata={"v": 1})
    def total() -> int:
        return 3

    @track_agent
    def work() -> str:
        total()
        call = {"model": "m", "prompt": "p", "completion": "c", "tokens_in": 4, "latency_ms": 2.5}
        observe.track_event({"event_type": "llm_call", "data": call})
        failed = {"event_type": "tool_call", "data": {"tool_name": "hand", "error": {"type": "E"}}}
        observe.track_event(SimpleNamespace(to_dict=lambda: failed))
        observe.track_event(7)
        return find("q")

    work()
    run = recording.run("work")
    assert {event["run_id"] for event in recording.events} == {run["run_id"]}
    assert recording.event("search")["event_type"] == "tool_call"
    assert recording.event("summing")["attributes"] == {"v": 1}
    call = recording.event("m")
    assert (call["inputs"], call["outputs"], call["usage"], call["duration_ms"]) == ("p", "c", {"tokens_in": 4}, 2.5)
    assert recording.event("hand")["status"] == "failed"
