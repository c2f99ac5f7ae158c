"""Bundles over HTTP: out of one server and into another, whole or damaged."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import zstandard

from tests.support.api import Api, Json, event, problem_of, run_end, run_start
from tests.support.app import copied_store, serving

Change = Callable[[list[bytes]], list[bytes]]


@pytest.fixture
def other(empty_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Give a second server, with nothing in it."""
    with serving(copied_store(empty_file, tmp_path_factory.mktemp("other"))) as app:
        yield app.api


@pytest.fixture
def bundle(api: Api) -> list[bytes]:
    """Give the lines of a bundle of two runs, `a` of three events and `e` of one, in this order."""
    api.record_all(
        run_start("a", metadata={"ü": [1, 1.0, None]}, tags=["x"]),
        event("e1", "a", node_id="n", inputs="é\u2028\x00", attributes={"k": {}}),
        event("e2", "a", parent_event_id="e1", usage={"tokens_in": 5, "cost": 0.25}),
        event("e3", "a", phase="start", recorded_at="2026-01-02T03:04:06Z"),
        {"record": "message", "run_id": "a", "message_id": "m", "node_id": "n", "content": {"text": "hi"}},
        {"record": "edge", "run_id": "a", "source": "n", "target": "o", "condition": "x > 1"},
        run_end("a", outputs=[]),
        run_start("e", started_at="2026-01-01T00:00:00Z"),
        event("e1", "e"),
    )
    return export(api)


def export(api: Api, path: str = "/api/export", **parameters: str) -> list[bytes]:
    response = api.http.get(path, params=parameters or None)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return response.content.splitlines(keepends=True)


def put_in(api: Api, lines: list[bytes], *, encoding: str = "", **parameters: str) -> Json:
    content = b"".join(lines)
    if encoding == "gzip":
        content = gzip.compress(content[:700]) + gzip.compress(content[700:])
    elif encoding == "zstd":
        content = zstandard.compress(content[:700]) + zstandard.compress(content[700:])
    headers = {"content-encoding": encoding} if encoding else {}
    response = api.http.post("/api/import", content=content, params=parameters, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


def counts_of(report: Json) -> list[int]:
    return [report[name] for name in ("new", "same", "changed", "refused")]


def reasons_of(report: Json) -> dict[str, str]:
    return {run["run_id"]: run["reason"] for run in report["refused_runs"]}


def middle(lines: list[bytes]) -> list[bytes]:
    """Return the lines without the first, which has the time, and the last, which has its hash."""
    return lines[1:-1]


@pytest.mark.parametrize("encoding", ["", "gzip", "zstd"])
def test_a_copy_is_exported_as_the_original_was(bundle: list[bytes], other: Api, encoding: str) -> None:
    report = put_in(other, bundle, encoding=encoding)
    assert (counts_of(report), report["events"], report["problem"]) == ([2, 0, 0, 0], 4, None)
    assert middle(export(other)) == middle(bundle)
    assert counts_of(put_in(other, bundle)) == [0, 2, 0, 0]


def test_a_bundle_goes_through_postgresql_and_back(bundle: list[bytes], postgres_api: Api, other: Api) -> None:
    put_in(postgres_api, bundle)
    there = export(postgres_api)
    assert middle(there) == middle(bundle)
    put_in(other, there)
    assert middle(export(other)) == middle(bundle)


def test_views_of_a_copy_are_those_of_the_original(bundle: list[bytes], api: Api, other: Api) -> None:
    put_in(other, bundle)
    for path in ("/api/runs", "/api/runs/a", "/api/runs/a/nodes", "/api/runs/planner/run 1/trace"):
        assert without_numbers(other.get(path)) == without_numbers(api.get(path))


def without_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_numbers(each) for key, each in value.items() if key != "change_seq"}
    return [without_numbers(each) for each in value] if isinstance(value, list) else value


def test_one_run_is_exported_by_its_id(bundle: list[bytes], api: Api) -> None:
    lines = export(api, "/api/by-id/a/export")
    assert json.loads(lines[0])["holds"] == {"run_id": "a"}
    assert json.loads(lines[-1])["counts"]["run"] == 1
    assert set(lines[1:-1]) <= set(bundle)
    problem_of(api.http.get("/api/by-id/missing/export"), 404)


