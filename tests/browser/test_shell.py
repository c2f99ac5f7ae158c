"""What stands around every page: keys, palette, theme, the connection, many tabs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support.api import Api, client_of, event, run_end, run_start
from tests.support.eventually import eventually
from tests.support.server import free_port, running_server

pytestmark = pytest.mark.browser


def record(api: Api, agent_name: str, run_id: str, **start: object) -> None:
    api.record_all(run_start(run_id, agent_name, **start), event("e", run_id), run_end(run_id))


def test_the_palette_goes_to_a_run_by_its_name(page: Page, api: Api) -> None:
    record(api, "planner", "a", run_name="a very odd / name")
    page.goto("/agents")
    expect(page.get_by_role("link", name="planner")).to_be_visible()

    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("odd /")
    expect(page.get_by_role("option", name="a very odd / name")).to_be_visible()
    expect(page.get_by_role("option").first).to_contain_text("a very odd")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/runs/a$"))
    expect(page.get_by_role("heading", name="a very odd / name")).to_be_visible()


def test_the_palette_offers_nothing_that_was_found_for_another_text(page: Page, api: Api) -> None:
    held: list[Route] = []
    record(api, "planner", "a")
    page.goto("/agents")
    expect(page.get_by_role("link", name="planner")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="planner").first).to_be_visible()

    page.route("**/api/agents?*", lambda route: held.append(route))
    page.get_by_role("combobox").fill("writer")

    expect(page.get_by_role("option")).to_have_text(["Looking…"])
    page.keyboard.press("Enter")
    eventually(lambda: page.evaluate("true") and held)
    held[0].continue_()
    expect(page.get_by_role("option")).to_have_text(["Nothing is called so."])
    expect(page).to_have_url(re.compile("/agents$"))


def test_the_keys_are_listed_and_lead_to_pages(page: Page) -> None:
    page.goto("/agents")
    expect(page.get_by_role("heading", name="Agents")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Go to anything")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.keyboard.press("Shift+R")

    expect(page).to_have_url(re.compile("/runs$"))


def test_the_theme_is_there_before_anything_is_painted(page: Page) -> None:
    page.goto("/agents")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    # Without the application itself, the theme is still the chosen one.
    page.route("**/assets/index-*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.reload()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.locator("#root").inner_html() == ""


@pytest.mark.parametrize("path", ["/sessions", "/stats", "/nothing/here", "/runs/nowhere", "/agents/a/runs/b"])
def test_every_other_page_stands(page: Page, path: str) -> None:
    page.goto(path)

    expect(page.locator("main h1, main h2").first).to_be_visible()


def test_names_lead_to_the_run_and_its_selection_stays_with_it(page: Page, api: Api) -> None:
    record(api, "a/b", "id-1", run_name="50 % 日報")
    page.goto("/agents/a%2Fb/runs/50%20%25%20%E6%97%A5%E5%A0%B1")
    expect(page).to_have_url(re.compile("/runs/id-1$"))

    page.goto("/runs/id-1/timeline?event=e")
    expect(page.get_by_role("region", name="Event")).to_be_visible()
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Tree").click()
    expect(page).to_have_url(re.compile(r"/runs/id-1/tree\?event=e$"))
    page.keyboard.press("Escape")

    expect(page.get_by_role("region", name="Event")).to_have_count(0)


def test_eight_tabs_follow_at_once(context: BrowserContext, api: Api) -> None:
    record(api, "first", "a")
    tabs = [context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto("/agents")
        expect(tab.get_by_role("link", name="first")).to_be_visible()

    record(api, "second", "b")

    for tab in tabs:
        expect(tab.get_by_role("link", name="second")).to_be_visible()


def test_a_page_goes_on_when_its_server_is_started_again(page: Page, tmp_path: Path) -> None:
    port = str(free_port())
    data = tmp_path / "restarted"
    with running_server(data, arguments=["--port", port]) as first, client_of(first.url) as api:
        record(api, "before", "a")
        page.goto(f"{first.url}/agents")
        expect(page.get_by_role("link", name="before")).to_be_visible()
        expect(page.get_by_role("img", name=re.compile("^Live"))).to_be_visible()
        first.stop()
        expect(page.get_by_text("The server is not heard")).to_be_visible()
        expect(page.get_by_role("link", name="before")).to_be_visible()

    with running_server(data, arguments=["--port", port]) as second, client_of(second.url) as api:
        record(api, "meanwhile", "b")
        expect(page.get_by_role("link", name="meanwhile")).to_be_visible()
        expect(page.get_by_text("The server is not heard")).to_have_count(0)
        page.goto("about:blank")
