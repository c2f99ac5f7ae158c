"""An event: something that happened in a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The narrow part of an event: everything but its payload.

    `execution_order` counts from 0 in the order in which things happened in the run, `depth` from the root of its
    tree; both are None where a view does not compute them. Counts of tokens are None where nobody stated them.
    `cost_nanos` is the recorder's; where it stated none, `price_nanos` is what the call costs by the price list.
    `ended_by_run` tells that nobody recorded its end: it went on when its run ended (see `ending.py`).
    """

    event_id: str
    event_type: str
    status: str
    started_at: int
    ended_at: int | None = None
    duration_us: int | None = None
    event_subtype: str | None = None
    name: str | None = None
    node_id: str | None = None
    agent_name: str | None = None
    parent_event_id: str | None = None
    previous_event_id: str | None = None
    sequence: int | None = None
    first_token_at: int | None = None
    model: str | None = None
    provider: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_cached: int | None = None
    tokens_cache_write: int | None = None
    tokens_reasoning: int | None = None
    cost_nanos: int | None = None
    price_nanos: int | None = None
    recorded_at: int = 0
    change_seq: int = 0
    execution_order: int | None = None
    depth: int | None = None
    ended_by_run: bool = False

    @property
    def known_cost_nanos(self) -> int | None:
        """The recorder's cost, else that of the price list; None where nobody knows it."""
        return self.price_nanos if self.cost_nanos is None else self.cost_nanos

    @property
    def cost_source(self) -> str | None:
        """Who says what it cost: `recorder` or `prices`, or None."""
        if self.cost_nanos is not None:
            return "recorder"
        return None if self.price_nanos is None else "prices"

    @property
    def is_unpriced(self) -> bool:
        """Whether it consumed tokens at a cost that nobody knows."""
        tokens = (self.tokens_in, self.tokens_out, self.tokens_cached, self.tokens_cache_write, self.tokens_reasoning)
        return any(tokens) and self.known_cost_nanos is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The wide part of an event: any JSON, as it was recorded."""

    inputs: object = None
    outputs: object = None
    error: object = None
    attributes: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class FullEvent:
    """An event with its payload."""

    event: Event
    payload: Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events of a run to list; a field that is empty or None does not restrict.

    `node_id` stands for the node's events, as `EventStore.list_node_events` has them; `text` is looked for in names,
    upper and lower case being the same.
    """

    event_types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    node_id: str | None = None
    agent_name: str | None = None
    text: str | None = None
    is_failed: bool = False


ALL_EVENTS = EventFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """An event as the events beside it call it."""

    event_id: str
    event_type: str
    name: str | None
    status: str
    duration_us: int | None
    ended_by_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFamily:
    """The parent of an event, if the run has it, and its first children by start."""

    parent: Relative | None
    children: tuple[Relative, ...]
    n_children: int
