"""Brings records to the server, in the background, again and again until it has them.

Sending a record twice does no harm: the server knows records by their ids. So everything is kept here until the
server has answered for it, and what is left at the end waits in a file for the next start.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import cast
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from runreel.demo.recording import Record

MAX_BATCH = 200
MAX_WAITING = 20_000
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0

# The demo belongs beside its server; a proxy for the world outside has no part in it.
_open = build_opener(ProxyHandler({})).open


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: whether these records are settled, and what to tell whoever watches."""

    is_settled: bool
    trouble: str | None = None
    n_refused: int = 0
    retry_after_s: float = 0.0


def post_records(url: str, records: Sequence[Record], *, timeout_s: float = 10.0) -> Outcome:
    """Send one batch, once. This is all that recording takes: one POST of JSON."""
    body = json.dumps({"version": 1, "records": records}, allow_nan=False).encode()
    request = Request(f"{url}/api/records", data=body, headers={"Content-Type": "application/json"}, method="POST")
    try:
        with _open(request, timeout=timeout_s) as response:
            answer = cast("dict[str, object]", json.load(response))
    except HTTPError as error:
        with error:
            return _refusal(url, error, len(records))
    except (OSError, HTTPException, ValueError) as error:
        return Outcome(is_settled=False, trouble=f"no Runreel answers at {url} ({error})")
    notes = [*cast("list[object]", answer.get("errors", [])), *cast("list[object]", answer.get("warnings", []))]
    trouble = f"{url} says: {notes}" if notes else None
    return Outcome(is_settled=True, trouble=trouble, n_refused=cast("int", answer.get("refused", 0)))


class Delivery:
    """Takes records from any thread and returns at once; one thread of its own sends them in order."""

    def __init__(
        self,
        url: str,
        *,
        unsent_file: Path | None = None,
        post: Callable[[str, Sequence[Record]], Outcome] = post_records,
        complain: Callable[[str], None] = lambda text: print(f"demo: {text}", file=sys.stderr, flush=True),
    ) -> None:
        self.n_lost = 0
        self._url = url
        self._unsent_file = unsent_file
        self._post = post
        self._complain = complain
        self._waiting: deque[Record] = deque(_load(unsent_file))
        self._changed = threading.Condition()
        self._is_closing = False
        self._has_given_up = threading.Event()
        self._thread = threading.Thread(target=self._deliver, name="demo-delivery", daemon=True)
        self._thread.start()

    def add(self, record: Record) -> None:
        """Hand over a record; beyond the limit the newest is dropped, and counted."""
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                self.n_lost += 1
                return
            self._waiting.append(record)
            self._changed.notify()

    def is_done(self) -> bool:
        """Tell whether nothing waits any more."""
        with self._changed:
            return not self._waiting

    def close(self, *, timeout_s: float | None = None) -> int:
        """Send what waits, for `timeout_s` or for as long as it takes; return how many records are lost.

        What could not be sent in time is not lost where it can be written to the file.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(timeout_s)
        self._has_given_up.set()
        # One attempt may still be on its way; its records are then both sent and kept, which does no harm.
        with self._changed:
            left = list(self._waiting)
        return self.n_lost + (0 if _save(self._unsent_file, left) else len(left))

    def _deliver(self) -> None:
        n_failures = 0
        while batch := self._next_batch():
            outcome = self._post(self._url, batch)
            n_failures = 0 if outcome.is_settled else n_failures + 1
            if outcome.trouble is not None and self._is_worth_telling(n_failures):
                self._complain(outcome.trouble)
            if outcome.is_settled:
                self._settle(len(batch), outcome)
            elif self._has_given_up.wait(max(_pause_s(n_failures), outcome.retry_after_s)):
                return

    def _is_worth_telling(self, n_failures: int) -> bool:
        # One failed attempt is no news, since demo and server are often ended together; nor is the hundredth.
        return n_failures == 0 or (n_failures == 2 and not self._is_closing)

    def _next_batch(self) -> list[Record]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            return list(islice(self._waiting, MAX_BATCH))

    def _settle(self, n_records: int, outcome: Outcome) -> None:
        with self._changed:
            self.n_lost += outcome.n_refused
            for _ in range(n_records):
                self._waiting.popleft()


def _pause_s(n_failures: int) -> float:
    return min(FIRST_PAUSE_S * 2 ** min(n_failures - 1, 10), LONGEST_PAUSE_S)


def _refusal(url: str, error: HTTPError, n_records: int) -> Outcome:
    trouble = f"{url} answered {error.code}: {error.read(500).decode('utf-8', 'replace')}"
    # 4xx but 429: these records will never be taken, and those behind them must not wait for ever.
    if 400 <= error.code < 500 and error.code != 429:
        return Outcome(is_settled=True, trouble=trouble, n_refused=n_records)
    seconds = error.headers.get("Retry-After", "")
    return Outcome(is_settled=False, trouble=trouble, retry_after_s=float(seconds) if seconds.isdecimal() else 0.0)


def _load(file: Path | None) -> list[Record]:
    try:
        return [] if file is None else cast("list[Record]", json.loads(file.read_bytes()))
    except (FileNotFoundError, ValueError):
        return []


def _save(file: Path | None, records: Sequence[Record]) -> bool:
    """Leave a file with these records, or none for no records; tell whether they are safe."""
    if file is None:
        return not records
    try:
        if records:
            fresh = file.with_suffix(".new")
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(records))
            fresh.replace(file)
        else:
            file.unlink(missing_ok=True)
    except OSError:
        return not records
    return True
