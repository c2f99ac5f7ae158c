"""A forked child lets go of what is its parent's, and the parent notices nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runreel.sdk.journal.adopted import adopt
from runreel.sdk.journal.folder import find_journals
from runreel.sdk.journal.journal import Journal
from tests.sdk.journal.example import OpenJournal, copy_of, drain, left_in, make_journal, waiting
from tests.sdk.journal.interruption import OUTER, interrupt
from tests.sdk.journal.program import running
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def test_child_lets_go_and_the_parent_goes_on(open_journal: OpenJournal, tmp_path: Path, root: str) -> None:
    journal = open_journal()
    assert journal.append(b"before")

    def child() -> None:
        journal.drop_in_child()
        assert not journal.append(b"of the child")
        assert not journal.read(1000, 10)
        assert journal.n_bytes_waiting == 0
        journal.prepare_next_segment()
        journal.close()
        journal.drop_in_child()
        assert adopt(journal.folder) is None
        own = make_journal(root, "00000000000000bb", max_bytes=65_536)
        assert own.append(b"of the child")
        own.close()

    _in_child(child)
    assert adopt(journal.folder) is None
    assert all(journal.append(b"%d" % number) for number in range(2000))
    expected = [b"before", *(b"%d" % number for number in range(2000))]
    assert left_in(copy_of(journal.folder, tmp_path / "copy")) == expected
    assert drain(journal) == expected
    (found,) = (each for each in find_journals(root) if not each.is_alive)
    assert left_in(found.folder) == [b"of the child"]


def test_fork_inside_an_append_fails_neither_side(open_journal: OpenJournal) -> None:
    event, is_reached = 0, True
    while is_reached:
        event += 1
        journal = open_journal(f"{event:016x}")
        children: list[int] = []

        def fork(journal: Journal = journal, children: list[int] = children) -> None:
            children.append(os.fork())
            if not children[0]:
                journal.drop_in_child()

        code = 1
        try:
            is_kept, is_reached = interrupt(journal, event, fork)
            code = int(children == [0] and journal.append(b"of the child"))
        finally:
            if children == [0]:
                os._exit(code)
        assert is_kept
        for child in children:
            assert os.waitpid(child, 0)[1] == 0
        assert waiting(journal) == [OUTER]


def test_adopted_journal_stays_with_the_parent(open_journal: OpenJournal) -> None:
    journal = open_journal()
    journal.append(b"left")
    journal.close()
    adopted = adopt(journal.folder)
    assert adopted is not None

    def child() -> None:
        adopted.drop_in_child()
        assert not adopted.read(1000, 10)
        adopted.close()
        assert adopt(journal.folder) is None

    _in_child(child)
    assert adopt(journal.folder) is None
    assert drain(adopted) == [b"left"]
    adopted.close()
    assert not Path(journal.folder).exists()


@pytest.mark.faults
def test_journal_of_a_killed_parent_is_adopted_while_its_child_lives(root: str) -> None:
    with running("forking", root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.kill()
        process.wait(timeout=PATIENCE_S)
        alive, dead = sorted(find_journals(root), key=lambda found: not found.is_alive)
        assert (alive.recorder_id, alive.is_alive) == ("00000000000000bb", True)
        assert (dead.recorder_id, dead.is_alive) == ("00000000000000aa", False)
        assert left_in(dead.folder) in ([b"before the fork"], [b"before the fork", b"after the fork"])
        assert left_in(alive.folder) == []


def _in_child(task: Callable[[], None]) -> None:
    """Do something in a forked child, and wait until it is done; it ends without cleaning up after the tests."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            task()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
