"""A message: what one agent said to another, or to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of one run; `content` is any JSON."""

    message_id: str
    sent_at: int
    sender: str | None = None
    recipient: str | None = None
    content: object = None
    node_id: str | None = None
    event_id: str | None = None
    tokens: int | None = None
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])
