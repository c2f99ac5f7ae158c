"""The timeline of a run: rows that are found by keys, zoomed, collapsed, followed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser

START = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def span(event_id: str, begin_ms: float, end_ms: float, parent: str | None = None, **fields: object) -> dict[str, Any]:
    return event(
        event_id,
        "a",
        name=event_id,
        parent_event_id=parent,
        started_at=at(begin_ms),
        ended_at=at(end_ms),
        **fields,
    )


def at(ms: float) -> str:
    return (START + timedelta(milliseconds=ms)).isoformat()


def start(**fields: Any) -> dict[str, Any]:
    return run_start("a", started_at=at(0), **fields)


def end(ms: float, **fields: object) -> dict[str, Any]:
    return run_end("a", ended_at=at(ms), **fields)


def family(api: Api) -> None:
    model = {"event_type": "llm_call", "model": "gpt-4o", "first_token_at": at(300)}
    api.record_all(
        start(),
        span("root", 0, 10_000, event_type="agent_call"),
        span("plan", 0, 2_000, "root", event_type="step"),
        span("think", 100, 1_900, "plan", **model),
        span("search", 2_000, 5_000, "root", event_type="step", status="failed"),
        span("good page", 2_100, 4_000, "search"),
        span("bad page", 2_100, 4_900, "search", status="failed", error={"message": "503"}),
        span("write", 9_000, 10_000, "root", status="failed", error={"message": "full"}),
        end(10_000, status="failed"),
    )


def rows(page: Page) -> Locator:
    return page.locator("[data-place]")


def names(page: Page) -> Locator:
    return page.locator("[data-place] .name-text")


def test_rows_stand_as_a_tree_with_their_bars(page: Page, api: Api) -> None:
    family(api)

    page.goto("/runs/a")

    expect(names(page)).to_have_text(["root", "plan", "think", "search", "bad page", "good page", "write"])
    grid = page.get_by_role("treegrid", name="Timeline of run 1")
    expect(grid).to_have_attribute("aria-rowcount", "8")
    expect(page.get_by_role("row", name=re.compile("think"))).to_have_attribute("aria-level", "3")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(rows(page).first).to_be_visible()


def test_arrows_go_from_row_to_row_and_open_and_close(page: Page, api: Api) -> None:
    family(api)
    page.goto("/runs/a")
    expect(rows(page)).to_have_count(7)
    page.get_by_role("treegrid").focus()

    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(rows(page)).to_have_count(6)
    expect(page).to_have_url(re.compile("timeline-collapsed=plan"))
    page.keyboard.press("ArrowRight")
    expect(rows(page)).to_have_count(7)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Event").get_by_role("heading", name="think")).to_be_visible()
    page.keyboard.press("End")

    expect(page.get_by_role("region", name="Event").get_by_role("heading", name="write")).to_be_visible()
    expect(page).to_have_url(re.compile("event=write"))


def test_e_goes_to_where_errors_come_from(page: Page, api: Api) -> None:
    family(api)
    page.goto("/runs/a?timeline-collapsed=search")
    expect(rows(page)).to_have_count(5)

    page.keyboard.press("e")

    heading = page.get_by_role("region", name="Event").get_by_role("heading", level=2)
    expect(heading).to_have_text("bad page")
    expect(rows(page)).to_have_count(7)
    page.keyboard.press("e")
    expect(heading).to_have_text("write")
    page.keyboard.press("E")
    expect(heading).to_have_text("bad page")


def test_a_part_is_looked_at_closer_and_the_address_keeps_it(page: Page, api: Api) -> None:
    family(api)
    page.goto("/runs/a?event=plan")
    expect(rows(page)).to_have_count(7)

    page.keyboard.press("f")

    expect(names(page).filter(has_text="write")).to_have_count(0)
    expect(page).to_have_url(re.compile("timeline-to="))
    page.reload()
    expect(page.get_by_role("row", name=re.compile("think"))).to_be_visible()
    expect(names(page).filter(has_text="write")).to_have_count(0)
    page.keyboard.press("0")
    expect(rows(page)).to_have_count(7)


def test_a_brush_over_the_strip_zooms(page: Page, api: Api) -> None:
    family(api)
    page.goto("/runs/a")
    expect(rows(page)).to_have_count(7)
    strip = page.locator("[data-overview]").bounding_box()
    assert strip is not None

    page.mouse.move(strip["x"] + strip["width"] * 0.92, strip["y"] + 20)
    page.mouse.down()
    page.mouse.move(strip["x"] + strip["width"] * 0.98, strip["y"] + 20, steps=4)
    page.mouse.up()

    expect(names(page)).to_have_text(["root", "write"])
    page.get_by_role("slider", name="Begin of what is shown").focus()
    page.keyboard.press("Home")
    expect(rows(page)).to_have_count(7)


def test_idle_time_and_the_critical_path_are_offered(page: Page, api: Api) -> None:
    family(api)
    page.goto("/runs/a")

    page.get_by_role("button", name=re.compile(r"^Compress 4\.10 s idle")).click()
    page.get_by_role("button", name="Critical path").click()

    expect(page).to_have_url(re.compile("timeline-compressed=1"))
    expect(page.get_by_role("button", name="Critical path")).to_have_attribute("aria-pressed", "true")


def test_an_open_run_grows_row_by_row(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("one", "a", name="one"))
    page.goto("/runs/a")
    expect(rows(page)).to_have_count(1)

    api.record_all(event("two", "a", name="two", phase="start"), event("three", "a", name="three"))

    expect(rows(page)).to_have_count(3)
    expect(page.get_by_role("row", name=re.compile("two.*Running"))).to_be_visible()


def test_a_run_without_events_says_so(page: Page, api: Api) -> None:
    api.record_all(run_start("a"))
    page.goto("/runs/a")
    expect(page.get_by_role("heading", name="Nothing has happened yet")).to_be_visible()

    api.record_all(event("one", "a"))

    expect(rows(page)).to_have_count(1)


def test_a_long_run_shows_its_rows_at_once_and_then_is_whole(page: Page, api: Api) -> None:
    steps = [span(f"step {number}", number * 10, number * 10 + 9, event_type="step") for number in range(300)]
    calls = [
        span(
            f"call {number}",
            number,
            number + 0.5,
            f"step {number // 10}",
            status="failed" if number == 2_600 else "completed",
        )
        for number in range(3_000)
    ]
    api.record_all(start(), *steps, *calls[:1_500])
    api.record_all(*calls[1_500:], end(3_000))
    page.goto("/runs/a?event=call%202600")

    expect(page.get_by_role("status").filter(has_text="3,300 events")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("call 2600"))).to_be_in_viewport()
    assert rows(page).count() < 120
    page.get_by_role("button", name="Collapse to the first levels").click()
    page.get_by_role("treegrid").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("row", name=re.compile("call 2999"))).to_be_in_viewport()
