"""Pages follow what is recorded, whatever comes late: their files, their stream, or an answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, Route, expect

from tests.support.api import Api, event, run_end, run_start
from tests.support.eventually import eventually

pytestmark = pytest.mark.browser

STREAM = "**/api/stream*"
WORKER = "**/assets/shared-worker*"


def record_begin(api: Api) -> None:
    api.record_all(run_start("a"), event("e", "a"))


def record_end(api: Api) -> None:
    api.record_all(run_end("a", status="cancelled"))


def without_number(route: Route) -> None:
    """As it comes from a server that doesn't say up to which change the page knows everything."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace('name="runreel-change-no"', 'name="nothing"'))


@pytest.mark.parametrize("path", ["/runs/a", "/runs", "/agents/planner"])
@pytest.mark.parametrize("has_number", [True, False])
@pytest.mark.parametrize("late", [WORKER, STREAM])
def test_what_happens_before_the_stream_begins_is_shown(
    page: Page, context: BrowserContext, api: Api, late: str, has_number: bool, path: str
) -> None:
    held: list[Route] = []
    context.route(late, lambda route: held.append(route))
    if late == STREAM:
        # Requests of a shared worker can't be held, so the page has its own stream.
        context.add_init_script("delete window.SharedWorker")
    if not has_number:
        context.route(f"**{path}", without_number)
    record_begin(api)
    page.goto(path)
    expect(page.get_by_text("Executing").first).to_be_visible()
    # What a page shows may be there before it asks for the stream; asking the page lets requests be seen.
    eventually(lambda: page.evaluate("true") and len(held) == 1)

    record_end(api)
    (route,) = held
    route.continue_()

    expect(page.get_by_text("Cancelled").first).to_be_visible()


@pytest.mark.parametrize(("path", "reading"), [("/runs/a", "**/api/by-id/a"), ("/runs", "**/api/runs?*")])
def test_what_happens_while_a_page_is_read_is_shown(
    page: Page, context: BrowserContext, api: Api, path: str, reading: str
) -> None:
    """An answer that was made before the change comes after the change was told."""
    record_begin(api)
    held: list[tuple[Route, APIResponse]] = []
    page.route(reading, lambda route: held.append((route, route.fetch())) if not held else route.continue_())
    page.goto(path)
    expect(page.get_by_role("img", name="Live")).to_be_visible()
    other = context.new_page()
    other.goto("/runs/a")
    expect(other.get_by_text("Executing")).to_be_visible()

    record_end(api)
    expect(other.get_by_text("Cancelled")).to_be_visible()
    ((route, answer),) = held
    route.fulfill(response=answer)

    expect(page.get_by_text("Cancelled").first).to_be_visible()


@pytest.mark.parametrize("view", ["timeline", "tree"])
def test_what_happens_before_a_view_follows_is_shown_in_it(page: Page, api: Api, view: str) -> None:
    held: list[Route] = []
    page.route("**/api/by-id/a/changes*", lambda route: held.append(route) if not held else route.continue_())
    going_on = {"phase": "start", "status": "running", "ended_at": None}
    api.record_all(run_start("a"), event("e", "a", name="search", **going_on))
    page.goto(f"/runs/a/{view}")
    shown = page.get_by_role("main")
    expect(shown).to_contain_text("Running")
    expect(shown).to_contain_text("search")

    api.record_all(event("e", "a", status="failed", ended_at="2026-01-02T03:04:07Z"))
    expect(shown).to_contain_text("1 error")
    (route,) = held
    route.continue_()

    expect(shown).to_contain_text("Failed")
