"""Bundles: runs out of this server, and into it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse
from typing_extensions import TypedDict

from runreel.errors import NotFoundError, RunreelError
from runreel.model.bundle import ImportOptions, ImportOutcome, RunImport
from runreel.model.instant import format_instant, now
from runreel.model.name import check_name
from runreel.model.run import RunFilter
from runreel.model.scope import Scope
from runreel.server.dependency import RunId, Runs, ScopeOf, parts_of
from runreel.server.disk import DiskGuard
from runreel.server.guard import IS_HEAD
from runreel.server.importing import BundleReport, Importer
from runreel.server.problem import PROBLEM
from runreel.server.run_query import RunFilterOf
from runreel.server.view import json_response
from runreel.storage.port import BundleStore
from runreel.wire.bundle import CHUNK_BYTES, BundleWriter

router = APIRouter(tags=["bundles"], responses=PROBLEM)

# Bodies of this path are whole bundles.
PATHS = re.compile(r"/api/import")
MEDIA_TYPE = "application/x-ndjson"

# Each page sorts all that are left.
_RUNS_PER_PAGE = 10_000
_FEED_BYTES = 1024 * 1024
# A run's merged fields can be larger than any record that it was made of.
_LINE_RECORDS = 4
# A line with bytes of a file.
_MIN_LINE_BYTES = 2 * 1024 * 1024

# Programs that send bytes know this type; what is sent is looked at, not what it is called.
_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_BODY = {"requestBody": {"required": True, "content": _BINARY}}
_BUNDLE = {"responses": {"200": {"description": "A bundle", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}}


Blobs = Annotated[bool, Query(description="Also the bytes of files, as far as they are here.")]


class RefusedRunView(TypedDict):
    """A run that was not imported."""

    run_id: str
    agent_name: str
    run_name: str | None
    reason: str


class RenamedRunView(TypedDict):
    """A run that is called otherwise here, because another run has its name."""

    run_id: str
    agent_name: str
    run_name: str | None
    wanted_name: str | None


class KeptView(TypedDict):
    """How many rows of each kind the database has of the runs and sessions of a bundle, as counted there."""

    sessions: int
    runs: int
    nodes: int
    edges: int
    events: int
    messages: int
    files: int
    transitions: int


class MoreRefusedView(TypedDict):
    """Runs that were refused beyond those that are listed, all for one reason."""

    reason: str
    run_ids: list[str]


class ImportView(TypedDict):
    """What became of a bundle; `problem` says what is wrong with it as a whole."""

    new: int
    same: int
    changed: int
    refused: int
    events: int
    refused_runs: list[RefusedRunView]
    more_refused_runs: list[MoreRefusedView]
    renamed_runs: list[RenamedRunView]
    problem: str | None
    dry_run: bool
    kept: KeptView


@router.get("/api/by-id/{run_id}/export", response_class=Response, openapi_extra=_BUNDLE)
async def export_run(request: Request, run_id: RunId, scope: ScopeOf, runs: Runs, blobs: Blobs = True) -> Response:
    """Return a run with everything below it as a bundle."""
    run = await asyncio.to_thread(runs.get_run, scope, run_id)
    chunks = _iter_bundle(
        parts_of(request).store.bundles, scope, iter([run.run_id]), holds={"run_id": run.run_id}, has_files=blobs
    )
    return _stream(request, chunks, f"{run.run_id}.jsonl")


@router.get("/api/export", response_class=Response, openapi_extra=_BUNDLE)
async def export_runs(
    request: Request,
    scope: ScopeOf,
    query: RunFilterOf,
    blobs: Blobs = True,
) -> Response:
    """Return all runs that the filters let through as a bundle, in the order in which they are quickest put in."""
    bundles = parts_of(request).store.bundles
    run_ids = _iter_run_ids(bundles, scope, query)
    chunks = _iter_bundle(bundles, scope, run_ids, holds=_holds_of(request), has_files=blobs)
    return _stream(request, _joined(chunks), "runs.jsonl")


@router.post("/api/import", response_model=ImportView, openapi_extra=_BODY)
async def import_bundle(
    request: Request,
    scope: ScopeOf,
    revive: Annotated[bool, Query(description="Also runs that were deleted here.")] = False,
    dry_run: Annotated[bool, Query(description="Say what would become of it, and keep nothing.")] = False,
    into: Annotated[str | None, Query(description="The id of the session that takes all the runs.")] = None,
) -> Response:
    """Put the runs of a bundle in; what is here already stays as it is. Plain, or compressed with gzip or zstd."""
    parts = parts_of(request)
    importer = Importer(
        parts.store.bundles,
        parts.store.files,
        scope,
        ImportOptions(
            is_trial=dry_run,
            can_revive=revive,
            session_id=None if into is None else check_name(into, what="session id"),
        ),
        content_encoding=request.headers.get("content-encoding", ""),
        max_line_bytes=max(_LINE_RECORDS * parts.settings.max_record_bytes, _MIN_LINE_BYTES),
        max_file_bytes=parts.settings.max_file_bytes,
        now=now,
    )
    # In one thread from the first byte to the last: what each thread has freed stays with it.
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bundle")
    try:
        report = await _import(request.stream(), importer, parts.disk, thread)
    finally:
        importer.close()
        thread.shutdown(wait=False)
    return json_response(_view_report(report, dry_run=dry_run))


async def _import(
    body: AsyncIterable[bytes], importer: Importer, disk: DiskGuard, thread: ThreadPoolExecutor
) -> BundleReport:
    loop = asyncio.get_running_loop()
    waiting = bytearray()
    try:
        # No thread waits for a slow sender: one is asked for when there is something to do.
        async for piece in body:
            waiting += piece
            if len(waiting) >= _FEED_BYTES:
                disk.require_room()
                await loop.run_in_executor(thread, importer.feed, bytes(waiting))
                waiting.clear()
        disk.require_room()
        await loop.run_in_executor(thread, importer.feed, bytes(waiting))
        return await loop.run_in_executor(thread, importer.finish)
    except RunreelError:
        # A client that is still sending would never see the answer.
        async for _ in body:
            pass
        raise


def _holds_of(request: Request) -> dict[str, object]:
    """Return what a request asks for, as the first line says it: one value of each name, or a list of them."""
    given = request.query_params
    return {name: values[0] if len(values := given.getlist(name)) == 1 else values for name in given}


def _iter_run_ids(bundles: BundleStore, scope: Scope, query: RunFilter) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = bundles.list_run_ids(scope, query, limit=_RUNS_PER_PAGE, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _iter_bundle(
    bundles: BundleStore, scope: Scope, run_ids: Iterator[str], *, holds: dict[str, object], has_files: bool
) -> Generator[bytes]:
    writer = BundleWriter()
    yield writer.head(made_at=format_instant(now()), holds=holds)
    for run_id in run_ids:
        # One that was deleted since it was listed is left out.
        with suppress(NotFoundError), closing(bundles.export_run(scope, run_id, has_files=has_files)) as run_parts:
            yield from writer.iter_run(run_parts)
    yield writer.close()


def _joined(chunks: Generator[bytes]) -> Generator[bytes]:
    """Yield small chunks together: each that is sent costs as much as reading a run of some dozen events."""
    waiting: list[bytes] = []
    n_bytes = 0
    with closing(chunks):
        for chunk in chunks:
            waiting.append(chunk)
            n_bytes += len(chunk)
            if n_bytes >= CHUNK_BYTES:
                yield b"".join(waiting)
                waiting, n_bytes = [], 0
        yield b"".join(waiting)


def _stream(request: Request, chunks: Generator[bytes], file_name: str) -> Response:
    # Nothing is read for an answer without a body.
    return StreamingResponse(
        iter(()) if request.scope.get(IS_HEAD) else _iter_off_loop(chunks),
        media_type=MEDIA_TYPE,
        headers={
            "content-disposition": f'attachment; filename="{file_name}"',
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
        },
    )


async def _iter_off_loop(chunks: Generator[bytes]) -> AsyncGenerator[bytes]:
    """Yield what an iterator that reads the database yields, without holding the event loop up."""
    try:
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk
    finally:
        # A client that goes away must not keep a snapshot of the database open.
        chunks.close()


def _view_report(report: BundleReport, *, dry_run: bool) -> ImportView:
    return {
        "new": report.counts[ImportOutcome.NEW],
        "same": report.counts[ImportOutcome.SAME],
        "changed": report.counts[ImportOutcome.CHANGED],
        "refused": report.counts[ImportOutcome.REFUSED],
        "events": report.n_events,
        "refused_runs": [_view_refused(run) for run in report.refused],
        "more_refused_runs": [
            {"reason": reason, "run_ids": run_ids} for reason, run_ids in report.more_refused.items()
        ],
        "renamed_runs": [_view_renamed(run) for run in report.renamed],
        "problem": report.problem,
        "dry_run": dry_run,
        "kept": _view_kept(report.n_kept),
    }


def _view_kept(n_kept: Mapping[str, int]) -> KeptView:
    return {
        "sessions": n_kept.get("sessions", 0),
        "runs": n_kept.get("runs", 0),
        "nodes": n_kept.get("nodes", 0),
        "edges": n_kept.get("edges", 0),
        "events": n_kept.get("events", 0),
        "messages": n_kept.get("messages", 0),
        "files": n_kept.get("files", 0),
        "transitions": n_kept.get("transitions", 0),
    }


def _view_refused(run: RunImport) -> RefusedRunView:
    return {
        "run_id": run.run_id,
        "agent_name": run.agent_name,
        "run_name": run.run_name,
        "reason": run.reason or "",
    }


def _view_renamed(run: RunImport) -> RenamedRunView:
    return {
        "run_id": run.run_id,
        "agent_name": run.agent_name,
        "run_name": run.run_name,
        "wanted_name": run.wanted_name,
    }
