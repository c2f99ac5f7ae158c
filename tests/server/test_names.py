"""Names of every kind in every path, and what renaming does to addresses."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.api import Api, agent_path, event, node_path, problem_of, run_end, run_path, run_start
from tests.support.app import copied_store, serving

NAMES = {
    "plain": "planner",
    "slash": "team/planner/v2",
    "only-slash": "/",
    "percent": "100%",
    "encoded": "a%2Fb",
    "question": "why?",
    "hash": "issue #7",
    "plus": "c++",
    "ampersand": "a&b=c;d",
    "quotes": 'say "hi" it\'s',
    "markup": "<script>alert(1)</script>",
    "backslash": "C:\\agents",
    "dots": "a..b/.../c",
    "spaces": "two  words",
    "emoji": "🤖 agent 👩‍👩‍👧",
    "right-to-left": "وكيل التخطيط",
    "composed": "café",
    "brackets": "[agent]{1}|^`",
    "longest": "ü" * 255,
}
ODD_NAMES = ("slash", "percent", "encoded", "question", "hash", "emoji")
SUFFIXES = ("", "/timeline", "/trace")
NODE_SUFFIXES = ("/events", "/execution-summary", "/files", "/messages")


@pytest.fixture(scope="module")
def recorded(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Serve one run for each name: its agent, run, node, event and session are all called that."""
    with serving(copied_store(empty_file, tmp_path_factory.mktemp("names"))) as app:
        for key, name in NAMES.items():
            app.api.record_all(
                run_start(key, name, run_name=name, session_id=name),
                {"record": "node", "run_id": key, "node_id": name},
                event(name, key, node_id=name),
                {"record": "message", "run_id": key, "message_id": name, "node_id": name, "content": "hello"},
                {"record": "file", "run_id": key, "file_id": name, "node_id": name, "path": "report.md"},
                run_end(key),
            )
        yield app.api


@pytest.mark.parametrize("key", NAMES)
def test_an_agent_is_reached_by_any_name(recorded: Api, key: str) -> None:
    name = NAMES[key]

    assert recorded.get(agent_path(name))["name"] == name
    assert recorded.get(f"{agent_path(name)}/metrics")["agent_name"] == name
    assert [run["run_id"] for run in recorded.runs_of(name)] == [key]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("key", NAMES)
def test_a_run_is_reached_by_any_name(recorded: Api, key: str, suffix: str) -> None:
    name = NAMES[key]

    run = recorded.get(run_path(name, name) + suffix)

    assert (run["run_id"], run["run_name"], run["agent_name"]) == (key, name, name)


@pytest.mark.parametrize("suffix", NODE_SUFFIXES)
@pytest.mark.parametrize("key", NAMES)
def test_a_node_is_reached_by_any_id_over_both_kinds_of_path(recorded: Api, key: str, suffix: str) -> None:
    name = NAMES[key]

    by_run = recorded.get(node_path(key, name) + suffix)
    by_node = recorded.get(f"/api/nodes/{quote(name, safe='')}{suffix}", run_id=key)

    assert (by_run["run_id"], by_run["node_id"]) == (key, name)
    assert by_node == by_run


@pytest.mark.parametrize("key", NAMES)
def test_an_event_is_reached_by_any_id(recorded: Api, key: str) -> None:
    tree = recorded.get(f"/api/events/{quote(NAMES[key], safe='')}/tree")

    assert (tree["run_id"], tree["tree"]["event_id"]) == (key, NAMES[key])


@pytest.mark.parametrize("key", NAMES)
def test_a_session_is_reached_by_any_id(recorded: Api, key: str) -> None:
    path = f"/api/sessions/{quote(NAMES[key], safe='')}"

    assert recorded.get(path)["session_id"] == NAMES[key]
    assert [run["run_id"] for run in recorded.get(f"{path}/runs")["runs"]] == [key]


@pytest.mark.parametrize("parameter", ["agent", "session"])
@pytest.mark.parametrize("key", NAMES)
def test_runs_are_filtered_by_any_name(recorded: Api, key: str, parameter: str) -> None:
    found = recorded.get("/api/runs", **{parameter: NAMES[key]})

    assert [run["run_id"] for run in found["runs"]] == [key]


@pytest.mark.parametrize("key", NAMES)
def test_a_name_may_be_encoded_more_than_needed(recorded: Api, key: str) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in NAMES[key].encode())

    assert recorded.get(f"/api/runs/{encoded}/{encoded}")["run_id"] == key


