"""The agent: it has a plan made, works through its steps with tools, and reports.

    planning ──▶ step_1 ──▶ … ──▶ step_n ──▶ terminator

Every call of the model is a real HTTP request, every tool does what it says, and a run fails when the work does. People
may ask a run to pause or to stop, and are asked before a page is written; where nobody answers in time, it is written.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import runreel
from runreel.demo import model
from runreel.demo.errors import CodeFailedError, ModelBusyError, StepFailedError, StoppedError
from runreel.demo.model import JsonObject, Reply, ToolCall
from runreel.demo.pace import Pace
from runreel.demo.scenes import Job
from runreel.demo.scripted_model import MODEL_NAME, PROVIDER
from runreel.demo.toolbox import Toolbox

MAX_TURNS = 6
MAX_ATTEMPTS = 3
RETRY_AFTER_S = 0.5
ANSWER_WITHIN_S = 20.0

TOOLS = ("list_tables", "read_table", "find_rows", "describe_column", "run_python", "write_file", "ask_colleague")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every run of the demo works with."""

    model_url: str
    pace: Pace


def do_job(job: Job, surroundings: Surroundings) -> str:
    """Run the agent once and return its answer; within another run it is a child of that.

    Raises:
        StepFailedError: the work could not be done; the run is recorded as failed.
        StoppedError: the demo was told to end; the run is recorded as cancelled.
    """
    with runreel.run(
        agent=job.agent_name,
        session=job.session,
        environment="demo",
        mode="planning_control",
        model=MODEL_NAME,
        task=job.task,
        tags=job.tags,
        metadata={"data": "rounded sample tables that come with the demo"},
    ) as run:
        run.set_status("planning")
        run.set_input({"task": job.task})
        with tempfile.TemporaryDirectory(prefix="runreel-demo-") as work_dir:
            answer = _Worker(job, surroundings, Toolbox(Path(work_dir))).work()
        run.set_output({"answer": answer})
        return answer


