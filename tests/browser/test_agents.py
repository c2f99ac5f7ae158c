"""The page of all agents."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api, event, run_end, run_start
from tests.support.app import ServedApp

pytestmark = pytest.mark.browser

AWKWARD = ["a/b", "100 % ?x#y&z=1+2", "a%2Fb", "日本 🧳", "وكيل", "\\back", "'a' \"b\"", "<b>bold</b>", "tail "]


def record(api: Api, agent_name: str, run_id: str, **end: object) -> None:
    api.record_all(run_start(run_id, agent_name), event("e", run_id), run_end(run_id, **end))


def names(page: Page) -> list[str]:
    return page.locator("tbody .row-link").all_text_contents()


def test_without_runs_the_page_tells_how_to_record_and_turns_live(page: Page, api: Api, server: ServedApp) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Record your first run")).to_be_visible()
    expect(page.locator("pre")).to_contain_text(f'url="{server.url}"')
    expect(page.get_by_text("Waiting for the first run")).to_be_visible()

    record(api, "planner", "run-1")

    expect(page.get_by_role("link", name="planner")).to_be_visible()


def test_an_agent_shows_how_it_does(page: Page, api: Api) -> None:
    record(api, "planner", "good")
    record(api, "planner", "bad", status="failed")

    page.goto("/agents")

    row = page.locator("tbody tr", has_text="planner")
    expect(row).to_contain_text("50 %")
    expect(row).to_contain_text(re.compile(r"(9\.\d|10\.\d)\d? s"))
    expect(row.get_by_role("img", name=re.compile("runs in 14 days"))).to_be_visible()


def test_agents_are_searched_and_sorted_and_the_address_says_how(page: Page, api: Api) -> None:
    for number, name in enumerate(("beta", "alpha", "gamma")):
        record(api, name, f"run-{number}")
    page.goto("/agents")
    expect(page.locator("tbody .row-link")).to_have_count(3)

    page.get_by_role("button", name="Agent", exact=True).click()
    expect(page).to_have_url(re.compile("sort=name"))
    expect(page.locator("tbody .row-link")).to_have_text(["alpha", "beta", "gamma"])
    page.keyboard.press("/")
    page.keyboard.type("AMM")
    expect(page.locator("tbody .row-link")).to_have_text(["gamma"])
    page.reload()
    expect(page.locator("tbody .row-link")).to_have_text(["gamma"])

    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_text("No agent matches")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("tbody .row-link")).to_have_count(3)


def test_an_agent_is_deleted_after_a_question(page: Page, api: Api) -> None:
    record(api, "doomed", "run-1")
    record(api, "kept", "run-2")
    page.goto("/agents")

    page.get_by_role("button", name="Actions on doomed").click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("doomed")
    dialog.get_by_role("button", name="Keep").click()
    assert {agent["name"] for agent in api.list("/api/agents")} == {"doomed", "kept"}
    page.get_by_role("button", name="Actions on doomed").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("button", name="Delete with 1 run").click()
    expect(page.get_by_text("doomed and 1 run deleted")).to_be_visible()

    expect(page.get_by_role("link", name="doomed")).to_have_count(0)
    assert {agent["name"] for agent in api.list("/api/agents")} == {"kept"}


@pytest.mark.parametrize("name", AWKWARD)
def test_a_link_to_an_agent_survives_its_name_and_a_reload(page: Page, api: Api, name: str) -> None:
    record(api, name, "run-1")
    page.goto("/agents")
    page.locator("tbody .row-link").click()
    expect(page.locator("h1")).to_have_text(name.strip(), use_inner_text=False)
    address = page.url

    page.reload()

    assert page.url == address
    expect(page.locator("h1")).to_have_text(name.strip(), use_inner_text=False)
    expect(page.locator("tbody .row-link")).to_have_text(["run 1"])


def test_rows_are_walked_by_keys(page: Page, api: Api) -> None:
    for number in range(3):
        record(api, f"agent {number}", f"run-{number}")
    page.goto("/agents?sort=name")
    expect(page.locator("tbody .row-link")).to_have_count(3)

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="agent 1")).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="agent 0")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/agents/agent%200"))
