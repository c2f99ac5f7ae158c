"""What a bundle carries of runs: merged states with their stamps, so that a copy is exact.

States and payloads are JSON texts as a store keeps them; nobody reads them on their way from one store to another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, NamedTuple

from runreel.model.received import Received
from runreel.model.record import RecordKind

EVENT_FIELDS = (
    "event_id",
    "rank",
    "recorded_at",
    "event_type",
    "event_subtype",
    "name",
    "node_id",
    "agent_name",
    "parent_event_id",
    "previous_event_id",
    "sequence",
    "status",
    "started_at",
    "ended_at",
    "duration_us",
    "first_token_at",
    "model",
    "provider",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_cache_write",
    "tokens_reasoning",
    "cost_nanos",
)
"""The order of `EventPart.values`: the event's id, the highest stamp of its state, then its narrow fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionPart:
    """One change of a run's status."""

    at: int
    from_status: str | None
    to_status: str
    who: str
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPart:
    """The session of the runs that come after it."""

    session_id: str
    name: str
    status: str
    created_at: int
    person_name: str | None = None
    state: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPart:
    """A run without what is below it; `state` is None where no record speaks of the run itself.

    What follows from the state is not carried, but for what its times and names were inferred from. `aliases` are
    former addresses: agent and run name.
    """

    run_id: str
    agent_name: str
    run_name: str | None
    name_source: str | None
    session_id: str
    created_at: int
    active_at: int
    first_seen_at: int
    inferred_agent: str | None = None
    inferred_at: int | None = None
    is_lost: bool = False
    state: bytes | None = None
    aliases: Sequence[tuple[str, str]] = ()
    transitions: Sequence[TransitionPart] = ()


@dataclass(frozen=True, slots=True)
class ThingPart:
    """A node, edge, message or file; `state` is None for a node that nobody declared.

    The key has the four parts of an edge, or the one id of another thing.
    """

    kind: RecordKind
    key: tuple[str, ...]
    state: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderPart:
    """What came of one recorder, and what it said itself; `state` is None where it said nothing."""

    recorder_id: str
    received: Received
    record_count: int = 0
    dropped_count: int = 0
    state: bytes | None = None


class EventPart(NamedTuple):
    """An event: its narrow fields in the order of `EVENT_FIELDS`, and its payload.

    `is_silent` says that it has usage which a child of it counts.
    """

    values: Sequence[Any]
    payload: bytes | None
    is_silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobPart:
    """Some of the bytes of files of the run, those from `offset` on; the first of them come first."""

    content_hash: str
    size_bytes: int
    offset: int
    data: bytes


Part = SessionPart | RunPart | ThingPart | RecorderPart | EventPart | BlobPart


@dataclass(slots=True, kw_only=True)
class RunParts:
    """A run, or a piece of one that is too large for one transaction; each piece has the run and its session.

    `is_last` tells that nothing of the run comes after it. `silent_before` are the ids of silent events of the pieces
    before.
    """

    run: RunPart
    session: SessionPart | None = None
    things: list[ThingPart] = field(default_factory=list[ThingPart])
    recorders: list[RecorderPart] = field(default_factory=list[RecorderPart])
    events: list[EventPart] = field(default_factory=list[EventPart])
    is_last: bool = True
    silent_before: Sequence[str] = ()


class ImportOutcome(StrEnum):
    """What an import did with a run."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunImport:
    """What became of one run: how it is called here, and why it was refused.

    `n_kept` are the rows of each kind that the run has now, counted in the store once its last piece is written;
    `session_id` is the session that came with it, if that is in the store.
    """

    run_id: str
    outcome: ImportOutcome
    agent_name: str
    run_name: str | None
    wanted_name: str | None = None
    reason: str | None = None
    n_events: int = 0
    n_kept: Mapping[str, int] = field(default_factory=dict[str, int])
    session_id: str | None = None

    @property
    def is_renamed(self) -> bool:
        """Tell whether the run could not keep its name."""
        return self.outcome is ImportOutcome.NEW and self.run_name != self.wanted_name


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How runs are imported: `is_trial` changes nothing, `can_revive` lifts tombstones, `session_id` takes them all."""

    is_trial: bool = False
    can_revive: bool = False
    session_id: str | None = None


def joined(first: RunImport, later: RunImport) -> RunImport:
    """Return what became of a run that was imported in two pieces."""
    if later.outcome is ImportOutcome.REFUSED:
        return later
    outcome = first.outcome
    if outcome is ImportOutcome.SAME:
        outcome = later.outcome
    return replace(first, outcome=outcome, n_events=first.n_events + later.n_events, n_kept=later.n_kept)
