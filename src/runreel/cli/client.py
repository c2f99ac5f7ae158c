"""A running server over HTTP, as the commands use it."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPHandler, OpenerDirector, ProxyHandler, Request, build_opener

from runreel import __version__
from runreel.cli.answer import JsonObject, decode_object
from runreel.errors import ConfigError, InvalidNameError, NotFoundError, RunreelError

DEFAULT_URL = "http://127.0.0.1:4700"
MAX_PAGE = 500

_PIECE_BYTES = 64 * 1024
_PROBE_S = 5.0
# How long what is sent may take to be put in, after its last byte.
_PATIENCE_S = 600.0


class Client:
    """Asks one server; follows the redirects of former names.

    Every method raises `NotFoundError` for what does not exist, and `RunreelError` for an answer that is none: its
    text says what the server said, or that there is no server.
    """

    def __init__(self, base_url: str, *, timeout_s: float = 30.0) -> None:
        self.base_url = check_url(base_url)
        self._timeout_s = timeout_s
        self._opener = _opener_for(self.base_url)

    def is_answered(self) -> bool:
        """Tell whether anything answers at the address, be it a Runreel or not."""
        try:
            with self._opener.open(self._request("GET", ("health",)), timeout=_PROBE_S):
                return True
        except HTTPError as error:
            error.close()
            return True
        except TimeoutError:
            return True
        except URLError as error:
            return isinstance(error.reason, TimeoutError)
        except (OSError, HTTPException):
            return True

    def get(self, *segments: str, query: Mapping[str, str] | None = None) -> JsonObject:
        """Read what is at the path of these segments, each of them one name or id, not yet encoded."""
        return self._ask("GET", segments, query=query)

    def patch(self, *segments: str, changes: Mapping[str, object]) -> JsonObject:
        """Change what is at the path."""
        return self._ask("PATCH", segments, body=changes)

    def put(self, *segments: str, body: Mapping[str, object]) -> JsonObject:
        """Set what is at the path."""
        return self._ask("PUT", segments, body=body)

    def post(
        self, *segments: str, query: Mapping[str, str] | None = None, body: Mapping[str, object] | None = None
    ) -> JsonObject:
        """Let the server do what is at the path."""
        return self._ask("POST", segments, query=query, body=body)

    def delete(self, *segments: str, query: Mapping[str, str] | None = None) -> JsonObject:
        """Delete what is at the path."""
        return self._ask("DELETE", segments, query=query)

    def download(
        self, *segments: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Generator[bytes]:
        """Yield what is at the path as it comes, in pieces."""
        request = self._request("GET", segments, query=query, headers=headers)
        with self._translated(), self._opener.open(request, timeout=self._timeout_s) as response:
            while piece := response.read1(_PIECE_BYTES):
                yield piece

    def upload(
        self, *segments: str, query: Mapping[str, str], headers: Mapping[str, str], content: Iterable[bytes]
    ) -> JsonObject:
        """Send something large to the path, in pieces."""
        request = self._request("POST", segments, query=query, headers=headers)
        request.data = content
        return self._read(self._send(request, timeout_s=_PATIENCE_S))

    def _ask(
        self,
        method: str,
        segments: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> JsonObject:
        request = self._request(method, segments, query=query)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        return self._read(self._send(request, timeout_s=self._timeout_s))

    def _request(
        self,
        method: str,
        segments: tuple[str, ...],
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        return Request(
            self.base_url + encode_path(segments) + (f"?{urlencode(query)}" if query else ""),
            headers={"Accept": "application/json", "User-Agent": f"runreel/{__version__}", **(headers or {})},
            method=method,
        )

    def _send(self, request: Request, *, timeout_s: float) -> bytes:
        with self._translated(), self._opener.open(request, timeout=timeout_s) as response:
            return cast("bytes", response.read())

    @contextmanager
    def _translated(self) -> Generator[None]:
        """Turn failures of the connection, and refusals, into errors of Runreel."""
        try:
            yield
        except HTTPError as error:
            with error:
                raise self._refusal(error) from error
        except TimeoutError as error:
            raise self._too_slow() from error
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise self._too_slow() from error
            raise RunreelError(f"no Runreel answers at {self.base_url}; start it with `runreel up`") from error
        except (OSError, HTTPException) as error:
            raise RunreelError(f"the connection to {self.base_url} broke off ({error!r}); try again") from error

    def _read(self, body: bytes) -> JsonObject:
        answer = decode_object(body)
        if answer is None:
            raise self._stranger("its answer is not a JSON object")
        return answer

    def _refusal(self, error: HTTPError) -> RunreelError:
        problem = decode_object(_body_of(error))
        detail = None if problem is None else problem.get("detail") or problem.get("title")
        if not isinstance(detail, str):
            return self._stranger(f"it answered {error.code} {error.reason} and gave no reason")
        return NotFoundError(detail) if error.code == 404 else RunreelError(detail)

    def _too_slow(self) -> RunreelError:
        return RunreelError(f"{self.base_url} gave no answer within {self._timeout_s:g} s; try again")

    def _stranger(self, reason: str) -> RunreelError:
        return RunreelError(f"what answers at {self.base_url} is no Runreel: {reason}; check `--url` and RUNREEL_URL")


def check_url(url: str) -> str:
    """Return the address of a server without a slash at its end.

    Raises:
        ConfigError: it is no address of a web server.
    """
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        is_good = is_good and parts.username is None and not parts.query and not parts.fragment
        is_good = is_good and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        is_good = False
    if not is_good:
        raise ConfigError(f"the server's address is {url!r}; give one such as {DEFAULT_URL}")
    return url.rstrip("/")


def encode_path(segments: tuple[str, ...]) -> str:
    """Return a path whose segments survive any character: a slash inside a name is no separator.

    Raises:
        InvalidNameError: a segment is empty, would be taken for a step through folders, or is not Unicode.
    """
    for segment in segments:
        if not segment.strip() or segment in {".", ".."}:
            raise InvalidNameError(f"nothing can be called {segment!r}; give a name or an id")
    try:
        return "".join("/" + quote(segment, safe="") for segment in segments)
    except UnicodeEncodeError as error:
        raise InvalidNameError(f"the name {error.object!r} is not valid Unicode; check the encoding") from error


def _opener_for(base_url: str) -> OpenerDirector:
    host = urlsplit(base_url).hostname or ""
    # A proxy that the environment names for the world outside can't reach this machine's own loopback.
    return build_opener(ProxyHandler({}), HTTPHandler) if _is_loopback(host) else build_opener()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _body_of(error: HTTPError) -> bytes:
    try:
        return error.read()
    except (OSError, HTTPException):
        return b""
