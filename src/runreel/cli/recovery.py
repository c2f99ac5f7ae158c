"""Recovery by `runreel up`: what recorders on this machine left for this server when they went is delivered to it.

A thread of its own looks at once and every ten seconds, and rests as long as it works: records that come from running
programs go first.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runreel.cli.journals import is_address_of
from runreel.sdk.journal.folder import list_journals
from runreel.sdk.recovery import HOLDER, SERVER, deliver
from runreel.sdk.settings import journal_root

if TYPE_CHECKING:
    from runreel.sdk.journal.folder import Found
    from runreel.sdk.recovery import Delivered

LOOK_EVERY_S = 10.0
_LONGEST_REST_S = 2.0
_END_WITHIN_S = 5.0

_log = logging.getLogger(__name__)


class _EndingError(Exception):
    """The server ends; what is not delivered waits for the next one."""


@contextmanager
def recovering(env: Mapping[str, str]) -> Generator[Callable[[str], None]]:
    """Give a function that begins to recover for the server at a base URL; recovery ends on leaving."""
    recoveries: list[Recovery] = []

    def start(base_url: str) -> None:
        recovery = Recovery(journal_root(env), base_url, env.get("RUNREEL_API_KEY") or None)
        recoveries.append(recovery)
        recovery.start()

    try:
        yield start
    finally:
        for recovery in recoveries:
            recovery.end()


class Recovery:
    """The thread that delivers the journals below a root whose recorders are gone, and whose server is this one."""

    def __init__(self, root: str, base_url: str, api_key: str | None, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self._root = root
        self._base_url = base_url
        self._api_key = api_key
        self._look_every_s = look_every_s
        self._left_alone: set[str] = set()
        self._rested_at = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="runreel-recovery", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Stop after the batch that is under way; safe twice."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(_END_WITHIN_S)

    def _run(self) -> None:
        with suppress(_EndingError):
            while True:
                try:
                    self._look()
                # The folder may be there again at the next look.
                except OSError as error:
                    _log.info("journals below %s can't be looked at (%s)", self._root, error.strerror)
                self._rest(self._look_every_s)

    def _look(self) -> None:
        for found in list_journals(self._root):
            if self._is_ours(found) and not self._try_to_deliver(found):
                # The server is busy or ends; all others would meet the same.
                return

    def _is_ours(self, found: Found) -> bool:
        is_waiting = not found.is_alive and found.problem is None and found.folder not in self._left_alone
        return is_waiting and found.url is not None and is_address_of(found.url, self._base_url)

    def _try_to_deliver(self, found: Found) -> bool:
        try:
            return self._deliver(found)
        except _EndingError:
            raise
        # What nobody thought of in one journal must not keep the next ones waiting for ever.
        except Exception as error:  # noqa: BLE001
            _log.error("an unexpected %s while a journal was recovered; it is left alone", type(error).__name__)
            self._left_alone.add(found.folder)
            return True

    def _deliver(self, found: Found) -> bool:
        self._rested_at = time.monotonic()
        # No patience: what is not taken now waits in its journal for the next look.
        delivered = deliver(found.folder, self._base_url, self._api_key, self._rest_in_turn, patience_s=0)
        if delivered.n_delivered or delivered.n_refused:
            _log.info(
                "recovered %d records that a recorder left, %d were refused", delivered.n_delivered, delivered.n_refused
            )
        if delivered.problem is not None:
            _log.info("what a recorder left waits: %s", delivered.problem)
        if delivered.waits_for not in {SERVER, HOLDER} and Path(found.folder).is_dir():
            # Something in it can't be delivered by this version, and looking again would read all of it again.
            self._left_alone.add(found.folder)
        return delivered.waits_for != SERVER

    def _rest_in_turn(self, _progress: Delivered) -> None:
        self._rest(min(time.monotonic() - self._rested_at, _LONGEST_REST_S))
        self._rested_at = time.monotonic()

    def _rest(self, seconds: float) -> None:
        if self._ending.wait(seconds):
            raise _EndingError
