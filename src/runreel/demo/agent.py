"""The agent: it has a plan made, works through its steps with tools, and reports.

    planning ──▶ step_1 ──▶ … ──▶ step_n ──▶ terminator

Every call of the model is a real HTTP request, every tool does what it says, and a run fails when the work does.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

from runreel.demo import model
from runreel.demo.errors import CodeFailedError, ModelBusyError, StepFailedError, StoppedError
from runreel.demo.model import JsonObject, Reply, ToolCall
from runreel.demo.pace import Pace
from runreel.demo.recording import OpenEvent, Record, Recording
from runreel.demo.scenes import Job
from runreel.demo.scripted_model import MODEL_NAME, PROVIDER
from runreel.demo.toolbox import Toolbox

MAX_TURNS = 6
MAX_ATTEMPTS = 3
RETRY_AFTER_S = 0.5

EVENT_TYPES = {"run_python": "code_exec", "write_file": "file_gen", "ask_colleague": "handoff"}
TOOLS = ("list_tables", "read_table", "find_rows", "describe_column", "run_python", "write_file", "ask_colleague")
PRICE_NOTE = {"price": "invented for the demo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every run of the demo works with."""

    send: Callable[[Record], None]
    model_url: str
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The event of another run in which a run was asked for."""

    run_id: str
    event_id: str


def do_job(job: Job, surroundings: Surroundings, *, caller: Caller | None = None) -> str:
    """Run the agent once and record it; return its answer.

    Raises:
        StepFailedError: the work could not be done; the run is recorded as failed.
        StoppedError: the demo was told to end; the run is recorded as cancelled.
    """
    recording = Recording(surroundings.send, run_id=uuid4().hex, agent_name=job.agent_name)
    recording.run_began(
        status="planning",
        session_id=job.session_id,
        environment="demo",
        mode="planning_control",
        model=MODEL_NAME,
        task=job.task,
        tags=job.tags,
        inputs={"task": job.task},
        parent_run_id=caller.run_id if caller else None,
        parent_event_id=caller.event_id if caller else None,
        metadata={"data": "rounded sample tables that come with the demo"},
    )
    try:
        with tempfile.TemporaryDirectory(prefix="runreel-demo-") as work_dir:
            answer = _Worker(job, surroundings, recording, Toolbox(Path(work_dir))).work()
    except StoppedError:
        recording.run_ended("cancelled")
        raise
    except Exception as error:
        recording.run_ended("failed", error=error)
        raise
    recording.run_ended("completed", outputs={"answer": answer})
    return answer


class _Worker:
    """One run of the agent."""

    def __init__(self, job: Job, surroundings: Surroundings, recording: Recording, toolbox: Toolbox) -> None:
        self._job = job
        self._surroundings = surroundings
        self._recording = recording
        self._toolbox = toolbox
        self._known_files: set[str] = set()
        self._findings: list[str] = []

    def work(self) -> str:
        self._recording.node_planned("planning", node_type="planning", order_index=0, agent_name="planner")
        with self._recording.node("planning"):
            goals = self._plan()
            self._declare_steps(goals)
        self._recording.run_is("executing")
        for number, goal in enumerate(goals, start=1):
            try:
                with self._recording.node(f"step_{number}"):
                    self._findings.append(self._do_step(f"step_{number}", goal))
            except (StepFailedError, StoppedError):
                self._skip_after(number, len(goals))
                raise
        with self._recording.node("terminator"):
            return self._report()

    def _plan(self) -> list[str]:
        with self._recording.event("agent_call", "planner", node_id="planning") as call:
            reply = self._ask_model("You are the planner. Answer with a plan in JSON.", f"Task: {self._job.task}", call)
            goals: list[str] = json.loads(reply.text)["steps"]
            call.outputs = {"steps": goals}
        self._recording.message("planner", "worker", {"steps": goals}, node_id="planning")
        return goals

    def _declare_steps(self, goals: Sequence[str]) -> None:
        steps = [f"step_{number}" for number in range(1, len(goals) + 1)]
        for number, (step, goal) in enumerate(zip(steps, goals, strict=True), start=1):
            self._recording.node_planned(
                step, node_type="step", order_index=number, name=goal, goal=goal, agent_name="worker"
            )
        last = len(goals) + 1
        self._recording.node_planned("terminator", node_type="terminator", order_index=last, agent_name="reporter")
        stages = ["planning", *steps, "terminator"]
        for source, target in pairwise(stages):
            self._recording.edge(source, target)

    def _skip_after(self, number: int, n_steps: int) -> None:
        for later in range(number + 1, n_steps + 1):
            self._recording.node_skipped(f"step_{later}")
        self._recording.node_skipped("terminator")

    def _do_step(self, node_id: str, goal: str) -> str:
        with self._recording.event("agent_call", "worker", node_id=node_id, inputs={"goal": goal}) as call:
            finding = self._converse(goal, call)
            call.outputs = {"finding": finding}
        self._recording.message("worker", "reporter", finding, node_id=node_id)
        return finding

    def _converse(self, goal: str, call: OpenEvent) -> str:
        """Let the model call tools until it has something to say."""
        messages = _conversation(
            "You are the worker. Do the step with the tools.", f"{self._task_so_far()}\nStep: {goal}"
        )
        for _ in range(MAX_TURNS):
            reply = self._complete(messages, call)
            if not reply.tool_calls:
                return reply.text
            messages.append(reply.message)
            for tool_call in reply.tool_calls:
                result = self._use_tool(tool_call, call)
                content = json.dumps(result, ensure_ascii=False)
                messages.append({"role": "tool", "tool_call_id": tool_call.call_id, "content": content})
        raise StepFailedError(f"there was no result after {MAX_TURNS} turns")

    def _report(self) -> str:
        with self._recording.event("agent_call", "reporter", node_id="terminator") as call:
            reply = self._ask_model("You are the reporter. Answer the task in a sentence.", self._task_so_far(), call)
            call.outputs = {"answer": reply.text}
        self._recording.message("reporter", "user", reply.text, node_id="terminator")
        return reply.text

    def _task_so_far(self) -> str:
        return "\n".join([f"Task: {self._job.task}", "Findings:", *(f"- {finding}" for finding in self._findings)])

    def _ask_model(self, role: str, question: str, call: OpenEvent) -> Reply:
        return self._complete(_conversation(role, question), call)

    def _complete(self, messages: list[JsonObject], call: OpenEvent) -> Reply:
        """Ask the model, again if it is busy; every attempt is an event of its own."""
        for attempt in range(1, MAX_ATTEMPTS):
            try:
                return self._attempt(messages, call, attempt)
            except ModelBusyError:
                self._surroundings.pace.wait(RETRY_AFTER_S * attempt)
        return self._attempt(messages, call, MAX_ATTEMPTS)

    def _attempt(self, messages: list[JsonObject], call: OpenEvent, attempt: int) -> Reply:
        self._surroundings.pace.check()
        request: JsonObject = {
            "model": MODEL_NAME,
            "messages": messages,
            "tools": [{"type": "function", "function": {"name": name}} for name in TOOLS],
            "user": self._recording.run_id,
        }
        asked = {"inputs": {"messages": list(messages)}, "model": MODEL_NAME, "provider": PROVIDER}
        with self._recording.event("llm_call", MODEL_NAME, node_id=call.node_id, parent=call, **asked) as event:
            event.attributes = {"attempt": attempt, **PRICE_NOTE}
            reply = model.ask(self._surroundings.model_url, request)
            event.outputs = reply.message
            event.usage = {
                "tokens_in": reply.usage["prompt_tokens"],
                "tokens_out": reply.usage["completion_tokens"],
                "cost": reply.usage["cost"],
            }
            event.attributes = {"attempt": attempt, "finish_reason": reply.finish_reason, **PRICE_NOTE}
        return reply

    def _use_tool(self, tool_call: ToolCall, call: OpenEvent) -> JsonObject:
        """Run a tool; what goes wrong in it is a result too, for the model to think about."""
        self._surroundings.pace.check()
        if tool_call.tool == "give_up":
            raise StepFailedError(tool_call.arguments["reason"])
        event_type = EVENT_TYPES.get(tool_call.tool, "tool_call")
        inputs = dict(tool_call.arguments)
        with self._recording.event(
            event_type, tool_call.tool, node_id=call.node_id, parent=call, inputs=inputs
        ) as event:
            try:
                result = self._run_tool(tool_call, event)
            except (OSError, LookupError, TypeError, ValueError, StepFailedError) as error:
                event.error = error
                return {"error": f"{type(error).__name__}: {error}"}
            event.outputs = result
            if result.get("exit_code"):
                event.error = CodeFailedError(result["stderr"].strip())
            self._tell_files(event, is_final_output=event_type == "file_gen")
            return result

    def _run_tool(self, tool_call: ToolCall, event: OpenEvent) -> JsonObject:
        if tool_call.tool == "ask_colleague":
            return self._ask_colleague(event, **tool_call.arguments)
        return self._toolbox.call(tool_call.tool, tool_call.arguments)

    def _ask_colleague(self, event: OpenEvent, agent: str, question: str) -> JsonObject:
        """Let another agent work; its run is a child of this one."""
        job = replace(self._job, agent_name=agent, task=question)
        node_id = event.node_id or ""
        self._recording.message(self._job.agent_name, agent, question, node_id=node_id)
        answer = do_job(job, self._surroundings, caller=Caller(run_id=self._recording.run_id, event_id=event.event_id))
        self._recording.message(agent, self._job.agent_name, answer, node_id=node_id)
        return {"answer": answer}

    def _tell_files(self, event: OpenEvent, *, is_final_output: bool) -> None:
        for file in self._toolbox.list_files():
            if file.path not in self._known_files:
                self._known_files.add(file.path)
                self._recording.file(
                    file.path,
                    by=event,
                    media_type=file.media_type,
                    size_bytes=file.size_bytes,
                    content_hash=file.content_hash,
                    is_final_output=is_final_output,
                )


def _conversation(role: str, question: str) -> list[JsonObject]:
    return [{"role": "system", "content": role}, {"role": "user", "content": question}]
