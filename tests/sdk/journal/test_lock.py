"""A journal belongs to one process at a time, and goes away under nobody's hands."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runreel.sdk.journal.adopted import AdoptedJournal, adopt
from runreel.sdk.journal.folder import find_journals
from runreel.sdk.journal.lock import is_locked, take_lock
from tests.sdk.journal.example import OpenJournal, Target, drain, make_journal, names_in, waiting


def test_living_journal_is_not_adopted(open_journal: OpenJournal, root: str) -> None:
    journal = open_journal()
    journal.append(b"mine")
    assert adopt(journal.folder) is None
    (found,) = find_journals(root)
    assert found.is_alive
    assert waiting(journal) == [b"mine"]


def test_journal_is_adopted_by_one(open_journal: OpenJournal) -> None:
    folder = _left(open_journal)
    first = adopt(folder)
    assert first is not None
    assert adopt(folder) is None
    assert waiting(first) == [b"left"]
    first.close()
    first.close()
    second = adopt(folder)
    assert second is not None
    second.close()


def test_of_many_at_the_same_moment_one_adopts_it(open_journal: OpenJournal) -> None:
    folder = _left(open_journal)
    adopted: list[AdoptedJournal] = []
    at_once = threading.Barrier(8)

    def try_it() -> None:
        at_once.wait()
        journal = adopt(folder)
        if journal is not None:
            adopted.append(journal)

    _together([try_it] * 8)
    assert len(adopted) == 1
    adopted[0].close()


def test_adopted_journal_goes_away_when_all_is_acknowledged(open_journal: OpenJournal, root: str) -> None:
    journal = adopt(_left(open_journal))
    assert journal is not None
    assert (journal.n_records_waiting, journal.is_empty) == (1, False)
    assert drain(journal) == [b"left"]
    assert (journal.n_records_waiting, journal.n_bytes_waiting, journal.is_empty) == (0, 0, True)
    journal.close()
    assert names_in(root) == []


def test_what_an_adopter_acknowledged_is_not_read_by_the_next(open_journal: OpenJournal) -> None:
    journal = open_journal()
    records = [b"%03d" % n + b"x" * 200 for n in range(200)]
    for record in records:
        journal.append(record)
    journal.close()
    n_done = 0
    while adopted := adopt(journal.folder):
        assert waiting(adopted) == records[n_done:]
        for _ in range(3):
            chunk = adopted.read(100_000, 5)
            adopted.acknowledge(chunk.position)
            n_done += len(chunk.records)
        adopted.close(delete_if_empty=False)
    assert n_done == len(records)


def test_found_journal_is_described(open_journal: OpenJournal, root: str) -> None:
    folder = _left(open_journal)
    (found,) = find_journals(root, Target().key)
    assert (found.folder, found.recorder_id, found.target_key) == (folder, "00000000000000aa", Target().key)
    assert (found.url, found.pid, found.is_alive, found.problem) == (Target().url, os.getpid(), False, None)
    assert (found.n_records, found.n_bytes) == (1, 4)
    assert found.oldest_at is not None
    assert found.started_at is not None
    assert 0 <= found.oldest_at - found.started_at < 60
    assert find_journals(root, "another key") == []


def test_oldest_journal_is_found_first(open_journal: OpenJournal, root: str) -> None:
    ids = ["00000000000000bb", "00000000000000aa", "00000000000000cc"]
    for recorder_id in ids:
        open_journal(recorder_id).append(b"waits")
    assert [found.recorder_id for found in find_journals(root)] == ids


def test_nothing_is_found_where_there_is_no_root(root: str) -> None:
    assert find_journals(root) == []
    assert adopt(root) is None


def test_folder_whose_making_was_cut_off_is_removed(root: str) -> None:
    folder = Path(root, Target().key, "00000000000000aa")
    folder.mkdir(parents=True)
    for left_behind in ("lock", "journal.json.new"):
        (folder / left_behind).touch()
    assert find_journals(root) == []
    assert adopt(str(folder)) is None
    assert not folder.exists()


def test_folder_of_another_user_is_passed_over(open_journal: OpenJournal) -> None:
    folder = _left(open_journal)
    Path(folder, "lock").unlink()
    Path(folder, "lock").mkdir()
    assert adopt(folder) is None


def test_lock_of_a_removed_file_is_no_lock(tmp_path: Path) -> None:
    lock = take_lock(str(tmp_path))
    assert lock is not None
    lock.remove_file()
    assert not is_locked(str(tmp_path))
    other = take_lock(str(tmp_path))
    assert other is not None
    lock.release()
    assert is_locked(str(tmp_path))
    other.release()
    other.release()
    assert not is_locked(str(tmp_path))


def test_lock_whose_file_comes_and_goes_is_held_by_one(tmp_path: Path) -> None:
    holders: list[int] = []
    most: list[int] = []

    def take_and_remove() -> None:
        for _ in range(300):
            lock = take_lock(str(tmp_path))
            if lock is None:
                continue
            holders.append(1)
            time.sleep(0)  # lets the others run while it is held
            most.append(len(holders))
            holders.pop()
            lock.remove_file()
            lock.release()

    _together([take_and_remove] * 6)
    assert max(most) == 1


@pytest.mark.faults
def test_journals_come_and_go_while_others_look(root: str) -> None:
    """Some leave a record and some leave nothing: each record is taken by one, and no folder stays."""
    n_journals = 120
    taken: list[bytes] = []
    is_over = threading.Event()

    def record() -> None:
        for number in range(n_journals):
            journal = make_journal(root, f"{number:016x}", max_bytes=65_536, segment_bytes=4096)
            assert journal.append(b"%d" % number)
            if number % 2:
                drain(journal)
            journal.close()

    def recover() -> None:
        while not is_over.is_set():
            for found in find_journals(root):
                _take(found.folder, taken)

    recoverers = [threading.Thread(target=recover) for _ in range(3)]
    for thread in recoverers:
        thread.start()
    try:
        record()
    finally:
        is_over.set()
        for thread in recoverers:
            thread.join()
    for found in find_journals(root):
        _take(found.folder, taken)
    assert sorted(taken, key=int) == [b"%d" % number for number in range(0, n_journals, 2)]
    assert names_in(root) == []


def _take(folder: str, taken: list[bytes]) -> None:
    journal = adopt(folder)
    if journal is not None:
        taken.extend(drain(journal))
        journal.close()


def _left(open_journal: OpenJournal) -> str:
    journal = open_journal()
    journal.append(b"left")
    journal.close()
    return journal.folder


def _together(tasks: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
