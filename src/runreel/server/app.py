"""The application: the only place where its parts are put together and errors become status codes."""

from __future__ import annotations

import logging
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runreel import __version__
from runreel.errors import (
    ApprovalClosedError,
    DecodeError,
    InvalidAnswerError,
    InvalidNameError,
    InvalidPlanError,
    InvalidPriceError,
    InvalidQueryError,
    InvalidTransitionError,
    NameTakenError,
    NotFoundError,
    QueueFullError,
    RenamedError,
    RequestRefusedError,
    RunreelError,
    ServerEndingError,
    StorageFullError,
    StorageUnavailableError,
    StreamLimitError,
    TooLargeError,
    UnsatisfiableRangeError,
    UnsupportedEncodingError,
)
from runreel.model.instant import now
from runreel.server import (
    agent_routes,
    approval_routes,
    bundle_routes,
    dashboard_routes,
    event_routes,
    file_routes,
    graph_routes,
    health_routes,
    import_routes,
    message_routes,
    metrics_routes,
    node_routes,
    plan_routes,
    price_routes,
    record_routes,
    retention_routes,
    run_change_routes,
    run_routes,
    session_routes,
    span_routes,
    stream_routes,
    telemetry_routes,
)
from runreel.server.approval_view import view_approval
from runreel.server.dependency import Parts
from runreel.server.disk import DiskGuard
from runreel.server.guard import BodyLimit, HostGuard, RawPath
from runreel.server.ingest import Ingest
from runreel.server.live import Live
from runreel.server.log import AccessLog, RouteNote
from runreel.server.maintenance import Maintenance
from runreel.server.openapi import described
from runreel.server.problem import problem_response
from runreel.server.settings import Settings
from runreel.server.sweeping import Sweeping
from runreel.server.telemetry import Telemetry
from runreel.storage.port import Store

_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_SAFE_METHODS = ("GET", "HEAD")
_MAX_EDIT_BYTES = 64 * 1024
_ROUTERS = (
    record_routes.router,
    agent_routes.router,
    # Before the runs by name, since no run is called "nodes".
    node_routes.router,
    plan_routes.router,
    graph_routes.router,
    run_routes.router,
    run_change_routes.router,
    approval_routes.router,
    event_routes.router,
    span_routes.router,
    message_routes.router,
    file_routes.router,
    session_routes.router,
    stream_routes.router,
    retention_routes.router,
    price_routes.router,
    metrics_routes.router,
    bundle_routes.router,
    import_routes.router,
    health_routes.router,
    telemetry_routes.router,
    dashboard_routes.router,
)
# The first class that an error is an instance of decides.
_STATUSES: Sequence[tuple[type[RunreelError], int]] = (
    (TooLargeError, 413),
    (UnsupportedEncodingError, 415),
    (DecodeError, 400),
    (InvalidAnswerError, 422),
    (InvalidNameError, 422),
    (InvalidPlanError, 422),
    (InvalidPriceError, 422),
    (UnsatisfiableRangeError, 416),
    (InvalidQueryError, 400),
    (InvalidTransitionError, 409),
    (ApprovalClosedError, 409),
    (RequestRefusedError, 409),
    (NotFoundError, 404),
    (NameTakenError, 400),
    (QueueFullError, 429),
    (StreamLimitError, 503),
    (StorageFullError, 507),
    (ServerEndingError, 503),
    (StorageUnavailableError, 503),
    (RunreelError, 500),
)
_RETRY_AFTER_S = {429: "1", 503: "2", 507: "30"}

_log = logging.getLogger(__name__)


