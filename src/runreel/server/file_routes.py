"""Files of runs: sending their bytes, alone or with a reference, and getting them back."""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from typing import Annotated, Any, cast
from uuid import uuid4

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response
from typing_extensions import TypedDict

from runreel.errors import DecodeError, InvalidQueryError, TooLargeError
from runreel.model.blob import Blob, parse_content_hash
from runreel.model.instant import format_instant, now
from runreel.model.scope import Scope
from runreel.server.dependency import FileId, Files, RunId, Runs, ScopeOf, parts_of
from runreel.server.download import respond_content
from runreel.server.problem import PROBLEM
from runreel.server.upload import uploaded
from runreel.server.view import FileView, json_response, view_file
from runreel.wire import native

router = APIRouter(tags=["files"], responses=PROBLEM)

# Bodies of these paths are bytes of files.
PATHS = re.compile(r"/api/by-id/[^/]+/files|/api/blobs/[^/]+")

_BY_ID = "/api/by-id/{run_id}/files"
_MAX_REFERENCE_BYTES = 64 * 1024
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_ANY_BODY = {"requestBody": {"required": True, "content": {"*/*": _BYTES}}}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "All bytes", "content": {"*/*": _BYTES}},
    206: {"description": "The part that `Range` asks for", "content": {"*/*": _BYTES}},
    304: {"description": "`If-None-Match` names what there is"},
}


class BlobView(TypedDict):
    """Bytes of the project; until `kept_until` they stay even where no file names them."""

    content_hash: str
    size_bytes: int
    kept_until: str


ContentHash = Annotated[str, Path(description="SHA-256 of the bytes: `sha256:` and 64 hexadecimal digits.")]


@router.put("/api/blobs/{content_hash}", response_model=BlobView, openapi_extra=_ANY_BODY)
async def put_blob(request: Request, content_hash: ContentHash, scope: ScopeOf, files: Files) -> Response:
    """Take bytes that files of later records will name; sending them again only keeps them longer."""
    stated = _checked(content_hash)
    async with uploaded(request, files, scope) as upload:
        if upload.content_hash != stated:
            raise DecodeError(
                f"the bytes have the content hash {upload.content_hash!r}, not {stated!r}; send them again"
            )
        blob = await asyncio.to_thread(files.keep, scope, upload, now=now())
    return json_response(_view_blob(blob))


@router.get("/api/blobs/{content_hash}", response_model=BlobView)
def get_blob(content_hash: ContentHash, scope: ScopeOf, files: Files) -> Response:
    """Tell whether bytes are here, and keep them as long as if they were sent now; does not return them."""
    return json_response(_view_blob(files.renew(scope, _checked(content_hash), now=now())))


@router.post(_BY_ID, response_model=FileView, status_code=201, openapi_extra=_ANY_BODY)
async def post_file(
    request: Request,
    run_id: RunId,
    scope: ScopeOf,
    runs: Runs,
    files: Files,
    name: Annotated[str | None, Query(min_length=1, description="Its path; the body is its bytes then.")] = None,
    file_id: Annotated[str | None, Query(description="Its id within the run; without one it gets a new one.")] = None,
    file_type: Annotated[str | None, Query(description="Such as `report`, `chart`, `table`.")] = None,
    node_id: Annotated[str | None, Query(description="The node that produced it.")] = None,
    event_id: Annotated[str | None, Query(description="The event that produced it.")] = None,
) -> Response:
    """Add a file to a run: its bytes, with `name`; else, as JSON, a reference with the fields of a file record."""
    # The run must be there before anything is taken: a record alone would open a new one.
    await asyncio.to_thread(runs.get_run, scope, run_id)
    if name is None:
        stated = await _reference(request)
    else:
        async with uploaded(request, files, scope) as upload:
            blob = await asyncio.to_thread(files.keep, scope, upload, now=now())
        stated = {
            "file_id": file_id,
            "path": name,
            "file_type": file_type,
            "media_type": _media_type(request),
            "size_bytes": blob.size_bytes,
            "content_hash": blob.content_hash,
            "node_id": node_id,
            "event_id": event_id,
        }
    own_id = await _record(request, scope, run_id, {key: value for key, value in stated.items() if value is not None})
    file = await asyncio.to_thread(files.get_file, scope, run_id, own_id)
    return json_response(view_file(file), 201)


@router.get(_BY_ID + "/{file_id}", response_model=FileView)
def get_file(run_id: RunId, file_id: FileId, scope: ScopeOf, files: Files) -> Response:
    """Return what is known of one file of a run."""
    return json_response(view_file(files.get_file(scope, run_id, file_id)))


@router.get(_BY_ID + "/{file_id}/content", response_class=Response, responses=_CONTENT)
def get_content(request: Request, run_id: RunId, file_id: FileId, scope: ScopeOf, files: Files) -> Response:
    """Return the bytes of one file of a run, to be saved; `Range` asks for a part of them."""
    return respond_content(request, files.get_content(scope, run_id, file_id))


def _media_type(request: Request) -> str | None:
    """Return what the sender says of the bytes; command line tools say of anything that it is a form."""
    media_type = request.headers.get("content-type")
    return None if media_type == "application/x-www-form-urlencoded" else media_type


async def _reference(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_REFERENCE_BYTES:
            raise TooLargeError(
                f"a reference has at most {_MAX_REFERENCE_BYTES} bytes; to send the file itself, add ?name=…"
            )
    try:
        stated = json.loads(body)
    except (ValueError, RecursionError):
        stated = None
    if not isinstance(stated, dict):
        raise DecodeError("the body is no JSON object; to send the file itself, add ?name=…")
    return cast("dict[str, Any]", stated)


async def _record(request: Request, scope: Scope, run_id: str, stated: dict[str, Any]) -> str:
    """Record a file like any recorder does; return its id."""
    at = format_instant(now())
    own = {"record": "file", "run_id": run_id}
    record = {"file_id": uuid4().hex, "created_at": at, "recorded_at": at, **stated, **own}
    body = json.dumps({"version": native.VERSION, "records": [record]}, ensure_ascii=True).encode()
    parts = parts_of(request)
    decode = partial(native.decode_batch, body, max_record_bytes=parts.settings.max_record_bytes, max_records=1)
    result = await parts.ingest.put(scope, decode, size_bytes=len(body), patience_s=0)
    if result.refused:
        # The run may have been deleted meanwhile.
        await asyncio.to_thread(parts.store.runs.get_run, scope, run_id)
        raise DecodeError(f"the file can't be recorded: {result.refused[0].reason}")
    return record["file_id"]


def _checked(content_hash: str) -> str:
    stated = parse_content_hash(content_hash)
    if stated is None:
        raise InvalidQueryError(f"{content_hash[:80]!r} is no content hash; write sha256: and 64 hexadecimal digits")
    return stated


def _view_blob(blob: Blob) -> BlobView:
    return {
        "content_hash": blob.content_hash,
        "size_bytes": blob.size_bytes,
        "kept_until": format_instant(blob.kept_until),
    }
