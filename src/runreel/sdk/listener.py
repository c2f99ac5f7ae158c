"""The thread that hears what people ask of the runs of one client.

One connection, one question at a time. Of a single run the server is asked to wait until there is something. Several
share the time, so that each is asked about every few seconds however many there are.
"""

from __future__ import annotations

from _random import Random  # `random` takes longer to import than all of ours may
from _thread import RLock, allocate_lock, get_native_id, start_new_thread
from time import monotonic

from runreel.sdk import guard
from runreel.sdk.answer import TAKEN, UNKNOWN_STATUS
from runreel.sdk.backoff import Backoff
from runreel.sdk.shipper import LOADING_TIMEOUT_S, Order, await_exit, ring
from runreel.sdk.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.sdk.port import Line
    from runreel.sdk.run import Run

# Less than proxies and the server allow a request to take.
_LONGEST_WAIT_S = 25
# What a run has recorded so far is with the server by then, most of the time.
_FIRST_PAUSE_S = 0.1
_ROUND_S = 1.0
_MOST_QUESTIONS_A_SECOND = 20
_FIRST_UNKNOWN_PAUSE_S = 0.25
_LONGEST_UNKNOWN_PAUSE_S = 15.0
_LONGEST_PAUSE_S = 10.0


class Listener:
    """Listens in a thread that the first run starts, and that ends some time after the last one."""

    def __init__(self, make_line: Callable[[], Line]) -> None:
        self._make_line = make_line
        self._watches: dict[str, Watch] = {}
        self._backoff = Backoff(Random().random, longest_pause_s=_LONGEST_PAUSE_S)
        self._bell = allocate_lock()
        self._bell.acquire()
        # Runs begin and end in several threads, and in signal handlers as well.
        self._changing = RLock()
        self._loading = allocate_lock()  # held while modules are imported: see `Shipper.stop`
        self._order: Order | None = None
        self._line: Line | None = None
        self._has_news = False

    @property
    def is_running(self) -> bool:
        """Whether there is a thread."""
        return self._order is not None

    def watch(self, run: Run) -> Watch:
        """Listen for a run from now on, until `forget`."""
        with self._changing:
            watch = run.watch
            if watch is None:
                watch = run.watch = Watch(run, self)
            watch.listener = self
            if not run.is_ended:
                watch.retry_at = monotonic() + _FIRST_PAUSE_S
                self._watches[run.run_id] = watch
                self.start()
        return watch

    def forget(self, run_id: str) -> None:
        """Listen no more for a run, which has ended."""
        with self._changing:
            self._watches.pop(run_id, None)

    def start(self) -> None:
        """Start the thread if there are runs to listen for, or have it look at them anew."""
        with self._changing:
            if self._watches and self._order is None:
                self._order = self._started()
            self._has_news = True
        self._wake()

    def stop(self, timeout_s: float) -> bool:
        """End the thread, in the middle of a question if need be; False: it takes longer, and ends later."""
        with self._changing:
            order, self._order = self._order, None
        if order is None:
            return True
        order.is_stopping = True
        if self._loading.acquire(timeout=LOADING_TIMEOUT_S):
            self._loading.release()
        self._wake()
        has_ended = order.ended.acquire(timeout=timeout_s)
        if has_ended:
            await_exit(order.native_id)
        return has_ended

    def _started(self) -> Order | None:
        order = Order()
        try:
            start_new_thread(self._run, (order,))
        except RuntimeError as error:
            # No more threads, or an interpreter that ends: nobody hears then what people ask.
            guard.swallow("start the thread that hears what people ask of runs", error)
            return None
        return order

    def _wake(self) -> None:
        if (line := self._line) is not None:
            line.interrupt()
        ring(self._bell)

    def _run(self, order: Order) -> None:
        order.native_id = get_native_id()
        line = None
        try:
            with self._loading:
                line = self._make_line()
            self._line = line
            while not order.is_stopping and self._has_runs(order):
                self._sleep(order, self._turn(order, line))
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            guard.swallow("hear what people ask of runs", error)
        finally:
            if line is not None:
                line.close()
            with self._changing:
                if self._order is order:
                    self._order = None
            order.ended.release()

    def _has_runs(self, order: Order) -> bool:
        """Return whether there is a run to listen for; else whoever brings the next one starts another thread."""
        with self._changing:
            if not self._watches and self._order is order:
                self._order = None
            return bool(self._watches)

    def _turn(self, order: Order, line: Line) -> float:
        """Ask about each run for which it is time; return how long until the next one."""
        self._has_news = False
        line.resume()
        watches = list(self._watches.values())
        # Of one run the server waits until there is something; several are asked about in turn.
        wait_s = _LONGEST_WAIT_S if len(watches) == 1 else 0
        for watch in watches:
            if watch.retry_at <= monotonic() and not order.is_stopping and not self._has_news:
                self._ask(line, watch, wait_s, pause_s=_pause_between(len(watches)))
            if (pause_s := self._backoff.retry_at - monotonic()) > 0:
                return pause_s
        return min((watch.retry_at for watch in watches), default=monotonic()) - monotonic()

    def _ask(self, line: Line, watch: Watch, wait_s: int, *, pause_s: float) -> None:
        began_at, after = monotonic(), watch.after
        answer, content = line.list_requests(watch.run.run_id, after, wait_s)
        now = monotonic()
        if answer.kind == TAKEN:
            self._backoff.succeed()
            watch.n_unknown = 0
            requests = content.get("requests")
            watch.hear(requests if isinstance(requests, list) else ())  # type: ignore[reportUnknownArgumentType]
            if watch.after == after and (not wait_s or now - began_at < wait_s / 2):
                # A server that didn't wait, be it that it is about to end, must not be asked again at once.
                watch.retry_at = now + pause_s
        elif answer.status == UNKNOWN_STATUS:
            self._backoff.succeed()
            pause_s = min(_FIRST_UNKNOWN_PAUSE_S * 2 ** min(watch.n_unknown, 10), _LONGEST_UNKNOWN_PAUSE_S)
            watch.n_unknown += 1
            watch.retry_at = now + pause_s
        elif not self._has_news:
            self._backoff.fail(answer, now, is_urgent=False)

    def _sleep(self, order: Order, pause_s: float) -> None:
        if pause_s > 0 and not order.is_stopping and not self._has_news:
            self._bell.acquire(timeout=pause_s)


def _pause_between(n_runs: int) -> float:
    """Return how long a run of several is not asked about, so that all of them together are few questions."""
    return max(_ROUND_S, n_runs / _MOST_QUESTIONS_A_SECOND)
