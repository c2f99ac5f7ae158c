"""The whole way: an agent in a process of its own, recorded by the SDK, a server as people start it, and a browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.api import Api, client_of, problem_of, run_path
from tests.support.nginx import running_nginx
from tests.support.patience import PATIENCE_S
from tests.support.server import RunningServer, free_port, running_server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PROGRAM = Path(__file__).with_name("researcher.py")
AWKWARD = ["a/b: 100 % ?x#y&z=1+2", "a%2Fb\\c", "日報 🎬 وكيل"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def api(server: RunningServer) -> Iterator[Api]:
    with client_of(server.url) as api:
        yield api


class Agent:
    """The agent's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> int:
        """Let it go on to its end, and return its exit code."""
        self._process.communicate("\n\n", timeout=PATIENCE_S)
        return self._process.returncode


@contextmanager
def agent(url: str, journal: Path, *, name: str = "researcher", topic: str = "the moon") -> Generator[Agent]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RUNREEL_")}
    command = [sys.executable, PROGRAM, url, name, topic]
    env = {**clean, "RUNREEL_JOURNAL": str(journal)}
    with subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield Agent(process)
        finally:
            process.kill()


def research(url: str, journal: Path, *, name: str = "researcher", topic: str = "the moon") -> None:
    """Record a run from its begin to its end."""
    with agent(url, journal, name=name, topic=topic) as process:
        assert process.end() == (1 if "trouble" in topic else 0)


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=re.compile(name))


def test_an_agent_is_watched_from_its_first_words_to_the_step_that_failed(
    page: Page, server: RunningServer, tmp_path: Path
) -> None:
    page.goto("/")
    expect(page.locator("pre")).to_contain_text(server.url)
    expect(page.get_by_text("Waiting for the first run")).to_be_visible()

    with agent(server.url, tmp_path / "journal", topic="trouble") as process:
        page.get_by_role("link", name="researcher").click()
        page.get_by_role("link", name="run 1").click()
        head = page.locator("header", has=page.get_by_role("heading", name="run 1"))
        expect(head).to_contain_text("Executing")
        expect(row(page, "think of trouble.*Completed")).to_be_visible()
        expect(row(page, "fetch.*Running")).to_be_visible()

        assert process.end() == 1

    expect(row(page, "fetch.*Failed")).to_be_visible()
    expect(head).to_contain_text("Failed")
    expect(head).to_contain_text("1.2k in, 80 out")
    expect(head).to_contain_text("$0.25")
    head.get_by_role("button", name="ConnectionError: trouble/1 answered 503").click()
    error = page.get_by_role("region", name="Event").get_by_role("region", name="Error")
    expect(page.get_by_role("region", name="Event").get_by_role("heading", name="fetch")).to_be_visible()
    expect(error).to_contain_text("trouble/1 answered 503")
    expect(error).to_contain_text("researcher.py")


def test_a_run_is_renamed_and_deleted_while_its_agent_goes_on(
    page: Page, server: RunningServer, api: Api, tmp_path: Path
) -> None:
    research(server.url, tmp_path / "first")
    with agent(server.url, tmp_path / "second") as process:
        page.goto("/agents/researcher")
        page.get_by_role("link", name="run 2").click()
        expect(row(page, "fetch.*Running")).to_be_visible()

        page.keyboard.press("F2")
        field = page.get_by_role("textbox", name="New name of run 2")
        field.fill("nodes")
        expect(page.get_by_role("alert")).to_be_visible()
        field.fill("run 1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Show that run")).to_be_visible()
        field.fill("a/b: 50 % 🎬")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Renamed to a/b: 50 % 🎬")).to_be_visible()

        assert process.end() == 0
    expect(page.get_by_text("Completed").first).to_be_visible()
    expect(page.get_by_role("heading", name="a/b: 50 % 🎬")).to_be_visible()
    run = api.get(run_path("researcher", "a/b: 50 % 🎬"))

    page.get_by_role("button", name="More of this run").click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("button", name="Delete the run").click()

    expect(page.locator("tbody .row-link")).to_have_text(["run 1"])
    problem_of(api.http.get(f"/api/by-id/{run['run_id']}"), 404)


