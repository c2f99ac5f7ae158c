"""The plan of a run: what was to be done, and what became of it, live."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.api import Api, event, run_end, run_start
from tests.support.app import ServedApp
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PROGRAM = Path(__file__).with_name("planner.py")
RUN = "planned"


@pytest.fixture
def go_on(server: ServedApp, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Start the agent, and give what lets it go on."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")}
    env = {**clean, "RUNREEL_JOURNAL": str(tmp_path / "journal")}
    command = [sys.executable, PROGRAM, server.url, RUN]
    with subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:

        def write() -> None:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()

        try:
            eventually(lambda: server.api.http.get(f"/api/by-id/{RUN}").is_success)
            yield write
            process.communicate(timeout=PATIENCE_S)
        finally:
            process.kill()


def step(page: Page, name: str) -> Locator:
    return steps(page).filter(has=page.get_by_role("button", name=re.compile(rf"\d\s*{name}$")))


def steps(page: Page) -> Locator:
    return page.get_by_role("list", name="Steps").locator("> li")


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=re.compile("^Graph of")).get_by_role("button", name=re.compile(f"^{name}"))


def test_a_plan_is_followed_from_before_its_first_step_to_the_one_that_failed(
    page: Page, go_on: Callable[[], None]
) -> None:
    page.goto(f"/runs/{RUN}/plan")
    status = page.get_by_role("main").get_by_role("status")
    head = page.locator("header", has=page.get_by_role("heading", level=1))

    expect(steps(page)).to_have_count(5)
    expect(status).to_have_text("5 steps")
    expect(step(page, "Gather sources")).to_contain_text("Ready")
    for words in ("Find out what is known", "searcher", "Look at the archive", "Ask the library", "At most 3 attempts"):
        expect(step(page, "Gather sources")).to_contain_text(words)
    expect(step(page, "Check them")).to_contain_text("Pending")
    expect(step(page, "Check them")).to_contain_text("A person approves")

    go_on()
    expect(step(page, "Gather sources")).to_contain_text("Running1st attempt of 3")
    expect(status).to_have_text("At step 1 of 5")
    go_on()
    expect(step(page, "Gather sources")).to_contain_text("Running2nd attempt of 3")
    expect(status).to_have_text("At step 1 of 5, second attempt")
    expect(head).to_contain_text("step 1 of 5, second attempt")
    go_on()
    expect(step(page, "Gather sources")).to_contain_text("Completed2 of 3 attempts")
    expect(step(page, "Check them")).to_contain_text("Running")
    go_on()
    expect(step(page, "Gather more")).to_contain_text("Skipped")
    go_on()
    expect(step(page, "Write")).to_contain_text("Failed")
    expect(step(page, "Publish")).to_contain_text("Not reached")
    expect(status).to_have_text("Ended at step 4 of 5")
    expect(head).not_to_contain_text("step 4 of 5")


def test_the_graph_shows_the_attempts_and_the_ways_of_a_plan(page: Page, go_on: Callable[[], None]) -> None:
    page.goto(f"/runs/{RUN}/graph")

    expect(box(page, "Gather sources")).to_have_accessible_name(re.compile("Ready"))
    expect(box(page, "Check them")).to_have_accessible_name(re.compile("Pending.*a person approves it"))
    go_on()
    go_on()
    expect(box(page, "Gather sources")).to_have_accessible_name(re.compile("Running.*2nd attempt of 3"))
    for _ in range(3):
        go_on()

    expect(box(page, "Gather sources")).to_have_accessible_name(re.compile("Completed.*ran ×2 of 3"))
    expect(box(page, "Gather more")).to_have_accessible_name(re.compile(r"Skipped.*after Check them \(not taken\)"))
    expect(box(page, "Write")).to_have_accessible_name(
        re.compile(r"Failed.*after Check them, Gather more \(not taken\), before Publish \(not taken\)$")
    )
    expect(page.get_by_role("list", name="Lines").get_by_role("listitem")).to_have_text(
        ["Taken", "Declared, not taken"]
    )


def test_a_step_opens_its_node_and_leads_to_what_it_comes_after(page: Page, api: Api) -> None:
    declare(api, "a", ["one", "two"])
    page.goto("/runs/a/plan")

    button = step(page, "two").get_by_role("button", name=re.compile(r"two$"))
    button.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Node")
    expect(panel.get_by_role("heading", name="two")).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(panel.get_by_role("heading", name="one")).to_be_visible()
    expect(page).to_have_url(re.compile("node=one"))
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Graph").click()
    expect(box(page, "one")).to_have_attribute("aria-pressed", "true")


def test_of_a_former_plan_only_what_ran_is_left_and_says_so(page: Page, api: Api) -> None:
    declare(api, "a", ["one", "two"])
    api.record_all(event("e", "a", event_type="node_execution", node_id="one"))
    page.goto("/runs/a/plan")
    expect(page.get_by_role("heading", name="Plan, version 1")).to_be_visible()

    declare(api, "a", ["three", "four"])

    expect(page.get_by_role("heading", name="Plan, version 2")).to_be_visible()
    expect(steps(page)).to_have_count(3)
    expect(step(page, "one")).to_contain_text("Of version 1")
    expect(step(page, "three")).not_to_contain_text("Of version")


def test_a_step_that_failed_tells_its_error(page: Page, api: Api) -> None:
    declare(api, "a", ["one"])
    error = {"type": "ToolError", "message": "the page answered 503"}
    api.record_all({"record": "node", "run_id": "a", "node_id": "one", "status": "failed", "error": error})
    page.goto("/runs/a/plan")

    expect(step(page, "one")).to_contain_text("ToolError: the page answered 503")


def test_a_step_that_failed_by_an_event_tells_its_error_and_leads_to_it(page: Page, api: Api) -> None:
    declare(api, "a", ["one", "two"])
    error = {"type": "ToolError", "message": "the page answered 503"}
    api.record_all(
        event("turn", "a", event_type="node_execution", node_id="one", status="failed"),
        event("fetch", "a", name="fetch", node_id="one", parent_event_id="turn", status="failed", error=error),
    )
    page.goto("/runs/a/plan")
    expect(step(page, "one")).to_contain_text("ToolError: the page answered 503")
    expect(step(page, "two").get_by_role("button", name="Show fetch")).to_have_count(0)

    step(page, "one").get_by_role("button", name="Show fetch").click()

    panel = page.get_by_role("region", name="Event")
    expect(panel.get_by_role("heading", name="fetch")).to_be_visible()
    page.keyboard.press("Escape")
    overview = page.get_by_role("region", name="Node").get_by_role("tabpanel", name="Overview")
    expect(overview).to_contain_text("ToolError: the page answered 503")
    overview.get_by_role("button", name="Show fetch").click()
    expect(panel.get_by_role("heading", name="fetch")).to_be_visible()


def test_many_points_are_shown_when_asked_for(page: Page, api: Api) -> None:
    api.record_all(run_start("a"))
    plan = {"nodes": [{"node_id": "one", "details": [f"point {number}" for number in range(9)]}]}
    assert api.http.put("/api/by-id/a/plan", json=plan).is_success
    page.goto("/runs/a/plan")

    expect(step(page, "one").get_by_role("list").get_by_role("listitem")).to_have_count(6)
    page.get_by_role("button", name="Show 3 more").click()

    expect(step(page, "one")).to_contain_text("point 8")
    expect(page.get_by_role("region", name="Node")).to_have_count(0)


def test_a_run_without_a_plan_says_so(page: Page, api: Api) -> None:
    api.record_all(run_start("a"))
    page.goto("/runs/a/plan")
    expect(page.get_by_role("heading", name="There is no plan yet")).to_be_visible()

    api.record_all(run_end("a"))

    expect(page.get_by_role("heading", name="There was no plan")).to_be_visible()


def declare(api: Api, run_id: str, names: list[str]) -> None:
    """Begin a run, and declare a plan of it."""
    api.record_all(run_start(run_id))
    plan = {"nodes": [{"node_id": name} for name in names]}
    assert api.http.put(f"/api/by-id/{run_id}/plan", json=plan).is_success
