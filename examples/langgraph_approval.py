"""A graph of LangGraph that writes a draft, asks a person, and goes on in the same run with what was answered.

Install `pip install 'runreel[langgraph]'`, start a server with `runreel up`, then run
`python examples/langgraph_approval.py`. The run has the graph of the program: the whole of it from the start, pending
until it runs. `ask` waits for a person (here: the program itself answers), and `improve` was taken once.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

import runreel
from runreel.integrations.langgraph import record

runreel.init(environment="example")

# Answers without a service that costs anything; any chat model of LangChain may stand here.
MODEL = GenericFakeChatModel(
    messages=iter(
        AIMessage(text, usage_metadata={"input_tokens": 20, "output_tokens": 6, "total_tokens": 26})
        for text in ("Roses are red.", "Roses are red, violets are blue.")
    )
)


class State(TypedDict, total=False):
    topic: str
    draft: str
    remark: str


def write(state: State) -> State:
    """Write a first draft."""
    return {"draft": str(MODEL.invoke(f"Write about {state['topic']}.").content)}


def ask(state: State) -> State:
    """Ask a person whether it will do."""
    return {"remark": interrupt({"question": "Will this do?", "draft": state["draft"]})}


def improve(state: State) -> State:
    """Follow what the person said."""
    return {"draft": str(MODEL.invoke(f"{state['draft']} {state['remark']}").content)}


def decide(state: State) -> Literal["good", "not yet"]:
    return "good" if state["remark"] == "yes" else "not yet"


def build() -> Any:
    builder = StateGraph(State)
    builder.add_node("write", write)
    builder.add_node("ask", ask)
    builder.add_node("improve", improve)
    builder.add_edge(START, "write")
    builder.add_edge("write", "ask")
    builder.add_conditional_edges("ask", decide, {"good": END, "not yet": "improve"})
    builder.add_edge("improve", "ask")
    return record(builder.compile(checkpointer=InMemorySaver(), name="poet"))


if __name__ == "__main__":
    graph = build()
    thread: Any = {"configurable": {"thread_id": "roses"}}
    graph.invoke({"topic": "roses"}, thread)
    graph.invoke(Command(resume="Mention violets."), thread)
    print(graph.invoke(Command(resume="yes"), thread)["draft"])