@pytest.mark.parametrize("key", ODD_NAMES)
def test_an_agent_and_its_run_are_deleted_by_any_name(api: Api, key: str) -> None:
    name = NAMES[key]
    api.record_all(run_start("first", name, run_name=name), run_start("second", name))

    assert api.http.delete(run_path(name, name)).json()["deleted_runs"] == 1
    assert [run["run_id"] for run in api.runs_of(name)] == ["second"]
    assert api.http.delete(agent_path(name)).json()["deleted_runs"] == 1
    assert api.http.get(agent_path(name)).status_code == 404


@pytest.mark.postgres
def test_names_of_every_kind_work_on_postgresql(postgres_api: Api) -> None:
    for key, name in NAMES.items():
        postgres_api.record_all(
            run_start(key, name, run_name=name, session_id=name), event(name, key, node_id=name), run_end(key)
        )

    for key, name in NAMES.items():
        assert postgres_api.get(run_path(name, name) + "/trace")["run_id"] == key
        assert postgres_api.get(node_path(key, name) + "/events")["events"][0]["event_id"] == name
        assert postgres_api.get(f"/api/events/{quote(name, safe='')}/tree")["run_id"] == key
        assert [run["run_id"] for run in postgres_api.runs_of(name)] == [key]


def test_a_name_is_found_however_its_accents_are_composed(api: Api) -> None:
    decomposed = unicodedata.normalize("NFD", "café")
    api.record_all(run_start("r", decomposed, run_name=decomposed, session_id=decomposed))
    api.record_all(event("e", "r", node_id=decomposed))

    for spelling in ("café", decomposed):
        assert api.get(run_path(spelling, spelling))["run_name"] == "café"
        assert api.get(agent_path(spelling))["name"] == "café"
        assert api.get(node_path("r", spelling) + "/events")["node_id"] == "café"
        assert api.get(f"/api/sessions/{quote(spelling)}")["session_id"] == "café"
        assert len(api.get("/api/runs", agent=spelling, session=spelling)["runs"]) == 1


def test_event_ids_are_told_apart_as_they_were_sent(api: Api) -> None:
    composed, decomposed = "é", unicodedata.normalize("NFD", "é")
    api.record_all(run_start(), event(composed, name="one"), event(decomposed, name="two"))

    assert api.get(f"/api/events/{quote(composed)}/tree")["tree"]["name"] == "one"
    assert api.get(f"/api/events/{quote(decomposed)}/tree")["tree"]["name"] == "two"


def test_a_run_without_a_name_yet_is_reached_by_its_id(api: Api) -> None:
    api.record_all(event("e", "r", agent_name="planner"))

    assert api.get("/api/by-id/r")["run_name"] is None
    assert api.get("/api/runs/r")["run_id"] == "r"
    assert api.get("/api/runs/r/nodes") == {
        "run_id": "r",
        "nodes": [],
        "edges": [],
        "node_count": 0,
        "edge_count": 0,
    }


@pytest.mark.parametrize("key", ODD_NAMES)
def test_a_former_name_leads_readers_to_the_present_one(api: Api, key: str) -> None:
    name, new_name = NAMES[key], f"{NAMES[key]} & more?"[-255:]
    api.record_all(run_start("r", name, run_name=name), event("e", "r"))
    assert api.http.patch(run_path(name, name), json={"new_run_name": new_name}).status_code == 200

    for suffix in ("", "/timeline?limit=1", "/trace?limit=7&cursor="):
        for method in ("GET", "HEAD"):
            response = api.http.request(method, run_path(name, name) + suffix)
            assert response.status_code == 307
            assert response.headers["location"] == run_path(name, new_name) + suffix
            assert response.headers["cache-control"] == "no-store"
    assert api.http.get(run_path(name, name), follow_redirects=True).json()["run_name"] == new_name
    assert [e["event_id"] for e in api.timeline(name, new_name)] == ["e"]


def test_writes_on_a_former_name_say_the_present_one(api: Api) -> None:
    api.record_all(run_start())
    api.http.patch(run_path("planner", "run 1"), json={"new_run_name": "the good one"})

    for response in (
        api.http.patch(run_path("planner", "run 1"), json={"new_run_name": "other"}),
        api.http.delete(run_path("planner", "run 1")),
    ):
        problem = problem_of(response, 404)
        assert "the good one" in problem["detail"]
        assert problem["run_id"] == "run-1"
    assert api.get("/api/by-id/run-1")["run_name"] == "the good one"


def test_a_former_name_ends_to_lead_anywhere_once_another_run_has_it(api: Api) -> None:
    api.record_all(run_start("first"), run_start("second"))
    api.http.patch("/api/by-id/first", json={"new_run_name": "kept"})
    api.http.patch("/api/by-id/second", json={"new_run_name": "run 1"})

    assert api.get(run_path("planner", "run 1"))["run_id"] == "second"


