"""A follower that is cut off and goes on, at any moment of any history, ends with what a fresh reader sees."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runreel.storage.sql import migrate, open_store
from tests.property.effort import examples
from tests.property.strategy import Element, elements
from tests.support.api import Api, Json, client_of, event
from tests.support.app import serving
from tests.support.stream import Mirror, Stream, as_shown, stream_path, streaming

_RUNS = ("r1", "r2")
_PATHS = {"native": "/api/records", "gati": "/api/events"}
# Runs that wait for their agent would get their names at some moment after the history.
_SETTINGS = {"stream_heartbeat_s": 0.1, "settle_after_s": 86_400.0}
# So many heartbeats without what is awaited, ten seconds of them, and it will not come any more.
_PATIENCE = 100
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where is written, and where is followed."""

    writing: str
    following: str


@dataclass(slots=True)
class History:
    """What happens in an example, step by step, in runs of its own."""

    name: str
    steps: list[Any]
    is_over: threading.Event = field(default_factory=threading.Event)

    def run_id(self, run_id: str) -> str:
        return f"{self.name}-{run_id}"


@pytest.fixture(scope="module", params=["one server", "two servers"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as stack:
        if request.param == "one server":
            path: Path = tmp_path_factory.mktemp("following") / "runreel.db"
            app = stack.enter_context(serving(open_store(f"sqlite:///{path}"), **_SETTINGS))
            yield Servers(writing=app.url, following=app.url)
        else:
            database: str = request.getfixturevalue("postgres_url")
            migrate(database)
            apps = [stack.enter_context(serving(open_store(database), **_SETTINGS)) for _ in range(2)]
            yield Servers(writing=apps[0].url, following=apps[1].url)


_people = st.one_of(
    st.tuples(st.just("rename"), st.sampled_from(_RUNS), st.sampled_from(["mine", "wish"])),
    st.tuples(st.sampled_from(["delete", "return"]), st.just("r2"), st.none()),
)


@given(batch=elements(max_size=30), acts=st.lists(_people, max_size=5), seed=st.integers(0, 2**32))
@settings(max_examples=examples(10), suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])
def test_a_follower_ends_with_what_a_fresh_reader_sees(
    servers: Servers, batch: list[Element], acts: list[Any], seed: int
) -> None:
    random = Random(seed)
    history = History(f"example-{next(_numbers)}", _shuffled(batch, acts, random))
    followers: list[Callable[[], Any]] = [
        lambda run_id=run_id, seed=seed + n: _follow_run(servers, history, run_id, Random(seed))
        for n, run_id in enumerate((*_RUNS, "r1"))
    ]
    with client_of(servers.following) as api, streaming(api, "/api/stream") as stream:
        begin = stream.next().id
    followers.append(lambda: _follow_project(servers, history, begin, Random(seed)))
    with ThreadPoolExecutor(8) as pool:
        following = [pool.submit(follower) for follower in followers]
        halves = [history.steps[::2], history.steps[1::2]]
        try:
            for writer in [pool.submit(_write, servers, history, half) for half in halves]:
                writer.result()
        finally:
            history.is_over.set()
        *mirrors, runs = [future.result() for future in following]
    with client_of(servers.following) as api:
        for run_id, mirror in zip((*_RUNS, "r1"), mirrors, strict=True):
            _check_run(api, history.run_id(run_id), mirror)
        _check_project(api, history, runs)


def _shuffled(batch: Sequence[Element], acts: Sequence[Any], random: Random) -> list[Any]:
    steps: list[Any] = list(batch)
    for act in acts:
        steps.insert(random.randrange(len(steps) + 1), act)
    return steps


def _write(servers: Servers, history: History, steps: Sequence[Any]) -> None:
    with client_of(servers.writing) as api:
        for step in steps:
            match step:
                case ("rename", run_id, name):
                    body = {"new_run_name": f"{name} of {history.name}"}
                    api.http.patch(f"/api/by-id/{history.run_id(run_id)}", json=body)
                case ("delete", run_id, _):
                    api.http.delete(f"/api/by-id/{history.run_id(run_id)}")
                case ("return", run_id, _):
                    _delete_and_revive(api, history.run_id(run_id))
                case (dialect, fields):
                    record = {**fields, "run_id": history.run_id(fields["run_id"])} if fields.get("run_id") else fields
                    body = {"version": 1, "records": [record]} if dialect == "native" else {"events": [record]}
                    assert api.http.post(_PATHS[dialect], json=body).status_code == 200


def _delete_and_revive(api: Api, run_id: str) -> None:
    """Let a run come back as it was before it got one more event: whoever is away meanwhile may know that one."""
    exported = api.http.get(f"/api/by-id/{run_id}/export")
    if exported.status_code == 200:
        api.http.post("/api/records", json={"version": 1, "records": [event("lost", run_id)]})
        api.http.delete(f"/api/by-id/{run_id}")
        assert api.http.post("/api/import?revive=true", content=exported.content).json()["refused"] == 0


def _follow_run(servers: Servers, history: History, run_id: str, random: Random) -> Mirror:
    """Follow a run with many cuts until the history is over, then to the end."""
    mirror = Mirror()
    path = stream_path(history.run_id(run_id))
    with client_of(servers.following) as api:
        while not history.is_over.wait(0.01):
            _take_some(api, path, mirror.last_id, mirror.take, random)
        for _ in range(2):
            _take_some(api, path, mirror.last_id, mirror.take, None, is_over=lambda: mirror.is_caught_up)
            # It was revived, or is away for good, and a reader who begins again learns which.
            if not mirror.is_gone:
                break
    return mirror


def _follow_project(servers: Servers, history: History, begin: int, random: Random) -> dict[str, Json]:
    """Follow the project with many cuts until the history is over, then to the end."""
    runs: dict[str, Json] = {}
    last = begin

    def take(message: Any) -> None:
        nonlocal last
        assert message.event == "runs"
        assert message.id == message.data["change_no"] >= last
        last = message.id
        runs.update({run["run_id"]: run for run in message.data["runs"]})
        for run_id in message.data["deleted"]:
            runs.pop(run_id, None)

    with client_of(servers.following) as api:
        while not history.is_over.wait(0.01):
            _take_some(api, "/api/stream", last, take, random)
        expected = _listed(api, history)
        n_silences = 0
        with streaming(api, "/api/stream", last_event_id=last) as stream:
            for message in stream.iter_all():
                if not message.comment:
                    take(message)
                n_silences += bool(message.comment)
                if _of(history, runs) == expected or n_silences > _PATIENCE:
                    break
    return runs


def _take_some(
    api: Api,
    path: str,
    last: int,
    take: Callable[[Any], None],
    random: Random | None,
    *,
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Read a few messages and go away in the middle of a stream, or read until it `is_over`."""
    n_left = None if random is None else random.randint(1, 4)
    with api.http.stream("GET", path, headers={"last-event-id": str(last)}) as response:
        if response.status_code == 404:
            return
        assert response.status_code == 200
        for n_read, message in enumerate(Stream(response).iter_all(), start=1):
            if not message.comment:
                take(message)
                # What a reader knew before this stream began says nothing of whether there is more.
                if is_over():
                    return
            if n_read == n_left:
                return


def _check_run(api: Api, run_id: str, mirror: Mirror) -> None:
    response = api.http.get(f"/api/by-id/{run_id}")
    if response.status_code == 404:
        with pytest.raises(AssertionError):
            Mirror().read(api, run_id)
        return
    fresh = Mirror().read(api, run_id)
    assert (mirror.run, mirror.things, mirror.last_id) == (fresh.run, fresh.things, fresh.last_id)
    assert {**response.json(), **(mirror.run or {})} == response.json()
    shown = [e for page in api.iter_pages(f"/api/by-id/{run_id}/timeline", limit=5) for e in page["events"]]
    narrow = {(event["event_id"],): {**event, "execution_order": None, "depth": None} for event in shown}
    for each in narrow.values():
        del each["timestamp"], each["data"]
    assert {key: as_shown(event, response.json()) for key, event in mirror.things["events"].items()} == narrow
    graph = api.get(f"/api/runs/{run_id}/nodes")
    assert sorted(node["node_id"] for node in graph["nodes"]) == sorted(key[0] for key in mirror.things["nodes"])
    assert sorted(graph["edges"], key=repr) == sorted(mirror.things["edges"].values(), key=repr)


def _check_project(api: Api, history: History, runs: dict[str, Json]) -> None:
    assert _of(history, runs) == _listed(api, history)


def _listed(api: Api, history: History) -> dict[str, Json]:
    listed = [run for page in api.iter_pages("/api/runs", limit=500) for run in page["runs"]]
    return _of(history, {run["run_id"]: run for run in listed})


def _of(history: History, runs: dict[str, Json]) -> dict[str, Json]:
    return {run_id: run for run_id, run in runs.items() if run_id.startswith(f"{history.name}-")}
