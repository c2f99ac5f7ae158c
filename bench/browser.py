"""A real browser of our own: when a page shows something, how long its frames take, what it loads and holds."""

from __future__ import annotations

import gzip
import json
import math
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Response, sync_playwright

WIDTH, HEIGHT = 1440, 900
WATCH = (Path(__file__).parent / "watch.js").read_text()
CODE = (".js", ".css")
PATIENCE_S = 60
POLL_MS = 30
QUIET_S = 1.0
WHEEL_PX = 240
WHEEL_PAUSE_S = 0.03
DRAG_RADIUS_PX = 250
DRAGS_PER_TURN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What must be in a page to say that it shows something: so many elements that a selector finds."""

    selector: str
    least: int = 1


@dataclass(slots=True)
class Browser:
    context: BrowserContext
    server_url: str
    requested: list[str] = field(default_factory=list)

    @property
    def foreign_requests(self) -> list[str]:
        """Return what was asked of anybody but the server."""
        return [url for url in self.requested if not url.startswith((self.server_url, "data:", "blob:", "about:"))]

    @contextmanager
    def opened(self, path: str, sight: Sight) -> Iterator[OpenPage]:
        """Open a page in a tab of its own, as a link does, and wait until it shows what is asked for."""
        page = self.context.new_page()
        page.add_init_script(f"({WATCH})({json.dumps({'selector': sight.selector, 'least': sight.least})})")
        opened = OpenPage(page)
        page.on("response", lambda response: opened.responses.append(response))
        try:
            page.goto(self.server_url + path, wait_until="commit")
            opened.wait_until_seen()
            yield opened
        finally:
            page.close()

    def time_opening_ms(self, path: str, sight: Sight) -> float:
        """Return how long after the navigation began a page has painted what is asked for."""
        with self.opened(path, sight) as page:
            # Else what it still does takes time from the page that is opened next.
            page.settle()
            return page.seen_ms


@dataclass(slots=True)
class OpenPage:
    page: Page
    responses: list[Response] = field(default_factory=list)
    seen_ms: float = math.nan

    def wait_until_seen(self) -> None:
        """Wait until what is asked for is painted; the page says so by itself, since to be asked takes its time."""
        waiting = "ms => Promise.race([__watched.seen, new Promise(tell => setTimeout(tell, ms, null))])"
        seen_ms = self.page.evaluate(waiting, PATIENCE_S * 1000)
        if seen_ms is None:
            raise RuntimeError(f"after {PATIENCE_S} s {self.page.url} shows nothing of what it should")
        self.seen_ms = seen_ms

    def wait_until(self, condition: str) -> float:
        """Wait until a condition in JavaScript holds; return how many seconds that took."""
        began = time.perf_counter()
        # Playwright's own way makes code of a text, which the page forbids.
        while not self.page.evaluate(condition):
            if time.perf_counter() - began > PATIENCE_S:
                raise RuntimeError(f"after {PATIENCE_S} s {self.page.url} has no {condition}")
            self.page.wait_for_timeout(POLL_MS)
        return time.perf_counter() - began

    def settle(self) -> None:
        """Wait until the page has had nothing long to do for a second."""
        before = -1
        while (now := self.page.evaluate("__watched.longTasks.length")) != before:
            before = now
            time.sleep(QUIET_S)

    def time_frames_scrolling_ms(self, inside: str, step_px: int, seconds: float) -> list[float]:
        """Scroll by so much before each frame; return how long each took."""
        arguments = [inside, step_px, seconds * 1000]
        return self.page.evaluate("([inside, step, ms]) => __watched.scroll(inside, step, ms)", arguments)

    def time_frames_moving_in_time_ms(self, slider: str, seconds: float) -> list[float]:
        """Move the playhead to another moment before each frame; return how long each took."""
        return self.page.evaluate("([slider, ms]) => __watched.moveInTime(slider, ms)", [slider, seconds * 1000])

    def time_frames_wheeling_ms(self, inside: str, seconds: float) -> list[float]:
        """Turn the wheel over an element, all the time; return how long each frame took."""
        self.page.mouse.move(*self._middle_of(inside))
        with self.counting_frames() as frames:
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                self.page.mouse.wheel(0, WHEEL_PX)
                time.sleep(WHEEL_PAUSE_S)
        return frames

    def time_frames_dragging_ms(self, inside: str, seconds: float) -> list[float]:
        """Drag what an element shows around circles; return how long each frame took."""
        x, y = self._middle_of(inside)
        mouse = self.page.mouse
        mouse.move(x + DRAG_RADIUS_PX, y)
        mouse.down()
        with self.counting_frames() as frames:
            until = time.perf_counter() + seconds
            number = 0
            while time.perf_counter() < until:
                number += 1
                angle = number / DRAGS_PER_TURN * 2 * math.pi
                mouse.move(x + DRAG_RADIUS_PX * math.cos(angle), y + DRAG_RADIUS_PX * math.sin(angle))
        mouse.up()
        return frames

    def _middle_of(self, selector: str) -> tuple[float, float]:
        """Return the middle of what is seen of an element."""
        box = self.page.locator(selector).first.bounding_box()
        assert box is not None
        top, bottom = max(0, box["y"]), min(HEIGHT, box["y"] + box["height"])
        return box["x"] + box["width"] / 2, (top + bottom) / 2

    @contextmanager
    def counting_frames(self) -> Iterator[list[float]]:
        """Count frames while the block runs; the list has how long each took once it has ended."""
        frames: list[float] = []
        self.page.evaluate("() => { __watched.counted = __watched.frames(() => {}, Infinity) }")
        yield frames
        frames += self.page.evaluate("() => { __watched.stop(); return __watched.counted }")

    def read_heap_bytes(self) -> int:
        """Return what the page's scripts hold, with the buffers of typed arrays, once what they don't is collected."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.enable")
        for _ in range(2):
            session.send("HeapProfiler.collectGarbage")
        usage: dict[str, Any] = session.send("Runtime.getHeapUsage")
        session.detach()
        return round(usage["usedSize"] + usage["backingStorageSize"])

    def read_code_bytes(self) -> int:
        """Return how large the scripts and styles that were loaded so far are, each compressed by gzip."""
        loaded = {response.url: response for response in self.responses if response.url.endswith(CODE)}
        return sum(len(gzip.compress(response.body())) for response in loaded.values())


@contextmanager
def running_browser(server_url: str, profile: Path) -> Iterator[Browser]:
    """Start Chromium with a profile on disk, in which it keeps files and compiled code as a person's does."""
    path = shutil.which("chromium")
    if path is None:
        raise RuntimeError("there is no `chromium` on PATH; on Debian: apt install chromium")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=path, args=["--no-sandbox"], viewport={"width": WIDTH, "height": HEIGHT}
        )
        browser = Browser(context, server_url)
        context.on("request", lambda request: browser.requested.append(request.url))
        try:
            yield browser
        finally:
            context.close()
