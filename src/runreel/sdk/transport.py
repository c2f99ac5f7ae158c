"""Speaks to the server: one kept connection, a deadline for everything, and answers that are believed only when whole.

Imports of the network are heavy, and happen where the first request is made: in the shipper's thread.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from runreel import __version__
from runreel.errors import ConfigError
from runreel.sdk.answer import BLOCKED, LATER, REFUSED, TAKEN, Answer

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from http.client import HTTPConnection, HTTPResponse
    from typing import Any

    from runreel.sdk.deadline_socket import DeadlineSocket

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 30.0

# A captive portal may answer with anything; what the server says of a batch is far below.
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_LONGEST_RETRY_AFTER_S = 3600.0
_MIN_COMPRESSED_BYTES = 1024


class Transport:
    """Requests to one server; used by one thread at a time. `interrupt` may come from another."""

    def __init__(self, url: str, api_key: str | None) -> None:
        scheme, _, rest = url.partition("://")
        self.url = url
        self._is_tls = scheme == "https"
        address, slash, path = rest.partition("/")
        self._address = address
        self._base_path = (slash + path).rstrip("/")
        self._host, self._port = _split_address(address, 443 if self._is_tls else 80)
        self._api_key = api_key
        self._is_loopback = is_loopback(self._host)
        self._takes_gzip = not self._is_loopback
        self._proxy: _Proxy | None = None
        self._is_ready = False
        self._tls: ssl.SSLContext | None = None
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._deadline: DeadlineSocket | None = None
        self._is_interrupted = False
        self._timeout_s = ANSWER_TIMEOUT_S
        self._on_wait: Callable[[], object] | None = None

    def post_records(self, records: Sequence[bytes]) -> Answer:
        """Send one batch, once. Whatever goes wrong is in the answer."""
        # Put together at once: each copy of it would be a megabyte that this process has to be given anew.
        parts = [*records]
        parts[0] = b'{"version":1,"records":[' + parts[0]
        parts[-1] += b"]}"
        body = b",".join(parts)
        headers = {"Content-Type": "application/json"}
        if self._takes_gzip and len(body) >= _MIN_COMPRESSED_BYTES:
            body = _gzip(body)
            headers["Content-Encoding"] = "gzip"
        answer, content = self._ask("POST", "/api/records", body, headers)
        if answer.status == 415 and "Content-Encoding" in headers:
            self._takes_gzip = False
            return Answer(LATER, status=415, detail=answer.detail)
        return _read_taken(answer, content, len(records)) if answer.kind == TAKEN else answer

    def find_blob(self, content_hash: str) -> Answer:
        """Ask whether the server has these bytes: `TAKEN`, or status 404. Asking keeps them longer."""
        answer, content = self._ask("GET", f"/api/blobs/{content_hash}", None, {})
        return _read_blob(answer, content, content_hash)

    def put_blob(
        self, content_hash: str, blocks: Iterator[bytes], size_bytes: int, *, on_wait: Callable[[], object]
    ) -> Answer:
        """Upload bytes block by block; while the server keeps us waiting, `on_wait` is called again and again."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size_bytes)}
        self._on_wait = on_wait
        try:
            answer, content = self._ask("PUT", f"/api/blobs/{content_hash}", blocks, headers)
        finally:
            self._on_wait = None
        return _read_blob(answer, content, content_hash)

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, timeout_s: float = ANSWER_TIMEOUT_S
    ) -> tuple[Answer, dict[str, object]]:
        """Ask something, once, and return what the server says in JSON; nothing where it says none."""
        self._timeout_s = timeout_s
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            answer, content = self._ask(method, path, body, headers)
        finally:
            self._timeout_s = ANSWER_TIMEOUT_S
        return answer, _read_object(content) or {}

    def interrupt(self) -> None:
        """Cut short what is under way; everything fails from now on until `resume`. From any thread."""
        self._is_interrupted = True
        if (under_way := self._socket) is not None:
            # Both directions: whoever waits on it wakes. It may not be connected yet, or was closed a moment ago.
            with suppress(OSError, ValueError):
                under_way.shutdown(2)

    @property
    def is_interrupted(self) -> bool:
        """Whether everything fails until `resume`."""
        return self._is_interrupted

    def resume(self) -> None:
        """Allow requests again."""
        self._is_interrupted = False

    def close(self) -> None:
        """Let go of the connection; the next request makes a new one."""
        connection, self._connection = self._connection, None
        self._socket = self._deadline = None
        if connection is not None:
            connection.close()

    def _ask(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None, headers: dict[str, str]
    ) -> tuple[Answer, bytes]:
        from http.client import HTTPException

        was_open = self._connection is not None
        try:
            return self._exchange(method, path, body, headers)
        except ConfigError as error:
            return Answer(BLOCKED, detail=str(error)), b""
        except (OSError, HTTPException, ValueError, EOFError) as error:
            self.close()
            # A server ends connections that were idle; that is no failure. The stream of an upload can't be had again.
            if was_open and not self._is_interrupted and (body is None or isinstance(body, bytes)):
                return self._ask(method, path, body, headers)
            return Answer(LATER, detail=_described(error)), b""

    def _exchange(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None, headers: dict[str, str]
    ) -> tuple[Answer, bytes]:
        connection = self._connected()
        deadline = cast("DeadlineSocket", self._deadline)
        deadline.allow(self._timeout_s)
        deadline.on_wait = self._on_wait
        blocks = body if body is None or isinstance(body, bytes) else _timed(body, deadline)
        if body and isinstance(body, bytes) and not self._is_tls:
            deadline.hold_head()
        # A server that refuses a large body may answer before it has read it, and read no further.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, self._target(path), body=blocks, headers=headers | self._headers())
        deadline.allow(self._timeout_s)
        with connection.getresponse() as response:
            content = response.read(_MAX_ANSWER_BYTES + 1)
            answer = _read_status(response, content)
        # What is left of an answer that is too long, or was cut short, would be taken for the next one.
        if response.length or response.will_close:
            self.close()
        return answer, content

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": f"runreel/{__version__}"}
        if self._api_key is not None:
            headers["Authorization"] = f"Bearer {self._api_key}"
        if self._proxy is not None and not self._is_tls:
            headers |= self._proxy.headers
        return headers

    def _target(self, path: str) -> str:
        through_proxy = self._proxy is not None and not self._is_tls
        return f"http://{self._address}{self._base_path}{path}" if through_proxy else self._base_path + path

    def _connected(self) -> HTTPConnection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> HTTPConnection:
        import socket
        from http.client import HTTPConnection

        from runreel.sdk.deadline_socket import DeadlineSocket

        if not self._is_ready:
            self._proxy = None if self._is_loopback else _find_proxy(self._is_tls, self._address)
            self._is_ready = True
        host, port = (self._proxy.host, self._proxy.port) if self._proxy else (self._host, self._port)
        # As bytes: text would have the codec of international names imported, at whatever moment this is.
        raw = self._open_socket(socket.getaddrinfo(host.encode("ascii"), port, 0, socket.SOCK_STREAM))
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._is_tls:
                raw = self._secured(raw)
            self._deadline = DeadlineSocket(raw)
        except BaseException:
            raw.close()
            raise
        connection = HTTPConnection(self._host, self._port)
        connection.sock = self._deadline
        # The connection must not open another socket by itself: that one could not be cut short.
        connection.auto_open = 0
        return connection

    def _open_socket(self, addresses: Iterable[tuple[Any, ...]]) -> socket.socket:
        import socket

        failure: OSError = OSError("the name has no address")
        for family, kind, protocol, _, address in addresses:
            raw = socket.socket(family, kind, protocol)
            raw.settimeout(min(CONNECT_TIMEOUT_S, self._timeout_s))
            self._socket = raw
            if self._is_interrupted:
                raw.close()
                raise OSError("interrupted")
            try:
                raw.connect(address)
            except OSError as error:
                raw.close()
                failure = error
            else:
                return raw
        raise failure

    def _secured(self, raw: socket.socket) -> socket.socket:
        import ssl

        if self._proxy is not None:
            _open_tunnel(raw, self._address, self._host, self._port, self._proxy.headers)
        if self._tls is None:
            self._tls = ssl.create_default_context()
        secured = self._tls.wrap_socket(raw, server_hostname=self._host)
        self._socket = secured
        return secured


