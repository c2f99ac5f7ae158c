"""What `init` makes: settings, a journal, and the thread that delivers it. One at a time is the current one."""

from __future__ import annotations

import os
from _thread import RLock, get_ident

from runreel.errors import ConfigError
from runreel.sdk import guard, process
from runreel.sdk.counter import Counter
from runreel.sdk.settings import Settings, is_disabled_by, read_settings
from runreel.sdk.shipper import Shipper
from runreel.sdk.statement import Ledgers
from runreel.sdk.target import Target

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runreel.sdk.answer import Answer
    from runreel.sdk.blob_spool import Blob, BlobSpool
    from runreel.sdk.delivery import Delivery
    from runreel.sdk.dispatch import Dispatcher
    from runreel.sdk.errand import Errand
    from runreel.sdk.listener import Listener
    from runreel.sdk.port import Journal, Line, RecordedRun
    from runreel.sdk.run import Run
    from runreel.sdk.settings import Redact
    from runreel.sdk.transport import Transport
    from runreel.sdk.watch import Watch

FLUSH_TIMEOUT_S = 10.0
SHUTDOWN_TIMEOUT_S = 5.0
# At the end of a process nobody waits longer for a server that takes nothing.
PATIENCE_S = 1.2

# A fork does not wait longer for our thread, whatever that is at.
_FORK_TIMEOUT_S = 0.25
_STOP_TIMEOUT_S = 0.3
_MAX_NAMES = 20_000


class FlushResult:
    """How many records the server has taken, how many wait, and how many will not arrive.

    `refused` ones are in the dead-letter file, `dropped` ones found no room. Counts of one client in one process.
    """

    __slots__ = ("delivered", "dropped", "refused", "waiting")

    def __init__(self, *, delivered: int = 0, waiting: int = 0, dropped: int = 0, refused: int = 0) -> None:
        self.delivered = delivered
        self.waiting = waiting
        self.dropped = dropped
        self.refused = refused

    @property
    def is_complete(self) -> bool:
        """Whether the server has everything."""
        return not (self.waiting or self.dropped or self.refused)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FlushResult) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return (
            f"FlushResult(delivered={self.delivered}, waiting={self.waiting}, "
            f"dropped={self.dropped}, refused={self.refused})"
        )


class SpooledFile:
    """A file whose bytes will follow; `problem` says why they will not, None: they will."""

    __slots__ = ("file_id", "problem", "size_bytes")

    def __init__(self, file_id: str, size_bytes: int | None, problem: str | None) -> None:
        self.file_id = file_id
        self.size_bytes = size_bytes
        self.problem = problem


