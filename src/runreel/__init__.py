"""Runreel records every run of an AI agent, and shows it."""

__version__ = "0.1.0"  # first, since what is imported below asks for it

from runreel.sdk.decorator import agent, llm, node, run, span, step, tool, workflow
from runreel.sdk.event import Event
from runreel.sdk.lifecycle import flush, init, shutdown
from runreel.sdk.note import (
    add_attributes,
    add_tags,
    current_run,
    event,
    file,
    get_current_run_name,
    message,
    plan,
    set_input,
    set_output,
    set_status,
    usage,
)
from runreel.sdk.observe import observe, track_agent, track_step, track_tool
from runreel.sdk.propagation import extract, inject
from runreel.sdk.run import Run
from runreel.sdk.threads import bind, follow_threads, unfollow_threads

__all__ = [
    "Event",
    "Run",
    "add_attributes",
    "add_tags",
    "agent",
    "bind",
    "current_run",
    "event",
    "extract",
    "file",
    "flush",
    "follow_threads",
    "get_current_run_name",
    "init",
    "inject",
    "llm",
    "message",
    "node",
    "observe",
    "plan",
    "run",
    "set_input",
    "set_output",
    "set_status",
    "shutdown",
    "span",
    "step",
    "tool",
    "track_agent",
    "track_step",
    "track_tool",
    "unfollow_threads",
    "usage",
    "workflow",
]
