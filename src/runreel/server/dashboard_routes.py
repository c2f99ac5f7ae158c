"""The dashboard: one page for every address of it, and the files that the page loads.

Each page's first segment is named here, so no page can stand before a route of the API, and a wrong address of the
API stays one. The files are those that `hatch_build.py` made; without them a page says how to get them.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import NotModifiedResponse

from runreel.errors import StorageError
from runreel.model.scope import Scope
from runreel.server.dependency import ScopeOf, parts_of

router = APIRouter(include_in_schema=False)

# Figures are at `stats`, as the command is called: `metrics` is where Prometheus looks.
PAGES: Final = ("agents", "approvals", "imports", "runs", "sessions", "stats")
FOLDER: Final = Path(str(files("runreel.server") / "dashboard"))

_SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
        "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
# Names of assets have a hash of what is in them; other files are asked for again, and mostly not sent again.
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"cache-control": "no-cache"}
_BASE = b'<base href="/" />'


def show_page(request: Request, scope: ScopeOf) -> Response:
    """Return the dashboard's page; which of its pages an address means is its own affair."""
    return page_for(request, change_no=_find_change_no(request, scope))


def page_for(request: Request, *, status: int = 200, change_no: int | None = None) -> Response:
    """Return the dashboard's page; `change_no` is the number of the latest change, for it to follow what comes then."""
    content = _read_index(FOLDER)
    if content is None:
        return HTMLResponse(_HINT, status, {**_SECURITY, "cache-control": "no-store"})
    # Told relatively, the page finds its files behind any proxy that puts a path before it.
    base = "../" * (request.scope["path"].count("/") - 1) or "./"
    told = f'<base href="{base}" />'
    if change_no is not None:
        told += f'<meta name="runreel-change-no" content="{change_no}" />'
    return HTMLResponse(content.replace(_BASE, told.encode()), status, {**_SECURITY, **_ASK_AGAIN})


def _find_change_no(request: Request, scope: Scope) -> int | None:
    try:
        return parts_of(request).store.changes.get_change_no(scope)
    except StorageError:
        # The page says by itself that the server has no database.
        return None


def _add_pages() -> None:
    router.add_api_route("/", show_page, response_class=HTMLResponse)
    for name in PAGES:
        router.add_api_route(f"/{name}", show_page, response_class=HTMLResponse)
        router.add_api_route(f"/{name}/{{rest:path}}", show_page, response_class=HTMLResponse)


@router.get("/assets/{name}")
async def get_asset(request: Request, name: str) -> Response:
    """Return a file whose name changes with what is in it."""
    return _respond_file(request, FOLDER / "assets", name, _FOR_EVER)


@router.get("/favicon.svg")
@router.get("/start.js")
async def get_top_file(request: Request) -> Response:
    """Return a file beside the page."""
    return _respond_file(request, FOLDER, request.scope["path"][1:], _ASK_AGAIN)


def _respond_file(request: Request, folder: Path, name: str, caching: dict[str, str]) -> Response:
    path = folder / name
    # A segment may hold slashes that were encoded; what is served lies in the folder itself.
    if path.parent != folder or name.startswith(".") or not path.is_file():
        raise HTTPException(404)
    headers = {**caching, "x-content-type-options": "nosniff"}
    response = FileResponse(path, headers=headers, stat_result=path.stat(), media_type=_MEDIA_TYPES.get(path.suffix))
    if response.headers["etag"] in request.headers.get("if-none-match", "").split(", "):
        return NotModifiedResponse(response.headers)
    return response


def _read_index(folder: Path) -> bytes | None:
    index = folder / "index.html"
    return index.read_bytes() if index.is_file() else None


# The machine's own table may be missing or wrong, and a browser takes no module of another type.
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}

_HINT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Runreel</title>
<style>
:root { color-scheme: light dark }
body { max-width: 40rem; margin: 15vh auto; padding: 0 1.5rem; font: 16px/1.6 system-ui, sans-serif }
code { font-size: .95em }
</style>
</head>
<body>
<h1>This Runreel has no dashboard</h1>
<p>It was installed with <code>RUNREEL_SKIP_DASHBOARD</code> set. Everything is recorded and answered all the same:
<a href="/docs">the HTTP API</a> and the command line work.</p>
<p>To have the dashboard, install Runreel again without that variable, or run <code>make run</code> in a clone.</p>
</body>
</html>
"""

_add_pages()
