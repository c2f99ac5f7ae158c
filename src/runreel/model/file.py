"""A file: an artefact that a run produced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """Where a run put a file, and what is known of its bytes."""

    file_id: str
    path: str
    created_at: int
    file_type: str | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    content_hash: str | None = None
    node_id: str | None = None
    event_id: str | None = None
    agent_name: str | None = None
    workflow_phase: str | None = None
    is_final_output: bool = False
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """The bytes of a file; `read` returns those from a first one up to another, in chunks."""

    file: FileReference
    content_hash: str
    size_bytes: int
    read: Callable[[int, int], Iterator[bytes]]
