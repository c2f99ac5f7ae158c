"""The head of a run: its name, its figures, and the ways to the runs around it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.api import Api, event, problem_of, run_end, run_path, run_start
from tests.support.eventually import eventually

pytestmark = pytest.mark.browser

ERROR = {"type": "ToolError", "message": "the page answered 503", "stack": "Traceback …\nToolError: 503"}


def record(api: Api, run_id: str = "a", **start: Any) -> None:
    api.record_all(run_start(run_id, **start), event("e", run_id), run_end(run_id))


def is_change(route: Route) -> bool:
    return route.request.method == "PATCH"


def test_a_run_tells_what_it_cost_and_where_it_belongs(page: Page, api: Api) -> None:
    record(api, "parent")
    usage = {"tokens_in": 1200, "tokens_out": 30}
    api.record_all(
        run_start("a", parent_run_id="parent", session_id="talk", tags=["nightly"]),
        event("call", "a", event_type="llm_call", model="of-our-own", usage=usage),
        event("step", "a", event_type="step", status="failed"),
        event("cause", "a", parent_event_id="step", name="fetch", status="failed", error=ERROR),
        run_end("a", status="failed", error=ERROR),
    )

    page.goto("/runs/a")

    head = page.locator("header", has=page.get_by_role("heading", name="run 2"))
    for words in ("Failed", "1.2k in, 30 out", "1 unpriced call", "2 errors", "talk", "nightly", "the page answered"):
        expect(head).to_contain_text(words)
    expect(head.get_by_role("link", name="run 1")).to_have_attribute("href", re.compile("/runs/parent$"))
    expect(head).not_to_contain_text("parent")


def test_a_run_tells_what_is_missing_of_it(page: Page, api: Api) -> None:
    numbered = {"recorder_id": "r", "recorded_at": "2026-01-02T03:04:05Z"}
    api.record_all(run_start("a", number=1, **numbered), event("e", "a"), run_end("a", number=4, **numbered))
    page.goto("/runs/a")

    expect(page.get_by_role("main")).to_contain_text("2 missing: 2 of 4 records have arrived.")


def test_the_first_error_is_one_click_away(page: Page, api: Api) -> None:
    api.record_all(
        run_start("a"),
        event("step", "a", event_type="step", status="failed"),
        event("cause", "a", parent_event_id="step", name="fetch", status="failed", error=ERROR),
        run_end("a", status="failed"),
    )
    page.goto("/runs/a")

    page.get_by_role("button", name="2 errors").click()

    panel = page.get_by_role("region", name="Event")
    expect(panel.get_by_role("heading", name="fetch")).to_be_visible()
    expect(panel.get_by_role("region", name="Error")).to_contain_text("the page answered 503")


def test_a_run_is_renamed_in_its_head(page: Page, api: Api) -> None:
    record(api, "a")
    record(api, "b")
    page.goto("/runs/a")
    expect(page.get_by_role("heading", name="run 1")).to_be_visible()

    page.keyboard.press("F2")
    field = page.get_by_role("textbox", name="New name of run 1")
    field.fill("..")
    expect(page.get_by_role("alert")).to_contain_text("can't stand in an address")
    field.fill("run 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Show that run")).to_have_attribute("href", re.compile("/runs/b$"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="run 1")).to_be_visible()
    page.get_by_role("button", name="Rename").click()
    field.fill("a/b: 50 % 🎬")
    page.get_by_text("Timeline").first.click()

    expect(page.get_by_role("heading", name="a/b: 50 % 🎬")).to_be_visible()
    # The page shows it before the server has it, and says so when it has.
    expect(page.get_by_text("Renamed to a/b: 50 % 🎬")).to_be_visible()
    assert api.get(run_path("planner", "a/b: 50 % 🎬"))["run_id"] == "a"


@pytest.mark.parametrize(
    ("name", "why"),
    [("run 2", "Another run has this name. Show that run"), ("a name", "the server answered 503")],
)
def test_a_refused_name_is_told_wherever_one_has_gone_since(page: Page, api: Api, name: str, why: str) -> None:
    record(api, "a")
    record(api, "b")
    held: list[Route] = []
    page.route("**/api/by-id/a", lambda route: held.append(route) if is_change(route) else route.continue_())
    page.goto("/runs/a")
    expect(page.get_by_role("heading", name="run 1")).to_be_visible()
    page.keyboard.press("F2")
    page.get_by_role("textbox", name="New name of run 1").fill(name)
    page.get_by_role("link", name="planner").click()
    expect(page).to_have_url(re.compile("/agents/planner$"))
    expect(page.locator("tbody .row-link")).to_have_count(2)
    eventually(lambda: page.evaluate("true") and len(held) == 1)

    (route,) = held
    if name == "run 2":
        route.continue_()
    else:
        route.fulfill(status=503)

    told = page.get_by_role("status").filter(has_text="keeps its name")
    expect(told).to_have_text(f"run 1 keeps its name. {why}")
    expect(page.get_by_role("link", name="run 1", exact=True)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="run 1")).to_be_visible()
    if name == "run 2":
        told.get_by_role("link", name="Show that run").click()
        expect(page).to_have_url(re.compile("/runs/b$"))


def test_a_run_is_deleted_after_a_question(page: Page, api: Api) -> None:
    record(api, "a")
    record(api, "b")
    page.goto("/runs/a")

    page.get_by_role("button", name="More of this run").click()
    page.get_by_role("menuitem", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text("run 1")
    page.get_by_role("button", name="Delete the run").click()

    expect(page).to_have_url(re.compile("/agents/planner$"))
    expect(page.locator("tbody .row-link")).to_have_text(["run 2"])
    problem_of(api.http.get("/api/by-id/a"), 404)


def test_keys_lead_to_the_runs_before_and_after(page: Page, api: Api) -> None:
    for hour, run_id in enumerate(("a", "b", "c")):
        record(api, run_id, started_at=f"2026-01-02T0{hour}:00:00Z")
    page.goto("/runs/b")
    expect(page.get_by_role("heading", name="run 2")).to_be_visible()

    page.keyboard.press("]")
    expect(page.get_by_role("heading", name="run 3")).to_be_visible()
    page.keyboard.press("[")
    expect(page.get_by_role("heading", name="run 2")).to_be_visible()
    page.keyboard.press("[")
    expect(page.get_by_role("heading", name="run 1")).to_be_visible()


def test_the_clock_of_an_open_run_goes_on_and_stops(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("e", "a"))
    page.goto("/runs/a")
    expect(page.get_by_text("Executing")).to_be_visible()

    api.record_all(run_end("a", status="cancelled"))

    expect(page.get_by_text("Cancelled")).to_be_visible()
