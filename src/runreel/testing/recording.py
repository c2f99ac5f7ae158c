"""What a program records, kept in memory for its tests instead of being delivered."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

from runreel.sdk.client import Client, FlushResult, SpooledFile, replace_client
from runreel.sdk.context import current
from runreel.sdk.ids import new_id
from runreel.sdk.implicit import end_implicit_run
from runreel.sdk.run import Run
from runreel.sdk.settings import Settings

Record: TypeAlias = dict[str, Any]


class Recorded:
    """Everything that was recorded in the block, in order."""

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self.files: dict[str, bytes] = {}
        self.names: dict[str, str] = {}

    @property
    def records(self) -> list[Record]:
        """The records, as the server would get them."""
        return [json.loads(text) for text in self._texts]

    def merged(self, kind: str) -> list[Record]:
        """Return the things of a kind (`run`, `event`, …), each with all fields that its records state."""
        things: dict[tuple[str, str], Record] = {}
        for record in self.records:
            if record["record"] == kind:
                key = "run_id" if kind == "run" else f"{kind}_id"
                identity = record["run_id"], str(record.get(key) or (record["source"], record["target"]))
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
        self._kept = kept

    def add(self, _run: Run, record: bytes, *, is_last_word: bool = False) -> None:  # noqa: ARG002
        self._kept.keep(record)

    def open_run(self, run: Run) -> None:
        pass

    def close_run(self, run: Run) -> None:
        pass

    def name_of(self, run_id: str) -> str | None:
        return self._kept.names.get(run_id)

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


def _read(source: bytes | str | os.PathLike[str]) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, str):
        return source.encode("utf-8", "replace")
    with open(source, "rb") as file:  # noqa: PTH123 - whatever has a path, also what is no `Path`
        return file.read()