def test_a_former_name_leads_to_a_run_that_a_recorder_gave_it(api: Api) -> None:
    api.record_all(run_start("first"))
    api.http.patch("/api/by-id/first", json={"new_run_name": "kept"})
    assert api.get("/api/by-id/first")["aliases"] == [{"agent_name": "planner", "run_name": "run 1"}]

    api.record_all(run_start("second", run_name="run 1"))

    for method in ("GET", "HEAD"):
        assert api.http.request(method, run_path("planner", "run 1")).status_code == 200
    assert api.get(run_path("planner", "run 1"))["run_id"] == "second"
    assert api.get("/api/by-id/first")["aliases"] == []


def test_a_former_name_of_a_deleted_run_is_not_found(api: Api) -> None:
    api.record_all(run_start())
    api.http.patch("/api/by-id/run-1", json={"new_run_name": "kept"})
    api.http.delete("/api/by-id/run-1")

    problem_of(api.http.get(run_path("planner", "run 1")), 404)


def test_a_run_that_changed_its_agent_is_led_to_from_its_former_address(api: Api) -> None:
    api.record_all(run_start("r", "first guess"))
    api.record_all(run_start("r", "settled/later", recorded_at="2026-01-02T03:05:00Z"))

    response = api.http.get(run_path("first guess", "run 1") + "/trace")

    assert response.status_code == 307
    assert response.headers["location"] == run_path("settled/later", "run 1") + "/trace"


def test_a_taken_name_is_refused_and_says_which_run_has_it(api: Api) -> None:
    api.record_all(run_start("first", run_name="mine"), run_start("second"))

    for path in ("/api/by-id/second", run_path("planner", "run 1")):
        problem = problem_of(api.http.patch(path, json={"new_run_name": "mine"}), 400)
        assert problem["run_id"] == "first"
        assert "mine" in problem["detail"]


def test_renaming_a_run_to_its_own_name_is_fine(api: Api) -> None:
    api.record_all(run_start())

    for _ in range(2):
        response = api.http.patch(run_path("planner", "run 1"), json={"new_run_name": " run 1 "})
        assert (response.status_code, response.json()["run_name"]) == (200, "run 1")


@pytest.mark.parametrize(
    "name",
    ["", "   ", "a\nb", "nul\0", "\x7f", "\x85", ".", "..", " .. ", "nodes", "ü" * 256],
    ids=["empty", "blank", "newline", "nul", "delete", "next-line", "dot", "dots", "spaced-dots", "reserved", "long"],
)
def test_an_unusable_name_is_refused(api: Api, name: str) -> None:
    api.record_all(run_start())

    problem_of(api.http.patch("/api/by-id/run-1", json={"new_run_name": name}), 422)

    assert api.get("/api/by-id/run-1")["run_name"] == "run 1"


@pytest.mark.parametrize(
    "body",
    [
        b'{"new_run_name": "\\ud800"}',
        b'{"new_run_name": 7}',
        b'{"new_run_name": null}',
        b"{}",
        b"[]",
        b"null",
        b"",
        b'{"new_run_name": "x", "status": "done"}',
        b"{",
    ],
)
def test_a_change_that_says_nothing_usable_is_refused(api: Api, body: bytes) -> None:
    api.record_all(run_start())

    response = api.http.patch("/api/by-id/run-1", content=body, headers={"content-type": "application/json"})

    problem_of(response, 422)
    assert api.get("/api/by-id/run-1")["run_name"] == "run 1"


def test_a_name_given_by_a_person_is_trimmed_and_composed(api: Api) -> None:
    api.record_all(run_start())

    renamed = api.http.patch("/api/by-id/run-1", json={"new_run_name": unicodedata.normalize("NFD", "  thé/2 ")}).json()

    assert renamed["run_name"] == "thé/2"


def test_no_record_undoes_what_a_person_named(api: Api) -> None:
    api.record_all(run_start())
    api.http.patch("/api/by-id/run-1", json={"new_run_name": "mine"})

    api.record_all(run_start(run_name="theirs"), run_end())

    assert api.get("/api/by-id/run-1")["run_name"] == "mine"


def test_ids_are_never_taken_for_names(api: Api) -> None:
    """An agent called like a run's id, with a run called like a suffix, is itself."""
    api.record_all(run_start("run-1", "run-1", run_name="timeline"))

    assert api.get(run_path("run-1", "timeline"))["run_id"] == "run-1"
    assert api.get(run_path("run-1", "timeline") + "/timeline")["run_id"] == "run-1"
    assert api.get("/api/runs/run-1")["run_name"] == "timeline"
    assert api.get("/api/runs/run-1/nodes")["run_id"] == "run-1"
