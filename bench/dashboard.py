"""The dashboard in a real browser: when a run is seen, how smoothly it moves, what it holds, whether it keeps up."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.browser import Browser, OpenPage, Sight, running_browser
from bench.client import Client
from bench.corpus import OUT
from bench.dashboard_runs import iter_graph_run, iter_long_run, make_live_batch, record_run, send, start_open_run
from bench.report import Figure, Report, gate, percentile
from bench.scale import Scale
from bench.server import Server, running_server

N_SHORT_EVENTS = 50
N_MOMENT_EVENTS = 10_000
N_GRAPH_NODES = 200
N_LARGE_GRAPH_NODES = 1_000
N_VISITS = 3  # until a browser has kept the compiled scripts
SCROLL_S = 3.0
SLOW_PX, FAST_PX = 40, 2_500
EVENTS_PER_S = 1_000
BATCH_EVENTS = 50

ROWS = Sight(selector="[role=treegrid] [data-place]:has(.name-text:not(:empty)):has([title])", least=20)
TREE_ROWS = Sight(selector="[role=tree] [role=treeitem]:has(.name-text:not(:empty))", least=8)
BOXES = Sight(selector="[data-box] .name-text:not(:empty)", least=8)
PLAYHEAD = "[role=slider][aria-label='Moment of the run']"
# As many as a screen shows of 60 in a second, which is seldom just 60.
LEAST_POSITIONS_PER_S = 58
GRID, TREE, GRAPH = "[role=treegrid]", "[role=tree]", "[role=group][aria-label^=Graph]"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view of a run, and how many rows it has."""

    name: str
    sight: Sight
    element: str
    n_rows: str


TIMELINE = View(
    name="timeline",
    sight=Sight(selector=f"{GRID} [data-place]"),
    element=GRID,
    n_rows=f"Number(document.querySelector('{GRID}').ariaRowCount) - 1",
)


def run(scale: Scale) -> Iterable[Report]:
    data = OUT / "dashboard"
    shutil.rmtree(data, ignore_errors=True)
    with running_server(data) as server:
        with server.connect() as client:
            record_run(client, iter_long_run("short", N_SHORT_EVENTS))
            record_run(client, iter_graph_run("graph", N_GRAPH_NODES))
            record_run(client, iter_graph_run("large-graph", N_LARGE_GRAPH_NODES))
            record_run(client, iter_long_run("long", scale.n_long_events))
            record_run(client, iter_long_run("moments", N_MOMENT_EVENTS))
        yield _measure_opening(server, scale)
        with _kept_browser(server) as browser:
            yield _measure_moving(browser, scale)
            yield _measure_playhead(browser)
            yield _measure_live(browser, server, scale)
    shutil.rmtree(data)


@contextmanager
def _kept_browser(server: Server) -> Iterator[Browser]:
    """Start a browser that knows the dashboard, as that of a person who opens a link."""
    with _new_browser(server) as browser:
        for _ in range(N_VISITS):
            for path, sight in (("/runs/short", ROWS), ("/runs/short/tree", TREE_ROWS), ("/runs/graph/graph", BOXES)):
                with browser.opened(path, sight) as page:
                    page.settle()
        browser.requested.clear()
        yield browser


@contextmanager
def _new_browser(server: Server) -> Iterator[Browser]:
    with TemporaryDirectory() as profile, running_browser(server.url, Path(profile)) as browser:
        yield browser


def _measure_opening(server: Server, scale: Scale) -> Report:
    pages = [
        (f"a run of {N_SHORT_EVENTS} events: timeline", "/runs/short", ROWS, 300),
        (f"a run of {scale.n_long_events:,} events: timeline", "/runs/long", ROWS, 1_000),
        (f"a run of {scale.n_long_events:,} events: tree", "/runs/long/tree", TREE_ROWS, 1_000),
        (f"graph of {N_GRAPH_NODES} nodes", "/runs/graph/graph", BOXES, 300),
        (f"graph of {N_LARGE_GRAPH_NODES:,} nodes", "/runs/large-graph/graph", BOXES, 1_500),
    ]
    figures: list[Figure] = []
    foreign: list[str] = []
    with _kept_browser(server) as browser:
        for name, path, sight, most_ms in pages:
            times_ms = tuple(browser.time_opening_ms(path, sight) for _ in range(scale.n_page_loads))
            figures.append(Figure(name=name, unit="ms", values=times_ms, bound=gate("<=", most_ms)))
        foreign += browser.foreign_requests
    for name, path, sight, _ in pages[:2]:
        times_ms = tuple(_time_first_opening_ms(server, path, sight) for _ in range(scale.n_cold_page_loads))
        figures.append(Figure(name=f"{name}, nothing in the cache", unit="ms", values=times_ms))
    for name, path, sight in (("the agents", "/agents", Sight(selector="a[href*='/agents/']")), pages[1][:3]):
        with _new_browser(server) as browser, browser.opened(path, sight) as page:
            page.settle()
            code_kb = page.read_code_bytes() / 1e3
            figures.append(
                Figure(name=f"code of the first load, {name}", unit="kB", values=(code_kb,), bound=gate("<=", 250))
            )
            foreign += browser.foreign_requests
    figures.append(Figure(name="requests to anybody else", unit="", values=(float(len(foreign)),), bound=gate("<=", 0)))
    title = f"The dashboard: from navigation until it is painted, {scale.n_page_loads} times"
    return Report(title=title, figures=figures, notes=[f"  asked for: {url}" for url in foreign])


def _time_first_opening_ms(server: Server, path: str, sight: Sight) -> float:
    with _new_browser(server) as browser:
        return browser.time_opening_ms(path, sight)