def create_app(store: Store, settings: Settings) -> FastAPI:
    """Return the application on an open store; it closes the store when it ends."""
    telemetry = Telemetry()
    ingest = Ingest(
        store.runs,
        queue_bytes=settings.queue_bytes,
        now=now,
        on_commit=telemetry.note_commit,
    )
    file = settings.database_file()
    disk = DiskGuard(None if file is None else file.parent, min_free_bytes=settings.min_free_bytes)
    maintenance = Maintenance(
        store.runs,
        store.retention,
        Sweeping(store.files, now=now),
        settle_after_s=settings.settle_after_s,
        now=now,
    )
    live = Live(store, max_streams=settings.max_streams)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        ingest.open()
        maintenance.open()
        live.open()
        yield
        live.close()
        await maintenance.close()
        ingest.close()
        store.close()

    hosts = {*_LOOPBACK_HOSTS, settings.host, f"[{settings.host}]"}
    app = FastAPI(
        title="Runreel",
        version=__version__,
        description="The flight recorder for AI agents.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(AccessLog),
            Middleware(_LastResort),
            Middleware(HostGuard, hosts=hosts),
            Middleware(RawPath),
            Middleware(
                BodyLimit,
                max_bytes=_MAX_EDIT_BYTES,
                max_bytes_at={
                    record_routes.PATHS: settings.max_body_bytes,
                    file_routes.PATHS: settings.max_file_bytes,
                    # It is read piece by piece, and never as a whole.
                    bundle_routes.PATHS: sys.maxsize,
                    import_routes.PATHS: import_routes.MAX_BYTES,
                },
            ),
            Middleware(RouteNote),
        ],
        redirect_slashes=False,
        # As they are: for routers that it includes, the framework makes every route once more at the first request.
        routes=[route for router in _ROUTERS for route in router.routes],
    )
    app.state.parts = Parts(settings=settings, store=store, ingest=ingest, live=live, disk=disk, telemetry=telemetry)
    app.state.maintenance = maintenance
    _add_docs(app)
    app.openapi = described(app)
    app.add_exception_handler(RunreelError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    return app


def _add_docs(app: FastAPI) -> None:
    """Serve the API's documentation from files of this package, so that it works offline."""
    app.mount("/docs/assets", StaticFiles(packages=[("fastapi_offline", "static")]), name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    def show_docs() -> HTMLResponse:  # pyright: ignore[reportUnusedFunction]
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title="Runreel API",
            swagger_js_url="docs/assets/swagger-ui-bundle.js",
            swagger_css_url="docs/assets/swagger-ui.css",
            swagger_favicon_url="data:,",
        )


def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RunreelError)
    if isinstance(error, RenamedError):
        return _answer_renamed(request, error)
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    if status >= 500 and not isinstance(error, ServerEndingError):
        _log.warning("%s: %s", type(error).__name__, error)
    headers = {"retry-after": _RETRY_AFTER_S[status]} if status in _RETRY_AFTER_S else {}
    if isinstance(error, UnsatisfiableRangeError):
        headers["content-range"] = f"bytes */{error.size_bytes}"
    return problem_response(status, str(error), headers=headers, **_members_of(error))


def _members_of(error: RunreelError) -> dict[str, object]:
    """Return what a problem says for programs, beside its text."""
    if isinstance(error, NameTakenError) and error.holder_run_id:
        return {"run_id": error.holder_run_id}
    if isinstance(error, InvalidPlanError):
        return {"problems": error.problems}
    if isinstance(error, InvalidTransitionError):
        of = {"run_status": error.run_status, "node_status": error.node_status}
        present = {name: status for name, status in of.items() if status is not None}
        return {**present, "allowed_statuses": error.allowed_statuses}
    if isinstance(error, ApprovalClosedError):
        return {"approval": view_approval(error.approval)}
    if isinstance(error, RequestRefusedError):
        return {"run_status": error.run_status}
    return {}


def _answer_renamed(request: Request, error: RenamedError) -> Response:
    """Lead readers of a former name to the present one; writers must say which name they mean."""
    if request.method not in _SAFE_METHODS or error.run_name is None:
        return problem_response(404, str(error), run_id=error.run_id)
    raw_path: bytes = request.scope["raw_path"].split(b"?")[0]
    rest = raw_path.decode("ascii", "replace").split("/")[5:]
    path = "/".join(["", "api", "runs", quote(error.agent_name, safe=""), quote(error.run_name, safe=""), *rest])
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(path + query, 307, {"cache-control": "no-store"})


def _answer_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
    return problem_response(422, "; ".join(faults[:5]))


def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and _is_for_a_person(request):
        return dashboard_routes.page_for(request, status=404)
    if error.status_code == 404:
        return problem_response(404, "there is nothing at this path; /docs lists what there is")
    return problem_response(error.status_code, str(error.detail), headers=error.headers)


def _is_for_a_person(request: Request) -> bool:
    path: str = request.scope["path"]
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/assets/"))


class _LastResort:
    """Answers what nothing else caught; the web server would log it with its traceback, so with paths and values."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_started = False

        async def send_noting(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except ClientDisconnect:
            _log.debug("a client went away before it had sent its body")
        # Whatever it is, the server must go on, and its log must not tell what it shouldn't.
        except Exception as error:
            if scope["type"] != "http":
                raise
            _log.error("an unexpected %s", type(error).__name__)
            _log.debug("it came from here", exc_info=error)
            if not has_started:
                answer = problem_response(500, "the server failed on this request; its log says more")
                await answer(scope, receive, send)
