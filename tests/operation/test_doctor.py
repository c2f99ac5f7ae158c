"""The examination finds every kind of damage, makes totals right exactly, and finds nothing where nothing is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from runreel.errors import NotFoundError, SchemaVersionError, StorageError
from runreel.model.diagnosis import Diagnosis
from runreel.storage.sql.doctor import examine

RUN = "project = 'default' AND run_id"
WRONG_SUMS = {
    "a total of a run": f"UPDATE runs SET tokens_in = tokens_in + 5 WHERE {RUN} = 'b'",
    "a count of a run": f"UPDATE runs SET sequenced_count = 7 WHERE {RUN} = 'b'",
    "the payloads of a run": f"UPDATE runs SET payload_bytes = 0 WHERE {RUN} = 'a'",
    "a flag of an event": "UPDATE events SET is_counted = 1 WHERE event_id = 'parent'",
    "the node of an event": "UPDATE events SET member_of = 'planning' WHERE event_id = 'tool in step_1'",
    "an event that its node has lost": "UPDATE events SET member_of = NULL WHERE event_id = 'call in planning'",
    "an event that no node has": "UPDATE events SET member_of = 'step_1' WHERE event_id = 'parent'",
    "a count of an agent": "UPDATE agents SET run_count = run_count + 1 WHERE agent_name = 'writer'",
    "durations of an agent": "UPDATE agents SET durations = NULL WHERE agent_name = 'writer'",
    "a rollup": "UPDATE rollups SET cost_nanos = cost_nanos - 1 WHERE agent_name = 'writer' AND event_type = 'run'",
    "a rollup that is missing": "DELETE FROM rollups WHERE event_type = 'llm_call'",
    "a rollup too many": (
        "INSERT INTO rollups (project, agent_name, hour, event_type, label, duration_us, event_count, durations) "
        "SELECT project, agent_name, 7, 'nothing', '', 0, 1, durations FROM rollups "
        "WHERE project = 'default' AND agent_name = 'writer' AND event_type = 'run'"
    ),
    "a sum of a project": "UPDATE project_rollups SET error_count = error_count + 1 WHERE event_type = 'tool_call'",
    "a sum of a project that is missing": "DELETE FROM project_rollups WHERE event_type = 'run'",
}
SEEN_QUICKLY = {
    "a total of a run",
    "a count of an agent",
    "a rollup",
    "a rollup that is missing",
    "a rollup too many",
    "a sum of a project",
    "a sum of a project that is missing",
}
BEYOND_REPAIR = {
    "payloads": "DELETE FROM payload_blocks WHERE run_pk IN (SELECT run_pk FROM runs WHERE run_id = 'b')",
    "states": "UPDATE nodes SET state = :bytes WHERE node_id = 'step_1'",
    "tags": "DELETE FROM run_tags WHERE tag = 'x'",
    "keys": "UPDATE runs SET run_id = 'c' WHERE run_id = 'b'",
    "changes": f"UPDATE runs SET change_seq = 1 WHERE {RUN} = 'a'",
    "numbers": "UPDATE agents SET last_number = 0 WHERE agent_name = 'writer'",
    "recorders": "UPDATE recorders SET received = :bytes",
}


def damage(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        assert connection.execute(text(statement), values).rowcount


def raise_what_is_found(url: str) -> None:
    """Some damage keeps a database from being read at all, some shows only in its own check."""
    for finding in examine(url).findings:
        if finding.check == "database":
            raise StorageError(f"damaged: {finding.detail}")


def checks(diagnosis: Diagnosis) -> set[str]:
    return {finding.check for finding in diagnosis.findings}


@pytest.mark.parametrize("quick", [False, True])
def test_a_sound_database_has_no_findings(url: str, quick: bool) -> None:
    steps: list[tuple[int, int]] = []
    diagnosis = examine(url, quick=quick, on_progress=lambda *step: steps.append(step))
    assert diagnosis.findings == ()
    assert diagnosis.is_sound
    assert (diagnosis.n_runs, diagnosis.n_events) == (6, 2 * (6 + 3 + 2))
    assert quick or steps == [(n, 6) for n in range(1, 7)]


@pytest.mark.parametrize("what", WRONG_SUMS)
def test_sums_that_are_wrong_are_found_and_made_right(url: str, engine: Engine, what: str) -> None:
    damage(engine, WRONG_SUMS[what])
    found = examine(url)
    assert not found.is_sound
    assert all(finding.is_repairable for finding in found.findings)
    assert examine(url, quick=True).is_sound is (what not in SEEN_QUICKLY)
    repaired = examine(url, repair=True)
    assert (repaired.findings, repaired.n_repaired) == ((), found.n_findings)
    assert examine(url).is_sound


def test_repairing_twice_changes_nothing(url: str, engine: Engine) -> None:
    damage(engine, "UPDATE runs SET tokens_in = tokens_in + 5")
    examine(url, repair=True)
    assert examine(url, repair=True).n_repaired == 0


def test_followers_see_what_was_repaired(url: str, engine: Engine) -> None:
    with engine.connect() as connection:
        before = connection.execute(text(f"SELECT change_seq, change_no FROM runs WHERE {RUN} = 'b'")).one()
    damage(engine, "UPDATE events SET is_counted = 1 WHERE event_id = 'parent'")
    examine(url, repair=True)
    with engine.connect() as connection:
        after = connection.execute(text(f"SELECT change_seq, change_no FROM runs WHERE {RUN} = 'b'")).one()
        flags = text("SELECT is_counted, change_seq FROM events WHERE event_id = 'parent' ORDER BY change_seq")
        assert [row[0] for row in connection.execute(flags)] == [0, 0]
    assert after[0] > before[0]
    assert after[1] > before[1]


@pytest.mark.parametrize("check", BEYOND_REPAIR)
def test_what_can_not_be_counted_anew_is_told_and_stays(url: str, engine: Engine, check: str) -> None:
    statement = BEYOND_REPAIR[check]
    damage(engine, statement, **({"bytes": b"damaged"} if ":bytes" in statement else {}))
    found = examine(url)
    assert check in checks(found)
    assert not any(finding.is_repairable for finding in found.findings if finding.check == check)
    assert check in checks(examine(url, repair=True))


@pytest.mark.parametrize(
    ("damaged", "detail"),
    [
        ("received_count = 7", "says 7 received up to 2, and its ranges come to 1 up to 2"),
        ("highest_number = 1", "says 1 received up to 1, and its ranges come to 1 up to 2"),
        ("state = :bytes", "can't be read"),
    ],
)
def test_what_came_of_a_recorder_is_looked_at(url: str, engine: Engine, damaged: str, detail: str) -> None:
    values = {"bytes": b"damaged"} if ":bytes" in damaged else {}
    damage(engine, f"UPDATE recorders SET {damaged} WHERE recorder_id = 'recorder-1'", **values)
    (first, second) = examine(url).findings
    assert (first.check, second.check, first.is_repairable) == ("recorders", "recorders", False)
    assert detail in first.detail


def test_a_damaged_payload_is_found_by_its_checksum(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        block = connection.execute(text("SELECT run_pk, block, data FROM payload_blocks LIMIT 1")).one()
        data = bytearray(block.data)
        data[-1] ^= 1
        connection.execute(
            text("UPDATE payload_blocks SET data = :data WHERE run_pk = :run_pk AND block = :block"),
            {"data": bytes(data), "run_pk": block.run_pk, "block": block.block},
        )
    assert "payloads" in checks(examine(url))


def test_bytes_that_rows_name_must_be_there_and_right(url: str, engine: Engine) -> None:
    kept = {name: b"bytes of " + name.encode() for name in ("right", "missing", "other", "short", "unnamed")}
    hashes = {name: f"sha256:{hashlib.sha256(content).hexdigest()}" for name, content in kept.items()}
    for name, content_hash in hashes.items():
        damage(
            engine,
            "INSERT INTO blobs (project, content_hash, size_bytes, kept_until) VALUES ('default', :hash, :size, 0)",
            hash=content_hash,
            size=len(kept[name]) + (name == "short"),
        )
    of_event = "UPDATE events SET payload_blob = :hash WHERE event_id = :id"
    for name, event_id in (("right", "parent"), ("missing", "child"), ("other", "failed"), ("short", "more")):
        damage(engine, of_event, hash=hashes[name], id=event_id)
    damage(engine, of_event, hash="sha256:unknown", id="guess")
    by_hash = {hashes[name]: content for name, content in kept.items() if name != "missing"}
    by_hash[hashes["other"]] = b"something else"

    def read_blob(_project: str, content_hash: str) -> list[bytes]:
        if content_hash not in by_hash:
            raise NotFoundError("gone")
        return [by_hash[content_hash]]

    found = examine(url, read_blob=read_blob)
    assert sorted(finding.detail for finding in found.findings if "'default'" in finding.subject) == sorted(
        [
            f"{hashes['missing']!r} is missing",
            f"{hashes['other']!r} has other bytes than its hash says",
            f"{hashes['short']!r} has 14 bytes, and its row says 15",
            "an event names 'sha256:unknown', which nobody keeps",
        ]
    )
    assert examine(url).is_sound


def test_findings_that_are_listed_are_bounded(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from runreel.storage.sql import doctor
    from runreel.storage.sql.dialect import make_dialect

    engine = make_dialect(sqlite_url).write_engine()
    damage(engine, "UPDATE runs SET tokens_in = tokens_in + 5")
    engine.dispose()
    monkeypatch.setattr(doctor, "MAX_LISTED", 2)
    found = examine(sqlite_url)
    assert len(found.findings) == 2
    assert found.n_findings > 2


def test_rows_that_refer_to_nothing_are_found(sqlite_url: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("DELETE FROM nodes")
        connection.commit()
    assert "database" in checks(examine(sqlite_url))


def test_a_file_that_is_damaged_is_told(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    content[8192:12288] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        raise_what_is_found(sqlite_url)


def test_no_database_is_made_by_looking_for_one(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no database yet"):
        examine(f"sqlite:///{tmp_path / 'runreel.db'}")
    assert list(tmp_path.iterdir()) == []


def test_another_schema_is_refused(url: str, engine: Engine) -> None:
    damage(engine, "UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(SchemaVersionError, match="runreel migrate"):
        examine(url)
