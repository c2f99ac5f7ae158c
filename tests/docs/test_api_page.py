"""The page that describes the HTTP API, in a browser that reaches nothing but the server."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect, sync_playwright

from tests.support.server import running_server

pytestmark = pytest.mark.browser


def test_api_page_shows_the_routes_offline(chromium: str) -> None:
    elsewhere: list[str] = []

    with running_server() as server, sync_playwright() as playwright:

        def stay_here(route: Route) -> None:
            if route.request.url.startswith((server.url, "data:")):
                route.continue_()
            else:
                elsewhere.append(route.request.url)
                route.abort()

        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.route("**/*", stay_here)
        page.goto(f"{server.url}/docs")
        expect(page.get_by_text("/api/records").first).to_be_visible()
        browser.close()

    assert elsewhere == []
