"""One kept-alive connection; it costs little, so that the client does not take the server's time."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any, Self
from urllib.parse import urlsplit

TIMEOUT_S = 120


class Client:
    """Sends one request at a time; not to be shared between threads."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str) -> bytes:
        return self._request("GET", path)

    def get_json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def time_get_ms(self, path: str) -> float:
        """Return the time from sending the request to having read the whole answer."""
        start = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - start) * 1000

    def post_events(self, body: bytes | memoryview) -> dict[str, Any]:
        return json.loads(self._request("POST", "/api/events", body))

    def post_records(self, body: bytes) -> dict[str, Any]:
        return json.loads(self._request("POST", "/api/records", body))

    def _request(self, method: str, path: str, body: bytes | memoryview | None = None) -> bytes:
        headers = {} if body is None else {"Content-Type": "application/json"}
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{method} {path} answered {response.status}: {content[:500]!r}")
        return content
