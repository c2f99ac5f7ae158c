"""What dead processes left is delivered by others, once, and by one at a time."""

from __future__ import annotations

import threading
from pathlib import Path

from runreel.sdk import recovery
from runreel.sdk.client import FlushResult
from runreel.sdk.journal.folder import find_journals
from runreel.sdk.journal.journal import Journal
from runreel.sdk.recovery import Recovery
from runreel.sdk.target import Target
from runreel.sdk.transport import Transport
from tests.sdk.shipping.conftest import FakeRun, MakeClient
from tests.sdk.shipping.record_server import RecordServer, problem, unused_url
from tests.support.eventually import eventually
from tests.support.patience import PATIENCE_S


def leave_journal(root: Path, target: Target, *, run_id: str, n_records: int) -> str:
    """Leave what a process leaves that was killed."""
    run = FakeRun(run_id)
    journal = Journal.open(str(root), target, recorder_id=f"recorder-{run_id}", max_bytes=10_000_000)
    for _ in range(n_records):
        assert journal.append(run.record(f"{run_id}-{run.record_count()}"))
    journal.close(delete_if_empty=False)
    return journal.folder


def test_next_client_of_the_same_server_delivers_it(
    make_client: MakeClient, server: RecordServer, tmp_path: Path
) -> None:
    target = Target(server.url, None)
    for number in range(3):
        leave_journal(tmp_path / "journal", target, run_id=f"old-{number}", n_records=100)
    make_client().start()
    server.wait_for(lambda: len(server.ids()) == 300)
    assert len(set(server.ids())) == 300
    assert eventually(lambda: not find_journals(str(tmp_path / "journal")))


def test_journals_of_another_server_or_key_are_left_alone(server: RecordServer, tmp_path: Path) -> None:
    own = Target(server.url, None)
    folder = leave_journal(tmp_path, Target(server.url, "another-key"), run_id="other", n_records=1)
    leave_journal(tmp_path, own, run_id="own", n_records=1)
    transport = Transport(server.url, None)
    recovered = Recovery(str(tmp_path), own.key)
    while recovered.step(transport) is not None:
        pass
    transport.close()
    assert server.ids() == ["own-0"]
    assert Path(folder).exists()


def test_own_records_go_first(make_client: MakeClient, server: RecordServer, run: FakeRun, tmp_path: Path) -> None:
    leave_journal(tmp_path / "journal", Target(server.url, None), run_id="old", n_records=20_000)
    client = make_client()
    client.add(run, run.record("mine"))
    server.wait_for(lambda: "mine" in server.ids())
    assert server.ids().index("mine") < 20_000
    server.wait_for(lambda: len(server.ids()) == 20_001)


def test_several_clients_at_once_deliver_it_once(make_client: MakeClient, server: RecordServer, tmp_path: Path) -> None:
    target = Target(server.url, None)
    for number in range(10):
        leave_journal(tmp_path / "journal", target, run_id=f"old-{number}", n_records=50)
    for _ in range(4):
        make_client().start()
    assert eventually(lambda: not find_journals(str(tmp_path / "journal")))
    assert sorted(server.ids()) == sorted(f"old-{number}-{index}" for number in range(10) for index in range(50))


def test_deliver_tells_what_it_delivered(server: RecordServer, tmp_path: Path) -> None:
    folder = leave_journal(tmp_path, Target(server.url, None), run_id="old", n_records=5000)
    server.is_bad = lambda record: "no" if record["number"] == 7 else None
    seen: list[int] = []
    delivered = recovery.deliver(folder, server.url, None, lambda so_far: seen.append(so_far.n_delivered))
    assert (delivered.n_delivered, delivered.n_refused, delivered.problem) == (4999, 1, None)
    assert seen == sorted(seen)
    assert seen[-1] == 4999
    assert not Path(folder).exists()


def test_deliver_twice_is_harmless(server: RecordServer, tmp_path: Path) -> None:
    folder = leave_journal(tmp_path, Target(server.url, None), run_id="old", n_records=5)
    recovery.deliver(folder, server.url, None)
    delivered = recovery.deliver(folder, server.url, None)
    assert (delivered.n_delivered, delivered.problem) == (0, None)


def test_deliver_leaves_a_living_process_alone(
    make_client: MakeClient, server: RecordServer, run: FakeRun, tmp_path: Path
) -> None:
    client = make_client(url=unused_url())
    client.add(run, run.record())
    (found,) = find_journals(str(tmp_path / "journal"))
    delivered = recovery.deliver(found.folder, server.url, None)
    assert delivered.n_delivered == 0
    assert delivered.problem is not None
    assert "still there" in delivered.problem


def test_deliver_gives_up_on_a_server_that_is_away_and_keeps_the_rest(server: RecordServer, tmp_path: Path) -> None:
    folder = leave_journal(tmp_path, Target(server.url, None), run_id="old", n_records=5)
    server.intervene = lambda asked: problem(503, "the database is away")
    delivered = recovery.deliver(folder, server.url, None, patience_s=0.3)
    assert delivered.problem is not None
    assert "the database is away" in delivered.problem
    server.intervene = lambda asked: None
    assert recovery.deliver(folder, server.url, None).n_delivered == 5


def test_flush_does_not_wait_for_what_others_left(
    make_client: MakeClient, server: RecordServer, run: FakeRun, tmp_path: Path
) -> None:
    leave_journal(tmp_path / "journal", Target(server.url, None), run_id="old", n_records=1)
    reached = threading.Event()

    def hold(asked: object) -> None:
        if b'"old"' in asked.body:  # type: ignore[attr-defined]
            reached.set()

    server.intervene = hold
    client = make_client()
    client.add(run, run.record("mine"))
    assert client.flush(PATIENCE_S) == FlushResult(delivered=1)
    assert reached.wait(PATIENCE_S)


def test_files_of_a_process_that_had_delivered_its_records_are_uploaded(
    make_client: MakeClient, server: RecordServer, tmp_path: Path
) -> None:
    folder = Path(leave_journal(tmp_path / "journal", Target(server.url, None), run_id="old", n_records=1))
    recovery.deliver(str(folder), server.url, None)
    folder = Path(leave_journal(tmp_path / "journal", Target(server.url, None), run_id="old", n_records=0))
    (folder / "blobs").mkdir()
    (folder / "blobs" / "old.f1").write_bytes(b"whole")
    (folder / "blobs" / "old.f2.part").write_bytes(b"never finish")
    make_client().start()
    server.wait_for(lambda: bool(server.of_kind("file")))
    assert [(record["run_id"], record["file_id"]) for record in server.of_kind("file")] == [("old", "f1")]
    assert list(server.blobs.values()) == [b"whole"]
    assert eventually(lambda: not folder.exists())


def test_damage_is_told(server: RecordServer, tmp_path: Path) -> None:
    folder = leave_journal(tmp_path, Target(server.url, None), run_id="old", n_records=3)
    (Path(folder) / "00000099.segment").write_bytes(b"not a segment at all")
    delivered = recovery.deliver(folder, server.url, None)
    assert delivered.n_delivered == 3
    assert delivered.problem is not None
    assert "00000099.segment" in delivered.problem