def load(url: str) -> None:
    """Import what requests to this server need: later would be in the middle of whatever the host does."""
    from importlib import import_module

    for name in ("http.client", "json", "runreel.sdk.deadline_socket", "runreel.sdk.journal.adopted"):
        import_module(name)
    if url.startswith("https:"):
        import_module("ssl")
        import_module("encodings.idna")
    if not is_loopback(_split_address(url.partition("://")[2].partition("/")[0], 0)[0]):
        import_module("urllib.request")
        import_module("zlib")


class _Proxy:
    __slots__ = ("headers", "host", "port")

    def __init__(self, host: str, port: int, headers: dict[str, str]) -> None:
        self.host = host
        self.port = port
        self.headers = headers


def is_loopback(host: str) -> bool:
    """Tell whether this host is the machine itself, which no proxy has a part in."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost") or name in {"::1", "0:0:0:0:0:0:0:1"}:
        return True
    parts = name.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(part.isascii() and part.isdecimal() for part in parts)


def _split_address(address: str, default_port: int) -> tuple[str, int]:
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, int(rest[1:] or default_port)
    host, _, port = address.partition(":")
    return host, int(port or default_port)


def _find_proxy(is_tls: bool, address: str) -> _Proxy | None:
    """Find what the environment says, and only that: asking the system may crash a forked process on macOS."""
    from urllib import request

    proxies = request.getproxies_environment()
    stated = proxies.get("https" if is_tls else "http") or proxies.get("all")
    # The library's stubs lack it; it is what `urllib` itself asks.
    if not stated or request.proxy_bypass_environment(address, proxies):  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
        return None
    return _parse_proxy(stated)


def _parse_proxy(stated: str) -> _Proxy:
    from base64 import b64encode
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(stated if "://" in stated else f"http://{stated}")
    if parts.scheme != "http" or not parts.hostname:
        raise ConfigError(
            f"the environment names a proxy that is not spoken to here (it begins with {parts.scheme!r}); "
            "give an http proxy, or put the server's name into no_proxy"
        )
    headers: dict[str, str] = {}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = "Basic " + b64encode(pair.encode()).decode()
    return _Proxy(parts.hostname, parts.port or 80, headers)


def _open_tunnel(raw: socket.socket, address: str, host: str, port: int, headers: dict[str, str]) -> None:
    from http.client import HTTPResponse

    from runreel.sdk.deadline_socket import DeadlineSocket

    name = f"[{host}]" if ":" in host else host
    lines = [f"CONNECT {name}:{port} HTTP/1.1", f"Host: {name}:{port}", *(f"{key}: {headers[key]}" for key in headers)]
    deadline = DeadlineSocket(raw)
    deadline.allow(CONNECT_TIMEOUT_S)
    deadline.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    # A tunnel sends nothing before it is asked, so nothing of what follows is lost in the reader's buffer.
    response = HTTPResponse(cast("socket.socket", deadline), method="CONNECT")
    response.begin()
    if response.status != 200:
        raise OSError(f"the proxy answered {response.status} for {address}")


def _timed(blocks: Iterator[bytes], deadline: DeadlineSocket) -> Iterator[bytes]:
    """Give every block of an upload the time of a request of its own."""
    for block in blocks:
        deadline.allow(ANSWER_TIMEOUT_S)
        yield block


def _gzip(body: bytes) -> bytes:
    import zlib

    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    return compressor.compress(body) + compressor.flush()


def _read_status(response: HTTPResponse, content: bytes) -> Answer:
    status = response.status
    if status == 200:
        return Answer(TAKEN, status=status)
    is_problem = (response.getheader("Content-Type") or "").startswith("application/problem+json")
    detail = _read_detail(content) if is_problem else ""
    retry_after_s = _read_retry_after(response.getheader("Retry-After"))
    return Answer(
        _kind_of(status),
        status=status,
        detail=f"{status} {detail or response.reason}".rstrip(),
        is_problem=is_problem,
        retry_after_s=retry_after_s,
    )


def _kind_of(status: int) -> str:
    if status in {400, 413, 422}:
        return REFUSED
    if status in {408, 425, 429} or status >= 500:
        return LATER
    return BLOCKED


def _read_detail(content: bytes) -> str:
    problem = _read_object(content)
    detail = problem.get("detail") if problem is not None else None
    return detail[:1000] if isinstance(detail, str) else ""


def _read_object(content: bytes) -> dict[str, object] | None:
    import json

    try:
        value: object = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def _read_retry_after(stated: str | None) -> float:
    if not stated:
        return 0.0
    text = stated.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), _LONGEST_RETRY_AFTER_S)
    from email.utils import mktime_tz, parsedate_tz
    from time import time

    when = parsedate_tz(text)
    return 0.0 if when is None else min(max(mktime_tz(when) - time(), 0.0), _LONGEST_RETRY_AFTER_S)


def _read_taken(answer: Answer, content: bytes, n_records: int) -> Answer:
    """Believe only an answer that accounts for every record."""
    view = _read_object(content) or {}
    refused = _read_refused(view.get("errors"), n_records)
    if refused is None or view.get("accepted") != n_records - len(refused) or view.get("refused") != len(refused):
        return Answer(LATER, detail="the answer is not one of a Runreel server")
    return Answer(TAKEN, status=answer.status, refused=refused, names=_read_names(view.get("runs")))


def _read_refused(errors: object, n_records: int) -> list[tuple[int, str]] | None:
    refused: dict[int, str] = {}
    if not isinstance(errors, list):
        return None
    for issue in cast("list[object]", errors):
        stated = cast("dict[str, object]", issue) if isinstance(issue, dict) else {}
        index = stated.get("index")
        if not isinstance(index, int) or not 0 <= index < n_records:
            return None
        refused[index] = str(stated.get("reason", ""))
    return sorted(refused.items())


def _read_names(runs: object) -> list[tuple[str, str | None]]:
    names: list[tuple[str, str | None]] = []
    for run in cast("list[object]", runs) if isinstance(runs, list) else []:
        stated = cast("dict[str, object]", run) if isinstance(run, dict) else {}
        run_id, run_name = stated.get("run_id"), stated.get("run_name")
        if isinstance(run_id, str):
            names.append((run_id, run_name if isinstance(run_name, str) else None))
    return names


def _read_blob(answer: Answer, content: bytes, content_hash: str) -> Answer:
    if answer.kind == TAKEN and (_read_object(content) or {}).get("content_hash") != content_hash:
        return Answer(LATER, detail="the answer is not one of a Runreel server")
    return answer


def _described(error: BaseException) -> str:
    text = str(error) or "no answer"
    return f"{type(error).__name__}: {text}" if type(error) is not OSError else text
