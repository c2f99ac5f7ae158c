"""Records go in and come out, in their order, until they are acknowledged."""

from __future__ import annotations

from pathlib import Path

import pytest

from runreel.errors import ConfigError
from runreel.sdk.journal.adopted import adopt
from tests.sdk.journal.example import MIB, OpenJournal, copy_of, drain, left_in, names_in, waiting

RECORDS = [b'{"n":%d}' % n * (1 + n % 60) for n in range(400)]


def test_records_are_read_in_their_order(open_journal: OpenJournal) -> None:
    journal = open_journal()
    assert all(journal.append(record) for record in RECORDS)
    assert waiting(journal) == RECORDS


def test_reading_again_gives_the_same_until_it_is_acknowledged(open_journal: OpenJournal) -> None:
    journal = open_journal()
    for record in RECORDS:
        journal.append(record)
    first = journal.read(MIB, 10)
    assert journal.read(MIB, 10).records == first.records == RECORDS[:10]
    journal.acknowledge(first.position)
    assert journal.read(MIB, 10).records == RECORDS[10:20]


def test_an_acknowledged_record_is_not_read_again(open_journal: OpenJournal) -> None:
    journal = open_journal()
    for record in RECORDS:
        journal.append(record)
    assert drain(journal) == RECORDS
    journal.append(b"one more")
    assert drain(journal) == [b"one more"]


def test_an_old_position_takes_nothing_back(open_journal: OpenJournal) -> None:
    journal = open_journal()
    for record in RECORDS[:3]:
        journal.append(record)
    first, second = journal.read(MIB, 1), journal.read(MIB, 2)
    journal.acknowledge(second.position)
    journal.acknowledge(first.position)
    assert waiting(journal) == RECORDS[2:3]


def test_chunk_is_bounded_by_bytes_but_holds_one_record(open_journal: OpenJournal) -> None:
    journal = open_journal()
    for _ in range(3):
        journal.append(b"x" * 100)
    assert journal.read(250, 10).records == [b"x" * 100] * 2
    assert journal.read(1, 10).records == [b"x" * 100]


def test_empty_journal_gives_an_empty_chunk(open_journal: OpenJournal) -> None:
    chunk = open_journal().read(MIB, 10)
    assert not chunk
    assert chunk.records == []


def test_record_without_bytes_is_a_record(open_journal: OpenJournal, tmp_path: Path) -> None:
    journal = open_journal()
    for record in (b"", b"a", b""):
        assert journal.append(record)
    assert waiting(journal) == [b"", b"a", b""]
    assert left_in(copy_of(journal.folder, tmp_path / "copy")) == [b"", b"a", b""]


@pytest.mark.parametrize("length", [8192, 100_000, 3 * MIB])
def test_record_larger_than_a_segment_is_kept_in_its_place(
    open_journal: OpenJournal, tmp_path: Path, length: int
) -> None:
    journal = open_journal()
    records = [b"before", b"y" * length, b"after", b"z" * length]
    kept = [record for record in records if journal.append(record)]
    assert kept[:3] == records[:3]
    assert waiting(journal) == kept
    assert left_in(copy_of(journal.folder, tmp_path / "copy")) == kept


def test_at_the_bound_the_newest_is_refused(open_journal: OpenJournal) -> None:
    journal = open_journal(max_bytes=65_536)
    answers = [journal.append(b"x" * 1000) for _ in range(200)]
    n_kept = answers.index(False)
    assert n_kept > 50
    assert not any(answers[n_kept:])
    assert waiting(journal) == [b"x" * 1000] * n_kept
    assert _allocated(journal.folder) <= 65_536


def test_there_is_room_again_once_records_are_acknowledged(open_journal: OpenJournal) -> None:
    journal = open_journal(max_bytes=65_536)
    for _ in range(20):
        while journal.append(b"x" * 1000):
            pass
        assert len(drain(journal)) > 30
    assert journal.append(b"x" * 1000)


def test_bytes_kept_beside_count_within_the_bound(open_journal: OpenJournal) -> None:
    journal = open_journal(max_bytes=65_536)
    journal.note_extra_bytes(65_536)
    n_kept = [journal.append(b"x" * 1000) for _ in range(100)].count(True)
    assert n_kept < 20
    journal.note_extra_bytes(-65_536)
    assert journal.append(b"x" * 1000)


def test_what_waits_is_counted(open_journal: OpenJournal) -> None:
    journal = open_journal()
    assert (journal.n_records_waiting, journal.n_bytes_waiting) == (0, 0)
    for record in RECORDS:
        journal.append(record)
    assert journal.n_records_waiting == len(RECORDS)
    assert journal.n_bytes_waiting >= sum(map(len, RECORDS))
    chunk = journal.read(MIB, 7)
    journal.acknowledge(chunk.position)
    assert journal.n_records_waiting == len(RECORDS) - 7
    drain(journal)
    assert (journal.n_records_waiting, journal.n_bytes_waiting) == (0, 0)


def test_segments_are_freed_when_acknowledged(open_journal: OpenJournal) -> None:
    journal = open_journal()
    for record in RECORDS * 5:
        journal.append(record)
    assert _allocated(journal.folder) > 30 * 8192
    drain(journal)
    journal.prepare_next_segment()
    assert _allocated(journal.folder) <= 2 * 8192


def test_closing_removes_a_journal_in_which_nothing_waits(open_journal: OpenJournal, root: str) -> None:
    journal = open_journal()
    for record in RECORDS:
        journal.append(record)
    drain(journal)
    journal.close()
    journal.close()
    assert names_in(root) == []


def test_closing_leaves_what_waits_and_no_more_room_than_that_takes(open_journal: OpenJournal) -> None:
    journal = open_journal(segment_bytes=MIB)
    journal.append(b"waits")
    journal.close()
    assert _allocated(journal.folder) < 4096
    assert left_in(journal.folder) == [b"waits"]


def test_closed_journal_refuses(open_journal: OpenJournal) -> None:
    journal = open_journal()
    chunk = journal.read(MIB, 1)
    journal.close()
    assert not journal.append(b"late")
    assert not journal.read(MIB, 1)
    journal.acknowledge(chunk.position)
    journal.prepare_next_segment()
    assert not Path(journal.folder).exists()


def test_folder_stays_while_others_keep_something_in_it(open_journal: OpenJournal) -> None:
    journal = open_journal()
    blobs = Path(journal.folder, "blobs")
    blobs.mkdir()
    (blobs / "1").write_bytes(b"bytes")
    journal.close()
    assert names_in(journal.folder) == ["blobs", "journal.json", "lock"]
    adopted = adopt(journal.folder)
    assert adopted is not None
    assert adopted.is_empty
    (blobs / "1").unlink()
    adopted.close()
    assert not Path(journal.folder).exists()


def test_only_its_owner_can_read_a_journal(open_journal: OpenJournal, root: str) -> None:
    journal = open_journal()
    folder = Path(journal.folder)
    assert {each.stat().st_mode & 0o777 for each in (Path(root), folder.parent, folder)} == {0o700}
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


def test_two_recorders_never_share_a_journal(open_journal: OpenJournal) -> None:
    open_journal("00000000000000bb")
    with pytest.raises(ConfigError, match="an id of its own"):
        open_journal("00000000000000bb")


def _allocated(folder: str) -> int:
    return sum(file.stat().st_size for file in Path(folder).glob("*.segment"))
