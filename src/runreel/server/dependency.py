"""What routes ask for: the scope of the request, the stores, and the parts of a path."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator

from runreel.errors import InvalidQueryError
from runreel.model.instant import parse_instant
from runreel.model.scope import Scope
from runreel.server.disk import DiskGuard
from runreel.server.guard import restored_slashes
from runreel.server.ingest import Ingest
from runreel.server.live import Live
from runreel.server.settings import Settings
from runreel.server.telemetry import Telemetry
from runreel.storage.port import (
    ApprovalStore,
    EventStore,
    FileStore,
    ImportStore,
    MetricStore,
    PriceStore,
    RetentionStore,
    RunStore,
    SpanStore,
    Store,
)

MAX_LIMIT = 500


@dataclass(slots=True, kw_only=True)
class Parts:
    """What the application is composed of."""

    settings: Settings
    store: Store
    ingest: Ingest
    live: Live
    disk: DiskGuard
    telemetry: Telemetry


def parts_of(request: Request) -> Parts:
    """Return the parts of the application that serves a request."""
    return request.app.state.parts


# These are coroutines because a plain function would be sent to another thread, once for each of them.
async def _scope() -> Scope:
    # Until accounts exist whoever reaches the server on this machine owns its one project.
    return Scope()


async def _runs(request: Request) -> RunStore:
    return parts_of(request).store.runs


async def _events(request: Request) -> EventStore:
    return parts_of(request).store.events


async def _retention(request: Request) -> RetentionStore:
    return parts_of(request).store.retention


async def _approvals(request: Request) -> ApprovalStore:
    return parts_of(request).store.approvals


async def _imports(request: Request) -> ImportStore:
    return parts_of(request).store.imports


async def _spans(request: Request) -> SpanStore:
    return parts_of(request).store.spans


async def _prices(request: Request) -> PriceStore:
    return parts_of(request).store.prices


async def _metrics(request: Request) -> MetricStore:
    return parts_of(request).store.metrics


async def _files(request: Request) -> FileStore:
    return parts_of(request).store.files


def instant_of(name: str, text: str | None) -> int | None:
    """Return the instant that a parameter stands for."""
    if text is None:
        return None
    instant = parse_instant(text)
    if instant is None:
        raise InvalidQueryError(f"{name} is {text!r}; give a time like 2026-01-31T12:00:00Z")
    return instant


def link_next(request: Request, changes: Mapping[str, str | int]) -> str:
    """Return a `Link` header to the next page: this request's address with some parameters changed."""
    parameters = {**dict(request.query_params), **{name: str(value) for name, value in changes.items()}}
    raw_path: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    path = raw_path.split(b"?")[0].decode("ascii", "replace")
    return f'<{path}?{urlencode(parameters)}>; rel="next"'


def _name(segment: str) -> str:
    # Names are kept composed, and addresses are also typed, or copied from file systems that decompose.
    return unicodedata.normalize("NFC", restored_slashes(segment))


def _given_name(name: str | None) -> str | None:
    return None if name is None else _name(name)


ScopeOf = Annotated[Scope, Depends(_scope)]
Runs = Annotated[RunStore, Depends(_runs)]
Events = Annotated[EventStore, Depends(_events)]
Retention = Annotated[RetentionStore, Depends(_retention)]
Approvals = Annotated[ApprovalStore, Depends(_approvals)]
Imports = Annotated[ImportStore, Depends(_imports)]
Spans = Annotated[SpanStore, Depends(_spans)]
Prices = Annotated[PriceStore, Depends(_prices)]
Metrics = Annotated[MetricStore, Depends(_metrics)]
Files = Annotated[FileStore, Depends(_files)]
AgentName = Annotated[str, AfterValidator(_name), Path(description="The agent's name, percent-encoded.")]
RunName = Annotated[str, AfterValidator(_name), Path(description="The run's present name, percent-encoded.")]
RunId = Annotated[str, AfterValidator(restored_slashes), Path(description="The id that the recorder gave the run.")]
NodeId = Annotated[str, AfterValidator(_name), Path(description="The node's id within its run, percent-encoded.")]
EventId = Annotated[
    str, AfterValidator(restored_slashes), Path(description="The event's id within its run, percent-encoded.")
]
FileId = Annotated[
    str, AfterValidator(restored_slashes), Path(description="The file's id within its run, percent-encoded.")
]
SessionId = Annotated[str, AfterValidator(_name), Path(description="The session's id, percent-encoded.")]
ProviderName = Annotated[
    str, AfterValidator(restored_slashes), Path(description="The provider's name, percent-encoded.")
]
ModelName = Annotated[
    str, AfterValidator(restored_slashes), Path(description="The model's exact name, percent-encoded.")
]
NameQuery = Annotated[str | None, AfterValidator(_given_name), Query()]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many to return at most.")]
EventLimit = Annotated[int, Query(ge=1, le=5_000, description="How many events to return at most.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
SinceQuery = Annotated[str | None, Query(description="ISO 8601; what began at that time or later.")]
UntilQuery = Annotated[str | None, Query(description="ISO 8601; what began before that time.")]
TextQuery = Annotated[
    str | None, Query(max_length=200, description="What names contain; upper and lower case are the same.")
]
