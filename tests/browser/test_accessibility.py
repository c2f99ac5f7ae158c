"""No page violates WCAG 2.2 AA: in light and dark, wide and narrow, with and without runs, and when something is wrong.

Other tests say what pages do; this one walks through all there is to see, and asks axe about each.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from bench.legacy_schema import Age
from tests.browser.conftest import new_context
from tests.support.api import Api, event, run_end, run_start
from tests.support.app import ServedApp, copied_store, serving
from tests.support.legacy_database import hashed_tables, write
from tests.support.server import RUNREEL
from tests.support.source import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# Between the themes nothing differs but colours.
COLOUR_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
# And between widths what stands where, what scrolls, and what has room for its words.
ROOM_RULES = {"type": "rule", "values": ["target-size", "scrollable-region-focusable", "button-name", "link-name"]}
# To tell where each element is that is as it should be takes axe as long as to look at it.
NO_MORE = {"resultTypes": ["violations"], "selectors": False}
NARROW: ViewportSize = {"width": 390, "height": 844}
# What measures itself is drawn anew a frame or two after the page got another width.
UNTIL_STILL = """() => new Promise(resolve => {
    let framesStill = 0
    const observer = new MutationObserver(() => { framesStill = 0 })
    observer.observe(document, { subtree: true, childList: true, attributes: true })
    const look = () => {
        if (framesStill++ < 2) return requestAnimationFrame(look)
        observer.disconnect()
        resolve()
    }
    requestAnimationFrame(look)
})"""

Step = Callable[[Page], object]
Sight = tuple[str, *tuple[Step, ...]]


def see(text: str) -> Step:
    return lambda page: expect(page.get_by_text(text).first).to_be_visible()


def see_any(selector: str) -> Step:
    return lambda page: expect(page.locator(selector).first).to_be_visible()


def click(role: Any, name: str) -> Step:
    return lambda page: page.get_by_role(role, name=name).first.click()


def press(keys: str) -> Step:
    return lambda page: page.keyboard.press(keys)


def type_(text: str) -> Step:
    return lambda page: page.keyboard.type(text)


ROWS = see_any("tbody .row-link")
SPANS = see_any("[data-place]")
EVENT = see_any("section[aria-label=Event] h2")
NODE = see_any("section[aria-label=Node] [role=tabpanel]:not([hidden])")
MENU = see_any("[role=menu]")
DIALOG = see_any("[role=dialog]")
ALERT = see_any("[role=alert]")
LOADING = see_any("[aria-label=Loading] > *")
TREE = see_any("[role=treeitem]")
BOXES = see_any("[role=group][aria-label^='Graph of'] button")
PREVIEW = see_any("[aria-label=Preview] > :not([aria-label=Loading])")
RUN = "/runs/showcase"

WITH_RUNS: Mapping[str, Sight] = {
    "agents": ("/agents", ROWS),
    "no agent that matches": ("/agents?q=nobody", see("No agent matches")),
    "actions on an agent": ("/agents", click("button", "Actions on research_agent"), MENU),
    "deletion of an agent": (
        "/agents",
        click("button", "Actions on research_agent"),
        click("menuitem", "Delete"),
        DIALOG,
    ),
    "themes": ("/agents", ROWS, click("button", "Theme"), MENU),
    "palette": ("/agents", ROWS, press("Control+k"), type_("s"), see_any("[role=option]")),
    "palette without a match": ("/agents", ROWS, press("Control+k"), type_("zzz"), see("Nothing is called so")),
    "keys": (RUN, SPANS, press("?"), DIALOG),
    "agent": ("/agents/research_agent", ROWS),
    "agent of an awkward name": ("/agents/support%2Ftier%201", ROWS),
    "charts of an agent as tables": (
        "/agents/research_agent",
        ROWS,
        *(click("button", f"{title} as a table") for title in ("Runs", "Duration", "Tokens", "Cost", "Errors")),
        see_any("[aria-label='Errors as a table']"),
    ),
    "runs": ("/runs", ROWS),
    "runs of some statuses": ("/runs?status=failed&status=lost", ROWS, click("button", "2 statuses"), MENU),
    "runs of many filters": (
        "/runs?session=a&tag=b&mode=c&environment=d&errors=yes&unpriced=yes&parent=showcase&since=2026-01-01T00:00:00Z",
        see("No run matches"),
    ),
    "picked runs": ("/runs", ROWS, press("j"), press("x"), see("1 run picked")),
    "deletion of picked runs": ("/runs", ROWS, press("j"), press("x"), click("button", "Delete…"), DIALOG),
    "unusable name in a list": ("/runs", ROWS, press("j"), press("F2"), type_(".."), press("Home"), ALERT),
    "run that is open": ("/runs/open", SPANS),
    "run that is lost": ("/runs/showcase-lost", SPANS),
    "run that waits": ("/runs/showcase-waits", SPANS),
    "question of a run": ("/runs/showcase-waits", see_any("section[aria-label='Waits for an answer'] button")),
    "question in the panel": ("/runs/showcase-waits?event=flights", see_any("section[aria-label=Approval] button")),
    "questions of a node": ("/runs/showcase-waits/graph?node=book", see("Book these flights?"), NODE),
    "history of a node": ("/runs/showcase-waits/graph?node=book&node-tab=history", see_any("main ol li")),
    "history of a run": ("/runs/showcase-waits", SPANS, press("h"), see_any("[role=dialog] ol li")),
    "run to be paused": ("/runs/open", SPANS, press("p"), DIALOG),
    "run to be cancelled": ("/runs/open", SPANS, click("button", "Cancel the run"), DIALOG),
    "run that was asked to pause": ("/runs/asked", see("has not seen it yet")),
    "branch": ("/runs/showcase-branch", see("The filings alone")),
    "runs that a run began": (RUN, SPANS, click("button", "1 child run"), DIALOG, see("from read")),
    "run in part": ("/runs/showcase-partial", SPANS),
    "run of a run": ("/runs/showcase-desk", SPANS),
    "more of a run": (RUN, SPANS, click("button", "More of this run"), MENU),
    "deletion of a run": (RUN, click("button", "More of this run"), click("menuitem", "Delete…"), DIALOG),
    "taken name of a run": (
        "/runs/open",
        SPANS,
        press("F2"),
        type_("taken"),
        press("Enter"),
        see("Show that run"),
    ),
    "timeline": (RUN, SPANS),
    "timeline with its critical path": (
        f"{RUN}?timeline-compressed=1",
        SPANS,
        click("button", "Critical path"),
        see_any("[aria-pressed=true]"),
    ),
    "timeline and an error": (RUN, SPANS, press("e"), EVENT),
    "tree": (f"{RUN}/tree", TREE),
    "tree of what matches": (f"{RUN}/tree?tree-q=web", TREE, see_any("mark")),
    "tree without a match": (f"{RUN}/tree?tree-q=nothing+like+it", see("No event matches")),
    "changes of files": (f"{RUN}/tree?event=count", TREE, see_any("section[aria-label='Changed files'] code")),
    "code that failed": (f"{RUN}/tree?event=mean", TREE, see("Exit code 1")),
    "handoff": (f"{RUN}/tree?event=e5", TREE, see_any("section[aria-label=Handoff]")),
    "answer in the panel": (f"{RUN}/tree?event=may-it", TREE, see("Answered by")),
    "tree and code": (f"{RUN}/tree", click("treeitem", "python"), EVENT, see_any("[aria-label=Code]")),
    "event with much to tell": ("/runs/open?event=odd", EVENT, see("too large to be kept")),
    "event that is gone": (f"{RUN}?event=nothing", EVENT, see("There is no such event")),
    "graph": (f"{RUN}/graph", BOXES),
    "graph of the past": (f"{RUN}/graph?at=1000", BOXES, see_any("[role=slider]"), see_any("[data-past]")),
    "tree of the past": (f"{RUN}/tree?at=1000", TREE, see_any("[role=slider]")),
    "timeline beside the playhead": (f"{RUN}?at=1000", SPANS, see("This view shows all of the run")),
    "graph as it ran": (f"{RUN}/graph?graph-mode=ran", BOXES),
    "graph of a plan": ("/runs/planned/graph", BOXES),
    "plan": ("/runs/planned/plan", see("Of version 1")),
    "plan of a run that is over": (f"{RUN}/plan?node=publish", see("Ended at step"), NODE),
    "graph of calls": ("/runs/showcase-desk/graph", BOXES),
    **{
        f"{tab} of a node": (f"{RUN}/graph?node=web&node-tab={tab}", BOXES, NODE)
        for tab in ("overview", "events", "files", "messages", "metrics")
    },
    "node that is gone": (f"{RUN}/graph?node=nothing", see("There is no such node")),
    "messages": (f"{RUN}/messages", see_any("article")),
    "messages as one likes": (
        f"{RUN}/messages",
        click("button", "Plain"),
        click("button", "JSON"),
        press("/"),
        type_("send_email"),
        click("button", "send_email"),
        see("readers@example.org"),
    ),
    "no message that matches": (
        f"{RUN}/messages",
        see_any("article"),
        press("/"),
        type_("nothing like it"),
        see("matches"),
    ),
    **{
        f"{file} as a file": (f"{RUN}/files?file={file}&files-by={by}", see_any("section h2"), PREVIEW)
        for file, by in (
            ("report.md", "node"),
            ("data-launches.csv", "folder"),
            ("data-sources.json", "agent"),
            ("share.png", "node"),
            ("report.html", "node"),
            ("nothing", "node"),
        )
    },
    "raw": (f"{RUN}/raw", see_any("[data-event]")),
    "raw event and its export": (
        f"{RUN}/raw",
        see_any("[data-event]"),
        press("j"),
        click("button", "Export"),
        MENU,
    ),
    "no line that matches": (f"{RUN}/raw?raw-q=nothing+like+it", see("Clear filters")),
    **{
        f"{view} of a run that is {state}": (f"/runs/{state}/{view}", see_any("main h2"))
        for state in ("begun", "empty")
        for view in ("timeline", "tree", "graph", "plan", "messages", "files", "raw")
    },
    "sessions": ("/sessions", ROWS),
    "no session that matches": ("/sessions?q=nobody", see("No session matches")),
    "session": ("/sessions/quarterly%20report", ROWS),
    "approvals": ("/approvals", see("Book these flights?"), see("The agent went on")),
    "metrics": ("/stats?days=60", ROWS),
    "metrics by model": ("/stats?by=models", ROWS),
    "metrics of a tool": ("/stats?by=tools&tool=web_search&agent=research_agent", ROWS),
    "metrics of a range": ("/stats", click("button", "Range"), see_any("[aria-label='Choose a range']")),
    "charts of metrics as tables": (
        "/stats?days=7",
        ROWS,
        *(click("button", f"{title} as a table") for title in ("Cost", "Tokens", "Runs", "Duration")),
        see_any("[aria-label='Duration as a table']"),
    ),
    "metrics of a time without runs": (
        "/stats?since=2020-01-01T00:00:00Z&until=2020-01-09T00:00:00Z",
        see("Nothing was recorded"),
    ),
    "imports": ("/imports", ROWS),
    "import": ("/imports", click("link", "old.db"), see_any("[aria-label=Verdict] h2")),
    "import that does not add up": ("/imports", click("link", "broken.db"), see("Not everything is accounted for")),
    "run that is gone": ("/runs/nowhere", see("There is no such run")),
    "run that is gone by its name": ("/agents/research_agent/runs/nowhere", see("There is no such run")),
    "agent that is gone": ("/agents/nobody", see("There is no such agent")),
    "session that is gone": ("/sessions/nobody", see("There is no such session")),
    "import that is gone": ("/imports/nothing", see("There is no such import")),
    "page that is none": ("/nothing/here", see_any("h1")),
}

WITHOUT_RUNS: Mapping[str, Sight] = {
    "agents": ("/agents", see("Record your first run")),
    "runs": ("/runs", see("No runs yet")),
    "sessions": ("/sessions", see("No sessions yet")),
    "approvals": ("/approvals", see("No approvals yet")),
    "metrics": ("/stats", see("Nothing was recorded")),
    "imports": ("/imports", see("No imports yet")),
    "palette": ("/runs", see("No runs yet"), press("Control+k"), see_any("[role=option]")),
}

PAGES = (
    "/agents",
    "/agents/research_agent",
    "/runs",
    RUN,
    "/sessions",
    "/sessions/x",
    "/approvals",
    "/stats",
    "/imports",
    "/imports/x",
)
PARTS = (
    *(
        (f"{RUN}/{view}", "by-id/showcase/**")
        for view in ("timeline", "tree", "graph", "plan", "messages", "files", "raw")
    ),
    (f"{RUN}/tree?event=report", "by-id/showcase/events/**"),
    (f"{RUN}/tree?node=web", "*/showcase/nodes/**"),
    ("/agents/research_agent", "runs?*"),
    ("/agents/research_agent", "metrics/**"),
    ("/stats", "metrics/timeline*"),
)


@pytest.fixture(scope="module")
def server(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    """Serve a database with all there is to see."""
    folder = tmp_path_factory.mktemp("seen")
    with serving(copied_store(empty_file, folder)) as app:
        subprocess.run([sys.executable, ROOT / "dashboard" / "sample.py", app.url, "40"], timeout=60, check=True)
        record_more(app.api)
        record_imports(app, folder)
        yield app


@pytest.fixture(scope="module")
def context(browser: Browser, server: ServedApp) -> Iterator[BrowserContext]:
    """Give one browser to all sights: it compiles what pages are made of once."""
    with new_context(browser, server) as context:
        context.add_init_script(
            "try { localStorage.clear(); sessionStorage.clear() } catch { /* a page that is none yet */ }"
        )
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture(scope="module")
def unused(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedApp]:
    with serving(copied_store(empty_file, tmp_path_factory.mktemp("unused"))) as app:
        yield app


def record_more(api: Api) -> None:
    """Record what the samples have none of."""
    api.record_all(run_start("planned"))
    for nodes in (["first", "dropped"], ["second", "third"]):
        plan = {"nodes": [{"node_id": node_id, "goal": "to see", "requires_approval": True} for node_id in nodes]}
        assert api.http.put("/api/by-id/planned/plan", json=plan).is_success
        tried = [event(f"{nodes[0]} {n}", "planned", event_type="node_execution", node_id=nodes[0]) for n in range(2)]
        api.record_all(*tried)
    api.record_all(
        run_start("open"),
        event(
            "odd",
            "open",
            phase="start",
            ended_at=None,
            name="<b>fetch</b>",
            inputs={"api_key": "[redacted]", "n": [1, None, True]},
            outputs={"body": {"$truncated": "size", "size_bytes": 2_000_000, "media_type": "text/html"}},
            attributes={"attempt": 2},
        ),
        run_start("taken", run_name="taken"),
        run_end("taken", status="cancelled"),
        run_start("asked"),
        event("e", "asked"),
        run_start("begun"),
        run_start("empty"),
        run_end("empty"),
    )
    asked = {"action": "pause", "why": "the disk is full", "who": "Ada"}
    assert api.http.post("/api/by-id/asked/requests", json=asked).is_success


def record_imports(app: ServedApp, folder: Path) -> None:
    """Import a sound database, and tell of one whose report does not add up."""
    path = write(folder / "old.db", hashed_tables(2), Age.NEW)
    subprocess.run([RUNREEL, "import", str(path), "--url", app.url], capture_output=True, timeout=60, check=True)
    (summary,) = app.api.get("/api/imports")["imports"]
    report = app.api.get(f"/api/imports/{summary['import_id']}")
    next(each for each in report["tables"] if each["table"] == "messages")["stored"] -= 1
    told = {key: value for key, value in report.items() if key not in {"import_id", "who"}}
    told |= {"problem": "the bundle ends in the middle", "source": report["source"].replace("old.db", "broken.db")}
    assert app.api.http.post("/api/imports", json=told).is_success


@pytest.mark.parametrize("sight", WITH_RUNS.values(), ids=WITH_RUNS)
def test_what_was_recorded(page: Page, sight: Sight) -> None:
    path, *steps = sight
    page.goto(path)
    for step in steps:
        step(page)

    assert violations(page) == []


@pytest.mark.parametrize("sight", WITHOUT_RUNS.values(), ids=WITHOUT_RUNS)
def test_where_nothing_was_recorded(page: Page, unused: ServedApp, sight: Sight) -> None:
    path, *steps = sight
    page.goto(unused.url + path)
    for step in steps:
        step(page)

    assert violations(page) == []


@pytest.mark.parametrize("path", PAGES)
def test_what_cannot_be_read(page: Page, path: str) -> None:
    page.route("**/api/**", refuse)
    page.goto(path)
    ALERT(page)

    assert violations(page) == []


@pytest.mark.parametrize(("path", "part"), PARTS)
def test_what_cannot_be_read_in_part(page: Page, path: str, part: str) -> None:
    page.route(f"**/api/{part}", refuse)
    page.goto(path)
    ALERT(page)

    assert violations(page) == []


@pytest.mark.parametrize("path", [*PAGES, f"{RUN}/tree", f"{RUN}/messages"])
def test_what_is_on_its_way(page: Page, path: str) -> None:
    page.route("**/api/**", lambda route: route.continue_() if route.request.url.endswith("/showcase") else None)
    page.goto(path)
    LOADING(page)

    assert violations(page) == []


def test_a_server_that_is_not_heard(page: Page) -> None:
    page.add_init_script("delete window.SharedWorker")
    page.route("**/api/stream*", lambda route: route.abort())
    page.goto("/agents")
    see("The server is not heard")(page)

    assert violations(page) == []


def refuse(route: Route) -> None:
    route.fulfill(status=400, json={"title": "Bad Request", "status": 400, "detail": "there is no room for answers"})


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong with a page as it stands, in both themes and two widths."""
    # As a text for the page's own world, since the page lets no script in that is not the server's.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    wide = [*_found(page, "light", RULES), *_found(page, "dark", COLOUR_RULES)]
    page.set_viewport_size(NARROW)
    page.evaluate(UNTIL_STILL)
    return [*wide, *(f"narrow {each}" for each in _found(page, "dark", ROOM_RULES))]


def _found(page: Page, theme: str, rules: Mapping[str, Any]) -> list[str]:
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    page.evaluate("document.getAnimations().forEach(each => { try { each.finish() } catch { each.cancel() } })")
    options = {"runOnly": rules, **NO_MORE}
    answer: Any = page.evaluate("options => axe.run(options)", options)
    return [
        f"{theme} {violation['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for violation in answer["violations"]
        for node in violation["nodes"]
    ]
