"""All events of a run as lines."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser


def record(api: Api) -> None:
    api.record_all(
        run_start("r"),
        event("a", "r", name="plan", event_type="step", sequence=1),
        event("b", "r", name="search ü", event_type="tool_call", sequence=2, inputs={"secret": "payload"}),
        event("c", "r", name="send", event_type="tool_call", sequence=3, status="failed"),
        run_end("r"),
    )


def test_lines_are_filtered_and_walked(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/r/raw")
    lines = page.get_by_role("option").and_(page.locator("[data-event]"))
    expect(lines).to_have_count(3)

    page.get_by_role("combobox", name="Type of events").select_option("tool_call")
    expect(lines).to_have_count(2)
    page.get_by_role("button", name="1 error").last.click()
    expect(lines).to_contain_text(["send"])
    page.reload()
    expect(lines).to_have_count(1)
    page.get_by_role("searchbox", name="Filter lines").fill("nothing")
    page.get_by_role("button", name="Clear filters").click()
    expect(lines).to_have_count(3)

    page.get_by_role("listbox", name="Events as lines").focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("event=c"))
    page.keyboard.press("ArrowUp")
    expect(page).to_have_url(re.compile("event=b"))


def test_what_is_shown_is_downloaded_as_ndjson(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/r/raw?raw-type=tool_call")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download them as NDJSON").click()

    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["event_id"] for line in lines] == ["b", "c"]
    assert json.loads(lines[0])["name"] == "search ü"
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as bundle:
        page.get_by_role("menuitem", name="Download all with payloads").click()
    assert "payload" in bundle.value.path().read_text(encoding="utf-8")


def test_an_event_is_copied_with_its_payload(page: Page, api: Api) -> None:
    record(api)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/runs/r/raw?event=b")
    expect(page.locator("[data-event][aria-selected=true]")).to_contain_text("search ü")

    page.keyboard.press("c")
    expect(page.get_by_text("The event is copied")).to_be_visible()

    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["inputs"] == {"secret": "payload"}


def test_new_events_come_in_while_one_looks(page: Page, api: Api) -> None:
    api.record_all(run_start("r"), event("a", "r", name="plan"))
    page.goto("/runs/r/raw")
    expect(page.locator("[data-event]")).to_have_count(1)

    api.record_all(*(event(f"n{i}", "r", name=f"new {i}", sequence=i) for i in range(200)))

    expect(page.get_by_text("201 events")).to_be_visible()
    expect(page.locator("[data-event=n199]")).to_be_visible()
