"""The dashboard under a path, behind the nginx of Debian, configured as the documents say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.api import Api, client_of, event, run_end, run_path, run_start
from tests.support.nginx import running_nginx
from tests.support.server import RunningServer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AWKWARD = ["a/b", "100 % ?x#y&z=1+2", "a%2Fb", "日本 🧳", "وكيل", "\\back", "a//b/../c"]


@pytest.fixture
def base(nginx: str, server: RunningServer, tmp_path: Path) -> Iterator[str]:
    """Give the address of the server behind nginx."""
    with running_nginx(nginx, server.url, tmp_path / "nginx") as url:
        yield url


@pytest.fixture
def proxied(browser: Browser, base: str) -> Iterator[BrowserContext]:
    """Give a browser whose pages must ask for nothing that is not under the path."""
    astray: list[str] = []
    context = browser.new_context(base_url=base, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    context.on("weberror", lambda error: astray.append(str(error.error)))
    context.on("request", lambda request: None if is_inside(request.url, base) else astray.append(request.url))
    yield context
    context.close()
    assert astray == []


@pytest.fixture
def page(proxied: BrowserContext) -> Page:
    return proxied.new_page()


def is_inside(url: str, base: str) -> bool:
    return url.startswith((base, "data:", "blob:", "about:"))


def record(api: Api, agent_name: str, run_id: str, **start: object) -> None:
    api.record_all(run_start(run_id, agent_name, **start), event("e", run_id, name="look"), run_end(run_id))


def test_the_first_page_tells_the_address_under_the_path_and_follows_through_the_proxy(
    page: Page, api: Api, base: str
) -> None:
    page.goto(base)
    expect(page.locator("pre")).to_contain_text(f'url="{base.rstrip("/")}"')
    expect(page.get_by_text("Waiting for the first run")).to_be_visible()

    record(api, "planner", "run-1")

    expect(page.get_by_role("link", name="planner")).to_be_visible(timeout=5_000)
    assert page.url == f"{base}agents"


@pytest.mark.parametrize("name", AWKWARD)
def test_deep_links_survive_names_and_reloads(page: Page, api: Api, base: str, name: str) -> None:
    record(api, name, "run-1", run_name=f"run of {name}", session_id=f"talk {name}")

    page.goto(f"{base}agents/{quote(name, safe='')}")
    expect(page.locator("h1")).to_have_text(name, use_inner_text=False)
    page.locator("tbody .row-link").click()
    expect(page).to_have_url(f"{base}runs/run-1")
    page.goto(f"{base}agents/{quote(name, safe='')}/runs/{quote(f'run of {name}', safe='')}")
    expect(page).to_have_url(f"{base}runs/run-1")
    page.goto(f"{base}runs/run-1/tree?event=e")
    expect(page.get_by_role("region", name="Event").get_by_role("heading", name="look")).to_be_visible()
    page.reload()
    expect(page.get_by_role("region", name="Event").get_by_role("heading", name="look")).to_be_visible()
    page.get_by_role("link", name=f"talk {name}", exact=True).click()
    expect(page.locator("h1")).to_have_text(f"talk {name}", use_inner_text=False)
    page.reload()

    expect(page.locator("h1")).to_have_text(f"talk {name}", use_inner_text=False)


def test_an_open_run_grows_and_is_renamed_and_deleted_through_the_proxy(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("one", "a", name="one"))
    page.goto("runs/a")
    rows = page.locator("[data-place]")
    expect(rows).to_have_count(1)

    api.record_all(event("two", "a", name="two"), event("three", "a", name="three"))
    expect(rows).to_have_count(3, timeout=5_000)
    expect(page.get_by_role("heading", name="run 1")).to_be_visible()
    page.keyboard.press("F2")
    page.get_by_role("textbox", name="New name of run 1").fill("a/b: 50 % 🎬")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Renamed to a/b: 50 % 🎬")).to_be_visible()
    assert api.get(run_path("planner", "a/b: 50 % 🎬"))["run_id"] == "a"
    page.get_by_role("button", name="More of this run").click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("button", name="Delete the run").click()

    expect(page).to_have_url(re.compile("/tools/runreel/agents/planner$"))


def test_eight_tabs_follow_through_the_proxy(proxied: BrowserContext, api: Api) -> None:
    record(api, "first", "a")
    tabs = [proxied.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto("agents")
        expect(tab.get_by_role("link", name="first")).to_be_visible()

    record(api, "second", "b")

    for tab in tabs:
        expect(tab.get_by_role("link", name="second")).to_be_visible(timeout=5_000)


def test_writes_of_pages_from_elsewhere_are_still_refused(api: Api, base: str) -> None:
    record(api, "planner", "run-1")
    with client_of(base) as proxied:
        answer = proxied.http.delete("api/by-id/run-1", headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403
        own = base.removesuffix("/tools/runreel/")
        assert proxied.http.delete("api/by-id/run-1", headers={"Origin": own}).status_code < 300
