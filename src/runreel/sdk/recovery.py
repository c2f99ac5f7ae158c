"""Delivers what processes left that are gone: slowly beside one's own records, or all at once for the command line."""

from __future__ import annotations

import os
from time import monotonic, sleep

from runreel.sdk.answer import BLOCKED, REFUSED, TAKEN, Answer
from runreel.sdk.blob_spool import BlobSpool
from runreel.sdk.dead_letter import DeadLetters
from runreel.sdk.delivery import Delivery
from runreel.sdk.transport import Transport

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.sdk.journal.adopted import AdoptedJournal

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


# What a journal waits for, of which something is left.
SERVER = "server"  # gives no good answer, whatever it is sent
HOLDER = "holder"  # another process has the journal
PERSON = "person"  # something in it is nothing that this version can deliver


class Delivered:
    """What became of one journal. Where something of it still waits: `problem` says why, and `waits_for` for whom."""

    __slots__ = ("n_delivered", "n_refused", "problem", "waits_for")

    def __init__(
        self, *, n_delivered: int = 0, n_refused: int = 0, problem: str | None = None, waits_for: str | None = None
    ) -> None:
        self.n_delivered = n_delivered
        self.n_refused = n_refused
        self.problem = problem
        self.waits_for = waits_for

    def __repr__(self) -> str:
        return f"Delivered(n_delivered={self.n_delivered}, n_refused={self.n_refused}, problem={self.problem!r})"


def deliver(
    folder: str,
    url: str,
    api_key: str | None,
    on_progress: Callable[[Delivered], None] = lambda _: None,
    *,
    patience_s: float = 10.0,
) -> Delivered:
    """Deliver the journal in `folder`, whose process is gone; returns when nothing waits in it, or nobody takes it.

    `on_progress` gets the counts so far after each batch. What is delivered is gone from the journal, so doing it again
    is harmless. A server that gives no good answer for `patience_s` is given up; the rest waits.
    """
    from runreel.sdk.journal.adopted import adopt

    journal = adopt(folder)
    if journal is None:
        if not _is_there(folder):
            return Delivered()
        return Delivered(problem="its process is still there, or somebody else delivers it", waits_for=HOLDER)
    server = Transport(url, api_key)
    try:
        work = _Adopted(journal)
        problem = _deliver_all(work, server, on_progress, patience_s)
        if problem is not None:
            return work.delivered(problem, SERVER)
        return work.delivered("; ".join(journal.problems), PERSON) if journal.problems else work.delivered()
    finally:
        server.close()
        journal.close()


class Recovery:
    """The journals below a root of one target whose processes are gone, one after another. For one thread."""

    def __init__(self, root: str, target_key: str) -> None:
        self._root = root
        self._target_key = target_key
        self._folders: list[str] | None = None
        self._work: _Adopted | None = None

    def step(self, server: Transport) -> Answer | None:
        """Send one batch or file; None: nothing is left to recover."""
        while self._work is not None or self._adopt_next():
            assert self._work is not None
            answer = self._work.step(server)
            if answer is not None:
                return answer
            self._let_go()
        return None

    def close(self) -> None:
        """Leave what is not delivered to others; `step` begins anew."""
        self._let_go()
        self._folders = None

    def _adopt_next(self) -> bool:
        from runreel.sdk.journal.adopted import adopt
        from runreel.sdk.journal.lock import is_locked

        if self._folders is None:
            self._folders = _list_folders(os.path.join(self._root, self._target_key))
        while self._folders:
            folder = self._folders.pop()
            # Nearly all of many are those of other living processes, and need no second look.
            journal = None if is_locked(folder) else adopt(folder)
            if journal is not None:
                self._work = _Adopted(journal)
                return True
        return False

    def _let_go(self) -> None:
        work, self._work = self._work, None
        if work is not None:
            work.close()


class _Adopted:
    """One journal of a dead process, with its files."""

    def __init__(self, journal: AdoptedJournal) -> None:
        self._journal = journal
        self._blobs = BlobSpool(journal.folder)
        self._blobs.scan()
        self._delivery = Delivery(journal, self._blobs, DeadLetters(os.path.dirname(journal.folder)))

    def step(self, server: Transport) -> Answer | None:
        answer = self._delivery.step(server)
        return answer if answer is not None else self._delivery.step_file(server, lambda: None)

    def delivered(self, problem: str | None = None, waits_for: str | None = None) -> Delivered:
        n_delivered, n_refused = self._delivery.n_delivered, self._delivery.n_refused
        return Delivered(n_delivered=n_delivered, n_refused=n_refused, problem=problem, waits_for=waits_for)

    def close(self) -> None:
        self._blobs.remove_if_empty()
        self._journal.close()


def _deliver_all(
    work: _Adopted, server: Transport, on_progress: Callable[[Delivered], None], patience_s: float
) -> str | None:
    ends_at, pause_s = monotonic() + patience_s, _FIRST_PAUSE_S
    while (answer := work.step(server)) is not None:
        if answer.kind in {TAKEN, REFUSED}:
            on_progress(work.delivered())
            ends_at, pause_s = monotonic() + patience_s, _FIRST_PAUSE_S
            continue
        pause_s = max(pause_s, answer.retry_after_s)
        if answer.kind == BLOCKED or monotonic() + pause_s > ends_at:
            return _described(answer, server.url)
        # Somebody waits for the result of this call; nothing else is to be done meanwhile.
        sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
    return None


def _described(answer: Answer, url: str) -> str:
    if answer.status is None:
        return f"no Runreel answers at {url} ({answer.detail})"
    return f"the server at {url} says {answer.detail!r}"


def _list_folders(parent: str) -> list[str]:
    """List what may be journals, the latest first. What is in them is not read: most belong to living processes."""
    try:
        with os.scandir(parent) as entries:
            found = [(entry.stat().st_mtime, entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [path for _, path in sorted(found, reverse=True)]


def _is_there(folder: str) -> bool:
    return os.path.isdir(folder)
