"""The graph of a run, and the panel of a node in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.api import Api, event, run_end, run_start

pytestmark = pytest.mark.browser

Json = dict[str, object]


def node(run_id: str, node_id: str, name: str, order: int, **fields: object) -> Json:
    return {"record": "node", "run_id": run_id, "node_id": node_id, "name": name, "order_index": order, **fields}


def edge(run_id: str, source: str, target: str) -> Json:
    return {"record": "edge", "run_id": run_id, "source": source, "target": target, "edge_type": "sequential"}


def execution(run_id: str, node_id: str, second: int, **fields: object) -> Json:
    return event(
        f"{node_id} at {second}",
        run_id,
        event_type="node_execution",
        node_id=node_id,
        name=f"{node_id} at {second}",
        **{
            "started_at": f"2026-01-02T03:04:{second:02}Z",
            "ended_at": f"2026-01-02T03:04:{second + 1:02}Z",
            "status": "completed",
            **fields,
        },
    )


def plan(run_id: str, nodes: Sequence[str] = ("plan", "search", "write")) -> list[Json]:
    names = [node(run_id, each, each.capitalize(), order) for order, each in enumerate(nodes)]
    return [*names, *(edge(run_id, *pair) for pair in pairwise(nodes))]


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=re.compile("^Graph of")).get_by_role(
        "button", name=re.compile(rf"^{name}\s*,")
    )


def test_a_node_shows_only_the_events_of_its_own_run(page: Page, api: Api) -> None:
    for run_id in ("one", "two"):
        api.record_all(
            run_start(run_id),
            *plan(run_id),
            execution(run_id, "plan", 5),
            event("call", run_id, name=f"call of {run_id}", node_id="search"),
            {
                "record": "message",
                "run_id": run_id,
                "message_id": "said",
                "sender": "planner",
                "content": f"said in {run_id}",
                "node_id": "search",
                "sent_at": "2026-01-02T03:04:06Z",
            },
            run_end(run_id),
        )
    page.goto("/runs/one/graph")

    box(page, "Search").click()
    panel = page.get_by_role("region", name="Node")
    expect(panel.get_by_role("heading", name="Search")).to_be_visible()
    panel.get_by_role("tab", name="Events").click()

    expect(panel.get_by_role("list", name="Events").get_by_role("listitem")).to_have_count(1)
    expect(panel.get_by_role("button", name="call of one")).to_be_visible()
    panel.get_by_role("tab", name="Messages").click()
    expect(panel.get_by_text("said in one")).to_be_visible()
    expect(page.get_by_text("of two")).to_have_count(0)
    for tab in ("Files", "Metrics"):
        panel.get_by_role("tab", name=tab).click()
    page.reload()
    expect(panel.get_by_role("tab", name="Metrics", selected=True)).to_be_visible()


def test_states_follow_the_run_while_the_view_stays(page: Page, api: Api) -> None:
    api.record_all(run_start("open"), *plan("open"), execution("open", "plan", 5))
    page.goto("/runs/open/graph")
    expect(box(page, "Plan")).to_have_accessible_name(re.compile(r"Node.*Completed.*before Search \(not taken\)$"))
    expect(box(page, "Search")).to_have_accessible_name(
        re.compile(r"Node.*Ready.*after Plan \(not taken\), before Write \(not taken\)$")
    )
    expect(page.get_by_role("img", name=re.compile("^Live"))).to_be_visible()
    page.get_by_role("button", name="Smaller").click()
    expect(page).to_have_url(re.compile("graph-at="))
    place = box(page, "Plan").bounding_box()

    api.record_all(*(execution("open", "search", second) for second in (6, 7, 8)))
    expect(box(page, "Search")).to_have_accessible_name(re.compile("Completed.*ran ×3"))
    api.record_all(execution("open", "write", 9, status="failed"), run_end("open", status="failed"))

    expect(box(page, "Write")).to_have_accessible_name(re.compile("Failed"))
    assert box(page, "Plan").bounding_box() == place
    expect(page).to_have_url(re.compile("graph-at="))


def test_as_it_ran_each_execution_has_its_box_and_opens_its_event(page: Page, api: Api) -> None:
    executions = [execution("run", node_id, second) for node_id, second in (("plan", 5), ("search", 6), ("search", 8))]
    api.record_all(run_start("run"), *plan("run"), *executions, run_end("run"))
    page.goto("/runs/run/graph")
    expect(box(page, "Search")).to_have_accessible_name(re.compile("ran ×2"))

    page.get_by_role("radio", name="As it ran").click()

    expect(box(page, "Write")).to_have_count(0)
    expect(box(page, "Search").first).to_have_accessible_name(re.compile("execution 1 of 2.*after Plan, before Search"))
    box(page, "Search").last.click()
    panel = page.get_by_role("region", name="Event")
    expect(panel.get_by_role("heading", name="search at 8")).to_be_visible()
    page.reload()
    expect(page.get_by_role("radio", name="As it ran")).to_be_checked()
    expect(box(page, "Search").last).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Node").get_by_role("heading", name="Search")).to_be_visible()


def test_what_was_skipped_stands_beside_the_way(page: Page, api: Api) -> None:
    api.record_all(
        run_start("run"),
        *plan("run"),
        execution("run", "plan", 5),
        execution("run", "search", 6, status="skipped"),
        run_end("run", status="failed"),
    )
    page.goto("/runs/run/graph")

    expect(box(page, "Search")).to_have_accessible_name(re.compile("Skipped"))
    expect(page.get_by_role("list", name="Lines")).to_have_text("Declared, not taken")


def test_a_way_that_nobody_declared_is_told_apart(page: Page, api: Api) -> None:
    executions = [execution("run", node_id, second) for node_id, second in (("plan", 5), ("write", 7))]
    api.record_all(run_start("run"), *plan("run"), *executions, run_end("run"))
    page.goto("/runs/run/graph")

    expect(page.get_by_role("list", name="Lines").get_by_role("listitem")).to_have_text(
        ["Declared, not taken", "Taken, not declared"]
    )
    expect(box(page, "Plan")).to_have_accessible_name(re.compile(r"before.*Write \(not declared\)"))
    dashes = page.locator("path[marker-end]").evaluate_all(
        "all => all.map(each => each.getAttribute('stroke-dasharray'))"
    )
    assert sorted(dashes) == ["10 3 2 3", "5 4", "5 4"]


def test_what_goes_on_when_the_run_ends_is_ended_by_it(page: Page, api: Api) -> None:
    begun = execution("run", "plan", 5, status="running", ended_at=None, phase="start")
    api.record_all(run_start("run"), *plan("run"), begun)
    page.goto("/runs/run/graph")
    expect(box(page, "Plan")).to_have_accessible_name(re.compile("Running"))

    api.record_all(run_end("run", status="failed"))

    expect(box(page, "Plan")).to_have_accessible_name(re.compile("Cancelled by the run"))


def test_arrow_keys_walk_along_the_lines(page: Page, api: Api) -> None:
    api.record_all(run_start("run"), *plan("run"), execution("run", "plan", 5), run_end("run"))
    page.goto("/runs/run/graph")

    box(page, "Plan").focus()
    page.keyboard.press("ArrowDown")
    expect(box(page, "Search")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("node=search"))
    page.keyboard.press("ArrowDown")

    expect(box(page, "Write")).to_be_focused()
    expect(page.get_by_role("region", name="Node").get_by_role("heading", name="Write")).to_be_visible()
    expect(box(page, "Write")).to_have_accessible_name(re.compile("Not reached"))


def test_the_next_run_of_a_workflow_opens_with_the_layout_of_the_last_one(page: Page, api: Api) -> None:
    for run_id in ("one", "two"):
        api.record_all(run_start(run_id), *plan(run_id), run_end(run_id))
    places: list[object] = []
    n_workers: list[int] = []
    page.on("worker", lambda _: n_workers.append(1))
    for run_id in ("one", "two"):
        n_workers.clear()
        page.goto(f"/runs/{run_id}/graph")
        expect(box(page, "Write")).to_be_visible()
        places.append([box(page, name).bounding_box() for name in ("Plan", "Search", "Write")])
    assert places[0] == places[1]
    assert n_workers == []


def test_a_long_graph_begins_readable_and_fits_when_asked(page: Page, api: Api) -> None:
    nodes = [f"n{number}" for number in range(60)]
    api.record_all(run_start("long"), *plan("long", nodes), execution("long", "n40", 5, status="failed"))
    page.goto("/runs/long/graph")

    expect(box(page, "N40")).to_be_in_viewport()
    assert (box(page, "N40").bounding_box() or {})["width"] > 160
    page.keyboard.press("0")

    expect(box(page, "N0")).to_be_in_viewport()
    expect(box(page, "N59")).to_be_in_viewport()


def test_a_run_without_nodes_shows_what_called_what(page: Page, api: Api) -> None:
    calls = [event(f"call {number}", "calls", name="search", parent_event_id="root") for number in range(6)]
    api.record_all(run_start("calls"), event("root", "calls", name="planner", event_type="agent_call"), *calls)
    page.goto("/runs/calls/graph")

    expect(box(page, "search")).to_have_accessible_name(re.compile("Tool call.*Completed.*ran ×6.*after planner$"))
    expect(page.get_by_text("this is what called what")).to_be_visible()
    page.get_by_role("radio", name="As it ran").click()
    expect(box(page, "search")).to_have_count(6)


def test_a_run_in_which_nothing_happened_says_so(page: Page, api: Api) -> None:
    api.record_all(run_start("empty"))
    page.goto("/runs/empty/graph")
    expect(page.get_by_role("heading", name="Nothing to draw yet")).to_be_visible()
    page.goto("/runs/empty/graph?node=away")
    expect(page.get_by_role("heading", name="There is no such node")).to_be_visible()
