"""The start page and the page of the API: whole without the outside, and no name does anything on them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.support.api import Api, agent_path, event, run_end, run_path, run_start

EVIL = "<img src=x onerror=alert(1)> \"'&amp; </title><script>alert(2)</script>"


class Page(HTMLParser):
    """What a browser would make of a page: its elements, what they link to, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_start_page_says_when_there_is_nothing_yet(api: Api) -> None:
    page = Page(api.http.get("/").text)

    assert "No agent has recorded anything yet." in page.text
    assert "/docs" in page.links


def test_the_start_page_leads_to_agents_and_runs(api: Api) -> None:
    api.record_all(run_start("a", "team/planner ?", run_name="the 1st #"), event("e", "a"), run_end("a"))
    api.record_all(event("e", "unnamed", agent_name="other"))

    page = Page(api.http.get("/").text)

    assert f"{agent_path('team/planner ?')}/runs" in page.links
    assert "new run" in page.text
    for link in (link for link in page.links if link != "/docs"):
        assert api.http.get(link).status_code == 200
    assert f"{run_path('team/planner ?', 'the 1st #')}/trace" in page.links


def test_names_are_only_text_on_the_start_page(api: Api) -> None:
    api.record_all(run_start("a", EVIL, run_name=EVIL, status=f'x" onclick="alert(3) {EVIL}'))

    html = api.http.get("/").text
    page = Page(html)

    assert page.tags.isdisjoint({"script", "img"})
    assert [name for name in page.attributes if name.startswith("on")] == []
    assert page.text.count(EVIL) >= 3


def test_a_template_mark_in_a_name_stays_one(api: Api) -> None:
    api.record_all(run_start("a", "$agents ${runs} $$", run_name="{0} %s"))

    assert "$agents ${runs} $$" in Page(api.http.get("/").text).text


def test_the_start_page_runs_no_script_and_is_framed_by_nobody(api: Api) -> None:
    headers = api.http.get("/").headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_the_start_page_stays_short_with_many_runs(api: Api) -> None:
    api.record_all(*(run_start(f"r{n}", f"agent {n}") for n in range(120)))

    html = api.http.get("/").text

    assert html.count("<tr>") < 120
    assert "The newest 50 runs." in html


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_needs_nothing_from_outside(read_only: Api, path: str) -> None:
    html = read_only.http.get(path).text

    assert re.findall(r"""(?:https?:)?//[\w.]""", html) == []
    for link in Page(html).links:
        if not link.startswith("data:"):
            assert read_only.http.get(link if link.startswith("/") else f"/{link}").status_code == 200


def test_the_description_of_the_api_names_every_route(read_only: Api) -> None:
    described = read_only.get("/openapi.json")

    assert {"/api/events", "/api/records", "/api/runs/{agent_name}/{run_name}/trace", "/ready"} <= set(
        described["paths"]
    )
    assert [
        path
        for path in described["paths"]
        if not path.startswith("/api/") and path not in ("/health", "/ready", "/metrics")
    ] == []
