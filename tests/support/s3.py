"""A server that speaks the part of S3 that a store of bytes needs; what it holds is in memory."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from runreel.storage.blobs.bucket import BucketBlobStore
from tests.support.patience import PATIENCE_S

BUCKET = "bucket"


@dataclass(slots=True, kw_only=True)
class Bucket:
    """What the server holds; with `is_failing` it answers nothing but failures."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    parts: dict[str, dict[int, bytes]] = field(default_factory=dict[str, dict[int, bytes]])
    is_failing: bool = False

    @property
    def config(self) -> dict[str, str]:
        """What a client must be told to reach it."""
        return {
            "aws_endpoint": self.url,
            "aws_access_key_id": "key",
            "aws_secret_access_key": "secret",
            "aws_region": "somewhere-1",
        }


def open_bucket(bucket: Bucket, url: str = f"s3://{BUCKET}") -> BucketBlobStore:
    """Open a store of bytes on a bucket."""
    return BucketBlobStore(url, bucket.config, {"allow_http": True})


@contextmanager
def running_s3() -> Iterator[Bucket]:
    """Serve a bucket on a free port until the block ends."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bucket": bucket}))
    server.daemon_threads = True
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="s3")
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join(PATIENCE_S)
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_PUT(self) -> None:
        key, query = self._asked()
        body = self._body()
        if "uploadId" in query:
            self.bucket.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.bucket.objects[key] = body
        self._answer(200, etag='"etag"')

    def do_POST(self) -> None:
        key, query = self._asked()
        body = self._body()
        if "delete" in query:
            names = [name.text or "" for name in ET.fromstring(body).iter() if name.tag.endswith("Key")]
            for name in names:
                self.bucket.objects.pop(name, None)
            deleted = "".join(f"<Deleted><Key>{escape(name)}</Key></Deleted>" for name in names)
            self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())
        elif "uploads" in query:
            upload_id = f"upload-{len(self.bucket.parts)}"
            self.bucket.parts[upload_id] = {}
            content = f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId></InitiateMultipartUploadResult>"
            self._answer(200, content.encode())
        else:
            parts = self.bucket.parts.pop(query["uploadId"])
            self.bucket.objects[key] = b"".join(parts[number] for number in sorted(parts))
            self._answer(200, b'<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>')

    def do_GET(self) -> None:
        key, query = self._asked()
        if "list-type" in query:
            self._list(query)
        elif key not in self.bucket.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._send(self.bucket.objects[key])

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        key, _ = self._asked()
        self.bucket.objects.pop(key, None)
        self._answer(204)

    def _list(self, query: dict[str, str]) -> None:
        prefix, after = query.get("prefix", ""), query.get("continuation-token", query.get("start-after", ""))
        names = sorted(name for name in self.bucket.objects if name.startswith(prefix) and name > after)
        most = min(int(query.get("max-keys", 1000)), 7)  # few, so that there is more than one page of them
        shown = names[:most]
        contents = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(self.bucket.objects[name])}</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for name in shown
        )
        more = f"<NextContinuationToken>{escape(shown[-1])}</NextContinuationToken>" if len(names) > most else ""
        self._answer(200, f"<ListBucketResult>{contents}{more}</ListBucketResult>".encode())

    def _send(self, content: bytes) -> None:
        headers = {"etag": '"etag"', "last_modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("range", ""))
        if asked is None:
            self._answer(200, content, **headers)
            return
        start, end = int(asked[1]), min(int(asked[2]) + 1, len(content))
        self._answer(206, content[start:end], content_range=f"bytes {start}-{end - 1}/{len(content)}", **headers)

    def _asked(self) -> tuple[str, dict[str, str]]:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        return unquote(url.path).removeprefix(f"/{BUCKET}").lstrip("/"), query

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        if self.bucket.is_failing:
            status, content = 403, b"<Error><Code>AccessDenied</Code></Error>"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002
        pass
