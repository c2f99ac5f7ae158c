"""The disk is full: `append` refuses, the process lives, and it goes on once there is room."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runreel.sdk.journal.segment import allocate_segment, reserve_space, write_zeros
from tests.sdk.journal.example import KIB, MIB, OpenJournal, drain, make_journal
from tests.sdk.journal.program import running
from tests.support.patience import PATIENCE_S

RECORD = b"r" * 1000


class Disk:
    """A disk that says no while it is full, and counts how often it was asked."""

    def __init__(self) -> None:
        self.is_full = False
        self.n_asked = 0

    def reserve(self, descriptor: int, size: int) -> None:
        self.n_asked += 1
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write_zeros(descriptor, size)


@pytest.fixture
def small_file_system(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of half a megabyte, where mounting is allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "runreel-test", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=PATIENCE_S)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("left out: no file system may be mounted here; a limit on file sizes stands in for it")
    try:
        yield folder
    finally:
        # Lazily: a test that failed may still have a file of it mapped.
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True, timeout=PATIENCE_S)


@pytest.mark.faults
@pytest.mark.parametrize("reserve", [reserve_space, write_zeros])
def test_full_file_system_is_no_end(small_file_system: Path, reserve: object) -> None:
    journal = make_journal(str(small_file_system), max_bytes=64 * MIB, segment_bytes=64 * KIB, reserve=reserve)
    for _ in range(3):
        n_kept = 0
        while journal.append(RECORD):
            n_kept += 1
        assert 350 < n_kept < 512
        assert not journal.append(RECORD)
        assert drain(journal) == [RECORD] * n_kept
        journal.prepare_next_segment()
    journal.close()
    assert list(small_file_system.iterdir()) == []


@pytest.mark.faults
def test_limit_on_file_sizes_is_no_end(tmp_path: Path) -> None:
    with running("refused", str(tmp_path / "journals")) as process:
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, said) == (0, "False True [b'after']\n")


def test_full_disk_at_the_beginning_is_no_error(open_journal: OpenJournal) -> None:
    disk = Disk()
    disk.is_full = True
    journal = open_journal(reserve=disk.reserve)
    assert not journal.append(RECORD)
    disk.is_full = False
    journal.prepare_next_segment()
    assert journal.append(RECORD)
    assert drain(journal) == [RECORD]


def test_full_disk_is_not_asked_at_every_append(open_journal: OpenJournal) -> None:
    disk = Disk()
    disk.is_full = True
    journal = open_journal(reserve=disk.reserve)
    n_asked = disk.n_asked
    assert not any(journal.append(RECORD) for _ in range(200))
    assert disk.n_asked - n_asked < 20


def test_nothing_is_left_behind_by_a_refusal(open_journal: OpenJournal) -> None:
    disk = Disk()
    disk.is_full = True
    journal = open_journal(reserve=disk.reserve)
    assert list(Path(journal.folder).glob("*.segment")) == []


def test_prepared_segment_saves_the_caller_an_allocation(open_journal: OpenJournal) -> None:
    disk = Disk()
    journal = open_journal(reserve=disk.reserve)
    for _ in range(100):
        journal.prepare_next_segment()
        n_asked = disk.n_asked
        assert journal.append(RECORD)
        assert disk.n_asked == n_asked


def test_records_that_wait_for_long_keep_no_descriptors_and_no_memory(open_journal: OpenJournal) -> None:
    journal = open_journal()
    records = [b"%d:" % n + RECORD for n in range(300)]
    for record in records:
        assert journal.append(record)
    journal.prepare_next_segment()
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert maps.read_text(encoding="utf-8").count(journal.folder) <= 3
    assert drain(journal) == records


@pytest.mark.parametrize("reserve", [reserve_space, write_zeros])
def test_allocated_segment_has_all_its_room_on_disk(tmp_path: Path, reserve: object) -> None:
    path = tmp_path / "1.segment"
    segment = allocate_segment(str(path), MIB, salt=1, reserve=reserve)
    assert (path.stat().st_size, path.stat().st_blocks * 512) == (MIB, MIB)
    assert segment.mapping[:] == bytes(MIB)
    segment.remove()
    assert not path.exists()


def test_sealed_segment_has_no_room_when_it_is_mapped_again(tmp_path: Path) -> None:
    segment = allocate_segment(str(tmp_path / "1.segment"), MIB, salt=1, reserve=reserve_space)
    segment.begin(1)
    assert segment.has_room(1, is_last_word=False)
    segment.seal()
    segment.unmap()
    segment.map_again()
    assert not segment.has_room(1, is_last_word=True)
    segment.remove()


def test_last_words_find_room_when_there_is_none_for_others(open_journal: OpenJournal) -> None:
    journal = open_journal(max_bytes=256 * KIB, segment_bytes=64 * KIB)
    kept: list[bytes] = []
    for record in (RECORD, b"small"):
        while journal.append(record):
            kept.append(record)
    assert journal.append(b"last", is_last_word=True)
    assert not journal.append(b"small")
    assert drain(journal) == [*kept, b"last"]


def test_why_there_is_no_room_is_told(open_journal: OpenJournal) -> None:
    disk = Disk()
    journal = open_journal(max_bytes=128 * KIB, reserve=disk.reserve)
    while journal.append(RECORD):
        pass
    assert journal.why_refused == "what waits has come to the limit of 131,072 bytes"
    disk.is_full = True
    drain(journal)
    journal.prepare_next_segment()
    while journal.append(RECORD):
        pass
    assert journal.why_refused == os.strerror(errno.ENOSPC)