class Client:
    """Takes records from any thread and brings them to the server. Nothing of it raises, waits or uses the network
    in the caller's thread, but `flush` and `shutdown`, which wait.

    After `shutdown`, and in a forked child, the next record opens another journal under another recorder id.
    """

    is_enabled = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # Set by whoever describes values; delivering has no use for it.
        self.values: object = None
        self._target = Target(settings.url, settings.api_key)
        self._names: dict[str, str] = {}
        self._begin()

    def _begin(self) -> None:
        """Become a new recorder, with nothing open. In a forked child no lock of before is touched."""
        self.recorder_id = os.urandom(8).hex()
        self._journal: Journal | None = None
        self._blobs: BlobSpool | None = None
        self._delivery: Delivery | None = None
        self._ledgers = Ledgers(self.recorder_id)
        self._dropped = Counter()
        self._n_waiting_blobs = 0
        self._n_blob_bytes = 0
        self._opening = RLock()
        self._counting = RLock()
        self._opener: int | None = None
        self._early = _Early()
        self._former = FlushResult()
        self._shipper = Shipper(self._make_dispatcher)
        # What people ask of runs is heard once a run looks for it.
        self.listener: Listener | None = None
        # Threads of ours that wait for people's answers.
        self.errands: set[Errand] = set()

    # What callers of every record use.

    def add(self, run: RecordedRun, record: bytes, is_last_word: bool = False) -> None:
        """Hand over a record of a run and return at once. Where there is no room it is dropped, and counted.

        For last words, which tell how a run ended, there is room a little longer.
        """
        try:
            journal = self._journal or self._open_journal()
            # While it was closed under our hands there is another, or will be.
            while not journal.append(record, is_last_word):
                if journal is self._journal:
                    self._note_drop(run)
                    self._say_full(journal.why_refused)
                    break
                journal = self._journal or self._open_journal()
            if self._shipper.is_asleep:
                self._shipper.wake()
        except guard.OWN_ERRORS as error:
            guard.swallow("keep a record", error)
            self._note_drop(run)

    def open_run(self, run: RecordedRun) -> None:
        """Remember that a run goes on: heartbeats say so, until `close_run`."""
        try:
            if self._journal is None:
                # Now, and not with its first record: that this takes a while is not the run's.
                self._open_journal()
            self._ledgers.open_run(run)
        except guard.OWN_ERRORS as error:
            guard.swallow("open a run", error)

    def close_run(self, run: RecordedRun) -> None:
        """Note that a run has ended here: tell how many records there are of it."""
        try:
            if self.listener is not None:
                self.listener.forget(run.run_id)
            statement = self._ledgers.close_run(run)
            if statement is not None:
                self._say(run, statement)
            if self._shipper.is_asleep:
                self._shipper.wake()
        except guard.OWN_ERRORS as error:
            guard.swallow("close a run", error)

    def spool_file(
        self, run: RecordedRun, source: bytes | str | os.PathLike[str], *, file_id: str | None = None
    ) -> SpooledFile:
        """Keep a copy of bytes, a text or the file at a path, to be uploaded for the file `file_id` of the run."""
        file_id = file_id or os.urandom(8).hex()
        size_bytes = len(source) if isinstance(source, bytes) else None
        try:
            blob = self._keep_blob(run, source, file_id)
        except guard.OWN_ERRORS as error:
            problem = str(error) if isinstance(error, OSError) and error.errno is None else None
            problem = problem or getattr(error, "strerror", None) or type(error).__name__
            return SpooledFile(file_id, size_bytes, f"its bytes are not kept: {problem}")
        return SpooledFile(file_id, blob.size_bytes, None)

    def name_of(self, run_id: str) -> str | None:
        """Return the name that the server gave a run, as far as it has answered."""
        return self._names.get(run_id)

    # What people say.

    def watch(self, run: Run) -> Watch:
        """Listen to what people ask of a run, until it ends."""
        from runreel.sdk.listener import Listener

        with self._opening:
            if self.listener is None:
                self.listener = Listener(self.open_line)
            return self.listener.watch(run)

    def open_line(self) -> Line:
        """Make a connection for one who waits; all that it needs is imported here."""
        from runreel.sdk.line import HttpLine
        from runreel.sdk.transport import load

        load(self._target.url)
        return HttpLine(self._target.url, self._target.api_key)

    # What waits.

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> FlushResult:
        """Wait until what was recorded so far is delivered, `timeout_s` at most; tell truthfully what became of it."""
        with guard.never_raise("flush"):
            self._flush(timeout_s, patience_s=None)
        return self.count()

    def shutdown(self, timeout_s: float | None = None, *, patience_s: float = PATIENCE_S) -> FlushResult:
        """Flush, end the thread and close the journal. What could not be delivered stays in it for the next process.

        Without a time it takes five seconds at most, and gives up where the server takes nothing for `patience_s`.
        """
        if timeout_s is None:
            return self._shut_down(SHUTDOWN_TIMEOUT_S, patience_s=patience_s)
        return self._shut_down(timeout_s, patience_s=None)

    def count(self) -> FlushResult:
        """Count what became of records up to now."""
        former, delivery, journal = self._former, self._delivery, self._journal
        n_delivered = n_refused = n_waiting = 0
        if delivery is not None and journal is not None:
            with delivery.settling:
                n_delivered, n_refused = delivery.n_delivered, delivery.n_refused
                n_waiting = max(journal.n_records_waiting - delivery.n_settled_early, 0) + self._n_waiting_blobs
        return FlushResult(
            delivered=former.delivered + n_delivered,
            waiting=n_waiting + len(self._early.records),
            dropped=former.dropped + self._dropped.value(),
            refused=former.refused + n_refused,
        )

    # What the process does.

    def start(self) -> None:
        """Start the thread, which looks for what dead processes left, and go on listening."""
        self._shipper.wake()
        if self.listener is not None:
            self.listener.start()

    def stop_before_fork(self) -> bool:
        """End our threads for the moment of a fork; tell whether there was one that `start` has to start again."""
        was_running = self._shipper.is_running
        self._shipper.stop(_FORK_TIMEOUT_S)
        for errand in list(self.errands):
            errand.cut_short(_FORK_TIMEOUT_S)
        if self.listener is not None:
            was_running = self.listener.is_running or was_running
            self.listener.stop(_FORK_TIMEOUT_S)
        return was_running

    def begin_in_child(self) -> None:
        """Leave to the parent what is the parent's. A new journal and thread come with the first record."""
        if self._journal is not None:
            with guard.never_raise("leave the journal to the parent process"):
                self._journal.drop_in_child()
        self._begin()

    def _open_journal(self) -> Journal | _Early:
        if self._opener == get_ident():
            # A signal handler came while its own thread opens the journal.
            return self._early
        with self._opening:
            if self._journal is not None:
                return self._journal
            self._opener = get_ident()
            try:
                return self._opened()
            finally:
                self._opener = None

    def _opened(self) -> Journal:
        from runreel.sdk.blob_spool import BlobSpool
        from runreel.sdk.dead_letter import DeadLetters
        from runreel.sdk.delivery import Delivery
        from runreel.sdk.dispatch import Freight

        journal = _make_journal(self.settings, self._target, self.recorder_id)
        blobs = BlobSpool(journal.folder) if journal.folder is not None else None
        letters = DeadLetters(os.path.join(self.settings.journal, self._target.key))
        delivery = Delivery(journal, blobs, letters, on_names=self._note_names, on_blob_gone=self._note_blob_gone)
        while self._early.records:
            if not journal.append(self._early.records.pop(0)):
                self._dropped.add()
        self._blobs, self._delivery = blobs, delivery
        self._shipper.freight = Freight(journal, delivery, self._ledgers)
        self._journal = journal
        process.watch_exit()
        return journal

    def _keep_blob(self, run: RecordedRun, source: bytes | str | os.PathLike[str], file_id: str) -> Blob:
        journal = self._journal or self._open_journal()
        blobs = self._blobs
        if blobs is None or isinstance(journal, _Early):
            raise OSError("no folder can be written to")
        room = self.settings.journal_max_bytes - journal.n_bytes_waiting - self._n_blob_bytes
        if room <= 0:
            raise OSError("what waits is at its limit")
        blob = blobs.keep(run.run_id, file_id, source, max_bytes=min(self.settings.max_file_bytes, room))
        with self._counting:
            self._n_waiting_blobs += 1
            self._n_blob_bytes += blob.size_bytes
        journal.note_extra_bytes(blob.size_bytes)
        self._shipper.wake()
        return blob

    def _note_blob_gone(self, blob: Blob) -> None:
        with self._counting:
            self._n_waiting_blobs -= 1
            self._n_blob_bytes -= blob.size_bytes
        if self._journal is not None:
            self._journal.note_extra_bytes(-blob.size_bytes)

    def _note_names(self, names: Sequence[tuple[str, str | None]]) -> None:
        for run_id, run_name in names:
            if run_name is not None:
                self._names[run_id] = run_name
        while len(self._names) > _MAX_NAMES:
            del self._names[next(iter(self._names))]

    def _note_drop(self, run: RecordedRun) -> None:
        self._dropped.add()
        with guard.never_raise("count a dropped record"):
            self._ledgers.note_drop(run)

    def _say_full(self, why: str) -> None:
        guard.say_once(
            f"dropped {self.recorder_id}",
            f"records are dropped and counted, as there is no room for them in {self.settings.journal}: {why}. "
            "Make room there, start the server, or raise RUNREEL_JOURNAL_MAX_BYTES",
        )

    def _say(self, run: RecordedRun, statement: bytes) -> None:
        journal = self._journal or self._open_journal()
        if not journal.append(statement, is_last_word=True):
            self._ledgers.say_later(run, statement)

    def _shut_down(self, timeout_s: float, *, patience_s: float | None) -> FlushResult:
        with guard.never_raise("deliver what waits"):
            self._say_all()
            self._flush(timeout_s, patience_s=patience_s)
        result = self.count()
        with guard.never_raise("close the journal"):
            self._close()
        return result

    def _say_all(self) -> None:
        for run, statement in self._ledgers.final_statements():
            self._say(run, statement)

    def _flush(self, timeout_s: float, *, patience_s: float | None) -> None:
        if self._journal is None:
            return
        before = self.count()
        target = before.delivered + before.refused + before.waiting
        self._shipper.wait(self._count_settled, target, timeout_s, patience_s=patience_s)

    def _count_settled(self) -> int:
        now = self.count()
        return now.delivered + now.refused

    def _close(self) -> None:
        with self._opening:
            listener, self.listener = self.listener, None
            if listener is not None:
                listener.stop(_STOP_TIMEOUT_S)
            has_stopped = self._shipper.stop(_STOP_TIMEOUT_S)
            journal, blobs, counted = self._journal, self._blobs, self.count()
            if journal is None or not has_stopped:
                # A thread that hangs in the system may come back to its journal, which then stays until the end.
                return
            # First, so that records that come now go to another journal.
            self._begin()
            # What waits is left to other processes: it was told, and is not this recorder's any more.
            self._former = FlushResult(delivered=counted.delivered, dropped=counted.dropped, refused=counted.refused)
            if blobs is not None:
                blobs.remove_if_empty()
            journal.close()

    def _make_dispatcher(self) -> Dispatcher:
        # All that the thread needs is imported here, at one time: see `Shipper.stop`.
        from runreel.sdk.dispatch import Dispatcher
        from runreel.sdk.recovery import Recovery
        from runreel.sdk.transport import load

        load(self._target.url)
        return Dispatcher(
            self._make_transport,
            heartbeat_interval_ms=self.settings.heartbeat_interval_ms,
            recovery=Recovery(self.settings.journal, self._target.key),
            on_trouble=self._say_trouble,
        )

    def _make_transport(self) -> Transport:
        from runreel.sdk.transport import Transport

        return Transport(self._target.url, self._target.api_key)

    def _say_trouble(self, answer: Answer) -> None:
        said = "no Runreel answers" if answer.status is None else f"the server says {answer.detail!r}"
        why = f" ({answer.detail})" if answer.status is None else ""
        guard.say_once(
            f"trouble {self._target.url} {answer.status}",
            f"{said} at {self._target.url}{why}; records wait in {self.settings.journal} until it takes them",
        )


