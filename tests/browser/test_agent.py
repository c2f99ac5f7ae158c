"""The page of one agent, and the table of runs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api, event, run_end, run_path, run_start

pytestmark = pytest.mark.browser


def record(api: Api, *run_ids: str, at: datetime | None = None, **start: object) -> None:
    begin = {} if at is None else {"started_at": at.isoformat()}
    end = {} if at is None else {"ended_at": (at + timedelta(seconds=9)).isoformat()}
    for run_id in run_ids:
        api.record_all(run_start(run_id, **begin, **start), event("e", run_id, **begin, **end), run_end(run_id, **end))


def test_figures_and_runs_of_an_agent(page: Page, api: Api) -> None:
    today = datetime.now(UTC) - timedelta(minutes=5)
    record(api, "a", "b", at=today, tags=["nightly"], session_id="talk")
    api.record_all(run_start("open", "planner", started_at=today.isoformat()), event("x", "open", status="failed"))

    page.goto("/agents/planner")

    expect(page.locator("tbody .row-link")).to_have_count(3)
    expect(page.get_by_role("heading", name="Tokens")).to_be_visible()
    expect(page.locator("tbody tr", has_text="run 3")).to_contain_text("Executing")


def test_a_run_that_is_recorded_appears_and_follows(page: Page, api: Api) -> None:
    record(api, "a")
    page.goto("/agents/planner")
    expect(page.locator("tbody .row-link")).to_have_text(["run 1"])
    expect(page.get_by_role("img", name=re.compile("^Live"))).to_be_visible()

    api.record_all(run_start("b"), event("e", "b"))
    row = page.locator("tbody tr", has_text="run 2")
    expect(row).to_contain_text("Executing")
    api.record_all(run_end("b", status="failed"))

    expect(row).to_contain_text("Failed")


def test_a_run_is_renamed_where_it_stands(page: Page, api: Api) -> None:
    record(api, "a", "b")
    page.goto("/agents/planner")
    row = page.locator("tbody tr", has_text="run 1")

    row.locator(".row-link").focus()
    page.keyboard.press("F2")
    field = page.get_by_role("textbox", name="New name of run 1")
    field.fill("..")
    expect(page.get_by_role("alert")).to_contain_text("can't stand in an address")
    field.fill("run 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Another run has this name")
    expect(page.get_by_role("link", name="Show that run")).to_have_attribute("href", re.compile("/runs/b$"))
    field.fill("  Überraschung / 50 % 🎬 ")
    page.keyboard.press("Enter")

    expect(page.locator("tbody .row-link", has_text="Überraschung / 50 % 🎬")).to_be_visible()
    assert api.get(run_path("planner", "Überraschung / 50 % 🎬"))["run_id"] == "a"


def test_escape_and_an_unusable_name_leave_a_run_as_it_is(page: Page, api: Api) -> None:
    record(api, "a")
    page.goto("/agents/planner")
    expect(page.locator("tbody .row-link")).to_have_text(["run 1"])
    for way in ("Escape", "Tab"):
        page.locator("tbody .row-link").focus()
        page.keyboard.press("F2")
        page.get_by_role("textbox", name="New name of run 1").fill("other" if way == "Escape" else "nodes")
        page.keyboard.press(way)
        expect(page.locator("tbody .row-link")).to_have_text(["run 1"])

    assert api.get("/api/by-id/a")["run_name"] == "run 1"


def test_runs_are_picked_and_deleted(page: Page, api: Api) -> None:
    record(api, "a", "b", "c")
    page.goto("/agents/planner")
    page.get_by_role("checkbox", name="Pick run 1").check()
    page.get_by_role("link", name="run 3").focus()
    page.keyboard.press("x")
    expect(page.get_by_text("2 runs picked")).to_be_visible()

    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete 2 runs").click()

    expect(page.locator("tbody .row-link")).to_have_text(["run 2"])
    assert [run["run_name"] for run in api.runs_of("planner")] == ["run 2"]


def test_a_long_list_is_read_page_by_page_and_keeps_few_rows(page: Page, api: Api) -> None:
    for begin in range(0, 450, 150):
        api.record_all(*(run_start(f"r{number}") for number in range(begin, begin + 150)))
    page.goto("/agents/planner?sort=name&order=asc")
    expect(page.locator("tbody .row-link").first).to_be_visible()

    page.wait_for_function(
        """last => {
            document.querySelector("[data-table-scroller]").scrollBy(0, 2_000);
            return [...document.querySelectorAll(".row-link")].some(link => link.textContent === last);
        }""",
        arg="run 99",
    )

    expect(page.get_by_role("link", name="run 99", exact=True)).to_be_visible()
    assert page.locator("tbody .row-link").count() < 80


def test_a_stretch_of_a_chart_chooses_runs(page: Page, api: Api) -> None:
    now = datetime.now(UTC)
    record(api, "new", at=now - timedelta(minutes=1))
    record(api, "old", at=now - timedelta(days=5))
    page.goto("/agents/planner")
    expect(page.locator("tbody .row-link")).to_have_count(2)

    chart = page.get_by_role("slider", name="Runs, bucket by bucket")
    expect(chart).to_be_enabled()
    chart.focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")

    expect(page.locator("tbody .row-link")).to_have_count(1)
    expect(page).to_have_url(re.compile("since="))
    page.keyboard.press("Escape")
    expect(page.locator("tbody .row-link")).to_have_count(2)


def test_an_agent_that_is_not_there_is_said_to_be_gone(page: Page) -> None:
    page.goto("/agents/nobody")

    expect(page.get_by_role("heading", name="There is no such agent")).to_be_visible()


def test_all_runs_are_filtered_by_status(page: Page, api: Api) -> None:
    record(api, "a")
    api.record_all(run_start("b", "other"), run_end("b", status="failed"))
    page.goto("/runs")
    expect(page.locator("tbody .row-link")).to_have_count(2)

    page.get_by_role("button", name="Status").click()
    page.get_by_role("menuitemcheckbox", name="Failed").click()
    page.keyboard.press("Escape")

    expect(page.locator("tbody .row-link")).to_have_count(1)
    expect(page).to_have_url(re.compile("status=failed"))
