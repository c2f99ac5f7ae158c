"""The pages of all sessions and of one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser

AWKWARD = ["a/b", "100 % ?x#y&z=1+2", "a%2Fb", "日本 🧳", "<b>bold</b>"]


def record(api: Api, run_id: str, session_id: str, **end: object) -> None:
    start = {**run_start(run_id), "session_id": session_id}
    api.record_all(start, event("e", run_id), run_end(run_id, **end))


def test_without_sessions_the_page_says_what_they_are_and_turns_live(page: Page, api: Api) -> None:
    page.goto("/sessions")
    expect(page.get_by_role("heading", name="No sessions yet")).to_be_visible()

    record(api, "run-1", "chat")

    expect(page.get_by_role("link", name="chat")).to_be_visible()


def test_sessions_are_searched_and_sorted_and_the_address_says_how(page: Page, api: Api) -> None:
    for number, session in enumerate(("beta", "alpha", "gamma", "alpha")):
        record(api, f"run-{number}", session)
    page.goto("/sessions")
    links = page.locator("tbody .row-link")
    expect(links).to_have_count(3)

    page.get_by_role("button", name="Session", exact=True).click()
    expect(page).to_have_url(re.compile("sort=name"))
    expect(links).to_have_text(["alpha", "beta", "gamma"])
    page.get_by_role("button", name="Runs", exact=True).click()
    expect(links.first).to_have_text("alpha")
    page.keyboard.press("/")
    page.keyboard.type("AMM")
    expect(links).to_have_text(["gamma"])
    page.reload()
    expect(links).to_have_text(["gamma"])

    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_text("No session matches")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(links).to_have_count(3)


def test_a_session_shows_its_runs_as_turns_and_what_they_come_to(page: Page, api: Api) -> None:
    record(api, "run-1", "chat")
    record(api, "run-2", "chat", status="failed")
    record(api, "run-3", "other")
    page.goto("/sessions")

    page.get_by_role("link", name="chat").click()

    expect(page.locator("h1")).to_have_text("chat")
    expect(page.locator("tbody .row-link")).to_have_count(2)
    expect(page.get_by_role("link", name="1 failed")).to_be_visible()
    expect(page.get_by_role("heading", name="Cost by turn")).to_be_visible()
    page.get_by_role("link", name="1 failed").click()
    expect(page).to_have_url(re.compile("session=chat&status=failed"))
    expect(page.locator("tbody .row-link")).to_have_count(1)


def test_a_turn_that_comes_is_shown(page: Page, api: Api) -> None:
    record(api, "run-1", "chat")
    page.goto("/sessions/chat")
    expect(page.locator("tbody .row-link")).to_have_count(1)

    record(api, "run-2", "chat")

    expect(page.locator("tbody .row-link")).to_have_count(2)
    expect(page.locator("dl")).to_contain_text(re.compile("Runs\\s*2"))


def test_a_session_that_is_not_there_is_said_to_be_gone(page: Page) -> None:
    page.goto("/sessions/nobody")
    expect(page.get_by_role("heading", name="There is no such session")).to_be_visible()


@pytest.mark.parametrize("name", AWKWARD)
def test_a_link_to_a_session_survives_its_name_and_a_reload(page: Page, api: Api, name: str) -> None:
    record(api, "run-1", name)
    page.goto("/sessions")
    page.locator("tbody .row-link").click()
    expect(page.locator("h1")).to_have_text(name)
    address = page.url

    page.reload()

    assert page.url == address
    expect(page.locator("h1")).to_have_text(name)
    expect(page.locator("tbody .row-link")).to_have_count(1)
