"""What agents ask people: the badge, the page, the run's banner and its panels, and who is quicker."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.conftest import new_context
from tests.support.api import Api, event, run_end, run_start
from tests.support.app import ServedApp

pytestmark = pytest.mark.browser


def ask(run_id: str = "a", event_id: str = "e", question: str = "Deploy it?", **fields: Any) -> dict[str, Any]:
    inputs = {"question": question, "options": ["deploy", "wait"], "context": {"to": "production"}}
    return event(
        event_id,
        run_id,
        event_type="approval_requested",
        phase="start",
        ended_at=None,
        name=question,
        inputs=inputs,
        **fields,
    )


def card(page: Page, question: str = "Deploy it?") -> Locator:
    return page.get_by_role("article", name=question)


def badge(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Pages").get_by_role("link", name="Approvals").first


def answered(api: Api, run_id: str = "a", event_id: str = "e") -> dict[str, Any]:
    return api.get(f"/api/by-id/{run_id}/approvals/{event_id}")


def test_the_badge_and_the_page_follow_what_is_asked_and_answered(page: Page, api: Api) -> None:
    api.record_all(run_start("a"))
    page.goto("/approvals")
    expect(page.get_by_role("heading", name="No approvals yet")).to_be_visible()

    api.record_all(ask())

    expect(card(page)).to_contain_text("Needs an answer")
    expect(card(page)).to_contain_text("production")
    expect(badge(page)).to_have_accessible_name(re.compile("1 open approval"))
    api.http.post("/api/by-id/a/approvals/e/answer", json={"option": "wait", "who": "Ada"}).raise_for_status()
    past = page.get_by_role("region", name="Answered and past")
    expect(past.get_by_role("article", name="Deploy it?")).to_contain_text("Answered by Ada")
    expect(badge(page)).to_have_accessible_name("Approvals")


def test_an_answer_is_given_with_a_comment_under_a_name_that_is_remembered(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), ask(), ask(event_id="f", question="Tell the others?"))
    page.goto("/approvals")

    card(page).get_by_role("textbox", name="Answer as").fill("Ada")
    card(page).get_by_role("textbox", name="Add a comment").fill("After lunch.")
    card(page).get_by_role("button", name="deploy").click()

    expect(card(page)).to_contain_text("Answered by Ada")
    expect(card(page)).to_contain_text("After lunch.")
    # It stays where it was, so that whoever answered sees what became of it.
    expect(page.get_by_role("region", name="Waiting for an answer").get_by_role("article")).to_have_count(2)
    assert answered(api)["option"] == "deploy"
    assert answered(api)["feedback"] == "After lunch."
    page.reload()
    expect(card(page, "Tell the others?").get_by_role("textbox", name="Answer as")).to_have_value("Ada")
    expect(page.get_by_role("region", name="Waiting for an answer").get_by_role("article")).to_have_count(1)


def test_of_two_who_answer_at_once_one_wins_and_both_know(
    browser: Browser, server: ServedApp, page: Page, api: Api
) -> None:
    api.record_all(run_start("a"), ask())
    held: list[Route] = []
    with new_context(browser, server) as other_context:
        other = other_context.new_page()
        for each, name, option in ((page, "Ada", "deploy"), (other, "Ben", "wait")):
            each.goto("/approvals")
            card(each).get_by_role("textbox", name="Answer as").fill(name)
            each.route("**/answer", lambda route: held.append(route))
            card(each).get_by_role("button", name=option).click()
            # Shown before the server has it.
            expect(card(each)).to_contain_text("Sending the answer")
        assert len(held) == 2

        with ThreadPoolExecutor(1) as pool:
            sent = [each.request for each in held]
            first = pool.submit(api.http.post, sent[0].url, content=sent[0].post_data_buffer or b"", headers=JSON)
            second = held[1].fetch()
            statuses = sorted([first.result().status_code, second.status])
        assert statuses == [200, 409]
        held[0].fulfill(
            status=first.result().status_code,
            body=first.result().text,
            content_type=first.result().headers["content-type"],
        )
        held[1].fulfill(response=second)

        winner = answered(api)["answered_by"]
        option = {"Ada": "deploy", "Ben": "wait"}[winner]
        loser = other if winner == "Ada" else page
        for each in (page, other):
            expect(card(each)).to_contain_text(f"Answered by {winner}")
            expect(card(each)).to_contain_text(f"Chosen: {option}")
        expect(card(loser).get_by_role("alert")).to_have_text(
            f"The answer came too late: {winner} had answered {option}."
        )


JSON = {"content-type": "application/json"}


def test_an_answer_that_the_server_does_not_take_is_taken_back(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), ask())
    page.goto("/approvals")
    page.route("**/answer", lambda route: route.fulfill(status=503))
    card(page).get_by_role("textbox", name="Add a comment").fill("After lunch.")

    card(page).get_by_role("button", name="deploy").click()

    expect(card(page).get_by_role("alert")).to_contain_text("The answer was not taken")
    expect(card(page).get_by_role("textbox", name="Add a comment")).to_have_value("After lunch.")
    assert answered(api)["status"] == "open"
    page.unroute("**/answer")
    card(page).get_by_role("button", name="deploy").click()
    expect(card(page)).to_contain_text("Answered by somebody")


def test_a_run_that_waits_says_so_and_is_answered_there(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("step", "a", name="a step"))
    page.goto("/runs/a")
    expect(page.get_by_text("Executing")).to_be_visible()

    api.record_all(ask())

    banner = page.get_by_role("region", name="Waits for an answer")
    expect(banner.get_by_role("heading", name="Deploy it?")).to_be_visible()
    expect(page.get_by_text("Needs approval").first).to_be_visible()
    banner.get_by_role("button", name="wait").click()
    expect(banner).to_be_hidden()
    expect(page.get_by_role("status").filter(has_text="Answered: wait")).to_be_visible()
    expect(page.get_by_text("Executing")).to_be_visible()
    assert answered(api)["option"] == "wait"


def test_the_panels_of_its_event_and_of_its_node_take_an_answer(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), ask(node_id="release"), ask(event_id="f", question="Tell?", node_id="release"))
    page.goto("/runs/a?event=e")

    told = page.get_by_role("region", name="Approval", exact=True)
    expect(told).to_contain_text("Needs an answer")
    # The question of the panel is not asked above it as well.
    expect(page.get_by_role("region", name="Waits for an answer")).to_be_hidden()
    told.get_by_role("button", name="deploy").click()
    expect(told).to_contain_text("Answered by somebody")
    page.get_by_role("region", name="Event", exact=True).get_by_role("button", name="release").click()
    node = page.get_by_role("region", name="Node", exact=True)
    node.get_by_role("group", name="Answer to Tell?").get_by_role("button", name="wait").click()

    expect(node.get_by_text("Answered by somebody")).to_have_count(2)
    assert answered(api, event_id="f")["option"] == "wait"


def test_what_nobody_can_answer_any_more_says_why(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), ask(), ask(event_id="f", question="Tell the others?"))
    api.http.post("/api/by-id/a/approvals/f/expire", json={"option": "wait"}).raise_for_status()
    api.record_all(run_end("a", status="cancelled"))

    page.goto("/approvals")

    expect(card(page)).to_contain_text("The run ended before anybody answered.")
    expect(card(page, "Tell the others?")).to_contain_text("The agent went on with “wait”.")
    expect(page.get_by_role("button", name="deploy")).to_have_count(0)


def test_keys_lead_to_the_page_and_through_it(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), ask(), ask(event_id="f", question="Tell?", started_at="2026-01-02T09:00:00Z"))
    page.goto("/agents")
    expect(page.locator("tbody .row-link")).to_have_count(1)

    page.keyboard.press("Shift+P")
    expect(page.get_by_role("heading", name="Approvals", exact=True)).to_be_visible()
    expect(card(page)).to_be_visible()
    page.keyboard.press("j")
    expect(card(page, "Tell?")).to_be_focused()
    page.keyboard.press("j")
    expect(card(page)).to_be_focused()
    page.keyboard.press("k")
    expect(card(page, "Tell?")).to_be_focused()
    card(page).get_by_role("link", name="run 1").click()
    expect(page).to_have_url(re.compile("/runs/a.event=e"))
