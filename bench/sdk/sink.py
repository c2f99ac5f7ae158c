"""A local server that counts the calls that recorders deliver to it: `python -m bench.sdk.sink`.

It takes Runreel's records, OTLP spans (OpenTelemetry, langfuse, mlflow) and answers everything else that they ask with
an empty success. Bodies are kept as they come and counted when asked, so that counting takes no time from the caller.

- It prints the ports of the sink and of its control.
- `GET /counts` at the control answers how many calls have arrived, each counted once.
- `POST /behaviour` at the control with `{"latency_s", "down_s", "fails_every"}` forgets everything, and changes how
  the sink answers.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.sdk.otlp import iter_span_ids

# It asks its server, and sends spans only to one that can take them.
MLFLOW_VERSION = b"3.17.2"
_OK_RECORDS = b'{"accepted":%d,"refused":0,"errors":[],"warnings":[],"runs":[]}'

# Every record of the SDK begins so; what a call of a benchmark is given holds none.
_BEGIN_OF_RECORD = b'{"record":'


@dataclass(slots=True, kw_only=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Sink:
    """What has arrived, and how the next request is answered."""

    latency_s: float = 0.0
    fails_every: int = 0
    n_requests: int = 0
    n_failed: int = 0
    n_body_bytes: int = 0
    kept: list[Request] = field(default_factory=list)
    other_paths: set[str] = field(default_factory=set)

    async def answer(self, request: Request) -> tuple[int, bytes]:
        self.n_requests += 1
        self.n_body_bytes += len(request.body)
        number = self.n_requests
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if self.fails_every and number % self.fails_every == 0:
            self.n_failed += 1
            return 500, b"{}"
        return 200, self._take(request)

    def count(self) -> dict[str, object]:
        calls: set[str] = set()
        for request in self.kept:
            calls.update(_calls_of(request))
        return {
            "calls": len(calls),
            "requests": self.n_requests,
            "failed": self.n_failed,
            "body_bytes": self.n_body_bytes,
            "other_paths": sorted(self.other_paths),
        }

    def _take(self, request: Request) -> bytes:
        if request.path.endswith("/v1/traces"):
            self.kept.append(request)
            return b""
        if request.path == "/api/records":
            self.kept.append(request)
            # The recorder reads how many were taken. Decoding them here would take processor time beside the caller's.
            return _OK_RECORDS % _inflated(request).count(_BEGIN_OF_RECORD)
        if request.path == "/version":
            return MLFLOW_VERSION
        if request.path == "/api/3.0/mlflow/traces":
            return _mlflow_trace(request)
        self.other_paths.add(f"{request.method} {request.path}")
        return b"{}"


def _mlflow_trace(request: Request) -> bytes:
    """Answer what mlflow says of a trace as a server does that keeps spans by itself: they come to `/v1/traces`."""
    told = json.loads(_inflated(request))
    info: dict[str, Any] = told["trace"]["trace_info"]
    info["tags"] = {**info.get("tags", {}), "mlflow.trace.spansLocation": "TRACKING_STORE"}
    return json.dumps({"trace": {"trace_info": info}}).encode()


def _calls_of(request: Request) -> set[str]:
    """Return the ids of the calls that a body says are over."""
    body = _inflated(request)
    if request.path.endswith("/v1/traces"):
        return set(iter_span_ids(body))
    records: list[dict[str, Any]] = json.loads(body)["records"]
    return {
        f"{record['run_id']}/{record['event_id']}"
        for record in records
        if record.get("record") == "event" and record.get("phase") != "start"
    }


def _inflated(request: Request) -> bytes:
    match request.headers.get("content-encoding"):
        case "gzip":
            return gzip.decompress(request.body)
        case "deflate":
            return zlib.decompress(request.body)
        case _:
            return request.body


async def serve(sink: Sink) -> None:
    """Listen on two free ports, one for recorders and one for the control, until the process is ended."""
    listener = await asyncio.start_server(_conversation(sink.answer), "127.0.0.1", 0, limit=2**20)
    port: int = listener.sockets[0].getsockname()[1]
    reception = _Reception(sink, port, listener)
    control = await asyncio.start_server(_conversation(reception.command), "127.0.0.1", 0)
    print(f"sink {port} control {control.sockets[0].getsockname()[1]}", flush=True)
    async with control:
        await control.serve_forever()


class _Reception:
    """Lets recorders in, or not."""

    def __init__(self, sink: Sink, port: int, listener: asyncio.Server) -> None:
        self._sink = sink
        self._port = port
        self._listener = listener
        self._opening: asyncio.Task[None] | None = None

    async def command(self, request: Request) -> tuple[int, bytes]:
        match request.method, request.path:
            case "GET", "/counts":
                return 200, json.dumps(self._sink.count()).encode()
            case "POST", "/behaviour":
                await self._behave(**json.loads(request.body))
                return 200, b"{}"
            case _:
                return 404, b"{}"

    async def _behave(self, *, latency_s: float = 0.0, down_s: float = 0.0, fails_every: int = 0) -> None:
        fresh = Sink(latency_s=latency_s, fails_every=fails_every)
        for name in Sink.__slots__:
            setattr(self._sink, name, getattr(fresh, name))
        if self._opening is not None:
            await self._opening
            self._opening = None
        if down_s:
            # Nobody listens: connections are refused, as where a server is not started yet.
            self._listener.close()
            self._opening = asyncio.create_task(self._open_after(down_s))

    async def _open_after(self, down_s: float) -> None:
        await asyncio.sleep(down_s)
        self._listener = await asyncio.start_server(
            _conversation(self._sink.answer), "127.0.0.1", self._port, limit=2**20
        )


Answer = Callable[[Request], Any]


def _conversation(answer: Answer) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read_request(reader, writer)) is not None:
                status, body = await answer(request)
                kind, size = _content_type(request), len(body)
                head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a caller was killed, as some are on purpose
        finally:
            writer.close()

    return converse


def _content_type(request: Request) -> str:
    return "application/x-protobuf" if request.path.endswith("/v1/traces") else "application/json"


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    first = await reader.readline()
    if not first.strip():
        return None
    method, path, _ = first.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    if headers.get("expect") == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _read_body(reader, headers)
    return Request(method=method, path=path.partition("?")[0], headers=headers, body=body)


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    parts: list[bytes] = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


if __name__ == "__main__":
    asyncio.run(serve(Sink()))
