"""Calls of models, tools and retrievers within nodes are events of theirs, with what they consumed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

import runreel
from runreel.integrations.langgraph import record
from runreel.testing import Recorded
from tests.integrations.graphs import State, chain, executions


def answer(content: str, **more: Any) -> AIMessage:
    usage: Any = {"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}
    return AIMessage(content=content, usage_metadata=usage, response_metadata={"model_name": "m-1"}, **more)


@tool
def search(query: str) -> str:
    """Search the web."""
    if query == "nothing":
        raise LookupError(query)
    runreel.event("asked the index")
    return query.upper()


def agent(*answers: AIMessage) -> Any:
    model = GenericFakeChatModel(messages=iter(answers))
    builder = StateGraph(MessagesState)
    builder.add_node("think", lambda state: {"messages": [model.invoke(state["messages"])]})
    builder.add_node("tools", ToolNode([search]))
    builder.add_edge(START, "think")
    builder.add_conditional_edges("think", tools_condition)
    builder.add_edge("tools", "think")
    return record(builder.compile(name="agent"))


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    if request.param == "sync":
        return lambda graph, given: graph.invoke(given)
    return lambda graph, given: asyncio.run(graph.ainvoke(given))


def asking_for(query: str) -> AIMessage:
    return answer("", tool_calls=[{"name": "search", "args": {"query": query}, "id": "c-1"}])


def test_models_and_tools_are_events_within_their_nodes(recording: Recorded, call: Any) -> None:
    told = call(agent(asking_for("stars"), answer("Done.")), {"messages": [("user", "Search.")]})
    assert told["messages"][-1].content == "Done."
    thought, acted, _ = executions(recording)
    first, second = (event for event in recording.events if event["event_type"] == "llm_call")
    assert (first["parent_event_id"], first["node_id"], first["model"]) == (thought["event_id"], "think", "m-1")
    assert first["usage"] == {"tokens_in": 12, "tokens_out": 3}
    assert second["outputs"]["content"] == "Done."
    (used,) = (event for event in recording.events if event["event_type"] == "tool_call")
    assert (used["name"], used["parent_event_id"], used["node_id"]) == ("search", acted["event_id"], "tools")
    assert used["inputs"] == {"query": "stars"}
    assert used["status"] == "completed"
    assert recording.event("asked the index")["parent_event_id"] == used["event_id"]


def test_a_tool_that_fails_keeps_its_error(recording: Recorded, call: Any) -> None:
    def use(state: State) -> State:
        return {"answer": search.invoke({"query": "nothing"})}

    with pytest.raises(LookupError):
        call(record(chain(use)), {})
    (used,) = (event for event in recording.events if event["event_type"] == "tool_call")
    assert (used["status"], used["error"]["message"]) == ("failed", "nothing")
    assert executions(recording, "use")[0]["status"] == "failed"


def test_a_model_that_fails_keeps_its_error(recording: Recorded, call: Any) -> None:
    model = GenericFakeChatModel(messages=iter([]))
    with pytest.raises((RuntimeError, StopIteration)):
        call(record(chain(lambda_named("think", lambda state: {"answer": model.invoke("hello").content}))), {})
    (asked,) = (event for event in recording.events if event["event_type"] == "llm_call")
    assert asked["status"] == "failed"


def test_streamed_answers_tell_when_they_began(recording: Recorded) -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage(content="one two three")]))

    def think(state: State) -> State:
        return {"answer": "".join(str(piece.content) for piece in model.stream("hello"))}

    assert record(chain(think)).invoke({})["answer"] == "one two three"
    (asked,) = (event for event in recording.events if event["event_type"] == "llm_call")
    assert asked["attributes"]["item_count"] == 5
    assert asked["first_token_at"] is not None


def test_plain_models_and_retrievers(recording: Recorded) -> None:
    class Shelf(BaseRetriever):
        def _get_relevant_documents(self, query: str, **kwargs: Any) -> list[Document]:
            return [Document(page_content=query)]

    def think(state: State) -> State:
        return {"answer": FakeListLLM(responses=["yes"]).invoke(Shelf().invoke("books")[0].page_content)}

    assert record(chain(think)).invoke({})["answer"] == "yes"
    _, found, asked = recording.events
    assert (found["event_type"], found["inputs"], found["name"]) == ("retrieval", "books", "Shelf")
    assert (asked["event_type"], asked["inputs"], asked["outputs"]["text"]) == ("llm_call", "books", "yes")


def test_nothing_outside_of_nodes_is_recorded(recording: Recorded) -> None:
    model = GenericFakeChatModel(messages=iter([answer("a"), answer("b"), answer("c")]))
    model.invoke("before")
    with runreel.run(agent="host"):
        for _ in record(chain("a")).stream({}):
            model.invoke("between")
    model.invoke([HumanMessage("after")])
    assert {event["event_type"] for event in recording.events} == {"step", "node_execution"}


def lambda_named(name: str, function: Any) -> Any:
    function.__name__ = name
    return function
