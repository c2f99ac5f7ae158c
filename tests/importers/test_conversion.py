"""What the rows of a legacy workflow database become: a run at a time, and nothing without a reason."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bench.legacy_database import moment
from runreel.model.blob import format_content_hash
from runreel.model.instant import parse_instant
from tests.importers.conversion import convert
from tests.support.legacy_database import Builder, hashed_id


@pytest.fixture
def build() -> Builder:
    return Builder()


def begun(build: Builder, **values: object) -> str:
    return build.run(build.session(), **values)


# Nodes


def test_a_run_gets_a_node_of_its_own_for_a_name_that_another_owns(build: Builder, tmp_path: Path) -> None:
    first, second = begun(build), begun(build)
    build.node(first, "planning", node_type="planning", agent="planner", order_index=0)
    build.node(first, "step_1", node_type="agent", agent="engineer", order_index=1, status="completed")
    build.node(first, "step_9", order_index=9)
    build.edge("planning", "step_1")
    build.edge("step_1", "step_9")
    for node in ("planning", "step_1"):
        build.event(second, node)
    found = convert(build, tmp_path)
    nodes = found.runs[second].nodes
    assert set(nodes) == {"planning", "step_1"}
    assert (nodes["step_1"]["node_type"], nodes["step_1"]["agent_name"], nodes["step_1"]["order_index"]) == (
        "agent",
        "engineer",
        1,
    )
    # The owner's own outcome is not the second run's.
    assert "status" not in nodes["step_1"]
    assert found.runs[second].edges == {("planning", "step_1", "sequential", "")}
    assert set(found.runs[first].nodes) == {"planning", "step_1", "step_9"}
    assert (found.sent["nodes"], found.sent["edges"]) == ((5, 2), (3, 1))


@pytest.mark.parametrize("kind", ["event", "file", "message"])
def test_events_files_and_messages_name_nodes(build: Builder, tmp_path: Path, kind: str) -> None:
    run = begun(build)
    getattr(build, kind)(run, node_id="step_2")
    found = convert(build, tmp_path).runs[run]
    assert found.nodes["step_2"]["order_index"] == 2
    [thing] = (found.events or found.files or found.messages).values()
    assert thing["node_id"] == "step_2"


def test_what_an_event_tells_of_its_node_counts_over_another_runs_row(build: Builder, tmp_path: Path) -> None:
    first, second = begun(build), begun(build)
    build.node(first, "step_1", agent="engineer", meta=json.dumps({"id": "step_1", "label": "Step 1: theirs"}))
    info = {"id": "step_1", "label": "Step 1: ours", "type": "agent", "agent": "researcher", "goal": "Find it"}
    build.event(second, "step_1", event_subtype="execution", inputs=json.dumps({"node_info": info}))
    node = convert(build, tmp_path).runs[second].nodes["step_1"]
    assert (node["name"], node["agent_name"], node["goal"]) == ("Step 1: ours", "researcher", "Find it")


def test_a_hashed_id_becomes_short_by_the_row_or_by_trying_known_names(build: Builder, tmp_path: Path) -> None:
    run, other = begun(build), begun(build)
    build.node(run, hashed_id(run, "custom"), meta=json.dumps({"id": "custom"}))
    build.event(run, hashed_id(run, "custom"))
    build.event(run, hashed_id(run, "step_7"))
    # Not one of those that are tried: it keeps its hash.
    unknown = hashed_id(run, "nobody knows")
    build.event(run, unknown)
    # That of another run stands for the same stage of this one.
    build.event(other, hashed_id(run, "custom"))
    found = convert(build, tmp_path)
    assert set(found.runs[run].nodes) == {"custom", "step_7", unknown}
    assert set(found.runs[other].nodes) == {"custom"}


def test_a_row_that_stayed_pending_does_not_hide_what_its_events_tell(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    build.node(run, "planning", status="pending")
    build.node(run, "step_1", status="pending")
    build.event(run, "planning")
    nodes = convert(build, tmp_path).runs[run].nodes
    assert (nodes["planning"].get("status"), nodes["planning"]["metadata"]) == (None, {"recorded_status": "pending"})
    assert nodes["step_1"]["status"] == "pending"


def test_an_edge_that_no_run_has_both_nodes_of_is_left_out(build: Builder, tmp_path: Path) -> None:
    first, second = begun(build), begun(build)
    build.edge(build.node(first), build.node(second))
    build.edge(build.node(first), "nowhere")
    found = convert(build, tmp_path)
    assert found.left_out == {
        ("dag_edges", "its nodes belong to different runs"): 1,
        ("dag_edges", "one of its nodes is missing"): 1,
    }


# Steps


def test_a_step_is_its_node_and_rows_without_a_node_follow_their_step(build: Builder, tmp_path: Path) -> None:
    run, other = begun(build), begun(build)
    step = build.row(
        "workflow_steps",
        run_id=run,
        step_number=2,
        goal="Do it",
        summary="Done",
        status="error",
        started_at=moment(1),
        progress_percentage=50,
        error_message="It broke",
        outputs='{"a": 1}',
    )
    placed = build.event(run, None, step_id=step)
    elsewhere = build.event(other, None, step_id=step)
    found = convert(build, tmp_path)
    node = found.runs[run].nodes["step_2"]
    assert (node["goal"], node["status"], node["error"]) == ("Do it", "failed", {"message": "It broke"})
    assert node["metadata"]["summary"] == "Done"
    assert node["metadata"]["outputs"] == {"a": 1}
    assert found.runs[run].events[placed]["node_id"] == "step_2"
    stray = found.runs[other].events[elsewhere]
    assert (stray["node_id"], stray["attributes"]) == (None, {"original_step_id": step})
    assert found.repairs["rows without a node were placed by their step"] == 1


def test_a_step_of_a_plan_says_what_is_to_be_done(build: Builder, tmp_path: Path) -> None:
    run, branch = begun(build), begun(build)
    meta = {"bullet_points": ["look", "write"], "needs_approval": True, "max_retries": 2, "dependencies": [1]}
    step = build.row("workflow_steps", run_id=run, step_number=2, status="pending", meta=json.dumps(meta))
    build.row("workflow_steps", run_id=run, step_number=3, inputs='{"max_attempts": 4, "details": "all of it"}')
    build.row("branches", parent_run_id=run, parent_step_id=step, child_run_id=branch, hypothesis="h", status="active")
    found = convert(build, tmp_path)
    nodes = found.runs[run].nodes
    fields = ("details", "requires_approval", "max_attempts")
    assert [nodes["step_2"][name] for name in fields] == [["look", "write"], True, 3]
    assert nodes["step_2"]["metadata"] | meta == nodes["step_2"]["metadata"]
    assert [nodes["step_3"].get(name) for name in fields] == ["all of it", None, 4]
    made = found.runs[branch].fields["metadata"]["branch"]
    assert (made["from_node"], made["hypothesis"]) == ("step_2", "h")


def test_steps_of_one_number_are_both_told_of(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    ids = [
        build.row(
            "workflow_steps", run_id=run, step_number=1, goal=f"Goal {n}", status="completed", started_at=moment(n)
        )
        for n in (1, 2)
    ]
    found = convert(build, tmp_path)
    metadata = found.runs[run].nodes["step_1"]["metadata"]
    assert found.tables["workflow_steps"].n_merged == 1
    assert {metadata["step_id"], *(key.removeprefix("step ") for key in metadata if key.startswith("step "))} == {
        *map(str, ids)
    }


def test_the_status_of_a_step_counts_over_that_of_its_node(build: Builder, tmp_path: Path) -> None:
    run = begun(build, started_at=moment(100))
    build.node(run, "step_1", status="completed", meta='{"kind": "of the node", "colour": "red"}')
    build.row(
        "workflow_steps",
        run_id=run,
        step_number=1,
        status="failed",
        completed_at=moment(50),
        meta='{"kind": "of the step"}',
    )
    node = convert(build, tmp_path).runs[run].nodes["step_1"]
    assert node["status"] == "failed"
    assert [said["status"] for said in node["states"].values()] == ["failed"]
    told = {key: node["metadata"][key] for key in ("recorded_status", "kind", "colour", "node_meta")}
    assert told == {
        "recorded_status": "completed",
        "kind": "of the step",
        "colour": "red",
        "node_meta": {"kind": "of the node"},
    }


# Metadata


def test_what_a_column_of_json_says_is_not_hidden_by_other_columns(build: Builder, tmp_path: Path) -> None:
    said = {"stage_name": "mine", "hypothesis": "mine", "user_id": "mine", "summary": "mine", "kept": 1}
    meta = json.dumps(said)
    session = build.session(meta=meta, user_id="user-1")
    run = build.run(session, meta=meta, stage_name="review")
    build.row("branches", parent_run_id=run, child_run_id=run, hypothesis="A guess")
    build.row("workflow_steps", run_id=run, step_number=1, summary="Done", meta=meta)
    found = convert(build, tmp_path)
    metadata = found.runs[run].fields["metadata"]
    assert (metadata["stage_name"], metadata["hypothesis"], metadata["kept"]) == ("review", "A guess", 1)
    session_fields = json.loads(found.sessions[session].state or b"{}")["fields"]
    for each in (metadata, session_fields["metadata"], found.runs[run].nodes["step_1"]["metadata"]):
        assert each["original_meta"] == said


def test_what_a_change_of_a_runs_state_says_beside_the_history_is_in_its_metadata(
    build: Builder, tmp_path: Path
) -> None:
    run = begun(build)
    for number, meta in enumerate((None, '{"ticket": 7}')):
        build.row(
            "state_history",
            entity_type="run",
            entity_id=run,
            from_state="planning",
            to_state="executing",
            created_at=moment(number),
            meta=meta,
        )
    found = convert(build, tmp_path).runs[run]
    assert len(found.part.transitions) == 2
    assert found.fields["metadata"]["state_history"] == [
        {"id": "2", "from": "planning", "to": "executing", "meta": {"ticket": 7}}
    ]


# Events


def test_every_time_of_a_row_is_kept(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    event = build.event(run, timestamp=moment(3), started_at=moment(1), completed_at=moment(2))
    usual = build.event(run, timestamp=moment(1), started_at=moment(1), completed_at=moment(2))
    asked = build.row("approval_requests", run_id=run, requested_at=moment(5), created_at=moment(4))
    events = convert(build, tmp_path).runs[run].events
    assert events[event]["attributes"]["original_timestamp"] == moment(3)
    assert "original_timestamp" not in events[usual]["attributes"]
    assert events[f"approval-{asked}"]["attributes"]["created_at"] == moment(4)


def test_rows_of_one_things_start_and_end_become_one_event(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    common = {"event_type": "agent_call", "agent_name": "engineer", "duration_ms": None}
    start = build.event(
        run, "step_1", **common, event_subtype="start", outputs=None, completed_at=None, status="running"
    )
    middle = build.event(run, "step_1", **common, event_subtype="execution", parent_event_id=None)
    child = build.event(run, "step_1", parent_event_id=middle)
    end = build.event(run, "step_1", **common, event_subtype="complete", inputs=None)
    message = build.message(run, event_id=end)
    found = convert(build, tmp_path)
    events = found.runs[run].events
    assert set(events) == {start, child}
    assert (events[start]["event_subtype"], events[start]["status"]) == ("execution", "completed")
    assert events[start]["attributes"]["merged_event_ids"] == [middle, end]
    assert events[start]["outputs"]["answer"]
    assert events[child]["parent_event_id"] == start
    assert found.runs[run].messages[str(message)]["event_id"] == start
    assert (found.tables["execution_events"].n_stored, found.tables["execution_events"].n_merged) == (4, 2)


def test_rows_that_may_belong_to_two_things_stay_apart(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    common = {"event_type": "agent_call", "agent_name": "engineer"}
    for _ in range(2):
        build.event(run, "step_1", **common, event_subtype="start", outputs=None, completed_at=None, duration_ms=None)
    build.event(run, "step_1", **common, event_subtype="complete", inputs=None)
    found = convert(build, tmp_path)
    assert (len(found.runs[run].events), found.tables["execution_events"].n_merged) == (3, 0)


def test_a_row_that_names_its_start_belongs_to_it_whatever_else_is_open(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    common = {"event_type": "agent_call", "agent_name": "engineer"}
    starts = [
        build.event(run, "n", **common, event_subtype="start", outputs=None, completed_at=None, duration_ms=None)
        for _ in range(2)
    ]
    build.event(
        run, "n", **common, event_subtype="complete", inputs=None, meta=json.dumps({"start_event_id": starts[0]})
    )
    events = convert(build, tmp_path).runs[run].events
    assert set(events) == set(starts)
    assert [events[event_id]["event_subtype"] for event_id in starts] == ["complete", "start"]


def test_numbers_that_begin_anew_are_put_into_the_order_of_time(build: Builder, tmp_path: Path) -> None:
    run, sound = begun(build), begun(build)
    ids = [build.event(run, node, execution_order=order) for node, order in (("a", 0), ("a", 1), ("b", 0), ("b", 1))]
    own = [build.event(sound, execution_order=order) for order in (7, 3)]
    found = convert(build, tmp_path).runs
    assert [found[run].events[event_id]["sequence"] for event_id in ids] == [0, 1, 2, 3]
    assert found[run].events[ids[2]]["attributes"]["execution_order"] == 0
    assert [found[sound].events[event_id]["sequence"] for event_id in own] == [7, 3]


def test_parents_in_other_runs_and_circles_are_cut(build: Builder, tmp_path: Path) -> None:
    run, other = begun(build), begun(build)
    theirs = build.event(other)
    stray = build.event(run, parent_event_id=theirs)
    ids = ("e-1", "e-2", "e-3")
    for place, event_id in enumerate(ids):
        build.event(run, id=event_id, parent_event_id=ids[place - 1])
    events = convert(build, tmp_path).runs[run].events
    assert events[stray]["parent_event_id"] is None
    assert events[stray]["attributes"]["original_event_id"] == theirs
    assert [events[event_id]["parent_event_id"] for event_id in ids] == [None, "e-1", "e-2"]


def test_rows_of_missing_runs_are_left_out_with_the_reason(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    build.event("missing")
    build.event(run, id="twice")
    build.message("missing")
    build.file("zzz")
    found = convert(build, tmp_path)
    reason = "its run is missing"
    assert found.left_out == {("execution_events", reason): 1, ("messages", reason): 1, ("files", reason): 1}


def test_values_that_are_no_json_and_no_times_are_kept_beside(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    event_id = build.event(
        run, inputs="{broken", outputs='{"x": NaN}', meta="[1]", timestamp="soon", started_at=None, completed_at=None
    )
    event = convert(build, tmp_path).runs[run].events[event_id]
    assert (event["inputs"], event["outputs"]) == ("{broken", {"x": "NaN"})
    assert event["attributes"] == {"meta": [1], "original_timestamp": "soon"}
    assert event["started_at"] > 0


# Usage


def test_costs_stand_on_the_one_event_that_states_them_else_on_their_own(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    meta = {"model": "m", "tokens": {"prompt_tokens": 10, "completion_tokens": 5}}
    certain = build.event(run, meta=json.dumps(meta))
    twins = [build.event(run, meta=json.dumps({"prompt_tokens": 1, "completion_tokens": 1})) for _ in range(2)]
    for cost_in, cost_out in ((10, 5), (1, 1)):
        build.row(
            "cost_records",
            run_id=run,
            model="m",
            prompt_tokens=cost_in,
            completion_tokens=cost_out,
            total_tokens=cost_in + cost_out,
            cost_usd=0.5,
            timestamp=moment(3),
        )
    found = convert(build, tmp_path)
    events = found.runs[run].events
    assert (events[certain]["tokens_in"], events[certain]["cost_nanos"]) == (10, 500_000_000)
    assert all(events[twin]["tokens_in"] is None for twin in twins)
    assert (events["cost-2"]["event_type"], events["cost-2"]["model"], events["cost-2"]["tokens_in"]) == (
        "llm_call",
        "m",
        1,
    )
    assert (found.tables["cost_records"].n_stored, found.tables["cost_records"].n_merged) == (2, 1)
    assert found.sent["events"] == (4, 1)


def test_without_costs_events_are_believed(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    event_id = build.event(run, meta=json.dumps({"tokens_in": 3, "cost": 0.25}))
    event = convert(build, tmp_path).runs[run].events[event_id]
    assert (event["tokens_in"], event["cost_nanos"]) == (3, 250_000_000)


# Runs


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [("planning-control", "planning_control"), ("One Shot", "one_shot"), ("planning_control", "planning_control")],
)
def test_a_mode_is_spelled_in_one_way(build: Builder, tmp_path: Path, mode: str, wanted: str) -> None:
    run = begun(build, mode=mode)
    fields = convert(build, tmp_path).runs[run].fields
    assert fields["mode"] == wanted
    assert fields["metadata"].get("original_mode") == (mode if mode != wanted else None)


def test_runs_of_one_instant_are_named_by_their_ids(build: Builder, tmp_path: Path) -> None:
    session = build.session()
    for run_id in ("c", "a", "b"):
        build.run(session, id=run_id, started_at=moment(1))
    build.run(session, id="0", started_at=None)
    build.event("0", timestamp=moment(0))
    names = {run_id: run.part.run_name for run_id, run in convert(build, tmp_path).runs.items()}
    assert names == {"0": "run 1", "a": "run 2", "b": "run 3", "c": "run 4"}


def test_a_run_whose_id_can_identify_none_gets_another(build: Builder, tmp_path: Path) -> None:
    begun(build, id="a run")
    build.event("a run")
    [(run_id, run)] = convert(build, tmp_path).runs.items()
    assert run_id.startswith("legacy-")
    assert run.fields["metadata"]["original_run_id"] == "a run"
    assert len(run.events) == 1


def test_circles_of_parent_runs_are_broken_once(build: Builder, tmp_path: Path) -> None:
    session = build.session()
    for run_id, parent in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("e", "gone")):
        build.run(session, id=run_id, parent_run_id=parent)
    runs = convert(build, tmp_path).runs
    assert {run_id: run.fields.get("parent_run_id") for run_id, run in runs.items()} == {
        "a": None,
        "b": "c",
        "c": "a",
        "d": "a",
        "e": None,
    }


def test_times_are_of_utc(build: Builder, tmp_path: Path) -> None:
    run = begun(build, started_at="2025-09-01 10:00:00.000000", completed_at="2025-09-01T12:30:00+02:00")
    found = convert(build, tmp_path).runs[run]
    assert (found.fields["started_at"], found.fields["ended_at"]) == (
        parse_instant("2025-09-01T10:00:00Z"),
        parse_instant("2025-09-01T10:30:00Z"),
    )


def test_sessions_without_a_row_are_made_once(build: Builder, tmp_path: Path) -> None:
    runs = [build.run("gone") for _ in range(2)]
    alone = build.session(name="Alone")
    found = convert(build, tmp_path)
    assert set(found.sessions) == {"gone", alone}
    assert {found.runs[run].part.session_id for run in runs} == {"gone"}
    assert found.sent["sessions"] == (2, 1)


# Files


def test_bytes_below_the_folder_are_taken_along(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    folder = tmp_path / "work"
    (folder / run / "data").mkdir(parents=True)
    content = b"a,b\n" * 600_000
    (folder / run / "data" / "x.csv").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    # Where the folder was moved, what is left of the path has the id of the run.
    build.file(run, id="moved", file_path=f"/srv/old-work/{run}/data/x.csv", size_bytes=len(content))
    build.file(run, id="hashed", file_path="/elsewhere/data/x.csv", content_hash=digest)
    build.file(run, id="wrong size", file_path=f"{run}/data/x.csv", size_bytes=1)
    build.file(run, id="wrong hash", file_path=f"{run}/data/x.csv", content_hash="0" * 64)
    build.file(run, id="of another", file_path="/elsewhere/data/x.csv", size_bytes=len(content))
    found = convert(build, tmp_path, files=folder).runs[run]
    wanted = format_content_hash(digest)
    assert {file_id: file.get("content_hash") for file_id, file in found.files.items()} == {
        "moved": wanted,
        "hashed": None,
        "wrong size": None,
        "wrong hash": format_content_hash("0" * 64),
        "of another": None,
    } | {"hashed": wanted}
    # Each content once, in parts.
    assert b"".join(part.data for part in found.blobs) == content
    assert [part.offset for part in found.blobs] == [0, 1024 * 1024, 2 * 1024 * 1024]


@pytest.mark.parametrize("path", ["../secret.txt", "{run}/../../secret.txt", "/etc/hostname", "{run}/link", "{run}"])
def test_nothing_outside_the_folder_is_read(build: Builder, tmp_path: Path, path: str) -> None:
    run = begun(build)
    folder = tmp_path / "work"
    (folder / run).mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (folder / run / "link").symlink_to(tmp_path / "secret.txt")
    build.file(run, id="f", file_path=path.replace("{run}", run), size_bytes=None)
    found = convert(build, tmp_path, files=folder)
    assert found.runs[run].blobs == []
    assert "content_hash" not in found.runs[run].files["f"]
    assert found.repairs["files stayed references: their bytes are not below the folder, or are others"] == 1


def test_what_a_hash_proves_counts_over_what_its_row_says(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    build.node(run, hashed_id(run, "step_1"), meta=None)
    build.node(run, hashed_id(run, "step_2"), meta=json.dumps({"id": "step_9"}))
    build.node(run, "0" * 32, meta=json.dumps({"id": "step_3"}))
    assert set(convert(build, tmp_path).runs[run].nodes) == {"step_1", "step_2", "step_3"}


def test_ids_that_no_event_can_have_are_made_of_themselves(build: Builder, tmp_path: Path) -> None:
    run = begun(build)
    for text in ("a\nb", "a\tb", "x" * 300):
        build.row("approval_requests", run_id=run, id=text, status="pending", requested_at=moment(1))
    found = convert(build, tmp_path)
    assert len(found.runs[run].events) == 3
    assert {event["attributes"]["approval_id"] for event in found.runs[run].events.values()} == {
        "a\nb",
        "a\tb",
        "x" * 300,
    }
