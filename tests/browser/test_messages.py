"""The transcript of a run."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser


def message(message_id: str, second: int, content: object, **fields: object) -> dict[str, object]:
    return {
        "record": "message",
        "run_id": "r",
        "message_id": message_id,
        "sent_at": f"2026-01-01T10:00:{second:02}Z",
        "content": content,
        **fields,
    }


def record(api: Api) -> None:
    call = {"id": "c", "function": {"name": "find_order", "arguments": '{"order": 4711}'}}
    api.record_all(
        run_start("r"),
        message(
            "m1",
            1,
            "Where is **my refund**?\n\n<img src=x onerror=alert(1)> [help](https://example.com)",
            sender="user",
            recipient="support",
        ),
        message(
            "m2",
            2,
            {"role": "assistant", "content": "One moment.", "tool_calls": [call]},
            sender="support",
            event_id="told",
        ),
        message("m3", 3, {"role": "tool", "tool_call_id": "c", "content": '{"state": "pending"}'}, sender="find_order"),
        event("told", "r", event_type="llm_call", name="gpt", started_at="2026-01-01T10:00:02Z"),
        event(
            "call",
            "r",
            event_type="tool_call",
            name="issue_refund",
            started_at="2026-01-01T10:00:04Z",
            status="failed",
            inputs={"amount": 49.9},
            error={"type": "GatewayError", "message": "503"},
        ),
        run_end("r"),
    )


def test_a_transcript_pairs_calls_with_results(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/r/messages")

    entries = page.get_by_role("listitem").filter(has=page.locator("article, [aria-expanded]"))
    expect(entries).to_have_count(3)
    expect(entries.nth(0).locator("strong")).to_have_text("my refund")
    expect(entries.nth(1)).to_contain_text("find_order")
    expect(entries.nth(1)).to_contain_text('{"state":"pending"}')
    page.get_by_role("button", name=re.compile("issue_refund")).click()
    expect(entries.nth(2)).to_contain_text("GatewayError: 503")
    expect(entries.nth(2)).to_contain_text("49.9")


def test_what_was_said_is_never_html(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/r/messages")
    first = page.get_by_role("listitem").first

    expect(first).to_contain_text("<img src=x onerror=alert(1)>")
    expect(first.locator("img")).to_have_count(0)
    expect(first.get_by_role("link", name="help")).to_have_attribute("rel", re.compile("noreferrer"))


def test_a_message_is_shown_as_one_likes_and_found(page: Page, api: Api) -> None:
    record(api)
    page.goto("/runs/r/messages?message=m3")
    expect(page.get_by_role("article", name="Agent: support")).to_have_class(re.compile("bg-selected"))
    first = page.get_by_role("article", name="Person: user")

    first.get_by_role("button", name="Plain").click()
    expect(first).to_contain_text("**my refund**")
    page.get_by_role("searchbox", name="Search messages").fill("PENDING")
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("button", name="Show its event").click()
    expect(page).to_have_url(re.compile("event=told"))


def test_what_was_said_late_in_a_long_run_is_found(page: Page, api: Api) -> None:
    said = [message(f"m{number}", 1, f"word {number}", sender="user") for number in range(600)]
    api.record_all(run_start("r"), *said, message("last", 2, "goodbye", sender="user"), run_end("r"))
    page.goto("/runs/r/messages?messages-q=goodbye")

    expect(page.get_by_role("article")).to_contain_text("goodbye")
    expect(page.get_by_role("status").filter(has_text="found")).to_have_text("1 found in 601 messages")


def test_an_open_run_goes_on_speaking(page: Page, api: Api) -> None:
    api.record_all(run_start("r"))
    page.goto("/runs/r/messages")
    expect(page.get_by_text("Nobody has said anything yet")).to_be_visible()

    api.record_all(message("m1", 1, "hello", sender="user"))

    expect(page.get_by_role("article", name="Person: user")).to_contain_text("hello")
