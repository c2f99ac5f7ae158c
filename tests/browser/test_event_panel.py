"""The panel of an event: its error first, its payload as trees and code, and the ways to what belongs to it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser

STACK = '  File "/srv/agent.py", line 3, in run\n    fetch()\nValueError: no'


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Event", exact=True)


def test_the_error_stands_first_and_relatives_are_a_click_away(page: Page, api: Api) -> None:
    api.record_all(
        run_start("a"),
        event("step", "a", event_type="step", name="the step", node_id="search"),
        event(
            "call",
            "a",
            name="<b>fetch</b>",
            parent_event_id="step",
            node_id="search",
            status="failed",
            inputs={"url": "https://example.org", "api_key": "[redacted]"},
            outputs={"body": {"$truncated": "size", "size_bytes": 2_000_000, "media_type": "text/html"}},
            error={"type": "ValueError", "message": "no", "stack": STACK},
            attributes={"attempt": 2},
        ),
        event("child", "a", name="the child", parent_event_id="call"),
        run_end("a"),
    )

    page.goto("/runs/a?event=call")

    expect(panel(page).get_by_role("heading", name="<b>fetch</b>")).to_be_visible()
    expect(panel(page).get_by_role("region", name="Error")).to_contain_text("agent.py")
    expect(panel(page).get_by_role("tree", name="Inputs")).to_contain_text("redacted")
    expect(panel(page).get_by_role("tree", name="Outputs")).to_contain_text("too large to be kept, 2 MB, text/html")
    expect(panel(page).get_by_role("tree", name="Attributes")).to_contain_text("attempt: 2")
    panel(page).get_by_role("button", name="the child").click()
    expect(panel(page).get_by_role("heading", name="the child")).to_be_visible()
    panel(page).get_by_role("button", name="<b>fetch</b>").click()
    panel(page).get_by_role("button", name="the step").click()
    expect(panel(page).get_by_role("heading", name="the step")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()


def test_messages_and_files_of_an_event_are_a_click_away(page: Page, api: Api) -> None:
    said = {"record": "message", "run_id": "a", "sent_at": "2026-01-02T03:04:06Z", "sender": "writer"}
    api.record_all(
        run_start("a"),
        event("call", "a", name="write"),
        {**said, "message_id": "of it", "content": "here it is", "event_id": "call"},
        {**said, "message_id": "of another", "content": "something else", "event_id": "another"},
        {"record": "file", "run_id": "a", "file_id": "of it", "path": "report.md", "event_id": "call"},
        {"record": "file", "run_id": "a", "file_id": "of another", "path": "other.md", "event_id": "another"},
        run_end("a"),
    )
    page.goto("/runs/a?event=call")

    links = panel(page).get_by_role("region", name="Links")
    expect(links.get_by_role("link", name="report.md")).to_be_visible()
    expect(links).not_to_contain_text("other.md")
    expect(links).not_to_contain_text("something else")
    links.get_by_role("link", name="writer here it is").click()

    expect(page).to_have_url(re.compile("/messages.*message=of"))
    expect(page.get_by_role("article").filter(has_text="here it is")).to_have_class(re.compile("bg-selected"))


def test_code_is_shown_as_code_and_its_output_beside_it(page: Page, api: Api) -> None:
    code = {"code": "for n in range(3):\n    print('<script>', n)", "language": "python"}
    outputs = {"stdout": "0\n1\n2\n", "exit_code": 0}
    api.record_all(
        run_start("a"), event("run", "a", event_type="code_exec", inputs=code, outputs=outputs), run_end("a")
    )

    page.goto("/runs/a?event=run")

    expect(panel(page).get_by_label("Code (python)", exact=True)).to_contain_text("print('<script>', n)")
    expect(
        panel(page).get_by_label("Code (python)", exact=True).locator("span", has_text=re.compile("^for$"))
    ).to_be_visible()
    expect(panel(page).get_by_label("stdout", exact=True)).to_have_text("0\n1\n2\n")
    expect(panel(page).get_by_role("tree", name="Outputs")).to_contain_text("exit_code: 0")


def test_a_large_payload_is_searched_and_has_few_rows(page: Page, api: Api) -> None:
    rows = [{"id": number, "name": f"satellite {number}"} for number in range(20_000)]
    api.record_all(run_start("a"), event("load", "a", outputs={"rows": rows, "note": "x" * 200_000}), run_end("a"))
    page.goto("/runs/a?event=load")
    tree = panel(page).get_by_role("tree", name="Outputs")
    expect(tree.get_by_role("treeitem")).to_have_count(2)

    tree.get_by_role("treeitem").first.click()
    expect(tree.get_by_role("treeitem").nth(3)).to_be_visible()
    panel(page).get_by_role("button", name="Search in Outputs").click()
    panel(page).get_by_role("searchbox", name="Search in Outputs").fill("satellite 19999")

    expect(tree.locator("mark", has_text="satellite 19999")).to_be_in_viewport()
    assert tree.get_by_role("treeitem").count() < 100


def test_the_payload_of_an_open_event_comes_when_it_ends(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("call", "a", phase="start", inputs={"q": 1}))
    page.goto("/runs/a?event=call")
    expect(panel(page)).to_contain_text("Running")

    api.record_all(event("call", "a", phase="end", outputs={"answer": 42}))

    expect(panel(page).get_by_role("tree", name="Outputs")).to_contain_text("answer: 42")


def test_an_event_that_is_not_there_is_said_to_be_not_there(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("e", "a"), run_end("a"))

    page.goto("/runs/a?event=nothing")

    expect(panel(page).get_by_role("heading", name="There is no such event")).to_be_visible()
