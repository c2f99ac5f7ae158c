"""The panel beside the view: on a phone it covers the page, and then nothing below it can be reached."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}
STOPS = 40
IS_IN_PANEL = "document.activeElement === document.body || document.activeElement.closest('section[aria-label=Event]')"


def open_panel(page: Page, api: Api) -> Locator:
    """Open the panel of an event from the tree, and return it."""
    api.record_all(run_start("a"), event("e", "a", name="fetch"), event("f", "a", name="look"), run_end("a"))
    page.goto("/runs/a/tree")
    page.get_by_role("treeitem").filter(has_text="fetch").click()
    panel = page.get_by_role("region", name="Event")
    expect(panel.get_by_role("heading", name="fetch")).to_be_visible()
    return panel


def stops(page: Page) -> list[bool]:
    """Press Tab often enough to go all around the page; tell of each stop whether it is in the panel."""
    found: list[bool] = []
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        found.append(bool(page.evaluate(IS_IN_PANEL)))
    return found


def test_on_a_phone_the_keyboard_stays_in_the_panel_and_goes_back(page: Page, api: Api) -> None:
    page.set_viewport_size(PHONE)
    panel = open_panel(page, api)

    expect(panel).to_be_focused()
    assert all(stops(page))
    expect(page.get_by_role("link", name="Timeline")).to_have_count(0)
    panel.get_by_role("button", name="Close the panel").press("Enter")

    expect(panel).to_have_count(0)
    expect(page.get_by_role("tree", name="Events")).to_be_focused()
    expect(page.get_by_role("link", name="Timeline")).to_be_visible()


def test_beside_the_view_the_panel_hides_nothing_and_leaves_the_focus(page: Page, api: Api) -> None:
    panel = open_panel(page, api)

    expect(page.get_by_role("tree", name="Events")).to_be_focused()
    expect(page.get_by_role("link", name="Timeline")).to_be_visible()
    found = stops(page)
    assert any(found)
    assert not all(found)
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("link", name="Timeline")).to_have_count(0)
    panel.get_by_role("button", name="Close the panel").click()

    expect(page.get_by_role("tree", name="Events")).to_be_focused()
