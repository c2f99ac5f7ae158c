"""Browsers, a server to look at, and what every page must stand: no complaint, and nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.support.api import Api
from tests.support.app import ServedApp, copied_store, migrated_file, serving
from tests.support.patience import PATIENCE_S

# Some tests start another server, and no page asks one that is not this machine's.
INSIDE = ("http://127.0.0.1:", "data:", "blob:", "about:")
PATIENCE_MS = PATIENCE_S * 1000
WIDE: ViewportSize = {"width": 1440, "height": 900}

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # Not for longer: while it is there, its event loop runs in this thread, and other tests have loops of their own.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_file(tmp_path_factory.mktemp("template"))


@pytest.fixture
def server(empty_file: Path, tmp_path: Path) -> Iterator[ServedApp]:
    """Serve in this process: a test has its server in no time."""
    with serving(copied_store(empty_file, tmp_path)) as app:
        yield app


@pytest.fixture
def api(server: ServedApp) -> Api:
    return server.api


@pytest.fixture
def context(browser: Browser, server: ServedApp) -> Iterator[BrowserContext]:
    """Give a person's browser with nothing in it yet; what its pages complain about fails the test."""
    with new_context(browser, server) as context:
        yield context


@contextmanager
def new_context(browser: Browser, server: ServedApp) -> Iterator[BrowserContext]:
    """Give a browser of its own to look at a server; fails at the end if a page complained."""
    complaints: list[str] = []
    context = browser.new_context(base_url=server.url, viewport=WIDE)
    context.set_default_timeout(PATIENCE_MS)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
    context.on("request", lambda request: None if request.url.startswith(INSIDE) else complaints.append(request.url))
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def _is_complaint(message: Any) -> bool:
    # A server that is away, or an answer of 404, is what some tests are about; the browser logs it by itself.
    return message.type == "error" and "Failed to load resource" not in message.text