class _Early:
    """Takes records that come while their own thread opens the journal."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.n_bytes_waiting = 0
        self.why_refused = ""

    def append(self, record: bytes, is_last_word: bool = False) -> bool:  # noqa: ARG002 - it takes all
        self.records.append(record)
        return True


def _make_journal(settings: Settings, target: Target, recorder_id: str) -> Journal:
    from runreel.sdk.journal.journal import journal_of_interpreter
    from runreel.sdk.memory_journal import MemoryJournal

    try:
        return journal_of_interpreter().open(
            settings.journal, target, recorder_id=recorder_id, max_bytes=settings.journal_max_bytes
        )
    except (OSError, ConfigError) as error:
        guard.say_once(
            f"journal {settings.journal}",
            f"no journal can be kept in {settings.journal} ({error}); records wait in memory instead, and end with "
            "this process. Give a folder that can be written to as RUNREEL_JOURNAL",
        )
        return MemoryJournal(max_bytes=min(settings.journal_max_bytes, 32 * 1024 * 1024))


_current: Client | None = None
_has_begun = False
_changing = RLock()


def init(
    *,
    agent: str | None = None,
    url: str | None = None,
    api_key: str | None = None,
    session: str | None = None,
    environment: str | None = None,
    tags: Iterable[str] | None = None,
    metadata: Mapping[str, object] | None = None,
    redact: Redact | None = None,
    redact_keys: Iterable[str] | None = None,
    journal: str | os.PathLike[str] | None = None,
    journal_max_bytes: int | None = None,
    max_file_bytes: int | None = None,
    disabled: bool | None = None,
) -> Client | None:
    """Make the client that everything is recorded with from now on; None: recording is disabled.

    What is left out comes from the environment. With the settings that are in use already nothing happens; with others,
    what waits is delivered first, as far as that is possible within seconds.

    Raises:
        ConfigError: a setting can't be used; nothing has changed then.
    """
    settings = read_settings(
        agent=agent,
        url=url,
        api_key=api_key,
        session=session,
        environment=environment,
        tags=tags,
        metadata=metadata,
        redact=redact,
        redact_keys=redact_keys,
        journal=journal,
        journal_max_bytes=journal_max_bytes,
        max_file_bytes=max_file_bytes,
        disabled=disabled,
    )
    return _change_to(settings)


def current_client() -> Client | None:
    """Return the client in use; None: there was no `init`, or recording is disabled."""
    return _current


def ensure_client() -> Client | None:
    """Return the client in use, or make one from the environment. Never raises: a bad one disables recording."""
    if _has_begun:
        return _current
    with _changing:
        if _has_begun:
            return _current
        try:
            return init()
        except ConfigError as error:
            guard.say_once("environment", f"nothing is recorded: {error}")
            return _set_current(None)


def replace_client(client: Client | None) -> Client | None:
    """Put a client into use without ending the one that was; return that one."""
    former = _current
    _set_current(client)
    return former


def begin_in_child() -> None:
    """Leave to the parent of a fork what is the parent's; another thread of it may have held any lock."""
    global _changing  # noqa: PLW0603 - there is one client in a process
    _changing = RLock()
    if _current is not None:
        _current.begin_in_child()


def is_disabled() -> bool:
    """Tell whether the environment says that nothing is to be recorded."""
    try:
        return is_disabled_by()
    except ConfigError:
        return False


def flush(timeout_s: float = FLUSH_TIMEOUT_S) -> FlushResult:
    """Wait until everything recorded so far is delivered, `timeout_s` at most."""
    return FlushResult() if _current is None else _current.flush(timeout_s)


def shutdown(timeout_s: float | None = None) -> FlushResult:
    """Flush and end the thread, as `Client.shutdown`. What is recorded later begins anew."""
    return FlushResult() if _current is None else _current.shutdown(timeout_s)


def _change_to(settings: Settings) -> Client | None:
    with _changing:
        former = _current
        if former is not None and former.settings == settings:
            return former
        client = None if settings.is_disabled else Client(settings)
        _set_current(client)
        if client is not None:
            process.install()
            client.start()
        # Not before the new one is in use: no record comes between both.
        if former is not None:
            former.shutdown()
        return client


def _set_current(client: Client | None) -> Client | None:
    global _current, _has_begun  # noqa: PLW0603 - there is one client in a process
    _current = client
    _has_begun = True
    return client