def _measure_moving(browser: Browser, scale: Scale) -> Report:
    figures: list[Figure] = []
    with browser.opened("/runs/long", ROWS) as page:
        figures.append(_all_there(page, "timeline", f"{TIMELINE.n_rows} >= {scale.n_long_events}"))
        figures += _scroll(page, "timeline", GRID)
        figures.append(_heap(page, "timeline"))
    with browser.opened("/runs/long/tree", TREE_ROWS) as page:
        figures.append(_all_there(page, "tree", "document.querySelector('[role=progressbar]') === null"))
        page.page.get_by_role("button", name="Open all").click()
        page.wait_until(f"document.querySelector('{TREE}').scrollHeight > {scale.n_long_events} * 20")
        figures += _scroll(page, "tree", TREE)
        figures.append(_heap(page, "tree"))
    for path, n_nodes in (("/runs/graph/graph", N_GRAPH_NODES), ("/runs/large-graph/graph", N_LARGE_GRAPH_NODES)):
        with browser.opened(path, BOXES) as page:
            page.settle()
            figures.append(_frames(f"graph of {n_nodes:,}, dragged", page.time_frames_dragging_ms(GRAPH, SCROLL_S)))
            page.page.get_by_role("button", name="Show all of it").click()
            page.settle()
            whole = page.time_frames_dragging_ms(GRAPH, SCROLL_S)
            figures.append(_frames(f"graph of {n_nodes:,}, dragged with all of it in sight", whole))
    return Report(title=f"Moving through a run of {scale.n_long_events:,} events, and through graphs", figures=figures)


def _measure_playhead(browser: Browser) -> Report:
    figures: list[Figure] = []
    for view, sight in (("tree", TREE_ROWS), ("graph", BOXES)):
        with browser.opened(f"/runs/moments/{view}?at=now", sight) as page:
            page.wait_until(f"document.querySelector(`{PLAYHEAD}`) !== null")
            page.settle()
            frames_ms = page.time_frames_moving_in_time_ms(PLAYHEAD, SCROLL_S)
        per_s = len(frames_ms) / (sum(frames_ms) / 1000)
        figures.append(
            Figure(name=f"{view}: positions", unit="1/s", values=(per_s,), bound=gate(">=", LEAST_POSITIONS_PER_S))
        )
        figures.append(Figure(name=f"{view}: frame, p95", unit="ms", values=(percentile(frames_ms, 95),)))
    return Report(title=f"Moving the playhead through a run of {N_MOMENT_EVENTS:,} events", figures=figures)


def _all_there(page: OpenPage, name: str, condition: str) -> Figure:
    page.wait_until(condition)
    at_ms = page.page.evaluate("performance.now()")
    page.settle()
    return Figure(name=f"{name}: all events are there", unit="ms", values=(at_ms,))


def _scroll(page: OpenPage, name: str, element: str) -> list[Figure]:
    return [
        _frames(f"{name}, scrolled slowly", page.time_frames_scrolling_ms(element, SLOW_PX, SCROLL_S)),
        _frames(f"{name}, scrolled fast", page.time_frames_scrolling_ms(element, FAST_PX, SCROLL_S)),
        _frames(f"{name}, by the wheel", page.time_frames_wheeling_ms(element, SCROLL_S)),
    ]


def _frames(name: str, frames_ms: list[float]) -> Figure:
    return Figure(name=f"{name}: frame, p95", unit="ms", values=(percentile(frames_ms, 95),), bound=gate("<", 50))


def _heap(page: OpenPage, name: str) -> Figure:
    page.settle()
    return Figure(name=f"{name}: heap", unit="MB", values=(page.read_heap_bytes() / 1e6,), bound=gate("<", 150))


def _measure_live(browser: Browser, server: Server, scale: Scale) -> Report:
    with server.connect() as client:
        send(client, start_open_run("open"))
    figures: list[Figure] = []
    n_batches = round(scale.live_s * EVENTS_PER_S / BATCH_EVENTS)
    n_events = 1 + n_batches * BATCH_EVENTS
    with browser.opened("/runs/open", TIMELINE.sight) as page, ThreadPoolExecutor(1) as pool:
        page.settle()
        with page.counting_frames() as frames:
            sending = pool.submit(_send_paced, server, "open", n_batches)
            while not sending.done():
                # Playwright hears of the page only while it is asked something.
                page.page.wait_for_timeout(100)
            exact_s = page.wait_until(f"{TIMELINE.n_rows} === {n_events}")
        shown = page.page.evaluate(TIMELINE.n_rows)
        figures += [
            Figure(name="longest frame", unit="ms", values=(max(frames),), bound=gate("<=", 100)),
            Figure(name="frame, p95", unit="ms", values=(percentile(frames, 95),)),
            Figure(name="until the view is exact after the last event", unit="s", values=(exact_s,)),
            Figure(name="events sent, but for rows", unit="", values=(float(n_events - shown),), bound=gate("<=", 0)),
            Figure(name="events sent in a second", unit="", values=((n_events - 1) / sending.result(),)),
        ]
    return Report(
        title=f"An open run in which {EVENTS_PER_S:,} events/s arrive for {scale.live_s:g} s", figures=figures
    )


def _send_paced(server: Server, run_id: str, n_batches: int) -> float:
    """Send batches at an even pace; return how long that took."""
    began = time.monotonic()
    with Client(server.url) as client:
        for n in range(n_batches):
            time.sleep(max(0.0, began + n * BATCH_EVENTS / EVENTS_PER_S - time.monotonic()))
            send(client, make_live_batch(run_id, n, BATCH_EVENTS))
    return time.monotonic() - began
