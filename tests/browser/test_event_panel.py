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
    outputs = {"stdout": "0\n1\n2\n", "stderr": "slow\n", "exit_code": 3, "plots": 2}
    api.record_all(
        run_start("a"), event("run", "a", event_type="code_exec", inputs=code, outputs=outputs), run_end("a")
    )

    page.goto("/runs/a?event=run")

    expect(panel(page).get_by_label("Code (python)", exact=True)).to_contain_text("print('<script>', n)")
    expect(
        panel(page).get_by_label("Code (python)", exact=True).locator("span", has_text=re.compile("^for$"))
    ).to_be_visible()
    expect(panel(page).get_by_label("stdout", exact=True)).to_have_text("0\n1\n2\n")
    expect(panel(page).get_by_label("stderr", exact=True)).to_have_text("slow\n")
    expect(panel(page).get_by_role("region", name="Code")).to_contain_text("Exit code 3")
    outputs_tree = panel(page).get_by_role("tree", name="Outputs")
    expect(outputs_tree).to_contain_text("plots: 2")
    expect(outputs_tree).not_to_contain_text("exit_code")


def test_changes_of_files_are_shown_as_changes(page: Page, api: Api) -> None:
    diffs = [
        {
            "path": "notes.txt",
            "diff": "--- a/notes.txt\n+++ b/notes.txt\n@@ -3,2 +3,2 @@\n same\n--- old\n+<b>new</b>\n",
        },
        {"path": "made.py", "diff": "--- /dev/null\n+++ b/made.py\n@@ -0,0 +1,600 @@\n" + "+x = 1\n" * 600},
    ]
    api.record_all(
        run_start("a"), event("run", "a", event_type="code_exec", inputs={"code": "go()"}, attributes={"diffs": diffs})
    )
    page.goto("/runs/a?event=run")

    changed = panel(page).get_by_role("region", name="Changed files")
    lines = changed.get_by_label("Changes of notes.txt", exact=True).locator("code > span")
    expect(lines).to_have_text(["@@ -3,2 +3,2 @@", "33same", "4−-- old", "4+<b>new</b>"])
    expect(changed.get_by_role("button", name="made.py new 600 lines added, 0 lines removed")).to_be_visible()
    changed.get_by_role("button", name="Show 201 more lines").click()
    expect(changed.get_by_label("Changes of made.py", exact=True).locator("code > span")).to_have_count(601)
    changed.get_by_role("button", name="notes.txt 1 line added, 1 line removed").click()
    expect(lines).to_have_count(0)
    expect(panel(page)).not_to_contain_text("Attributes")


def test_events_of_workflows_are_told_in_their_own_words(page: Page, api: Api) -> None:
    handed = {"sender": "planner", "recipient": "writer", "reason": "the plan stands", "context": {"pages": 2}}
    api.record_all(
        run_start("a", "planner"),
        event("handoff", "a", event_type="handoff", name="writer", inputs=handed),
        event("kept", "a", event_type="info", event_subtype="checkpoint", outputs={"reference": "s3://kept", "n": 1}),
        event("change", "a", event_type="state_transition", inputs={"from": "running", "to": "skipped"}),
        event("again", "a", attributes={"attempt": 2, "max_attempts": 3}),
        run_end("a"),
    )

    page.goto("/runs/a?event=handoff")
    told = panel(page).get_by_role("region", name="Handoff")
    expect(told).to_have_text("plannerwriterthe plan stands")
    expect(told.get_by_role("link", name="planner")).to_have_attribute("href", re.compile("/agents/planner$"))
    expect(panel(page).get_by_role("tree", name="Context")).to_contain_text("pages: 2")
    expect(panel(page).get_by_role("tree", name="Inputs")).to_have_count(0)
    page.goto("/runs/a?event=kept")
    expect(panel(page).get_by_role("region", name="Checkpoint")).to_contain_text("s3://kept")
    page.goto("/runs/a?event=change")
    expect(panel(page).get_by_role("region", name="Change of state")).to_have_text("RunningSkipped")
    page.goto("/runs/a?event=again")
    expect(panel(page)).to_contain_text("2 of 3")


def test_a_branch_tells_what_it_tries_at_both_ends(page: Page, api: Api) -> None:
    branch = {"from_node": "search", "hypothesis": "fewer sources do", "overrides": {"n_sources": 3}}
    api.record_all(
        run_start("a"),
        event("search", "a", name="search", node_id="search"),
        run_end("a"),
        run_start("b", parent_run_id="a", parent_event_id="search", metadata={"branch": branch}),
        run_end("b"),
    )
    page.goto("/runs/a?event=search")

    begun = panel(page).get_by_role("region", name="Runs that it began")
    expect(begun).to_contain_text("from searchfewer sources do")
    page.get_by_role("button", name="1 child run").click()
    child = page.get_by_role("dialog", name="Runs that it began")
    expect(child).to_contain_text("n_sources: 3")
    child.get_by_role("link", name="run 2").click()

    head = page.locator("header", has=page.get_by_role("heading", name="run 2"))
    expect(head).to_contain_text("Branchfromsearchofrun 1fewer sources don_sources: 3")
    head.get_by_role("link", name="search").click()
    expect(page).to_have_url(re.compile("/runs/a/graph.node=search"))


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