def test_runs_are_exported_by_the_filters_of_the_list(bundle: list[bytes], api: Api) -> None:
    lines = export(api, since="2026-01-02T00:00:00Z", agent="planner")
    assert [json.loads(line)["run_id"] for line in lines if line.startswith(b'{"line":"run"')] == ["a"]
    assert json.loads(lines[0])["holds"] == {"since": "2026-01-02T00:00:00Z", "agent": "planner"}
    several = "/api/export?status=executing&status=completed&has_errors=false&q=run&unpriced=false"
    assert json.loads(export(api, several)[0])["holds"]["status"] == ["executing", "completed"]
    assert json.loads(export(api, several)[-1])["counts"]["run"] == 2
    assert "run" not in json.loads(export(api, "/api/export?has_errors=true")[-1])["counts"]


def test_the_bundle_of_nothing_is_whole(api: Api, other: Api) -> None:
    assert put_in(other, export(api))["problem"] is None


@pytest.mark.parametrize(
    ("change", "reason", "is_whole"),
    [
        (lambda lines: without(lines, b'"e2"'), "it has 7 lines instead of 8", False),
        (lambda lines: replaced(lines, b'"e2"', b'"e9"'), "not those that were written", False),
        (lambda lines: replaced(lines, b'"line":"message"', b'"line":"poem"'), "can't be read", False),
        (lambda lines: replaced(lines, b'"rank":2', b'"rank":"two"'), "not those that were written", False),
        (lambda lines: without(lines, b'"line":"end","run_id":"a"'), "its last line is missing", False),
        (lambda lines: replaced(lines, b'"run_id":"a","lines"', b'"run_id":"c","lines"'), "of another run", False),
        (lambda lines: replaced(lines, b'{"line":"edge"', b'{"line":"edge'), "can't be read", False),
    ],
)
def test_damage_costs_only_the_run_that_has_it(
    bundle: list[bytes], other: Api, change: Change, reason: str, is_whole: bool
) -> None:
    report = put_in(other, change(bundle))
    assert counts_of(report) == [1, 0, 0, 1]
    assert reason in reasons_of(report)["a"]
    assert (report["problem"] is None) is is_whole
    assert [run["run_id"] for run in other.get("/api/runs")["runs"]] == ["e"]


def without(lines: list[bytes], text: bytes) -> list[bytes]:
    place = next(place for place, line in enumerate(lines) if text in line)
    return lines[:place] + lines[place + 1 :]


def replaced(lines: list[bytes], old: bytes, new: bytes) -> list[bytes]:
    place = next(place for place, line in enumerate(lines) if old in line)
    return [*lines[:place], lines[place].replace(old, new), *lines[place + 1 :]]


@pytest.mark.parametrize("n_bytes_lost", [1, 40, 300, 700])
def test_a_bundle_that_is_cut_short_is_noticed(bundle: list[bytes], other: Api, n_bytes_lost: int) -> None:
    report = put_in(other, [b"".join(bundle)[:-n_bytes_lost]])
    assert "ends early" in report["problem"]
    assert sum(counts_of(report)) == 2 or n_bytes_lost > 300


def test_a_run_that_is_cut_off_is_refused_whole(bundle: list[bytes], other: Api) -> None:
    n_kept = next(place for place, line in enumerate(bundle) if b'"e2"' in line)
    report = put_in(other, bundle[:n_kept])
    assert reasons_of(report) == {"a": "the bundle ends within it"}
    assert other.get("/api/runs")["runs"] == []


def test_compressed_data_that_is_cut_short_is_noticed(bundle: list[bytes], other: Api) -> None:
    content = gzip.compress(b"".join(bundle))[:-9]
    response = other.http.post("/api/import", content=content, headers={"content-encoding": "gzip"})
    assert response.json()["problem"] == "the gzip data of the body is cut short"


@pytest.mark.parametrize(
    ("content", "encoding", "status"),
    [
        (b"", "", 400),
        (b"hello\n", "", 400),
        (b"\x00\xff" * 500_000 + b"\n" + b"x" * 3_000_000, "", 400),
        (b'{"version": 1, "records": []}\n', "", 400),
        (b'{"line":"bundle","format":"another","version":1,"made_at":""}\n', "", 400),
        (b'{"line":"bundle","format":"runreel-bundle","version":2,"made_at":""}\n', "", 400),
        (b"no gzip", "gzip", 400),
        (b"no zstd", "zstd", 400),
        (b"", "br", 415),
    ],
)
def test_what_is_no_bundle_is_refused(read_only: Api, content: bytes, encoding: str, status: int) -> None:
    headers = {"content-encoding": encoding} if encoding else {}
    problem_of(read_only.http.post("/api/import", content=content, headers=headers), status)


