"""Files and large payloads in a bucket instead of a folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.storage.sql import open_store
from tests.support.api import event, problem_of, run_start
from tests.support.app import ServedApp, serving
from tests.support.s3 import Bucket, open_bucket, running_s3

FILES = "/api/by-id/run-1/files"
CONTENT = b"0123456789" * 100_000


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with running_s3() as bucket:
        yield bucket


@pytest.fixture
def app(empty_file: Path, tmp_path: Path, bucket: Bucket) -> Iterator[ServedApp]:
    shutil.copyfile(empty_file, tmp_path / "runreel.db")
    with serving(open_store(f"sqlite:///{tmp_path / 'runreel.db'}", open_bucket(bucket))) as app:
        app.api.record_all(run_start())
        yield app


def test_a_file_comes_back_from_a_bucket(app: ServedApp, bucket: Bucket) -> None:
    api = app.api
    api.http.post(FILES, params={"name": "a", "file_id": "f"}, content=CONTENT)
    assert list(bucket.objects.values()) == [CONTENT]
    assert api.http.get(f"{FILES}/f/content").content == CONTENT
    assert api.http.get(f"{FILES}/f/content", headers={"range": "bytes=5-14"}).content == b"5678901234"


def test_a_large_payload_comes_back_from_a_bucket(app: ServedApp, bucket: Bucket) -> None:
    app.api.record_all(event("e", inputs=CONTENT.decode()))
    assert len(bucket.objects) == 1
    tree = app.api.get("/api/events/e/tree", run_id="run-1")["tree"]
    assert tree["data"]["input"] == CONTENT.decode()


def test_a_bucket_that_refuses_costs_nothing_but_what_needs_it(app: ServedApp, bucket: Bucket) -> None:
    api = app.api
    api.http.post(FILES, params={"name": "a", "file_id": "f"}, content=CONTENT)
    bucket.is_failing = True
    problem_of(api.http.post(FILES, params={"name": "a"}, content=b"other"), 503)
    problem_of(api.http.get(f"{FILES}/f/content"), 503)
    large = {"version": 1, "records": [event("large", inputs=CONTENT.decode())]}
    problem_of(api.http.post("/api/records", json=large), 503)
    api.record_all(event("small"))
    assert api.get("/api/by-id/run-1")["event_count"] == 1
    bucket.is_failing = False
    assert api.http.post("/api/records", json=large).json()["accepted"] == 1