def test_a_node_shows_the_events_of_its_own_run(page: Page, server: RunningServer, tmp_path: Path) -> None:
    for topic in ("the moon", "mars"):
        research(server.url, tmp_path / topic, topic=topic)
    page.goto("/agents/researcher")
    page.get_by_role("link", name="run 1").click()
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Graph").click()

    page.get_by_role("group", name=re.compile("^Graph of")).get_by_role("button", name=re.compile("^search")).click()
    panel = page.get_by_role("region", name="Node")
    panel.get_by_role("tab", name="Events").click()

    expect(panel.get_by_role("button", name="look up the moon")).to_be_visible()
    expect(panel.get_by_role("button", name="fetch")).to_have_count(2)
    expect(panel.get_by_text("mars")).to_have_count(0)


@pytest.mark.parametrize("name", AWKWARD)
def test_deep_links_survive_awkward_names_and_reloads(
    page: Page, server: RunningServer, api: Api, tmp_path: Path, name: str
) -> None:
    research(server.url, tmp_path / "journal", name=name, topic=name)
    api.http.patch(run_path(name, "run 1"), json={"new_run_name": f"run of {name}"})

    page.goto(f"/agents/{quote(name, safe='')}/runs/{quote(f'run of {name}', safe='')}")
    expect(page.get_by_role("heading", name=f"run of {name}")).to_be_visible()
    page.get_by_role("row", name=f"look up {name}").click()
    panel = page.get_by_role("region", name="Event")
    expect(panel.get_by_role("heading", name=f"look up {name}")).to_be_visible()
    page.reload()

    expect(panel.get_by_role("heading", name=f"look up {name}")).to_be_visible()
    panel.get_by_role("link", name=name, exact=True).click()
    expect(page.locator("h1")).to_have_text(name)
    page.reload()
    expect(page.locator("h1")).to_have_text(name)


def test_an_agent_and_a_browser_reach_the_server_behind_nginx(
    page: Page, server: RunningServer, nginx: str, tmp_path: Path
) -> None:
    with running_nginx(nginx, server.url, tmp_path / "nginx") as base:
        page.goto(base)
        expect(page.locator("pre")).to_contain_text(f'url="{base.rstrip("/")}"')

        with agent(base, tmp_path / "journal") as process:
            page.get_by_role("link", name="researcher").click()
            page.get_by_role("link", name="run 1").click()
            row(page, "fetch.*Running").click()
            panel = page.get_by_role("region", name="Event")
            expect(panel).to_contain_text("Running")
            page.reload()
            expect(panel).to_contain_text("Running")
            assert process.end() == 0

        expect(panel.get_by_role("tree", name="Outputs")).to_contain_text("pages")
        assert page.url.startswith(f"{base}runs/")
        page.goto("about:blank")


def test_eight_tabs_follow_an_agent(context: BrowserContext, server: RunningServer, tmp_path: Path) -> None:
    with agent(server.url, tmp_path / "journal") as process:
        tabs = [context.new_page() for _ in range(8)]
        for tab in tabs:
            tab.goto("/runs")
            expect(tab.locator("tbody tr", has_text="run 1")).to_contain_text("Executing")

        assert process.end() == 0

        for tab in tabs:
            expect(tab.locator("tbody tr", has_text="run 1")).to_contain_text("Completed")


def test_what_an_agent_does_while_the_server_is_away_is_shown_when_it_is_back(page: Page, tmp_path: Path) -> None:
    port = ["--port", str(free_port())]
    data = tmp_path / "restarted"
    with running_server(data, arguments=port) as first, agent(first.url, tmp_path / "journal") as process:
        page.goto(f"{first.url}/agents/researcher")
        page.get_by_role("link", name="run 1").click()
        expect(row(page, "fetch.*Running")).to_be_visible()
        first.stop()
        expect(page.get_by_text("The server is not heard")).to_be_visible()
        process.go_on()
        expect(page.get_by_role("heading", name="run 1")).to_be_visible()

        with running_server(data, arguments=port):
            expect(row(page, "fetch.*Completed")).to_have_count(1)
            expect(page.get_by_text("The server is not heard")).to_have_count(0)
            assert process.end() == 0
            expect(page.get_by_text("Completed").first).to_be_visible()
            expect(row(page, "fetch.*Completed")).to_have_count(2)
            page.goto("about:blank")
