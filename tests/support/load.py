"""Clients that record without a pause, remember what was acknowledged, and send the rest again."""

from __future__ import annotations

import itertools
import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.support.api import Api, Json, event, gati_event, run_start
from tests.support.patience import PATIENCE_S

AGENT = "under load"


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch of one run; `ids` are those of its events, which have one token each."""

    path: str
    body: Json
    run_id: str
    ids: frozenset[str]


@dataclass(slots=True)
class Ledger:
    """What was sent and what was acknowledged, by run."""

    acknowledged: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    touched: set[str] = field(default_factory=set)
    n_batches: int = 0

    def note(self, batch: Batch) -> None:
        self.acknowledged[batch.run_id] |= batch.ids
        self.touched.add(batch.run_id)
        self.n_batches += 1


class Senders:
    """Threads that send batches to one address, which may go and come back; `pause` waits until none is under way."""

    def __init__(self, url: str, *, n_threads: int = 4, n_events: int = 20, seed: int = 0) -> None:
        self.url = url
        self.ledger = Ledger()
        self.unexpected: list[str] = []
        self._n_events = n_events
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._changed = threading.Condition(self._lock)
        self._is_paused = True
        self._n_busy = 0
        self._is_ended = False
        self._random = random.Random(seed)
        self._sent: list[Batch] = []
        self._unsent: list[list[Batch]] = [[] for _ in range(n_threads)]
        self._threads = [threading.Thread(target=self._work, args=(mine,)) for mine in self._unsent]
        for thread in self._threads:
            thread.start()

    def go_on(self) -> None:
        with self._changed:
            self._is_paused = False
            self._changed.notify_all()

    def pause(self) -> None:
        with self._changed:
            self._is_paused = True
            assert self._changed.wait_for(lambda: not self._n_busy, PATIENCE_S)

    def wait_for_batches(self, n_more: int, *, timeout_s: float = PATIENCE_S) -> None:
        """Wait until so many more batches are acknowledged."""
        with self._changed:
            wanted = self.ledger.n_batches + n_more
            assert self._changed.wait_for(lambda: self.ledger.n_batches >= wanted, timeout_s), self.unexpected[:3]

    def end(self) -> None:
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def send_rest(self) -> None:
        """Send what is not acknowledged yet; it must be, now."""
        with httpx.Client(base_url=self.url, timeout=PATIENCE_S, trust_env=False, verify=False) as http:
            for mine in self._unsent:
                while mine:
                    assert self._send(http, mine[-1]), self.unexpected
                    self.ledger.note(mine.pop())

    def send_again(self, n_batches: int) -> None:
        """Send batches that were acknowledged once more."""
        with httpx.Client(base_url=self.url, timeout=PATIENCE_S, trust_env=False, verify=False) as http:
            for batch in self._random.sample(self._sent, min(n_batches, len(self._sent))):
                assert self._send(http, batch), self.unexpected

    def _work(self, mine: list[Batch]) -> None:
        with httpx.Client(base_url=self.url, timeout=PATIENCE_S, trust_env=False, verify=False) as http:
            while self._begin():
                is_taken = False
                try:
                    if not mine:
                        mine.extend(self._new_batches())
                    is_taken = self._send(http, mine[-1])
                finally:
                    self._finish(mine, is_taken=is_taken)

    def _begin(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._is_ended or not self._is_paused)
            self._n_busy += not self._is_ended
            return not self._is_ended

    def _finish(self, mine: list[Batch], *, is_taken: bool) -> None:
        with self._changed:
            self._n_busy -= 1
            if is_taken:
                batch = mine.pop()
                self.ledger.note(batch)
                self._sent.append(batch)
            self._changed.notify_all()
            # Until the server is back there is nothing to do but to ask again, and not too often.
            if not is_taken and not self._is_paused:
                self._changed.wait(0.05)

    def _send(self, http: httpx.Client, batch: Batch) -> bool:
        try:
            response = http.post(batch.path, json=batch.body)
        except httpx.TransportError:
            return False
        if response.status_code == 200:
            answer = response.json()
            if answer["errors"]:
                self.unexpected.append(response.text)
            return True
        if response.status_code not in (429, 503, 507):
            self.unexpected.append(f"{response.status_code}: {response.text}")
        return False

    def _new_batches(self) -> list[Batch]:
        """Make the batches of a new run, in both dialects and any order."""
        with self._lock:
            number = next(self._numbers)
            order = self._random.sample(range(4), 4)
        run_id = f"load-{number}"
        return [self._native(run_id, part) if part % 2 else self._gati(run_id, part) for part in order]

    def _native(self, run_id: str, part: int) -> Batch:
        ids = [f"{run_id}-{part}-{n}" for n in range(self._n_events)]
        events = [event(each, run_id, event_type="llm_call", usage={"tokens_in": 1}) for each in ids]
        body = {"version": 1, "records": [run_start(run_id, AGENT), *events]}
        return Batch("/api/records", body, run_id, frozenset(ids))

    def _gati(self, run_id: str, part: int) -> Batch:
        ids = [f"{run_id}-{part}-{n}" for n in range(self._n_events)]
        calls = [gati_event(each, run_id, "llm_call", model="m", tokens_in=1, tokens_out=0, cost=0.0) for each in ids]
        start = gati_event(f"{run_id}-{part}-start", run_id, "agent_start", input="x" * 200)
        events = [{**each, "agent_name": AGENT} for each in (start, *calls)]
        return Batch("/api/events", {"events": events}, run_id, frozenset({*ids, start["event_id"]}))


@contextmanager
def sending(url: str, *, n_threads: int = 4, n_events: int = 20, seed: int = 0) -> Iterator[Senders]:
    senders = Senders(url, n_threads=n_threads, n_events=n_events, seed=seed)
    try:
        yield senders
    finally:
        senders.end()


def assert_kept(api: Api, ledger: Ledger, *, run_ids: set[str] | None = None) -> None:
    """Everything acknowledged is there, and nothing is counted twice.

    What was not acknowledged may be there too, whole. `run_ids` limits the look into the runs to these.
    """
    runs = {run["run_id"]: run for run in _all_runs(api)}
    assert ledger.acknowledged.keys() <= runs.keys()
    for run_id in ledger.acknowledged.keys() if run_ids is None else run_ids:
        shown = [e for page in api.iter_pages(f"/api/by-id/{run_id}/timeline", limit=5000) for e in page["events"]]
        ids = {e["event_id"] for e in shown}
        assert ledger.acknowledged[run_id] <= ids, f"{run_id} lost what was acknowledged"
        assert len(shown) == len(ids) == runs[run_id]["event_count"]
        assert runs[run_id]["tokens_in"] == sum(e["tokens_in"] or 0 for e in shown)
    agent = api.get(f"/api/agents/{AGENT}")
    assert agent["total_runs"] == len(runs)
    assert agent["total_events"] == sum(run["event_count"] for run in runs.values())
    assert agent["tokens_in"] == sum(run["tokens_in"] for run in runs.values())


def assert_exact(api: Api, ledger: Ledger) -> None:
    """What is there is what was acknowledged, no more and no less, under names without a gap."""
    runs = {run["run_id"]: run for run in _all_runs(api)}
    assert {run_id: run["event_count"] for run_id, run in runs.items()} == {
        run_id: len(ids) for run_id, ids in ledger.acknowledged.items()
    }
    assert sorted(run["run_name"] for run in runs.values()) == sorted(f"run {n + 1}" for n in range(len(runs)))
    assert_kept(api, ledger)


def _all_runs(api: Api) -> list[Json]:
    return [run for page in api.iter_linked(f"/api/agents/{AGENT}/runs?limit=500") for run in page]
