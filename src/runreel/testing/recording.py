"""What a program records, kept in memory for its tests instead of being delivered."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, TypeAlias, cast

from runreel.sdk.answer import TAKEN, Answer
from runreel.sdk.client import Client, FlushResult, SpooledFile, replace_client
from runreel.sdk.context import current
from runreel.sdk.ids import new_id
from runreel.sdk.implicit import end_implicit_run
from runreel.sdk.port import Heard
from runreel.sdk.run import Run
from runreel.sdk.settings import Settings
from runreel.sdk.watch import Watch

Record: TypeAlias = dict[str, Any]

_KEYS = {"run": (), "edge": ("source", "target", "edge_type", "condition")}


class Recorded:
    """Everything that was recorded in the block, in order."""

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self.files: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self._answers: dict[str, Record] = {}
        self._requests: list[Record] = []
        self._watches: list[Watch] = []

    def answer(self, question: str, option: str, *, feedback: str | None = None, who: str = "tester") -> None:
        """Have approvals that ask this question answered so; others are `unavailable`, and get their default."""
        self._answers[question] = {"status": "answered", "option": option, "feedback": feedback, "answered_by": who}

    def request(self, action: str, *, why: str | None = None, who: str = "tester") -> None:
        """Ask all runs to `cancel`, `pause` or `resume`, as a person does."""
        number = len(self._requests) + 1
        self._requests.append({"number": number, "action": action, "why": why, "requested_by": who, "is_seen": False})
        for watch in self._watches:
            watch.hear(self._requests)

    @property
    def records(self) -> list[Record]:
        """The records, as the server would get them."""
        return [json.loads(text) for text in self._texts]

    def merged(self, kind: str) -> list[Record]:
        """Return the things of a kind (`run`, `event`, …), each with all fields that its records state."""
        things: dict[tuple[object, ...], Record] = {}
        keys = _KEYS.get(kind, (f"{kind}_id",))
        for record in chain.from_iterable(map(_told_apart, self.records)):
            if record["record"] == kind:
                identity = (record["run_id"], *(record.get(key) for key in keys))
                things.setdefault(identity, {}).update(record)
        return list(things.values())

    @property
    def runs(self) -> list[Record]:
        """The runs."""
        return self.merged("run")

    @property
    def events(self) -> list[Record]:
        """The events, by their start."""
        return self.merged("event")

    def event(self, name: str) -> Record:
        """Return the only event of this name."""
        (event,) = [event for event in self.events if event["name"] == name]
        return event

    def run(self, agent_name: str) -> Record:
        """Return the only run of this agent."""
        (run,) = [run for run in self.runs if run["agent_name"] == agent_name]
        return run

    def keep(self, record: bytes) -> None:
        """Take one record."""
        self._texts.append(record)

    def watch(self, run: Run, listener: object) -> Watch:
        """Tell a run what was asked of all, now and later."""
        watch = run.watch = Watch(run, listener)
        self._watches.append(watch)
        watch.hear(self._requests)
        return watch

    def answer_to(self, event_id: str) -> Record:
        """Return what is answered to the approval with this id."""
        (asked,) = [event for event in self.events if event["event_id"] == event_id]
        return self._answers.get(asked["inputs"]["question"], {"status": "unavailable"})

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)


@contextmanager
def recorded(agent: str | None = None, **settings: Any) -> Generator[Recorded]:
    """Record what happens in the block into memory. Settings are those of `init`; the environment has no part.

    It holds for the whole process, so tests that use it run one after the other.
    """
    kept = Recorded()
    client = cast("Client", _MemoryClient(Settings(journal="", agent=agent, **settings), kept))
    former = replace_client(client)
    place = current.get()
    current.set(None)
    try:
        yield kept
    finally:
        end_implicit_run()
        current.set(place)
        replace_client(former)


class _MemoryClient:
    """Stands where the client is that delivers."""

    is_enabled = True

    def __init__(self, settings: Settings, kept: Recorded) -> None:
        self.settings = settings
        self.recorder_id = new_id()
        self.values: object = None
        self.listener = self
        self.errands: set[object] = set()
        self._kept = kept

    def add(self, _run: Run, record: bytes, is_last_word: bool = False) -> None:  # noqa: ARG002
        self._kept.keep(record)

    def open_run(self, run: Run) -> None:
        pass

    def close_run(self, run: Run) -> None:
        pass

    def name_of(self, run_id: str) -> str | None:
        return self._kept.names.get(run_id)

    def watch(self, run: Run) -> Watch:
        return self._kept.watch(run, self)

    def open_line(self) -> _MemoryLine:
        return _MemoryLine(self._kept)

    def spool_file(
        self, _run: Run, source: bytes | str | os.PathLike[str], *, file_id: str | None = None
    ) -> SpooledFile:
        file_id = file_id or new_id()
        try:
            content = _read(source)
        except OSError as error:
            return SpooledFile(file_id, None, f"its bytes are not kept: {error.strerror}")
        self._kept.files[file_id] = content
        return SpooledFile(file_id, len(content), None)

    def flush(self, _timeout_s: float = 0) -> FlushResult:
        return FlushResult()

    def shutdown(self, _timeout_s: float = 0) -> FlushResult:
        return FlushResult()


class _MemoryLine:
    """Answers at once what tests have prepared."""

    def __init__(self, kept: Recorded) -> None:
        self._kept = kept

    def find_approval(self, _run_id: str, event_id: str, _wait_s: int) -> Heard:
        return Answer(TAKEN, status=200), self._kept.answer_to(event_id)

    def expire_approval(self, _run_id: str, event_id: str, _option: str | None, _timeout_s: float) -> Heard:
        return Answer(TAKEN, status=200), self._kept.answer_to(event_id)

    def list_requests(self, _run_id: str, _after: int, _wait_s: int) -> Heard:
        return Answer(TAKEN, status=200), {"requests": []}

    def interrupt(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def close(self) -> None:
        pass


def _told_apart(record: Record) -> Iterator[Record]:
    """Give a record; of a graph one for each node and edge."""
    if record["record"] != "graph":
        yield record
        return
    for kind in ("node", "edge"):
        for part in record.get(f"{kind}s", ()):
            yield {"record": kind, "run_id": record["run_id"], "recorded_at": record["recorded_at"], **part}


def _read(source: bytes | str | os.PathLike[str]) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, str):
        return source.encode("utf-8", "replace")
    with open(source, "rb") as file:  # noqa: PTH123 - whatever has a path, also what is no `Path`
        return file.read()
