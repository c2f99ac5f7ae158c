"""What the recorder itself says of runs: that they go on (heartbeats), and how many records it numbered and dropped."""

from __future__ import annotations

import sys
from _thread import RLock

from runreel import __version__
from runreel.sdk.counter import Counter
from runreel.sdk.quoting import quote
from runreel.sdk.record import now_text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runreel.sdk.port import RecordedRun

# Of more runs than this nothing is remembered: they are told apart by the gaps in their numbers still.
_MAX_RUNS = 20_000


class Ledger:
    """What one recorder knows of one run."""

    __slots__ = ("dropped", "is_known", "is_open", "n_dropped_told", "run")

    def __init__(self, run: RecordedRun) -> None:
        self.run = run
        # Made with the first that was.
        self.dropped: Counter | None = None
        self.n_dropped_told = 0
        self.is_open = False
        # A heartbeat of a run that the server has not heard of would open one without an agent.
        self.is_known = False

    def n_dropped(self) -> int:
        """Return how many records were dropped."""
        return 0 if self.dropped is None else self.dropped.value()


class Ledgers:
    """What one recorder knows of its runs: those that are open, and those that lost records. From any thread."""

    def __init__(self, recorder_id: str) -> None:
        self.recorder_id = recorder_id
        self._by_run: dict[str, Ledger] = {}
        # Runs are opened and closed in signal handlers as well.
        self._lock = RLock()
        # What could not be journalled waits here, at most one statement for each run.
        self._unsaid: dict[str, bytes] = {}
        self.has_unsaid = False

    def open_run(self, run: RecordedRun) -> None:
        """Remember that a run goes on."""
        if (ledger := self._ledger_of(run)) is not None:
            ledger.is_open = True

    def close_run(self, run: RecordedRun) -> bytes | None:
        """Forget a run that has ended, and say what was recorded of it; None where that is nothing."""
        with self._lock:
            ledger = self._by_run.pop(run.run_id, None) or Ledger(run)
        return self._text(ledger, is_closed=True)

    def note_drop(self, run: RecordedRun) -> None:
        """Count a record that could not be kept."""
        with self._lock:
            if (ledger := self._ledger_of(run)) is not None:
                if ledger.dropped is None:
                    fresh = Counter()
                    # A signal handler may have made one meanwhile.
                    ledger.dropped = ledger.dropped or fresh
                ledger.dropped.add()
                self.has_unsaid = True

    def note_known(self, run_ids: Iterable[str]) -> None:
        """Note that the server has heard of these runs."""
        for run_id in run_ids:
            if (ledger := self._by_run.get(run_id)) is not None:
                ledger.is_known = True

    def say_later(self, run: RecordedRun, statement: bytes) -> None:
        """Keep what the journal has no room for, until it is sent by itself."""
        with self._lock:
            if len(self._unsaid) < _MAX_RUNS:
                self._unsaid[run.run_id] = statement
                self.has_unsaid = True

    def take_unsaid(self, max_statements: int) -> list[tuple[str, bytes]]:
        """Return what is to be said beside the journal: of runs that were closed, and of new drops."""
        with self._lock:
            self.has_unsaid = False
            for run_id, ledger in list(self._by_run.items()):
                if ledger.n_dropped() != ledger.n_dropped_told and (text := self._text(ledger, is_closed=False)):
                    self._unsaid[run_id] = text
            self.has_unsaid = bool(self._unsaid)
            return list(self._unsaid.items())[:max_statements]

    def note_said(self, statements: Iterable[tuple[str, bytes]]) -> None:
        """Forget what was said, unless there is something newer to say of the run."""
        with self._lock:
            for run_id, statement in statements:
                if self._unsaid.get(run_id) is statement:
                    del self._unsaid[run_id]
            self.has_unsaid = bool(self._unsaid)

    def final_statements(self) -> list[tuple[RecordedRun, bytes]]:
        """Say of all runs that are still known what was recorded of them; this recorder ends."""
        with self._lock:
            ledgers = list(self._by_run.values())
            self._by_run.clear()
            return [(ledger.run, text) for ledger in ledgers if (text := self._text(ledger, is_closed=True))]

    def heartbeats(self, interval_ms: int) -> list[bytes]:
        """Say of each run that goes on that it does."""
        with self._lock:
            open_ids = [run_id for run_id, ledger in self._by_run.items() if ledger.is_open and ledger.is_known]
        now = now_text()
        return [
            f'{{"record":"run","run_id":{quote(run_id)},"heartbeat_interval_ms":{interval_ms},'
            f'"recorded_at":{now}}}'.encode()
            for run_id in open_ids
        ]

    @property
    def has_open_runs(self) -> bool:
        """Whether a run goes on."""
        with self._lock:
            return any(ledger.is_open for ledger in self._by_run.values())

    def _ledger_of(self, run: RecordedRun) -> Ledger | None:
        with self._lock:
            ledger = self._by_run.get(run.run_id)
            if ledger is None and len(self._by_run) < _MAX_RUNS:
                ledger = self._by_run[run.run_id] = Ledger(run)
            return ledger

    def _text(self, ledger: Ledger, *, is_closed: bool) -> bytes | None:
        """Say what was recorded of a run; nothing where nothing was, since to speak of the run would open it."""
        record_count = ledger.run.record_count()
        if not record_count:
            return None
        n_dropped = ledger.n_dropped_told = ledger.n_dropped()
        return (
            f'{{"record":"recorder","run_id":{quote(ledger.run.run_id)},"recorder_id":"{self.recorder_id}",'
            f'"record_count":{record_count},"dropped_count":{n_dropped},'
            f'"closed":{"true" if is_closed else "false"}{_ABOUT},"recorded_at":{now_text()}}}'
        ).encode("utf-8", "replace")


def _about() -> str:
    """Write what records here: the SDK, and the language that it runs on."""
    implementation = sys.implementation.name.replace("cpython", "CPython").replace("pypy", "PyPy")
    version = ".".join(map(str, sys.version_info[:3]))
    return f',"sdk":"runreel/{__version__}","language":{quote(f"{implementation} {version}")}'


_ABOUT = _about()
