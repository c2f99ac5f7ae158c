"""Bytes of files as answers: never shown as a page, whatever they claim to be."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from runreel.model.file import FileContent, FileReference
from runreel.server.byte_range import asked_range, is_known
from runreel.server.guard import IS_HEAD

_UNKNOWN_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}(;[\x20-\x7e]{1,200})?")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 !#$&+.^_`|~()\[\]{},=@-]")


def respond_content(request: Request, content: FileContent) -> Response:
    """Return the content of a file, or the part of it that the request asks for."""
    etag = f'"{content.content_hash}"'
    headers = {
        "content-type": _media_type(content.file),
        "content-disposition": _disposition(content.file),
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "private, no-cache",
        "accept-ranges": "bytes",
        "etag": etag,
    }
    if is_known(request.headers, etag=etag):
        return Response(None, 304, {"etag": etag, "cache-control": headers["cache-control"]})
    asked = asked_range(request.headers, etag=etag, size_bytes=content.size_bytes)
    start, end = asked or (0, content.size_bytes)
    headers["content-length"] = str(end - start)
    if asked is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{content.size_bytes}"
    status = 200 if asked is None else 206
    # A body that nobody gets is not read either.
    if request.scope.get(IS_HEAD) or start == end:
        return Response(None, status, headers)
    return StreamingResponse(content.read(start, end), status, headers)


def _media_type(file: FileReference) -> str:
    media_type = file.media_type or ""
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else _UNKNOWN_TYPE


def _disposition(file: FileReference) -> str:
    """Return what makes browsers save the file, under its name without folders (RFC 6266, RFC 8187)."""
    name = re.split(r"[/\\]", file.path)[-1] or file.file_id
    plain = _NOT_PLAIN.sub("_", name)
    if plain == name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
