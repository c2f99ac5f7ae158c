"""The dashboard as the server serves it, and the page of the API: whole without the outside."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from runreel.errors import StorageUnavailableError
from runreel.server import dashboard_routes
from runreel.storage.sql import open_store
from tests.support.api import Api, problem_of, run_start
from tests.support.app import serving
from tests.support.source import ROOT
from tests.support.store import StoreWith, failing
from tests.support.stream import streaming

_BUILT = ROOT / "src" / "runreel" / "server" / "dashboard"
PAGES = ("/", "/agents", "/agents/a%2Fb/runs/50%25", "/runs/run-1/timeline", "/sessions", "/stats", "/imports/1")


class Page(HTMLParser):
    """What a browser would make of a page: its base, what it loads, and its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.base = ""
        self.links: list[str] = []
        self.scripts: list[str] = []
        self._is_in_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "base":
            self.base = found.get("href") or ""
        elif tag in ("script", "link", "img"):
            self.links.append(found.get("src") or found.get("href") or "")
        self._is_in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._is_in_script = False

    def handle_data(self, data: str) -> None:
        if self._is_in_script and data.strip():
            self.scripts.append(data)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_finds_its_files_wherever_it_is(read_only: Api, path: str) -> None:
    answer = read_only.http.get(path)
    page = Page(answer.text)

    assert answer.status_code == 200
    assert page.links
    for link in page.links:
        address = urljoin(urljoin(f"http://any{path}", page.base), link).removeprefix("http://any")
        assert read_only.http.get(address).status_code == 200, address


def test_a_page_below_another_path_finds_its_files_there(read_only: Api) -> None:
    """A proxy may put any path before; the page is told relatively where it is."""
    page = Page(read_only.http.get("/runs/run-1/timeline").text)

    base = urljoin("https://example.org/tools/runreel/runs/run-1/timeline", page.base)

    assert base == "https://example.org/tools/runreel/"


def test_pages_run_no_script_that_is_inside_them(read_only: Api) -> None:
    answer = read_only.http.get("/agents")

    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert Page(answer.text).scripts == []


def test_pages_are_asked_for_again_and_assets_are_kept(read_only: Api) -> None:
    page = read_only.http.get("/agents")
    asset = next(link for link in Page(page.text).links if "assets/" in link).removeprefix("./")
    kept = read_only.http.get(f"/{asset}")

    assert page.headers["cache-control"] == "no-cache"
    assert "immutable" in kept.headers["cache-control"]
    assert read_only.http.get("/start.js").headers["cache-control"] == "no-cache"
    again = read_only.http.get("/start.js", headers={"if-none-match": read_only.http.get("/start.js").headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_head_is_get_without_the_body(read_only: Api) -> None:
    got, head = read_only.http.get("/runs/a"), read_only.http.head("/runs/a")

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("path", ["/api/nothing", "/api/", "/api", "/assets/none.js", "/assets/..%2Findex.html"])
def test_no_page_stands_before_the_api_or_the_assets(read_only: Api, path: str) -> None:
    problem_of(read_only.http.get(path, headers={"accept": "*/*"}), 404)
    if path != "/api":
        problem_of(read_only.http.get(path, headers={"accept": "text/html"}), 404)


def test_a_wrong_address_is_a_problem_for_programs_and_a_page_for_people(read_only: Api) -> None:
    problem_of(read_only.http.get("/nothing"), 404)

    page = read_only.http.get("/nothing", headers={"accept": "text/html,*/*"})

    assert page.status_code == 404
    assert 'id="root"' in page.text


def test_the_pages_are_those_of_the_dashboards_router() -> None:
    router = (ROOT / "dashboard" / "src" / "app" / "router.tsx").read_text(encoding="utf-8")
    assert {*re.findall(r'path: "/(\w+)', router)} == {*dashboard_routes.PAGES}


def test_without_a_dashboard_a_page_says_how_to_get_it(
    read_only: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_routes, "FOLDER", tmp_path)

    answer = read_only.http.get("/agents")

    assert answer.status_code == 200
    assert "RUNREEL_SKIP_DASHBOARD" in answer.text
    assert "/docs" in answer.text


def test_names_are_no_part_of_a_page(api: Api) -> None:
    api.record_all(run_start("a", "<script>alert(1)</script>"))

    assert "alert(1)" not in api.http.get("/agents/%3Cscript%3Ealert(1)%3C%2Fscript%3E").text


def test_a_page_says_after_which_change_the_stream_of_its_project_goes_on(api: Api) -> None:
    api.record_all(run_start("a"))
    number = change_no_of(api.http.get("/runs/a").text)
    with streaming(api, "/api/stream", after=number) as stream:
        first = stream.next()
        assert (first.id, first.data["runs"]) == (number, [])
        api.record_all(run_start("b"))
        assert [run["run_id"] for run in stream.next().data["runs"]] == ["b"]

    assert change_no_of(api.http.get("/").text) > number


def test_a_page_comes_without_a_database_too(tmp_path: Path) -> None:
    away = failing(StorageUnavailableError("away"))
    with serving(StoreWith(open_store(f"sqlite:///{tmp_path / 'runreel.db'}"), get_change_no=away)) as app:  # type: ignore[arg-type]
        answer = app.api.http.get("/runs/a")

    assert answer.status_code == 200
    assert 'id="root"' in answer.text
    assert "runreel-change-no" not in answer.text


def change_no_of(html: str) -> int:
    (number,) = re.findall(r'<meta name="runreel-change-no" content="(\d+)" />', html)
    return int(number)


@pytest.mark.parametrize("path", ["/agents", "/docs"])
def test_a_page_needs_nothing_from_outside(read_only: Api, path: str) -> None:
    assert re.findall(r"""["'(](?:https?:)?//[\w.]""", read_only.http.get(path).text) == []


def test_styles_fetch_nothing_from_outside(read_only: Api) -> None:
    page = Page(read_only.http.get("/agents").text)
    (style,) = [link for link in page.links if link.endswith(".css")]
    css: httpx.Response = read_only.http.get("/" + style.removeprefix("./"))

    assert re.findall(r"url\((?!\.{0,2}/|[\w-]+\.woff2)[^)]*\)", css.text) == []
    assert css.headers["content-type"].startswith("text/css")


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


def test_no_script_needs_one_that_needs_it() -> None:
    """What a script takes from one that waits for it is not there yet."""
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (_BUILT / "assets").glob("*.js")}
    needed = {
        name: set(re.findall(r"""\b(?:from|import)\s*["'`]\./([^"'`]+)""", text)) for name, text in scripts.items()
    }

    assert len(needed) > 1
    TopologicalSorter(needed).prepare()
