"""Files of runs over HTTP: bytes that are sent, and what comes back."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from runreel.storage.port import Store
from tests.support.api import Api, Json, problem_of, run_start
from tests.support.app import ServedApp, serving
from tests.support.store import StoreWith

FILES = "/api/by-id/run-1/files"
CONTENT = bytes(range(256)) * 40


def hash_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def upload(api: Api, content: bytes = CONTENT, name: str = "out.bin", **parameters: str) -> Json:
    response = api.http.post(FILES, params={"name": name, **parameters}, content=content)
    assert response.status_code == 201, response.text
    return response.json()


def download(api: Api, file_id: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.http.get(f"{FILES}/{file_id}/content", headers=named)


@pytest.fixture
def api(app: ServedApp) -> Api:
    app.api.record_all(run_start())
    return app.api


@pytest.fixture
def file_id(api: Api) -> str:
    return upload(api)["file_id"]


def test_an_uploaded_file_comes_back_whole(api: Api) -> None:
    response = api.http.post(
        FILES,
        params={"name": "out/å b.md", "file_type": "report", "node_id": "step_1", "event_id": "e"},
        content=CONTENT,
        headers={"content-type": "text/markdown"},
    )
    assert response.status_code == 201
    file = response.json()
    expected = {
        "path": "out/å b.md",
        "file_type": "report",
        "media_type": "text/markdown",
        "size_bytes": len(CONTENT),
        "content_hash": hash_of(CONTENT),
        "node_id": "step_1",
        "event_id": "e",
    }
    assert {name: file[name] for name in expected} == expected
    assert api.get(f"{FILES}/{file['file_id']}") == file
    assert api.get("/api/nodes/step_1/files", run_id="run-1")["files"] == [file]
    answer = download(api, file["file_id"])
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_an_answer_can_not_be_taken_for_a_page(api: Api) -> None:
    file = api.http.post(
        FILES, params={"name": "a.html"}, content=b"<script>", headers={"content-type": "text/html; charset=utf-8"}
    ).json()
    headers = download(api, file["file_id"]).headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert headers["content-disposition"] == 'attachment; filename="a.html"'
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "disposition"),
    [
        ("out/plain name.txt", 'attachment; filename="plain name.txt"'),
        ("C:\\out\\a.txt", 'attachment; filename="a.txt"'),
        ("å.md", "attachment; filename=\"_.md\"; filename*=UTF-8''%C3%A5.md"),
        ('a"b;c\r\nx: y', "attachment; filename=\"a_b_c__x_ y\"; filename*=UTF-8''a%22b%3Bc%0D%0Ax%3A%20y"),
        ("a%20b", "attachment; filename=\"a_20b\"; filename*=UTF-8''a%2520b"),
        ("folder/", 'attachment; filename="f"'),
    ],
)
def test_a_file_is_saved_under_its_own_name(api: Api, path: str, disposition: str) -> None:
    upload(api, name=path, file_id="f")
    assert download(api, "f").headers["content-disposition"] == disposition


@pytest.mark.parametrize("media_type", ["text/html\r\nx: y", "nonsense", "é/x", "text/html, text/plain"])
def test_an_unusable_media_type_is_not_repeated(api: Api, media_type: str) -> None:
    content_hash = upload(api, file_id="sent")["content_hash"]
    reference = {"record": "file", "run_id": "run-1", "file_id": "f", "content_hash": content_hash}
    api.record_all({**reference, "media_type": media_type})
    answer = download(api, "f")
    assert (answer.headers["content-type"], answer.content) == ("application/octet-stream", CONTENT)


def test_form_of_a_command_line_tool_is_no_media_type(api: Api) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert api.http.post(FILES, params={"name": "a"}, content=b"x", headers=headers).json()["media_type"] is None


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=10230-", 10230, 10240),
        ("bytes=10239-99999", 10239, 10240),
        ("bytes=-3", 10237, 10240),
        ("bytes=-99999", 0, 10240),
        ("Bytes = 1-2", 1, 3),
    ],
)
def test_a_part_is_sent(api: Api, file_id: str, asked: str, start: int, end: int) -> None:
    answer = download(api, file_id, range=asked)
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=0-1", "bytes=5-1", "bytes=-", "bytes=a-b", "", "bytes=٣-"])
def test_what_is_no_single_range_gets_all(api: Api, file_id: str, asked: str) -> None:
    answer = api.http.get(f"{FILES}/{file_id}/content", headers={"range": asked.encode()})
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert "content-range" not in answer.headers


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000", "bytes=-0", f"bytes={10**18}-"])
def test_a_part_behind_the_end_is_refused(api: Api, file_id: str, asked: str) -> None:
    answer = download(api, file_id, range=asked)
    problem_of(answer, 416)
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


def test_a_part_of_another_version_is_not_sent(api: Api, file_id: str) -> None:
    etag = download(api, file_id).headers["etag"]
    assert etag == f'"{hash_of(CONTENT)}"'
    assert download(api, file_id, range="bytes=0-1", if_range=etag).status_code == 206
    assert download(api, file_id, range="bytes=0-1", if_range='"other"').content == CONTENT


@pytest.mark.parametrize("known", ["*", "{etag}", 'W/{etag}, "x"'])
def test_what_is_known_is_not_sent_again(api: Api, file_id: str, known: str) -> None:
    known = known.format(etag=f'"{hash_of(CONTENT)}"')
    answer = download(api, file_id, if_none_match=known)
    assert (answer.status_code, answer.content) == (304, b"")
    assert download(api, file_id, if_none_match='"other"').status_code == 200


def test_head_reads_nothing(store: Store) -> None:
    read = threading.Event()

    def get_content(real: Any, *arguments: Any) -> Any:
        content = real(*arguments)
        object.__setattr__(content, "read", lambda *_: read.set() or iter(()))
        return content

    with serving(StoreWith(store, get_content=get_content)) as app:
        app.api.record_all(run_start())
        upload(app.api, file_id="f")
        answer = app.api.http.head(f"{FILES}/f/content", headers={"range": "bytes=0-4"})
        assert (answer.status_code, answer.headers["content-length"], answer.content) == (206, "5", b"")
    assert not read.is_set()


def test_an_empty_file_is_a_file(api: Api) -> None:
    assert upload(api, b"", file_id="f")["size_bytes"] == 0
    assert (download(api, "f").status_code, download(api, "f").content) == (200, b"")
    problem_of(download(api, "f", range="bytes=0-"), 416)


def test_a_file_larger_than_a_part_is_taken_in_parts(api: Api) -> None:
    content = b"0123456789abcdef" * 300_000
    file = upload(api, content, file_id="f")
    assert file["content_hash"] == hash_of(content)
    assert download(api, "f").content == content
    assert download(api, "f", range="bytes=2000000-4000000").content == content[2_000_000:4_000_001]


def test_the_same_bytes_are_kept_once(api: Api, tmp_path: Path) -> None:
    api.record_all(run_start("run-2"))
    upload(api, name="a")
    upload(api, name="b")
    api.http.post("/api/by-id/run-2/files", params={"name": "c"}, content=CONTENT)
    kept = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [CONTENT]


def test_sending_a_file_again_changes_it(api: Api) -> None:
    upload(api, b"old", file_id="f", file_type="draft")
    upload(api, b"new", file_id="f")
    assert download(api, "f").content == b"new"
    assert api.get(f"{FILES}/f")["file_type"] == "draft"


@pytest.mark.parametrize("run_id", ["nothing", "deleted", "a%2Fb", "%C3%A9"])
def test_a_run_that_is_not_there_takes_no_file(api: Api, run_id: str, tmp_path: Path) -> None:
    api.record_all(run_start("deleted"))
    api.http.delete("/api/by-id/deleted")
    path = f"/api/by-id/{run_id}/files"
    problem_of(api.http.post(path, params={"name": "a"}, content=b"x"), 404)
    problem_of(api.http.post(path, json={"path": "a"}), 404)
    problem_of(api.http.get("/api/by-id/nothing"), 404)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


def test_a_run_that_is_deleted_meanwhile_takes_no_file(store: Store) -> None:
    def get_run(real: Any, scope: Any, run_id: str) -> Any:
        run = real(scope, run_id)
        store.runs.delete_run(scope, run_id, now=0)
        return run

    with serving(StoreWith(store, get_run=get_run)) as app:
        app.api.record_all(run_start())
        problem_of(app.api.http.post(FILES, params={"name": "a"}, content=b"x"), 404)


def test_files_of_one_run_are_not_those_of_another(api: Api, file_id: str) -> None:
    api.record_all(run_start("run-2"))
    for path in (f"/api/by-id/run-2/files/{file_id}", f"/api/by-id/run-2/files/{file_id}/content"):
        problem_of(api.http.get(path), 404)
    problem_of(download(api, "nothing"), 404)
    problem_of(download(api, "%2e%2e%2f"), 404)


def test_a_reference_has_no_bytes_until_they_are_sent(api: Api) -> None:
    response = api.http.post(FILES, json={"file_id": "f", "path": "a.md", "content_hash": hash_of(b"later")})
    assert (response.status_code, response.json()["content_hash"]) == (201, hash_of(b"later"))
    problem_of(download(api, "f"), 404)
    assert api.http.put(f"/api/blobs/{hash_of(b'later')}", content=b"later").status_code == 200
    assert download(api, "f").content == b"later"


def test_a_reference_needs_no_hash(api: Api) -> None:
    file = api.http.post(FILES, json={"path": "s3://elsewhere/a.md", "k": 1}).json()
    assert (file["path"], file["content_hash"], file["metadata"]) == ("s3://elsewhere/a.md", None, {"k": 1})
    problem_of(download(api, file["file_id"]), 404)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b"[" * 5000, b'{"file_id": ""}', b'{"file_id": 7}', b'{"file_id": "a\\u0000"}']
)
def test_what_is_no_reference_is_refused(api: Api, body: bytes) -> None:
    problem_of(api.http.post(FILES, content=body), 400)


def test_a_reference_is_small(api: Api) -> None:
    problem_of(api.http.post(FILES, json={"path": "x" * 70_000}), 413)


@pytest.mark.parametrize("stated", ["record", "run_id"])
def test_a_reference_speaks_of_the_run_of_its_path(api: Api, stated: str) -> None:
    assert api.http.post(FILES, json={"file_id": "f", stated: "run"}).status_code == 201
    assert api.get(f"{FILES}/f")["file_id"] == "f"


def test_bytes_can_be_sent_first(api: Api) -> None:
    first = api.http.put(f"/api/blobs/{hash_of(CONTENT)}", content=CONTENT)
    again = api.http.put(f"/api/blobs/{hash_of(CONTENT)}", content=CONTENT)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["content_hash"] == hash_of(CONTENT)
    assert again.json()["kept_until"] >= first.json()["kept_until"]
    bare = hash_of(CONTENT).removeprefix("sha256:")
    api.record_all({"record": "file", "run_id": "run-1", "file_id": "f", "content_hash": bare})
    assert download(api, "f").content == CONTENT


def test_it_can_be_asked_whether_bytes_are_here(api: Api) -> None:
    path = f"/api/blobs/{hash_of(CONTENT)}"
    assert api.http.head(path).status_code == 404
    api.http.put(path, content=CONTENT)
    assert api.http.head(path).status_code == 200
    assert api.get(path)["size_bytes"] == len(CONTENT)


def test_other_bytes_than_stated_are_refused(api: Api, tmp_path: Path) -> None:
    problem_of(api.http.put(f"/api/blobs/{hash_of(b'a')}", content=b"b"), 400)
    problem_of(api.http.get(f"/api/blobs/{hash_of(b'b')}"), 404)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("content_hash", ["x", "sha256:", "md5:" + "a" * 64, "..%2f..", "a" * 63, "g" * 64])
def test_what_is_no_hash_is_refused(api: Api, content_hash: str) -> None:
    problem_of(api.http.put(f"/api/blobs/{content_hash}", content=b""), 400)
    problem_of(api.http.get(f"/api/blobs/{content_hash}"), 400)


@pytest.mark.parametrize("streamed", [False, True])
def test_a_file_over_the_limit_is_refused(store: Store, tmp_path: Path, streamed: bool) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(11):
            yield b"x" * 100_000

    with serving(store, max_file_bytes=1_000_000) as app:
        app.api.record_all(run_start())
        upload(app.api, b"x" * 1_000_000)
        content: Any = parts() if streamed else b"".join(parts())
        problem_of(app.api.http.post(FILES, params={"name": "a"}, content=content), 413)
        content = parts() if streamed else b"".join(parts())
        problem_of(app.api.http.put(f"/api/blobs/{hash_of(b'')}", content=content), 413)
        kept = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
        assert len(kept) == 1


def test_a_deleted_run_releases_its_files(api: Api, file_id: str) -> None:
    api.http.delete("/api/by-id/run-1")
    problem_of(download(api, file_id), 404)


def test_files_on_postgres(postgres_api: Api) -> None:
    postgres_api.record_all(run_start())
    file = upload(postgres_api, file_id="f")
    assert file["content_hash"] == hash_of(CONTENT)
    assert download(postgres_api, "f", range="bytes=1-2").content == CONTENT[1:3]
    assert postgres_api.http.head(f"/api/blobs/{hash_of(CONTENT)}").status_code == 200
