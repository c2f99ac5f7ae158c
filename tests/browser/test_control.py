"""What people ask of an agent that runs, from the head of its run; and through which states run and node went."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api, event, problem_of, run_end, run_start

pytestmark = pytest.mark.browser


def test_a_run_is_paused_with_a_reason_and_resumed(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("e", "a"))
    page.goto("/runs/a")

    page.get_by_role("button", name="Pause the run").click()
    dialog = page.get_by_role("dialog", name="Pause this run?")
    dialog.get_by_role("textbox", name="Why").fill("the disk is full")
    dialog.get_by_role("textbox", name="As").fill("Ada")
    dialog.get_by_role("button", name="Pause the run").click()

    expect(dialog).to_be_hidden()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Ada asked it to pause")
    expect(main).to_contain_text("the disk is full · The agent has not seen it yet.")
    api.record_all(run_start("a", seen_request=1))
    expect(main).to_contain_text("The agent has seen it.")
    api.record_all(run_start("a", status="paused", recorded_at="2026-01-02T03:05:00Z"))
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    expect(main).not_to_contain_text("The agent has seen it.")
    page.get_by_role("button", name="Resume the run").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume the run").click()
    expect(main).to_contain_text("Ada asked it to go on")
    assert [each["action"] for each in api.get("/api/by-id/a/requests")["requests"]] == ["pause", "resume"]


def test_cancelling_is_confirmed_and_can_be_left(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("e", "a"))
    page.goto("/runs/a")

    page.get_by_role("button", name="Cancel the run").click()
    page.get_by_role("dialog", name="Cancel this run?").get_by_role("button", name="Leave it").click()
    assert api.get("/api/by-id/a/requests")["requests"] == []
    page.get_by_role("button", name="Cancel the run").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()

    main = page.get_by_role("main")
    expect(main).to_contain_text("Somebody asked it to give up")
    expect(page.get_by_role("button", name="Cancel the run")).to_have_count(0)
    api.record_all(run_end("a", status="cancelled", seen_request=1))
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(main).to_contain_text("Somebody asked it to give up")
    expect(page.get_by_role("button", name="Pause the run")).to_have_count(0)


def test_a_run_that_ends_meanwhile_is_asked_for_nothing(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("e", "a"))
    page.goto("/runs/a")
    page.get_by_role("button", name="Pause the run").click()
    dialog = page.get_by_role("dialog", name="Pause this run?")

    api.record_all(run_end("a"))
    problem_of(api.http.post("/api/by-id/a/requests", json={"action": "pause"}), 409)

    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Completed", exact=True)).to_be_visible()


def test_the_history_of_a_run_tells_who_changed_its_state_and_why(page: Page, api: Api) -> None:
    api.record_all(run_start("a"), event("e", "a"))
    patch = {"status": "paused", "why": "lunch"}
    api.http.patch("/api/by-id/a", json=patch).raise_for_status()
    page.goto("/runs/a")
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()

    page.keyboard.press("h")

    changes = page.get_by_role("dialog", name="State history").get_by_role("listitem")
    expect(changes.first).to_contain_text("ExecutingPaused")
    expect(changes.first).to_contain_text("by a person: lunch")
    api.record_all(run_end("a", status="failed"))
    api.http.patch("/api/by-id/a", json={"status": "executing", "why": "once more"}).raise_for_status()
    expect(changes.first).to_contain_text("by a person: once more")


def test_the_history_of_a_node_follows_from_what_it_did(page: Page, api: Api) -> None:
    executed = {"event_type": "node_execution", "node_id": "search"}
    api.record_all(
        run_start("a"),
        event(
            "one", "a", status="failed", started_at="2026-01-02T03:04:05Z", ended_at="2026-01-02T03:04:06Z", **executed
        ),
        event("two", "a", phase="start", ended_at=None, started_at="2026-01-02T03:05:00Z", **executed),
    )
    page.goto("/runs/a/graph?node=search&node-tab=history")

    changes = page.get_by_role("region", name="Node").get_by_role("listitem")
    expect(changes).to_have_count(3)
    expect(changes.first).to_contain_text("FailedRunning")
    api.record_all(event("two", "a", phase="end", ended_at="2026-01-02T03:06:00Z", **executed))
    expect(changes.first).to_contain_text("RunningCompleted")
    page.get_by_role("tab", name="Overview").click()
    overview = page.get_by_role("tabpanel", name="Overview")
    expect(overview).to_contain_text("Attempts2")
    expect(overview).to_contain_text("Succeeded50 %")
