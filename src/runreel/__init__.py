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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runreel.errors import StopRequestedError
    from runreel.sdk.approval import Approval, approval, approval_async
    from runreel.sdk.branch import branch
    from runreel.sdk.code import CodeExecution, code_exec
    from runreel.sdk.control import check_stop, check_stop_async, should_pause, should_stop
    from runreel.sdk.milestone import checkpoint, handoff, skip
    from runreel.sdk.plan import Step

# What few programs use is imported when it is first asked for.
_LATER = {
    "Approval": "approval",
    "CodeExecution": "code",
    "Step": "plan",
    "StopRequestedError": "control",
    "approval": "approval",
    "approval_async": "approval",
    "branch": "branch",
    "check_stop": "control",
    "check_stop_async": "control",
    "checkpoint": "milestone",
    "code_exec": "code",
    "handoff": "milestone",
    "should_pause": "control",
    "should_stop": "control",
    "skip": "milestone",
}

__all__ = [
    "Approval",
    "CodeExecution",
    "Event",
    "Run",
    "Step",
    "StopRequestedError",
    "add_attributes",
    "add_tags",
    "agent",
    "approval",
    "approval_async",
    "bind",
    "branch",
    "check_stop",
    "check_stop_async",
    "checkpoint",
    "code_exec",
    "current_run",
    "event",
    "extract",
    "file",
    "flush",
    "follow_threads",
    "get_current_run_name",
    "handoff",
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
    "should_pause",
    "should_stop",
    "shutdown",
    "skip",
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


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - for start-up time

    value = globals()[name] = getattr(import_module(f"runreel.sdk.{_LATER[name]}"), name)
    return value
