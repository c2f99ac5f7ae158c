"""A workflow that plans, works through the plan and reports; one step runs Python and keeps the file that it wrote.

Start a server with `runreel up`, then run `python examples/planning_and_control.py`. The run has a graph: all
steps are there as soon as they are planned, and turn from `pending` to `completed` one by one. The code fails at first
and is mended; both executions are there with what they printed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import runreel

runreel.init(agent="number_cruncher", environment="example")

MISTAKEN = "print(sum(number**2 for number in range(1, 11) / 2))"
MENDED = """
squares = [number**2 for number in range(1, 11)]
with open("squares.csv", "w") as file:
    print("number,square", file=file)
    for number, square in enumerate(squares, start=1):
        print(number, square, sep=",", file=file)
print(sum(squares))
"""


class CodeError(Exception):
    """The code ended with an error."""


@runreel.node("planning", goal="Split the task into steps")
def make_plan(task: str) -> dict[str, str]:
    runreel.message(task, sender="user", recipient="planner")
    return {"compute": "Compute the squares from 1 to 10 and keep them", "check": "Check the sum by its formula"}


@runreel.span("run_python", type="code_exec")
def run_python(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    runreel.set_output({"exit_code": done.returncode, "stdout": done.stdout, "stderr": done.stderr})
    if done.returncode:
        raise CodeError(done.stderr.splitlines()[-1])
    for path in sorted(folder.iterdir()):
        runreel.file(path, path=path.name, type="table", is_final_output=True)
    return done.stdout


def compute() -> int:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return int(run_python(MISTAKEN, Path(folder)))
        except CodeError as error:
            runreel.message(f"The code fails: {error}", sender="worker", recipient="coder")
            return int(run_python(MENDED, Path(folder)))


@runreel.workflow("number_cruncher")
def crunch(task: str) -> str:
    runreel.current_run().set_status("planning")
    goals = make_plan(task)
    runreel.plan({"planning": None, **goals, "terminator": "Answer"})
    runreel.current_run().set_status("executing")
    with runreel.node("compute"):
        total = compute()
    with runreel.node("check") as check:
        is_right = total == 10 * 11 * 21 // 6
        check.set_output({"is_right": is_right})
    with runreel.node("terminator"):
        answer = f"The sum is {total}." if is_right else "The sum is not known."
        runreel.message(answer, sender="reporter", recipient="user")
    return answer


if __name__ == "__main__":
    print(crunch("What is the sum of the squares from 1 to 10?"))
