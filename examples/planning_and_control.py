"""An agent that plans, works through its plan step by step, asks a person before the last one, and can be stopped.

Start a server with `runreel up`, then run `python examples/planning_and_control.py`. The run has a plan whose steps
depend on each other: one fails at first and is tried again, one fails for good, one is left out since it needs that
one, one tries something else in a branch. The last one waits for an answer: give it on the run's page, or let the
three seconds pass (`--wait 60` for more), and the default counts. Ask the agent there to pause or to stop, too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import runreel

runreel.init(agent="number_cruncher", environment="example")

MISTAKEN = """\
squares = [number**2 for number in range(1, 11)]
with open("squares.csv", "w") as file:
    print("number,square", file=file)
    for number, square in enumerate(squares, start=1):
        print(number, square, sep=",", file=file)
print(sum(squares) / "1")
"""
MENDED = MISTAKEN.replace('sum(squares) / "1"', "sum(squares)")
PLAN = [
    runreel.Step(
        "compute",
        goal="Compute the squares from 1 to 10 and keep them",
        agent_name="coder",
        details=["write the code", "run it", "mend it if need be"],
        max_attempts=2,
        depends_on=["planning"],
    ),
    runreel.Step(
        "look_up", goal="Find a table of squares to compare with", agent_name="librarian", depends_on=["planning"]
    ),
    runreel.Step("compare", goal="Compare both tables", depends_on=["compute", "look_up"]),
    runreel.Step("check", goal="Check the sum by its formula, and in another order", depends_on=["compute"]),
    runreel.Step(
        "publish",
        goal="Publish the sum",
        node_type="approval",
        agent_name="reporter",
        requires_approval=True,
        depends_on=["check"],
    ),
]


class CodeError(Exception):
    """The code ended with an error."""


class Cruncher:
    """One run of the agent; its files are in `folder`."""

    def __init__(self, folder: Path, wait_s: float) -> None:
        self.folder = folder
        self.wait_s = wait_s
        self.code = MISTAKEN

    @runreel.node("planning", goal="Split the task into steps")
    def make_plan(self, task: str) -> list[str]:
        runreel.message(task, sender="user", recipient="planner")
        return [step.node_id for step in PLAN]

    def compute(self) -> int:
        """Try twice; the second time the code is mended, and the plan's node has a second execution."""
        try:
            return self.run_code()
        except CodeError as error:
            runreel.message(f"The code fails: {error}", sender="coder", recipient="coder")
            return self.run_code(MENDED)

    @runreel.node("compute", capture_inputs=False)
    def run_code(self, mended: str | None = None) -> int:
        with runreel.code_exec(mended or self.code, name="squares.py") as execution:
            if mended is not None:
                execution.add_diff("squares.py", self.code, mended)
                self.code = mended
            command = [sys.executable, "-I", "-c", self.code]
            done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
            execution.set_result(stdout=done.stdout, stderr=done.stderr, exit_code=done.returncode)
            if done.returncode == 0:
                runreel.file(self.folder / "squares.csv", path="squares.csv", type="table")
        if done.returncode:
            raise CodeError(done.stderr.splitlines()[-1])
        runreel.checkpoint("squares", "squares.csv", data={"exit_code": done.returncode})
        return int(done.stdout)

    @runreel.node("look_up")
    def look_up(self) -> str:
        runreel.handoff("librarian", sender="planner", reason="Tables are kept there.")
        return (self.folder / "library" / "squares.csv").read_text(encoding="utf-8")

    @runreel.node("check")
    def check(self, total: int) -> bool:
        with runreel.branch("The order makes no difference", overrides={"order": "descending"}) as branch:
            descending = sum(number**2 for number in range(10, 0, -1))
            branch.set_output({"total": descending})
        return total == descending == 10 * 11 * 21 // 6

    @runreel.node("publish", type="approval")
    def publish(self, total: int) -> str:
        approval = runreel.approval(
            f"May I publish that the sum is {total}?",
            options=["publish", "keep it"],
            context={"total": total, "table": "squares.csv"},
            timeout_s=self.wait_s,
            default="keep it",
        )
        if not approval.is_approved:
            return f"The sum is {total}, and stays here."
        runreel.file(f"# The sum is {total}\n".encode(), path="report.md", is_final_output=True)
        return f"The sum is {total}, and published."

    def work(self, task: str) -> str:
        self.make_plan(task)
        runreel.plan(PLAN)
        total = self.compute()
        # Where a person has asked to pause or to stop, the agent does so between two steps.
        runreel.check_stop()
        try:
            self.look_up()
        except OSError:
            runreel.skip("compare", why="There is no table to compare with.")
        runreel.check_stop()
        if not self.check(total):
            runreel.skip("publish", why="The sum is wrong.")
            return "The sum is not known."
        runreel.check_stop()
        answer = self.publish(total)
        runreel.message(answer, sender="reporter", recipient="user")
        return answer


@runreel.agent(mode="planning_control")
def crunch(task: str, wait_s: float = 3.0) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return Cruncher(Path(folder), wait_s).work(task)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wait", type=float, default=3.0, metavar="SECONDS", help="for the answer of a person")
    print(crunch("What is the sum of the squares from 1 to 10?", parser.parse_args().wait))
