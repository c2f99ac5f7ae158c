"""`runreel tail` against a small server that speaks the protocol of streams."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from runreel.cli.live_run import MOST_EVENTS, LiveRun
from tests.cli.command_line import CommandLine, Result

RUN: dict[str, Any] = {"run_id": "r", "agent_name": "planner", "run_name": "run 1", "status": "executing"}


class Streams:
    """Gives one connection after another what it is told; remembers after which event each began."""

    def __init__(self, *bodies: str) -> None:
        self.bodies = list(bodies)
        self.began_after: list[str | None] = []
        self.url = ""


@contextmanager
def serving(*bodies: str) -> Iterator[Streams]:
    streams = Streams(*bodies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_stream = self.path.endswith("/stream")
            if is_stream:
                streams.began_after.append(self.headers["Last-Event-ID"])
            body = streams.bodies.pop(0) if is_stream else json.dumps(RUN)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        streams.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield streams
        finally:
            http.shutdown()
            thread.join()


def frame(number: int, *, caught_up: bool = True, run: dict[str, Any] | None = None, **lists: Any) -> str:
    changes = {"run": run, "nodes": [], "edges": [], "events": [], "messages": [], "files": [], **lists}
    data = json.dumps({**changes, "change_seq": number, "caught_up": caught_up})
    return f": a comment\nevent: changes\nid: {number}\ndata: {data}\n\n"


def event(event_id: str, **fields: object) -> dict[str, object]:
    at = "2026-01-02T03:04:05.000000Z"
    return {"event_id": event_id, "event_type": "tool_call", "name": event_id, "started_at": at, **fields}


OPENING = "retry: 1\n\n"
ENDED = {**RUN, "status": "completed"}


def tail(streams: Streams, *argv: str, **options: Any) -> Result:
    return CommandLine(streams.url)("tail", "planner", "run 1", *argv, **options)


def test_changes_are_printed_as_lines_until_the_run_has_ended() -> None:
    body = OPENING + frame(1, events=[event("a", status="running")]) + frame(2, events=[event("a", status="completed")])
    with serving(body + frame(3, run=ENDED)) as streams:
        result = tail(streams)
    assert result.code == 0
    lines = [line.split("  ", 1)[1] for line in result.out.splitlines() if "tool_call" in line]
    assert lines == ["●  tool_call  a  running", "✓  tool_call  a"]
    assert result.out.splitlines()[-1] == "planner / run 1: completed"


def test_a_broken_connection_goes_on_where_it_was() -> None:
    first = OPENING + frame(4, events=[event("a")]) + "event: changes\nid: 5\nda"
    with serving(first, OPENING, frame(5, run=ENDED)) as streams:
        assert tail(streams).code == 0
    assert streams.began_after == [None, "4", "4"]


def test_an_ended_run_is_not_left_before_all_is_known() -> None:
    body = OPENING + frame(1, caught_up=False, run=ENDED) + frame(2, events=[event("late")])
    with serving(body) as streams:
        assert "late" in tail(streams).out


def test_a_run_that_is_deleted_ends_the_command() -> None:
    with serving(OPENING + frame(1) + "event: gone\ndata: {}\n\n") as streams:
        result = tail(streams, "--follow")
    assert (result.code, result.err) == (1, "planner / run 1 was deleted.\n")


def test_following_goes_on_after_the_end() -> None:
    with serving(OPENING + frame(1, run=ENDED) + frame(2, run=RUN) + "event: gone\ndata: {}\n\n") as streams:
        assert "executing" in tail(streams, "--follow").out


def test_a_terminal_shows_the_tree_again_in_place() -> None:
    events = [event("root"), event("child", parent_event_id="root", started_at="2026-01-02T03:04:06Z")]
    body = OPENING + frame(1, events=events[:1]) + frame(2, run=ENDED, events=events[1:])
    with serving(body) as streams:
        result = tail(streams, is_terminal=True, COLUMNS="80", NO_COLOR="1")
    last = result.out.split("\x1b[J")[-1].splitlines()
    assert any(line.startswith("└── ● root") for line in last)
    assert any(line.startswith("    └── ● child") for line in last)
    assert result.out.count("\x1b[J") == 3


def test_a_tall_tree_shows_its_end() -> None:
    events = [event(f"e{n:03}", started_at=f"2026-01-02T03:04:05.{n:06}Z") for n in range(100)]
    with serving(OPENING + frame(1, events=events) + frame(2, run=ENDED)) as streams:
        result = tail(streams, is_terminal=True, NO_COLOR="1")
    pictures = result.out.split("\x1b[J")
    assert "e099" in pictures[1]
    assert "e050" not in pictures[1]
    assert "e050" in pictures[-1]


def test_frames_are_printed_as_json() -> None:
    with serving(OPENING + frame(1) + frame(2, run=ENDED)) as streams:
        assert [json.loads(line)["change_seq"] for line in tail(streams, "--json").out.splitlines()] == [1, 2]


def test_what_can_not_be_followed_fails_at_once() -> None:
    with serving() as streams:
        url = streams.url
    result = CommandLine(url)("tail", "--id", "r")
    assert (result.code, "no Runreel answers" in result.err) == (1, True)


def test_of_a_long_run_the_latest_events_are_kept() -> None:
    live = LiveRun({**RUN, "event_count": MOST_EVENTS + 1})
    live.take({"events": [event(f"{n}") for n in range(MOST_EVENTS + 1)]})
    view = live.view()
    assert (len(view.events), view.is_whole) == (MOST_EVENTS, False)
