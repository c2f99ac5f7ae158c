"""An agent that asks before it deploys, and does what people ask of it: a program for tests."""

from __future__ import annotations

import sys
import time

import runreel

runreel.init("deployer")


def deploy() -> str:
    with runreel.node("deploy"):
        approval = runreel.approval("Deploy?", options=["deploy", "wait"], context={"version": 3})
    print(approval.status, approval.option, approval.feedback, approval.answered_by, flush=True)
    return approval.option or ""


def work() -> None:
    while True:
        runreel.check_stop()
        time.sleep(0.02)


with runreel.run(run_id="run-1"):
    print("begun", flush=True)
    {"deploy": deploy, "work": work}[sys.argv[1]]()
