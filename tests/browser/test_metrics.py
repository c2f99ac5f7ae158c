"""The page of metrics."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.api import Api, Json

pytestmark = pytest.mark.browser


def record(api: Api, run_id: str, agent: str, *, days_ago: float = 1, status: str = "completed") -> None:
    begin = datetime.now(UTC) - timedelta(days=days_ago)
    at = begin.isoformat().replace("+00:00", "Z")
    end = (begin + timedelta(seconds=2)).isoformat().replace("+00:00", "Z")
    run: Json = {"record": "run", "run_id": run_id, "agent_name": agent, "created_at": at, "started_at": at}
    call: Json = {"record": "event", "run_id": run_id, "phase": "whole", "started_at": at, "ended_at": end}
    model = {"event_id": "m", "event_type": "llm_call", "model": "small-1", "provider": "house"}
    tool = {"event_id": "t", "event_type": "tool_call", "name": "search", "tool": "search"}
    api.record_all(
        {**run, "phase": "start"},
        {**call, **model, "usage": {"tokens_in": 100, "tokens_out": 20, "cost": 0.25}, "status": "completed"},
        {**call, **tool, "status": status},
        {"record": "run", "run_id": run_id, "phase": "end", "ended_at": end, "status": status},
    )


def test_without_runs_the_page_says_so_and_turns_live(page: Page, api: Api) -> None:
    page.goto("/stats")
    expect(page.get_by_role("heading", name="Nothing was recorded in the last 30 days")).to_be_visible()

    record(api, "run-1", "planner")

    expect(page.get_by_role("heading", name="Cost", exact=True)).to_be_visible()


def test_figures_lead_to_the_runs_behind_them(page: Page, api: Api) -> None:
    record(api, "good", "planner")
    record(api, "bad", "writer", status="failed")
    record(api, "old", "planner", days_ago=20)
    page.goto("/stats?days=7")

    figures = page.locator("dl")
    expect(figures).to_contain_text("50 %")
    expect(figures).to_contain_text("$0.50")
    expect(page.locator("tbody .row-link")).to_have_text(["planner", "writer"])

    figures.get_by_role("link", name="1 of 2 failed").click()
    expect(page).to_have_url(re.compile(r"/runs\?.*status=failed"))
    expect(page.locator("tbody .row-link")).to_have_count(1)
    page.go_back()
    row = page.locator("tbody tr", has_text="planner")
    row.get_by_role("link", name="1", exact=True).click()
    expect(page).to_have_url(re.compile(r"/runs\?.*agent=planner"))
    expect(page.locator("tbody .row-link")).to_have_count(1)


def test_the_period_is_in_the_address(page: Page, api: Api) -> None:
    record(api, "new", "planner")
    record(api, "old", "planner", days_ago=20)
    page.goto("/stats")
    runs = page.locator("dl > div").first
    expect(runs).to_contain_text(re.compile("Runs\\s*2"))

    page.get_by_role("radio", name="7 days").click()
    expect(page).to_have_url(re.compile("days=7"))
    expect(runs).to_contain_text(re.compile("Runs\\s*1"))

    page.get_by_role("button", name="Range").click()
    day = (datetime.now().astimezone() - timedelta(days=21)).date().isoformat()
    until = (datetime.now().astimezone() - timedelta(days=19)).date().isoformat()
    page.get_by_label("First day").fill(until)
    page.get_by_label("Last day").fill(day)
    expect(page.get_by_text("must not be before")).to_be_visible()
    page.get_by_label("First day").fill(day)
    page.get_by_label("Last day").fill(until)
    page.get_by_role("button", name="Show these days").click()
    expect(page).to_have_url(re.compile("since=.*until="))
    expect(runs).to_contain_text(re.compile("Runs\\s*1"))
    page.reload()
    expect(runs).to_contain_text(re.compile("Runs\\s*1"))


def test_charts_are_tables_too_and_their_buckets_lead_to_runs(page: Page, api: Api) -> None:
    record(api, "run-1", "planner")
    page.goto("/stats?days=7")
    for title in ("Cost", "Tokens", "Runs", "Duration"):
        page.get_by_role("button", name=f"{title} as a table").click()
    table = page.get_by_role("region", name="Cost as a table")
    expect(table).to_contain_text("$0.25")

    table.get_by_role("row").filter(has=page.get_by_role("cell", name="$0.25")).first.get_by_role("button").click()

    expect(page).to_have_url(re.compile(r"/runs\?.*since="))
    expect(page.locator("tbody .row-link")).to_have_count(1)


def test_keys_walk_a_chart_and_open_its_runs(page: Page, api: Api) -> None:
    record(api, "run-1", "planner", days_ago=0)
    page.goto("/stats?days=7")
    chart = page.get_by_role("slider", name="Runs, bucket by bucket")
    expect(chart).to_be_enabled()
    chart.focus()
    page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuetext", re.compile("ended well 1"))

    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/runs\?.*since="))
    expect(page.locator("tbody .row-link")).to_have_count(1)


def test_charts_stay_while_what_is_below_them_is_read(page: Page, api: Api) -> None:
    held: list[Route] = []
    page.route("**/api/metrics/agents-comparison*", lambda route: held.append(route))
    record(api, "run-1", "planner", days_ago=0)
    page.goto("/stats?days=7")
    chart = page.get_by_role("slider", name="Runs, bucket by bucket")
    expect(chart).to_be_enabled()
    chart.focus()
    page.keyboard.press("End")

    for route in held:
        route.continue_()

    expect(page.locator("tbody .row-link")).to_have_count(1)
    expect(chart).to_be_focused()
    expect(chart).to_have_attribute("aria-valuetext", re.compile("ended well 1"))


def test_a_chart_without_buckets_takes_no_keys(page: Page, api: Api) -> None:
    held: list[Route] = []
    page.route("**/api/metrics/timeline*", lambda route: held.append(route))
    record(api, "run-1", "planner", days_ago=0)
    page.goto("/stats?days=7")
    chart = page.get_by_role("slider", name="Runs, bucket by bucket")
    expect(chart).to_be_disabled()
    chart.focus()
    page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuetext", "No bucket is pointed at")

    for route in held:
        route.continue_()

    expect(chart).to_be_enabled()
    expect(chart).to_have_attribute("aria-valuetext", "No bucket is pointed at")


def test_figures_are_of_one_agent_model_or_tool(page: Page, api: Api) -> None:
    record(api, "run-1", "planner")
    record(api, "run-2", "writer", status="failed")
    page.goto("/stats")

    page.get_by_role("radio", name="Tools").click()
    expect(page).to_have_url(re.compile("by=tools"))
    row = page.locator("tbody tr", has_text="search")
    expect(row).to_contain_text("50 %")
    expect(row).to_contain_text(re.compile(r"(1\.9|2\.0)\d s"))
    row.locator(".row-link").click()
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    expect(page.locator("dl > div").first).to_contain_text(re.compile("Calls\\s*2"))

    page.get_by_role("button", name="No more only of this tool").click()
    page.get_by_role("radio", name="Agents").click()
    page.locator("tbody .row-link", has_text="writer").click()
    expect(page).to_have_url(re.compile("agent=writer"))
    expect(page.locator("dl > div").first).to_contain_text(re.compile("Runs\\s*1"))
    expect(page.locator("tbody .row-link")).to_have_text(["small-1"])
