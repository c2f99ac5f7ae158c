"""What stands before every request: hosts, origins, raw paths, HEAD, and the size of bodies."""

from __future__ import annotations

import socket

import pytest

from tests.support.api import Api, problem_of, run_start
from tests.support.app import ServedApp

READ_PATHS = ("/", "/docs", "/openapi.json", "/health", "/ready", "/api/agents", "/api/runs", "/api/runs/run-1")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:1", "127.0.0.1:4700", "[::1]", "[::1]:80"])
def test_the_names_of_this_machine_are_answered(read_only: Api, host: str) -> None:
    assert read_only.http.get("/api/agents", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:4700",
        "127.0.0.1.evil.example",
        "evil.example/127.0.0.1",
        "127.0.0.1@evil.example",
        "localhost.",
        "0.0.0.0",
        "127.0.0.1:80:80",
        "[::1].evil.example",
        "[",
        "é",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/agents", "/health", "/nothing"])
def test_another_host_name_is_refused(read_only: Api, host: str, path: str) -> None:
    problem = problem_of(read_only.http.get(path, headers={"host": host.encode()}), 421)

    assert "evil" not in problem["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1"},
        {"origin": "http://localhost:{port}"},
        {"origin": "http://127.0.0.1:{port}.evil.example"},
        {"origin": "http://["},
        {"origin": ""},
        {"origin": "127.0.0.1:{port}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_writes_from_pages_of_another_origin_are_refused(app: ServedApp, method: str, headers: dict[str, str]) -> None:
    app.api.record_all(run_start())
    sent = {name: value.replace("{port}", str(app.address[1])) for name, value in headers.items()}

    problem_of(app.api.http.request(method, "/api/by-id/run-1", headers=sent, json={"new_run_name": "x"}), 403)

    assert app.api.get("/api/by-id/run-1")["run_name"] == "run 1"


def test_writes_from_the_servers_own_pages_are_taken(app: ServedApp) -> None:
    app.api.record_all(run_start())

    for headers in ({"origin": app.url}, {"origin": app.url.upper()}, {"sec-fetch-site": "same-origin"}):
        response = app.api.http.patch("/api/by-id/run-1", headers=headers, json={"new_run_name": "mine"})
        assert response.status_code == 200


def test_no_answer_lets_other_origins_read(read_only: Api) -> None:
    for path in READ_PATHS:
        response = read_only.http.get(path, headers={"origin": "https://evil.example"})
        assert [name for name in response.headers if name.startswith("access-control")] == []


def test_a_preflight_gets_no_permission(read_only: Api) -> None:
    headers = {"origin": "https://evil.example", "access-control-request-method": "DELETE"}

    response = read_only.http.options("/api/by-id/run-1", headers=headers)

    assert response.status_code in (403, 405)
    assert [name for name in response.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("path", READ_PATHS)
def test_head_answers_like_get_without_the_body(read_only: Api, path: str) -> None:
    head, get = read_only.http.head(path), read_only.http.get(path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers["content-length"] == str(len(get.content))


def test_head_of_what_does_not_exist_is_404_without_a_body(read_only: Api) -> None:
    for path in ("/api/runs/none", "/api/agents/none", "/nothing"):
        response = read_only.http.head(path)
        assert (response.status_code, response.content) == (404, b"")


@pytest.mark.parametrize(
    "target",
    ["/api/agents/%00", "/api/agents/%1f", "/api/agents/%ff", "/api/agents/%c3", "/api/runs/a/%ed%a0%80", "/%00"],
)
def test_a_path_that_names_nothing_is_404(read_only: Api, target: str) -> None:
    problem_of(read_only.http.get(target), 404)


@pytest.mark.parametrize("target", ["/api/runs?agent=%00", "/api/runs?session=a%00b", "/api/nodes/n/events?run_id=%00"])
def test_a_query_for_nul_is_refused(read_only: Api, target: str) -> None:
    problem_of(read_only.http.get(target), 400)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "target",
    [
        "/api/agents/%00",
        "/api/runs/%00/%00",
        "/api/by-id/%00",
        "/api/runs?agent=%00",
        "/api/runs?tag=%00",
        "/api/runs?agent=%ff&session=%ed%a0%80",
        "/api/nodes/%00/events?run_id=r",
        "/api/events/%00/tree",
        "/api/sessions/%00",
    ],
)
def test_postgresql_is_never_asked_for_what_it_can_not_hold(postgres_api: Api, target: str) -> None:
    assert postgres_api.http.get(target).status_code < 500


@pytest.mark.parametrize("target", ["/api//agents", "/api/agents/", "/api/agents/a/", "/api/runs/a/b/", "/a%2f"])
def test_a_path_with_an_empty_segment_is_another_path(api: Api, target: str) -> None:
    api.record_all(run_start("a", "a", run_name="b"))

    problem_of(api.http.get(target), 404)


def test_static_files_end_at_their_folder(app: ServedApp) -> None:
    for target in ("/docs/assets/..%2f..%2fpyproject.toml", "/docs/assets/../../app.py", "/docs/assets//etc/passwd"):
        head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        with socket.create_connection(app.address) as connection:
            connection.sendall(head.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/api/by-id/run-1"), ("POST", "/api/sessions")])
def test_an_edit_is_small(api: Api, method: str, path: str) -> None:
    large = b'{"name": "x", "new_run_name": "x"}'.ljust(100_000)
    for content in (large, iter([large[:50_000], large[50_000:]])):
        problem_of(api.http.request(method, path, content=content, headers={"content-type": "application/json"}), 413)
