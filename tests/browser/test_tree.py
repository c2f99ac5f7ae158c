"""The execution tree of a run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser

START = "2026-01-01T10:00:00.{:03d}000Z"


def at(ms: int) -> str:
    return START.format(ms)


def step(event_id: str, parent: str | None, start: int, end: int, **fields: object) -> dict[str, object]:
    return event(
        event_id,
        "r",
        name=event_id,
        started_at=at(start),
        ended_at=at(end),
        **({"parent_event_id": parent} if parent else {}),
        **fields,
    )


def record(api: Api) -> None:
    api.record_all(
        run_start("r", started_at=at(0)),
        step("plan", None, 0, 100, event_type="step"),
        step("think", "plan", 10, 40, event_type="llm_call", usage={"tokens_in": 1500, "tokens_out": 50, "cost": 0.5}),
        step("write", None, 100, 300, event_type="step"),
        step("search/ü 50 %", "write", 110, 160, event_type="tool_call", status="failed"),
        step("send", "write", 160, 200, event_type="tool_call", status="failed"),
        run_end("r", status="failed"),
    )


def test_what_each_step_took_and_used(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/r/tree")

    rows = page.get_by_role("treeitem")
    expect(rows).to_have_count(5)
    expect(rows.nth(0)).to_have_accessible_name(
        re.compile(r"^plan *, Step, Completed.*took 100 ms.*itself 70 ms.*tokens 1\.6k.*cost \$0\.5")
    )
    expect(rows.nth(1)).to_have_attribute("aria-level", "2")
    expect(rows.nth(3)).to_contain_text("search/ü 50 %")


def test_errors_and_matches_are_gone_through_by_key(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/r/tree?tree-level=0")
    rows = page.get_by_role("treeitem")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("2 errors")

    page.keyboard.press("e")
    expect(page.locator("[aria-selected=true]")).to_contain_text("search/ü 50 %")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("event=send"))
    page.get_by_role("searchbox", name="Search events").fill("TOOL_CALL")
    expect(rows).to_have_count(3)
    expect(page.get_by_role("status").filter(has_text="matches")).to_contain_text("2 matches")

    page.reload()
    expect(rows).to_have_count(3)
    page.get_by_role("searchbox", name="Search events").fill("nothing like it")
    page.get_by_role("button", name="Clear filters").click()
    expect(rows).to_have_count(4)


def test_arrows_lead_through_the_tree(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/r/tree")
    tree = page.get_by_role("tree", name="Events")
    active = page.locator("[role=treeitem]").nth(0)
    tree.focus()
    expect(tree).to_have_attribute("aria-activedescendant", active.get_attribute("id") or "")

    page.keyboard.press("ArrowLeft")
    expect(active).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("event=send"))
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("event=write"))
    page.keyboard.press("Home")
    page.keyboard.press("*")
    expect(page.get_by_role("treeitem")).to_have_count(5)


def test_an_open_run_is_followed(page: Page, api: Api) -> None:
    api.record_all(run_start("r"), step("plan", None, 0, 100))
    page.goto("/runs/r/tree")
    expect(page.get_by_role("treeitem")).to_have_count(1)

    api.record_all(event("later", "r", name="later", parent_event_id="plan", phase="start"))
    row = page.get_by_role("treeitem", name=re.compile("^later"))
    expect(row).to_contain_text("Running")
    expect(row).to_have_attribute("aria-level", "2")
    api.record_all(event("later", "r", phase="end", status="failed"), run_end("r"))

    expect(row).to_have_accessible_name(re.compile("Failed"))
    expect(page.get_by_role("button", name="Follow")).to_be_hidden()


def test_a_run_of_many_events_is_read_to_its_end(page: Page, api: Api) -> None:
    n = 6_000
    for begin in range(0, n, 2_000):
        api.record_all(
            run_start("r"), *(event(f"e{i:05}", "r", name=f"step {i}", sequence=i) for i in range(begin, begin + 2_000))
        )
    page.goto(f"/runs/r/tree?event=e{n - 1:05}")

    expect(page.locator("[aria-selected=true]")).to_contain_text(f"step {n - 1}")
    expect(page.get_by_text("6,000 events")).to_be_visible()
    assert page.get_by_role("treeitem").count() < 120


@pytest.mark.parametrize("view", ["tree", "messages", "files", "raw"])
def test_a_run_without_anything(page: Page, api: Api, view: str) -> None:
    api.record_all(run_start("r"), run_end("r"))
    page.goto(f"/runs/r/{view}")

    expect(page.locator("main h2")).to_be_visible()