def test_values_that_could_not_be_shown_are_refused(bundle: list[bytes], other: Api) -> None:
    """Whoever writes a bundle by hand may leave the hashes right."""
    deep = b'"payload":{"outputs":' + b"[" * 300 + b"]" * 300
    for old, new in (
        (b'"payload":{"inputs"', b'"payload":{"attributes":5,"inputs"'),
        (b'"started_at":1', b'"started_at":99999999999999999999'),
        (b'"event_type":"tool_call"', b'"event_type":"a\\u0000b"'),
        (b'"node_id":"n"', b'"node_id":" n"'),
        (b'"tags":["x"]', b'"tags":[7]'),
        (b'"payload":{"inputs":"', deep + b',"inputs":"'),
    ):
        report = put_in(other, signed(replaced(bundle, old, new)))
        assert set(reasons_of(report)) == {"a"}, (old, report)


def signed(lines: list[bytes]) -> list[bytes]:
    """Return the lines of a bundle with numbers and hashes that are theirs."""
    result: list[bytes] = []
    run: list[bytes] = []
    for line in lines:
        if line.startswith(b'{"line":"run"'):
            run = []
        if line.startswith(b'{"line":"end"'):
            end = {**json.loads(line), "lines": len(run), "sha256": hashlib.sha256(b"".join(run)).hexdigest()}
            run, result = [], [*result, json.dumps(end).encode() + b"\n"]
            continue
        if line.startswith(b'{"line":"close"'):
            close = {**json.loads(line), "sha256": hashlib.sha256(b"".join(result)).hexdigest()}
            return [*result, json.dumps(close).encode() + b"\n"]
        run.append(line)
        result.append(line)
    raise AssertionError("the bundle has no last line")


def test_a_line_over_the_limit_costs_its_run(bundle: list[bytes], empty_file: Any, tmp_path: Any) -> None:
    large = replaced(bundle, b'"content":{"text":"hi"', b'"content":{"text":"' + b"x" * 3_000_000 + b'"')
    with serving(copied_store(empty_file, tmp_path / ".."), max_record_bytes=100_000) as app:
        report = put_in(app.api, large)
    assert "over 2097152 bytes" in reasons_of(report)["a"]
    assert counts_of(report) == [1, 0, 0, 1]


CONTENT = bytes(range(256)) * 4_096 * 2 + b"end"


def with_file(api: Api) -> list[bytes]:
    """Give the lines of a bundle of the run `f` with a file of three lines, and `i` with a copy of it."""
    api.record_all(run_start("f"), run_start("i", started_at="2026-01-01T00:00:00Z"))
    for run_id in "fi":
        sent = api.http.post(f"/api/by-id/{run_id}/files", params={"name": "x", "file_id": "x"}, content=CONTENT)
        assert sent.status_code == 201
    return export(api)


def test_files_come_along(api: Api, other: Api) -> None:
    lines = with_file(api)
    assert sum(line.startswith(b'{"line":"blob"') for line in lines) == 6
    trial = put_in(other, lines, dry_run="true")
    assert counts_of(trial) == [2, 0, 0, 0]
    [content_hash] = {json.loads(line)["content_hash"] for line in lines if line.startswith(b'{"line":"blob"')}
    problem_of(other.http.get(f"/api/blobs/{content_hash}"), 404)
    assert counts_of(put_in(other, lines)) == [2, 0, 0, 0]
    for run_id in "fi":
        assert other.http.get(f"/api/by-id/{run_id}/files/x/content").content == CONTENT
    assert middle(export(other)) == middle(lines)


@pytest.mark.parametrize("path", ["/api/export", "/api/by-id/f/export"])
def test_files_can_be_left_out(api: Api, other: Api, path: str) -> None:
    with_file(api)
    lines = export(api, path, blobs="false")
    assert not any(line.startswith(b'{"line":"blob"') for line in lines)
    assert put_in(other, lines)["problem"] is None
    assert other.get("/api/by-id/f/files/x")["size_bytes"] == len(CONTENT)
    problem_of(other.http.get("/api/by-id/f/files/x/content"), 404)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"data":"', b'"data":"AAAA', "damaged or not all there"),
        (b'"data":"', b'"data":"%', "can't be read"),
        (b'"offset":1048576', b'"offset":1048577', "damaged or not all there"),
        (b'"size_bytes":2097155,"offset":0', b'"size_bytes":1,"offset":0', "damaged or not all there"),
        (b'"content_hash":"sha256:', b'"content_hash":"sha256:0', "no content hash"),
        (b'{"line":"blob"', b'{ "line":"blob", "x":1', "can't be read"),
    ],
)
def test_a_damaged_file_costs_only_its_run(api: Api, other: Api, old: bytes, new: bytes, reason: str) -> None:
    lines = with_file(api)
    place = next(n for n, line in enumerate(lines) if line.startswith(b'{"line":"blob"') and old in line)
    damaged = [*lines[:place], lines[place].replace(old, new, 1), *lines[place + 1 :]]
    report = put_in(other, signed(damaged))
    assert counts_of(report) == [1, 0, 0, 1]
    assert reason in reasons_of(report)["f"]
    assert other.http.get("/api/by-id/i/files/x/content").content == CONTENT


