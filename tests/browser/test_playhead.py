"""The playhead: graph, tree and messages of a run as they were at a moment."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.test_graph import box, execution, plan
from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser


def said(second: int) -> dict[str, object]:
    return {
        "record": "message",
        "run_id": "run",
        "message_id": f"said at {second}",
        "sender": "planner",
        "content": f"said at {second}",
        "sent_at": f"2026-01-02T03:04:{second:02}Z",
    }


def record(api: Api) -> None:
    """Record a run in which `search` fails at its second turn, and `write` is never reached."""
    api.record_all(
        run_start("run", started_at="2026-01-02T03:04:05Z"),
        *plan("run"),
        execution("run", "plan", 6),
        execution("run", "search", 8),
        execution("run", "search", 10, status="failed"),
        said(7),
        said(9),
        run_end("run", status="failed"),
    )


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Moment of the run")


def test_the_graph_shows_each_node_as_it_was_and_stays_where_it_is(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/run/graph")
    expect(box(page, "Search")).to_have_accessible_name(re.compile("Failed.*ran ×2"))
    place = box(page, "Search").bounding_box()

    page.goto("/runs/run/graph?at=3500")

    expect(box(page, "Plan")).to_have_accessible_name(re.compile("Completed"))
    expect(box(page, "Search")).to_have_accessible_name(re.compile("Running"))
    expect(box(page, "Search")).not_to_have_accessible_name(re.compile("ran ×"))
    expect(box(page, "Write")).to_have_accessible_name(re.compile("Pending"))
    expect(page.locator("[data-past]")).to_be_visible()
    bar = page.get_by_role("region", name="Playhead")
    expect(bar.get_by_text("Past")).to_be_visible()
    expect(slider(page)).to_have_attribute("aria-valuetext", re.compile("^3.50 s after the start, "))
    slider(page).press("Home")
    expect(box(page, "Plan")).to_have_accessible_name(re.compile("Pending"))
    expect(page).to_have_url(re.compile(r"at=0$"))
    bar.get_by_role("button", name="Now").click()
    expect(box(page, "Search")).to_have_accessible_name(re.compile("Failed.*ran ×2"))
    expect(page.locator("[data-past]")).to_have_count(0)
    page.keyboard.press("t")
    expect(bar).to_have_count(0)
    after = box(page, "Search").bounding_box()
    assert place is not None
    assert after is not None
    assert (after["x"], after["width"]) == (place["x"], place["width"])


def test_the_tree_has_what_had_begun_and_the_address_keeps_the_moment(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/run/tree")
    rows = page.get_by_role("treeitem")
    expect(rows).to_have_count(3)

    page.keyboard.press("t")
    slider(page).press("PageDown")
    slider(page).press("PageDown")
    slider(page).press("PageDown")
    slider(page).press("PageDown")
    slider(page).press("PageDown")
    slider(page).press("PageDown")
    slider(page).press("ArrowLeft")

    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_have_accessible_name(re.compile("search at 8.*Running"))
    expect(page).to_have_url(re.compile(r"at=3900$"))
    page.reload()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Messages").click()
    expect(page.get_by_text("said at 7")).to_be_visible()
    expect(page.get_by_text("said at 9")).to_have_count(0)
    slider(page).press("ArrowRight")
    expect(page.get_by_text("said at 9")).to_be_visible()
    slider(page).press("Escape")
    expect(page).to_have_url(re.compile(r"at=now$"))
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_text("This view shows all of the run")).to_have_count(0)
    slider(page).press("Home")
    expect(page.get_by_text("This view shows all of the run")).to_be_visible()


def test_it_plays_to_the_end(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/run/graph?at=0")
    page.get_by_role("combobox", name="Speed").select_option("64")
    expect(box(page, "Plan")).to_have_accessible_name(re.compile("Pending"))

    slider(page).press(" ")

    expect(slider(page)).to_have_attribute("aria-valuetext", "Now: the end")
    expect(box(page, "Search")).to_have_accessible_name(re.compile("Failed"))
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_an_open_run_goes_on_behind_the_past(page: Page, api: Api) -> None:
    api.record_all(run_start("open"), event("first", "open", name="first"))
    started = api.get("/api/by-id/open")["started_at"]
    first = api.get("/api/by-id/open/events")["events"][0]["started_at"]
    assert started <= first
    page.goto("/runs/open/tree?at=100000000")
    rows = page.get_by_role("treeitem")
    expect(rows).to_have_count(1)
    longest = int(slider(page).get_attribute("aria-valuemax") or 0)

    api.record_all(event("second", "open", name="second", started_at="2026-01-04T00:00:00Z", ended_at=None))
    expect(page.get_by_text("2 events").first).to_be_visible()

    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Live", exact=True).click()
    expect(rows).to_have_count(2)
    expect(slider(page)).to_have_attribute("aria-valuetext", "Now: live")
    assert int(slider(page).get_attribute("aria-valuemax") or 0) >= longest


def test_it_tells_while_the_run_is_read_and_where_it_could_not_be(page: Page, api: Api) -> None:
    record(api)
    held: list[Route] = []
    page.route("**/api/by-id/run/spans*", lambda route: route.continue_() if held else held.append(route))
    page.goto("/runs/run/graph?at=now")
    bar = page.get_by_role("region", name="Playhead")
    expect(bar.get_by_role("status")).to_have_text("Reading the run…")
    expect(bar.locator("[data-tick]")).to_have_count(0)

    problem = {"title": "Bad Request", "status": 400, "detail": "the disk is away"}
    held[0].fulfill(status=400, json=problem)

    expect(bar.get_by_role("alert")).to_contain_text("The run could not be read: the disk is away")
    expect(bar.get_by_role("status")).to_have_count(0)
    bar.get_by_role("button", name="Read on").click()
    expect(bar.get_by_role("alert")).to_have_count(0)
    expect(bar.locator("[data-tick]")).not_to_have_count(0)
    expect(bar.get_by_role("status")).to_have_count(0)
