"""What stands before every request: who may ask from where, and how a path is read.

`HostGuard` refuses requests that a foreign web page could have caused: another `Host` than the bound ones (DNS
rebinding), and writes from another origin. `BodyLimit` bounds what is read of a body. `RawPath` makes names with `/`
usable in paths: the raw path is split at its slashes first, and each segment is decoded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from re import Pattern
from urllib.parse import unquote_to_bytes

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runreel.server.problem import problem_response

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Stands for a slash inside a segment. Names have no control characters, so nothing else can mean it.
_SLASH = "\x1f"
IS_HEAD = "runreel.is_head"
"""Is in the scope of a HEAD request, for answers that would never end, or read much for a body that nobody gets."""


class HostGuard:
    """Lets through what is addressed to one of `hosts`, and writes only from pages of the same origin."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refusal = self._refusal(scope)
            if refusal is not None:
                await problem_response(*refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if _hostname(host) not in self._hosts:
            return 421, "this server is not known under that host name; use the address that it printed at its start"
        if scope["method"] in _SAFE_METHODS:
            return None
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower().partition("://")[2] != host:
            return 403, "writes from pages of another origin are refused"
        if origin is None and headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site"):
            return 403, "writes from pages of another origin are refused"
        return None


class BodyLimit:
    """Refuses bodies over `max_bytes`, or over what the first pattern of `max_bytes_at` that is their path's says."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, max_bytes_at: Mapping[Pattern[str], int]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_bytes_at = max_bytes_at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        limits = (limit for pattern, limit in self._max_bytes_at.items() if pattern.fullmatch(path))
        max_bytes = next(limits, self._max_bytes)
        stated = dict(scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and int(stated) > max_bytes:
            await problem_response(413, _too_large(max_bytes))(scope, receive, send)
            return
        await self._app(scope, _bounded(receive, max_bytes), send)


class RawPath:
    """Gives routes the path as it was sent, segment by segment; answers HEAD as GET without the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = _decoded_path(scope.get("raw_path") or scope["path"].encode())
        if path is None:
            await problem_response(404, "the path has a segment that can't be decoded")(scope, receive, send)
            return
        # Nothing stored holds a NUL, and a database may fail on being asked for one.
        if b"%00" in scope["query_string"]:
            await problem_response(400, "the query has a NUL character; nothing has one")(scope, receive, send)
            return
        scope = {**scope, "path": path}
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
            scope[IS_HEAD] = True
            send = _without_body(send)
        await self._app(scope, receive, send)


def restored_slashes(segment: str) -> str:
    """Return a segment that `RawPath` let through as it was sent, once decoded."""
    return segment.replace(_SLASH, "/")


def _hostname(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and (port.isdigit() or not port) else host


def _decoded_path(raw_path: bytes) -> str | None:
    segments: list[str] = []
    for raw in raw_path.split(b"?")[0].split(b"/"):
        try:
            segment = unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            return None
        if _SLASH in segment or "\0" in segment:
            return None
        segments.append(segment.replace("/", _SLASH))
    return "/".join(segments)


def _bounded(receive: Receive, max_bytes: int) -> Receive:
    n_bytes = 0

    async def receive_bounded() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > max_bytes:
            # The one exception that a framework lets through while it reads a body.
            raise HTTPException(413, _too_large(max_bytes))
        return message

    return receive_bounded


def _too_large(max_bytes: int) -> str:
    return f"the body has over {max_bytes} bytes; send less at once"


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