def test_a_file_that_is_not_all_there_costs_its_run(api: Api, other: Api) -> None:
    lines = with_file(api)
    place = next(n for n, line in enumerate(lines) if b'"offset":2097152' in line)
    less = signed([*lines[:place], *lines[place + 1 :]])
    assert "not all there" in reasons_of(put_in(other, less))["f"]


def test_a_file_over_the_limit_costs_its_run(api: Api, empty_file: Any, tmp_path: Any) -> None:
    with_file(api)
    small = {"params": {"name": "y", "file_id": "y"}, "content": b"small"}
    api.record_all(run_start("small"))
    assert api.http.post("/api/by-id/small/files", **small).status_code == 201
    for number, (most, counts) in enumerate(((len(CONTENT) - 1, [1, 0, 0, 2]), (len(CONTENT), [3, 0, 0, 0]))):
        (folder := tmp_path / f"other-{number}").mkdir()
        with serving(copied_store(empty_file, folder), max_file_bytes=most) as app:
            for dry_run in ("true", "false"):
                report = put_in(app.api, export(api), dry_run=dry_run)
                assert counts_of(report) == counts
                assert all("RUNREEL_MAX_FILE_BYTES" in reason for reason in reasons_of(report).values())


def test_what_begins_otherwise_is_read_all_the_same(api: Api, other: Api) -> None:
    """Whoever writes a bundle by hand may put spaces into its lines."""
    lines = [
        line.replace(b'{"line":', b'{ "line": ') if b'"blob"' in line[:20] or b'"event"' in line[:20] else line
        for line in with_file(api)
    ]
    report = put_in(other, signed(lines))
    assert (counts_of(report), report["problem"]) == ([2, 0, 0, 0], None)
    assert other.http.get("/api/by-id/f/files/x/content").content == CONTENT


def test_an_import_is_refused_when_the_disk_is_nearly_full(
    bundle: list[bytes], empty_file: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("full")
    with serving(copied_store(empty_file, folder), data=folder, min_free_bytes=2**60) as app:
        response = app.api.http.post("/api/import", content=b"".join(bundle))
    problem_of(response, 507)


def test_a_name_that_is_taken_is_reported(bundle: list[bytes], other: Api) -> None:
    other.record_all(run_start("mine"))
    report = put_in(other, bundle)
    assert report["renamed_runs"] == [
        {"run_id": "e", "agent_name": "planner", "run_name": "run 1 (2)", "wanted_name": "run 1"}
    ]


def test_a_dry_run_keeps_nothing(bundle: list[bytes], other: Api) -> None:
    report = put_in(other, bundle, dry_run="true")
    assert (counts_of(report), report["dry_run"]) == ([2, 0, 0, 0], True)
    assert other.get("/api/runs")["runs"] == []


def test_deleted_runs_come_back_only_if_asked_for(bundle: list[bytes], api: Api) -> None:
    api.http.delete("/api/by-id/a")
    assert counts_of(put_in(api, bundle)) == [0, 1, 0, 1]
    assert counts_of(put_in(api, bundle, revive="true")) == [1, 1, 0, 0]
    assert middle(export(api)) == middle(bundle)


def test_one_session_takes_all_runs(bundle: list[bytes], other: Api) -> None:
    put_in(other, bundle, into="trip")
    assert {run["session_id"] for run in other.get("/api/runs")["runs"]} == {"trip"}
    problem_of(other.http.post("/api/import", params={"into": "\x01"}, content=b"".join(bundle)), 422)


def test_a_run_that_has_gone_meanwhile_is_left_out(bundle: list[bytes], api: Api) -> None:
    """A list is read before its runs are."""
    with api.http.stream("GET", "/api/export") as response:
        assert next(response.iter_bytes())
    assert api.http.delete("/api/by-id/a").status_code == 200
    assert export(api)[-1].startswith(b'{"line":"close"')


def test_a_sender_that_goes_away_leaves_whole_runs(bundle: list[bytes], other: Api) -> None:
    def content() -> Iterator[bytes]:
        yield b"".join(bundle)[:-200]
        raise ConnectionAbortedError

    with pytest.raises((ConnectionAbortedError, httpx.HTTPError)):
        other.http.post("/api/import", content=content())
    report = put_in(other, bundle)
    assert (counts_of(report)[3], report["problem"]) == (0, None)
    assert middle(export(other)) == middle(bundle)
