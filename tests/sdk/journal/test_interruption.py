"""A thread is interrupted inside `append`, by what appends too or by an exception: nothing hangs or is torn."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from runreel.sdk.journal.journal import Journal
from tests.sdk.journal.example import KIB, MIB, OpenJournal, copy_of, drain, left_in, make_journal, waiting
from tests.sdk.journal.interruption import OUTER, interrupt

Prepare = Callable[[Journal], None]

BEFORE = [b"before %d" % n for n in range(3)]
AFTER = [b"after %d" % n for n in range(3)]


def _nothing(_journal: Journal) -> None:
    pass


def _fill(journal: Journal) -> None:
    """Leave no room for `OUTER` in the current segment, and no other segment prepared."""
    assert journal.append(b"f" * 7800)
    assert len(list(Path(journal.folder).glob("*.segment"))) == 1


def _fill_and_prepare(journal: Journal) -> None:
    _fill(journal)
    journal.prepare_next_segment()


STATES = [_nothing, _fill, _fill_and_prepare]
NESTED = {
    "small": [b"nested"],
    "as much as leaves no room": [b"nested" + b"n" * 7700],
    "as much as rotates": [b"nested" + b"n" * 3000 + b"%d" % n for n in range(5)],
    "larger than a segment": [b"nested" + b"l" * 20_000, b"nested"],
}


@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED.keys())
@pytest.mark.parametrize("bring", STATES, ids=lambda each: each.__name__)
def test_what_interrupts_an_append_may_append(
    open_journal: OpenJournal, tmp_path: Path, bring: Prepare, nested: list[bytes]
) -> None:
    event, is_reached = 0, True
    while is_reached:
        event += 1
        journal = open_journal(f"{event:016x}")
        bring(journal)
        for record in BEFORE:
            assert journal.append(record)
        taken: list[bytes] = []

        def append_nested(journal: Journal = journal, taken: list[bytes] = taken) -> None:
            taken.extend(record for record in nested if journal.append(record))

        is_kept, is_reached = interrupt(journal, event, append_nested)
        assert is_kept
        assert taken == (nested if is_reached else [])
        for record in AFTER:
            assert journal.append(record)
        left = [each for each in left_in(copy_of(journal.folder, tmp_path / str(event))) if each[:1] != b"f"]
        assert [each for each in drain(journal) if each[:1] != b"f"] == left
        assert [each for each in left if each[:6] == b"nested"] == taken
        assert sorted(left) == sorted([*BEFORE, OUTER, *AFTER, *taken])
        assert left[:3] == BEFORE
        assert left[-3:] == AFTER
        journal.close()
        assert not Path(journal.folder).exists()
    assert event > 3


# It may be raised within what others let the collector call, who can only be told so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("bring", STATES, ids=lambda each: each.__name__)
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_exception_in_the_middle_costs_at_most_that_record(
    open_journal: OpenJournal, tmp_path: Path, bring: Prepare, error: type[BaseException]
) -> None:
    def break_in() -> None:
        raise error

    event, is_reached = 0, True
    while is_reached:
        event += 1
        journal = open_journal(f"{event:016x}")
        bring(journal)
        for record in BEFORE:
            assert journal.append(record)
        with suppress(error):
            _, is_reached = interrupt(journal, event, break_in)
        for record in AFTER:
            assert journal.append(record)
        left = [each for each in left_in(copy_of(journal.folder, tmp_path / str(event))) if each[:1] != b"f"]
        assert [each for each in drain(journal) if each[:1] != b"f"] == left
        assert left in ([*BEFORE, *AFTER], [*BEFORE, OUTER, *AFTER])
        assert journal.append(b"and on")
        assert drain(journal) == [b"and on"]
        journal.close()
        assert not Path(journal.folder).exists()
    assert event > 3


@pytest.mark.parametrize("nested", NESTED.values(), ids=NESTED.keys())
@pytest.mark.parametrize("bring", STATES, ids=lambda each: each.__name__)
def test_reader_never_passes_an_append_that_goes_on(
    open_journal: OpenJournal, bring: Prepare, nested: list[bytes]
) -> None:
    event, is_reached = 0, True
    while is_reached:
        event += 1
        journal = open_journal(f"{event:016x}")
        bring(journal)
        read: list[bytes] = []

        def append_and_read(journal: Journal = journal, read: list[bytes] = read) -> None:
            for record in nested:
                assert journal.append(record)
            read.extend(drain(journal))
            journal.acknowledge(journal.read(MIB, 1).position)
            journal.prepare_next_segment()

        is_kept, is_reached = interrupt(journal, event, append_and_read)
        assert is_kept
        read += drain(journal)
        assert sorted(each for each in read if each[:1] != b"f") == sorted([OUTER, *(nested if is_reached else [])])


@pytest.mark.parametrize("event", range(1, 10))
def test_closing_in_the_middle_of_an_append_harms_nothing(
    open_journal: OpenJournal, tmp_path: Path, event: int
) -> None:
    journal = open_journal(f"{event:016x}")
    assert journal.append(b"first")
    is_kept, _ = interrupt(journal, event, journal.close)
    assert not journal.append(b"late")
    left = left_in(copy_of(journal.folder, tmp_path / "copy"))
    assert left == ([b"first", OUTER] if is_kept else [b"first"])


def test_finalizer_appends_while_the_collector_runs(open_journal: OpenJournal) -> None:
    journal = open_journal(max_bytes=64 * MIB)

    n_left: list[bool] = []

    class Leaving:
        def __init__(self) -> None:
            self.myself = self

        def __del__(self) -> None:
            n_left.append(journal.append(b"left"))

    n_records = 20_000
    for number in range(n_records):
        Leaving()
        assert journal.append(b"stays")
        if number % 5_000 == 0:
            gc.collect()  # However the process has set the collector, it runs.
    records = drain(journal)
    assert records.count(b"stays") == n_records
    assert records.count(b"left") == n_left.count(True) > 0


def test_threads_append_while_another_reads(open_journal: OpenJournal) -> None:
    journal = open_journal(max_bytes=64 * MIB, segment_bytes=64 * KIB)
    n_threads, n_records = 4, 3000
    read: list[bytes] = []
    is_over = threading.Event()

    def write(writer: int) -> None:
        for number in range(n_records):
            assert journal.append(b"%d:%d" % (writer, number) + b" " * (number % 300))

    def ship() -> None:
        while not is_over.is_set():
            journal.prepare_next_segment()
            read.extend(drain(journal))
        read.extend(drain(journal))

    writers = [threading.Thread(target=write, args=(each,)) for each in range(n_threads)]
    shipper = threading.Thread(target=ship)
    for thread in (*writers, shipper):
        thread.start()
    for thread in writers:
        thread.join()
    is_over.set()
    shipper.join()
    for writer in range(n_threads):
        numbers = [int(each.split(b":")[1]) for each in read if each.startswith(b"%d:" % writer)]
        assert numbers == list(range(n_records))
    assert waiting(journal) == []


class Held:
    """A thread that stands still in the middle of its `append`, at the so many-th call that Python makes there."""

    def __init__(self, journal: Journal, call: int) -> None:
        self.outcome: list[bool] = []
        self._journal, self._call, self._n_calls = journal, call, 0
        self._has_come, self._may_go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._append, daemon=True)
        self._thread.start()
        assert self._has_come.wait(30)

    @property
    def is_in_the_middle(self) -> bool:
        return not self.outcome

    def release(self) -> bool:
        """Have it go on; return what its `append` returned."""
        self._may_go.set()
        self._thread.join()
        return self.outcome[0]

    def _append(self) -> None:
        sys.setprofile(self._count)
        try:
            is_kept = self._journal.append(OUTER)
        finally:
            sys.setprofile(None)
        self.outcome.append(is_kept)
        self._has_come.set()

    def _count(self, _frame: object, _event: str, _argument: object) -> None:
        self._n_calls += 1
        if self._n_calls == self._call:
            self._has_come.set()
            assert self._may_go.wait(30)


def held_at_each_call(root: str) -> Iterator[tuple[Journal, Held]]:
    """Give a journal with the record `before`, and a thread that is held in its append: at each call, and at none."""
    call, is_in_the_middle = 0, True
    while is_in_the_middle:
        call += 1
        journal = make_journal(root, f"{call:016x}", max_bytes=4 * MIB, segment_bytes=8192)
        assert journal.append(b"before")
        held = Held(journal, call)
        is_in_the_middle = held.is_in_the_middle
        yield journal, held


@pytest.mark.parametrize("n_behind", [1, 200], ids=["in the segment", "in further segments"])
def test_record_that_another_thread_writes_keeps_no_other_waiting(root: str, n_behind: int) -> None:
    behind = [b"behind %d" % number + b" " * 100 for number in range(n_behind)]
    n_calls = 0
    for journal, held in held_at_each_call(root):
        n_calls += 1
        for record in behind:
            assert journal.append(record)
        journal.prepare_next_segment()
        read = drain(journal)
        journal.prepare_next_segment()
        assert [each for each in read if each != OUTER] == [b"before", *behind]
        assert held.release()
        assert sorted([*read, *drain(journal)]) == sorted([b"before", *behind, OUTER])
        journal.close()
        assert not Path(journal.folder).exists()
    assert n_calls > 8


def test_closing_loses_no_record_that_another_thread_was_told_is_kept(root: str) -> None:
    outcomes: set[bool] = set()
    for journal, held in held_at_each_call(root):
        assert journal.append(b"behind")
        journal.close()
        is_kept = held.release()
        outcomes.add(is_kept)
        assert sorted(left_in(journal.folder)) == sorted([b"before", b"behind", *([OUTER] if is_kept else [])])
    assert outcomes == {True, False}
