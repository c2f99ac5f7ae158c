"""The server's log: text for people or JSON for programs, and a line for each request.

A line names the method, the route's template, the status and the time it took: never an address as it was asked, so
never a name, an id, a query or a body.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_access = logging.getLogger("runreel.access")

_SEEN = "runreel.seen"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure_log(*, level: str, style: str) -> None:
    """Let the log go to the standard error, from `level` on, as `text` or `json`."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter() if style == "json" else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=level.upper(), handlers=[handler])


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the fields that the record has of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
        line: dict[str, Any] = {
            "time": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((name, value) for name, value in vars(record).items() if name not in _STANDARD)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # A line break inside a text would make two lines of one; escaped, none is left.
        return json.dumps(line, default=str)


class AccessLog:
    """Logs each request at the level info, when its answer has ended; it stands before everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _access.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        seen: dict[str, Any] = {"status": None, "route": None}

        async def send_noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self._app({**scope, _SEEN: seen}, receive, send_noting)
        finally:
            fields = {"method": scope["method"], **seen, "ms": round((time.perf_counter() - began) * 1000, 3)}
            route = fields["route"] or "-"
            _access.info("%s %s %s %s ms", fields["method"], route, fields["status"], fields["ms"], extra=fields)


class RouteNote:
    """Tells `AccessLog` which route answered; it stands behind everything else, where the route is known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        seen = scope.get(_SEEN)
        if seen is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            seen["route"] = getattr(scope.get("route"), "path", None)
