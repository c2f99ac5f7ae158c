"""Whatever is done in whatever order: what was appended and not acknowledged is read, in order, and nothing twice."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from runreel.sdk.journal.adopted import AdoptedJournal, adopt
from runreel.sdk.journal.folder import find_journals
from runreel.sdk.journal.journal import Journal
from tests.sdk.journal.example import KIB, drain, left_in, make_journal, waiting

APPEND = st.tuples(st.just("append"), st.integers(0, 3000) | st.sampled_from([4036, 4037, 5000, 20_000]))
DELIVER = st.tuples(st.just("deliver"), st.integers(1, 12))
READ = st.tuples(st.just("read"), st.integers(1, 12))
OTHER = st.tuples(st.sampled_from(["prepare", "kill", "close"]), st.just(0))
ACTIONS = st.lists(APPEND | APPEND | DELIVER | READ | OTHER, max_size=60)


class History:
    """One journal, first of its own process, then adopted again and again; and what must wait in it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._live: Journal | None = make_journal(str(root / "0"), max_bytes=96 * KIB, segment_bytes=4 * KIB)
        self._adopted: AdoptedJournal | None = None
        self._folder = self._live.folder
        self._n_copies = 0
        self._n_appended = 0
        self.expected: list[bytes] = []

    def append(self, length: int) -> None:
        if self._live is None:
            return
        self._n_appended += 1
        record = b"%d:" % self._n_appended + b"r" * length
        if self._live.append(record):
            self.expected.append(record)

    def deliver(self, n_records: int) -> None:
        journal = self._live or self._adopted
        if journal is not None:
            chunk = journal.read(8 * KIB, n_records)
            assert chunk.records == self.expected[: len(chunk.records)]
            assert bool(chunk) == bool(self.expected)
            journal.acknowledge(chunk.position)
            del self.expected[: len(chunk.records)]

    def read(self, n_records: int) -> None:
        journal = self._live or self._adopted
        if journal is not None:
            assert waiting(journal, n_records) == self.expected
            assert journal.n_records_waiting == len(self.expected)

    def prepare(self, _: int) -> None:
        if self._live is not None:
            self._live.prepare_next_segment()

    def kill(self, _: int) -> None:
        """Go on with the files as they are now."""
        self._n_copies += 1
        copy = self._root / str(self._n_copies) / "target" / "recorder"
        if Path(self._folder).exists():
            shutil.copytree(self._folder, copy)
        self.drop()
        (found,) = find_journals(str(copy.parent.parent)) or (None,)
        assert (found.n_records if found else 0) == len(self.expected)
        self._folder = str(copy)
        self._adopted = adopt(self._folder)
        assert (self._adopted is None) == (not self.expected)

    def close(self, _: int) -> None:
        """End the process in order; another adopts what is left."""
        journal = self._live or self._adopted
        if journal is None:
            return
        journal.close()
        self._live = self._adopted = None
        assert Path(self._folder).exists() == bool(self.expected)
        self._adopted = adopt(self._folder)

    def drop(self) -> None:
        for journal in (self._live, self._adopted):
            if journal is not None:
                journal.close(delete_if_empty=False)
        self._live = self._adopted = None

    def finish(self) -> None:
        journal = self._live or self._adopted
        if journal is not None:
            assert drain(journal) == self.expected
            journal.close()
        assert not Path(self._folder).exists()
        assert left_in(self._folder) == []


@given(actions=ACTIONS)
def test_what_was_appended_and_not_acknowledged_is_read(actions: list[tuple[str, int]]) -> None:
    with _history() as history:
        for name, argument in actions:
            getattr(history, name)(argument)
        history.finish()


@contextmanager
def _history() -> Iterator[History]:
    with tempfile.TemporaryDirectory() as root:
        history = History(Path(root))
        try:
            yield history
        finally:
            history.drop()
