"""What the wire carries: records, which merge into the rows of a run.

A record states some fields of one thing. Its rank and time say how it stands against other records of the same
thing: `Rank.END` over `Rank.START` over `Rank.INFERRED`, then the later `recorded_at`. What a person did is a record
that no wire carries, of `Rank.PERSON`, over all others. Values in `fields` are in storage form: instants and
durations in microseconds, cost in nano-dollars, ids and names already checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from runreel.model.run import Run

EDGE_KEY_SEPARATOR = "\x1f"


class RecordKind(StrEnum):
    """What a record speaks of."""

    SESSION = "session"
    RUN = "run"
    NODE = "node"
    EDGE = "edge"
    EVENT = "event"
    MESSAGE = "message"
    FILE = "file"
    RECORDER = "recorder"


class Rank(IntEnum):
    """Whose word counts more where two records disagree on a field."""

    DERIVED = -1
    INFERRED = 0
    START = 1
    END = 2
    PERSON = 3


@dataclass(slots=True)
class Record:
    """Some fields of one thing of one run (of a session: `run_id` is empty).

    `key` identifies the thing within its run: the node, event, message, file, session or recorder id; empty for the
    run itself; for an edge its four parts, see `edge_key`. `index` is its place in the batch that brought it, `origin`
    its recorder and the number that it has there, where it has one. Treat it as a value; it is not frozen only because
    ingest makes hundreds of thousands of them.
    """

    kind: RecordKind
    run_id: str
    key: str
    rank: int
    recorded_at: int
    fields: dict[str, object]
    index: int = 0
    origin: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIssue:
    """A record that was refused, or repaired, and why."""

    index: int
    kind: str
    key: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Batch:
    """What a dialect's decoder made of one body."""

    records: list[Record]
    refused: list[RecordIssue] = field(default_factory=list[RecordIssue])
    warnings: list[RecordIssue] = field(default_factory=list[RecordIssue])
    n_received: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """What became of a list of records: what was refused, and the runs that were touched."""

    refused: list[RecordIssue]
    runs: Mapping[str, Run]


def edge_key(source: str, target: str, edge_type: str, condition: str) -> str:
    """Return the key of an edge record; node ids and types hold no control characters."""
    return EDGE_KEY_SEPARATOR.join((source, target, edge_type, condition))


def split_edge_key(key: str) -> tuple[str, str, str, str]:
    """Return source, target, type and condition of an edge record's key."""
    source, target, edge_type, condition = key.split(EDGE_KEY_SEPARATOR, 3)
    return source, target, edge_type, condition