class _Worker:
    """One run of the agent."""

    def __init__(self, job: Job, surroundings: Surroundings, toolbox: Toolbox) -> None:
        self._job = job
        self._surroundings = surroundings
        self._toolbox = toolbox
        self._findings: list[str] = []

    def work(self) -> str:
        with runreel.node("planning", goal="Split the task into steps"):
            goals = self._plan()
            runreel.message({"steps": goals}, sender="planner", recipient="worker")
        steps = {f"step_{number}": goal for number, goal in enumerate(goals, start=1)}
        runreel.plan({"planning": None, **steps, "terminator": "Answer the task"})
        runreel.current_run().set_status("executing")
        for node_id, goal in steps.items():
            try:
                with runreel.node(node_id):
                    finding = self._do_step(goal)
                    runreel.message(finding, sender="worker", recipient="reporter")
            except (StepFailedError, StoppedError, runreel.StopRequestedError):
                for later in [*list(steps)[list(steps).index(node_id) + 1 :], "terminator"]:
                    runreel.skip(later, why=f"{node_id} was not done")
                raise
            self._findings.append(finding)
        with runreel.node("terminator"):
            answer = self._report()
            runreel.message(answer, sender="reporter", recipient="user")
            return answer

    @runreel.span("planner", type="agent_call")
    def _plan(self) -> list[str]:
        reply = self._ask_model("You are the planner. Answer with a plan in JSON.", f"Task: {self._job.task}")
        return json.loads(reply.text)["steps"]

    @runreel.span("worker", type="agent_call")
    def _do_step(self, goal: str) -> str:
        """Let the model call tools until it has something to say."""
        messages = _conversation(
            "You are the worker. Do the step with the tools.", f"{self._task_so_far()}\nStep: {goal}"
        )
        for _ in range(MAX_TURNS):
            reply = self._complete(messages)
            if not reply.tool_calls:
                return reply.text
            messages.append(reply.message)
            for tool_call in reply.tool_calls:
                content = json.dumps(self._use_tool(tool_call), ensure_ascii=False)
                messages.append({"role": "tool", "tool_call_id": tool_call.call_id, "content": content})
        raise StepFailedError(f"there was no result after {MAX_TURNS} turns")

    @runreel.span("reporter", type="agent_call")
    def _report(self) -> str:
        return self._ask_model("You are the reporter. Answer the task in a sentence.", self._task_so_far()).text

    def _task_so_far(self) -> str:
        return "\n".join([f"Task: {self._job.task}", "Findings:", *(f"- {finding}" for finding in self._findings)])

    def _ask_model(self, role: str, question: str) -> Reply:
        return self._complete(_conversation(role, question))

    def _complete(self, messages: list[JsonObject]) -> Reply:
        """Ask the model, again if it is busy; every attempt is an event of its own."""
        for attempt in range(1, MAX_ATTEMPTS):
            try:
                return self._attempt(messages, attempt)
            except ModelBusyError:
                self._surroundings.pace.wait(RETRY_AFTER_S * attempt)
        return self._attempt(messages, MAX_ATTEMPTS)

    def _attempt(self, messages: list[JsonObject], attempt: int) -> Reply:
        self._obey()
        with runreel.llm(MODEL_NAME, model=MODEL_NAME, provider=PROVIDER) as call:
            call.set_input({"messages": messages})
            call.add_attributes({"attempt": attempt, "price": "invented for the demo"})
            reply = model.ask(self._surroundings.model_url, self._request(messages))
            call.set_output(reply.message)
            call.add_attributes({"finish_reason": reply.finish_reason})
            call.usage(
                tokens_in=reply.usage["prompt_tokens"],
                tokens_out=reply.usage["completion_tokens"],
                cost=reply.usage["cost"],
            )
        return reply

    def _request(self, messages: list[JsonObject]) -> JsonObject:
        tools = [{"type": "function", "function": {"name": name}} for name in TOOLS]
        user = runreel.current_run().run_id
        return {"model": MODEL_NAME, "messages": messages, "tools": tools, "user": user}

    def _use_tool(self, tool_call: ToolCall) -> JsonObject:
        """Run a tool; what goes wrong in it is a result too, for the model to think about."""
        self._obey()
        if tool_call.tool == "give_up":
            raise StepFailedError(tool_call.arguments["reason"])
        try:
            if tool_call.tool == "ask_colleague":
                return self._ask_colleague(**tool_call.arguments)
            if tool_call.tool == "write_file":
                self._ask_person(**tool_call.arguments)
            return self._toolbox.call(tool_call.tool, tool_call.arguments)
        except CodeFailedError as error:
            return error.result
        except (OSError, LookupError, TypeError, ValueError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def _obey(self) -> None:
        """Do what people ask: wait while the run is to pause, and end when it is to stop."""
        pace = self._surroundings.pace
        pace.check()
        if runreel.should_stop() or runreel.should_pause():
            pace.wait_for(runreel.check_stop_async())

    def _ask_person(self, path: str, text: str) -> None:
        """Ask whether a file may be written, and take silence for a yes: the demo runs by itself."""
        pace = self._surroundings.pace
        approval = pace.wait_for(
            runreel.approval_async(
                f"May I write {path}?",
                options=["write it", "leave it"],
                context={"path": path, "text": text},
                timeout_s=ANSWER_WITHIN_S * min(pace.factor, 1.0),
                default="write it",
            )
        )
        if not approval.is_approved:
            raise StepFailedError(f"{path} was not to be written: {approval.feedback or 'no reason was given'}")

    @runreel.tool("ask_colleague")
    def _ask_colleague(self, agent: str, question: str) -> JsonObject:
        """Let another agent work; its run is a child of this one."""
        runreel.handoff(agent, reason=question)
        runreel.message(question, sender=self._job.agent_name, recipient=agent)
        try:
            answer = do_job(replace(self._job, agent_name=agent, task=question), self._surroundings)
        except StepFailedError as error:
            return {"error": f"StepFailedError: {error}"}
        runreel.message(answer, sender=agent, recipient=self._job.agent_name)
        return {"answer": answer}


def _conversation(role: str, question: str) -> list[JsonObject]:
    return [{"role": "system", "content": role}, {"role": "user", "content": question}]
