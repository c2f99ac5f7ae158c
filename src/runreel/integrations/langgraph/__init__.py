"""Records graphs of LangGraph: their nodes and edges, and every execution of them.

    from runreel.integrations.langgraph import record

    graph = record(builder.compile())

`record` is for one graph, `install` for all of a process. What the graph returns, streams and raises stays what it is.
"""

from runreel.integrations.langgraph.recorder import install, record, uninstall

__all__ = ["install", "record", "uninstall"]
