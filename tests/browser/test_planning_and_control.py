"""The planning-and-control example, watched from its plan to its end by a person who answers its question."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_plan import step, steps
from tests.support.app import ServedApp
from tests.support.patience import PATIENCE_S
from tests.support.source import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

EXAMPLE = ROOT / "examples" / "planning_and_control.py"
QUESTION = "May I publish that the sum is 385?"


@contextmanager
def running_example(url: str, journal: Path) -> Generator[subprocess.Popen[str]]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")}
    env = {**clean, "RUNREEL_URL": url, "RUNREEL_JOURNAL": str(journal)}
    command = [sys.executable, str(EXAMPLE), "--wait", "100"]
    with subprocess.Popen(command, env=env, text=True, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_example_is_watched_from_its_plan_to_its_end(page: Page, server: ServedApp, tmp_path: Path) -> None:
    page.goto("/approvals")
    expect(page.get_by_role("heading", name="No approvals yet")).to_be_visible()

    with running_example(server.url, tmp_path / "journal") as process:
        # The plan, and how far it is while the agent waits.
        page.get_by_role("article", name=QUESTION).get_by_role("link", name="run 1").click()
        page.get_by_role("link", name="Plan").click()
        head = page.locator("header", has=page.get_by_role("heading", level=1))
        expect(head).to_contain_text("Needs approval")
        expect(head).to_contain_text("step 5 of 5")
        expect(steps(page)).to_have_count(5)
        states = {
            "compute": "Completed2 of 2 attempts",
            "look_up": "Failed",
            "compare": "Skipped",
            "check": "Completed",
            "publish": "Needs approval",
        }
        for name, words in states.items():
            expect(step(page, name)).to_contain_text(words)
        expect(step(page, "compare")).to_contain_text("look_up")

        # The branch, and the code that failed, was mended, and made a file.
        expect(head).to_contain_text("1 child run")
        step(page, "compute").get_by_role("button", name=re.compile("compute")).first.click()
        node = page.get_by_role("region", name="Node")
        node.get_by_role("tab", name="Events").click()
        node.get_by_role("button", name=re.compile("squares.py")).last.click()
        event = page.get_by_role("region", name="Event")
        expect(event.get_by_role("region", name="Code")).to_contain_text("385")
        expect(event).to_contain_text('print(sum(squares) / "1")')
        page.keyboard.press("Escape")

        # The answer, and the end.
        banner = page.get_by_role("region", name="Waits for an answer")
        expect(banner).to_contain_text(QUESTION)
        banner.get_by_role("button", name="publish").click()
        output, _ = process.communicate(timeout=PATIENCE_S)
        assert output == "The sum is 385, and published.\n"
        expect(head).to_contain_text("Completed")
        expect(step(page, "publish")).to_contain_text("Completed")
        page.get_by_role("link", name="Files").click()
        for path in ("squares.csv", "report.md"):
            expect(page.get_by_text(path).first).to_be_visible()
