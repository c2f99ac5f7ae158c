"""The thread that sends, and what wakes and stops it.

It is started with `_thread`, not with `threading.Thread`: a record may come from a signal handler that interrupts
`Thread.start`, whose lock would then wait for itself.
"""

from __future__ import annotations

import os
from _thread import LockType, allocate_lock, get_native_id, start_new_thread
from time import monotonic, sleep

from runreel.sdk import guard
from runreel.sdk.answer import BLOCKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.sdk.dispatch import Dispatcher, Freight, Turn

# Imports take milliseconds; a fork in the middle of one would leave its lock to the child for ever.
LOADING_TIMEOUT_S = 2.0

# Records gather for so long before they leave.
_GATHER_S = 0.02
_POLL_S = 0.05
# While records come, they leave together so often. Each time the host's threads give way to ours for some moments.
LOOK_S = 0.2
_START_PAUSE_S = 1.0
_EXIT_TIMEOUT_S = 0.25
_EXIT_PAUSE_S = 0.0002
_PAUSE_OF_FAILING_S = 1.0
_LONGEST_WAIT_S = 1_000_000.0
# Attempts without an answer after which whoever would rather give up than wait is told so.
_TRIES_OF_GIVING_UP = 2


class Shipper:
    """Ships in a thread of its own, which is started by the first `wake`, and can be stopped and started again.

    `is_asleep` is all that a caller looks at for each record: only if it is set does anybody have to wake the thread.
    """

    def __init__(self, make_dispatcher: Callable[[], Dispatcher]) -> None:
        self.is_asleep = True
        self.freight: Freight | None = None
        self._make_dispatcher = make_dispatcher
        self._dispatcher: Dispatcher | None = None
        self._bell = allocate_lock()
        self._bell.acquire()
        self._shipping = allocate_lock()  # held by whoever ships: one at a time
        self._loading = allocate_lock()  # held while modules are imported
        self._starting = allocate_lock()
        self._start_at = 0.0
        self._order: Order | None = None
        self._has_news = False
        self._n_bytes_seen = 0
        self._waiters: list[_Waiter] = []

    @property
    def is_running(self) -> bool:
        """Whether there is a thread."""
        return self._order is not None

    def wake(self) -> None:
        """Have the thread look again, and start it if there is none. Takes no lock that could make a caller wait."""
        self.is_asleep = False
        self._has_news = True
        if self._order is None:
            self._start()
        ring(self._bell)

    def wait(self, count: Callable[[], int], target: int, timeout_s: float, *, patience_s: float | None = None) -> None:
        """Wait until nothing is left to send, or `count` has come to the target; `timeout_s` at most.

        With `patience_s` the wait also ends where the count stands still for so long, or nobody answers.
        """
        waiter = _Waiter(count, target, gives_up=patience_s is not None)
        self._waiters.append(waiter)
        try:
            if (dispatcher := self._dispatcher) is not None:
                dispatcher.hurry()
            self.wake()
            self._await(waiter, monotonic() + min(timeout_s, _LONGEST_WAIT_S), patience_s or _LONGEST_WAIT_S)
        finally:
            self._waiters.remove(waiter)

    def stop(self, timeout_s: float) -> bool:
        """End the thread, in the middle of a request if need be; False: it takes longer, and ends later."""
        order, self._order = self._order, None
        if order is None:
            return True
        order.is_stopping = True
        if self._loading.acquire(timeout=LOADING_TIMEOUT_S):
            self._loading.release()
        if (dispatcher := self._dispatcher) is not None:
            dispatcher.interrupt()
        ring(self._bell)
        has_ended = order.ended.acquire(timeout=timeout_s)
        self.is_asleep = True
        if has_ended:
            await_exit(order.native_id)
        return has_ended

    def _start(self) -> None:
        # Not waited for: whoever holds it starts the thread, be it the very code that was interrupted to come here.
        if monotonic() < self._start_at or not self._starting.acquire(blocking=False):
            return
        try:
            if self._order is None:
                order = Order()
                start_new_thread(self._run, (order,))
                self._order = order
        except RuntimeError as error:
            # No more threads: what is journalled, another process delivers. An interpreter that ends (3.12 on) starts
            # none as well, but its exit handler ships by itself.
            self._start_at = monotonic() + _START_PAUSE_S
            self.is_asleep = True
            if "interpreter shutdown" not in str(error):
                guard.swallow("start the thread that delivers records", error)
        finally:
            self._starting.release()

    def _run(self, order: Order) -> None:
        order.native_id = get_native_id()
        try:
            while not self._shipping.acquire(timeout=_POLL_S):
                # The former thread is not quite at its end.
                if order.is_stopping:
                    return
            try:
                self._ship(order)
            finally:
                self._shipping.release()
        finally:
            order.ended.release()

    def _ship(self, order: Order) -> None:
        self._prepare()
        while not order.is_stopping:
            self._sleep(order, self._turn())
        self._let_go()

    def _ship_here(self, waiter: _Waiter, ends_at: float) -> None:
        """Ship in the caller's thread: an interpreter that ends starts no other."""
        if not self._shipping.acquire(blocking=False):
            return
        try:
            self._prepare()
            while not waiter.is_over and (left_s := ends_at - monotonic()) > 0:
                pause_s = self._turn()
                if not waiter.is_over:
                    waiter.bell.acquire(timeout=min(left_s, _POLL_S if pause_s is None else pause_s))
            self._let_go()
        finally:
            self._shipping.release()

    def _await(self, waiter: _Waiter, ends_at: float, patience_s: float) -> None:
        if self._order is None:
            self._ship_here(waiter, min(ends_at, monotonic() + patience_s))
        n_settled = waiter.count()
        while not waiter.is_over and (left_s := ends_at - monotonic()) > 0:
            if waiter.bell.acquire(timeout=min(left_s, patience_s)):
                return
            n_before, n_settled = n_settled, waiter.count()
            if left_s > patience_s and n_settled == n_before:
                return

    def _prepare(self) -> None:
        with self._loading, guard.never_raise("prepare to deliver records"):
            if self._dispatcher is None:
                self._dispatcher = self._make_dispatcher()
            else:
                self._dispatcher.resume()

    def _let_go(self) -> None:
        with guard.never_raise("let go of the server"):
            if self._dispatcher is not None:
                self._dispatcher.close()

    def _turn(self) -> float | None:
        # Whoever comes from now on may have added something that this turn does not see.
        waiters = list(self._waiters)
        self._has_news = False
        if (dispatcher := self._dispatcher) is None:
            self._prepare()
            return _PAUSE_OF_FAILING_S
        try:
            dispatcher.freight = self.freight
            turn = dispatcher.turn(is_urgent=bool(waiters))
            for waiter in waiters:
                waiter.look_at(turn)
        except Exception as error:  # noqa: BLE001 - the loop must live, whatever is wrong with one turn
            guard.swallow("deliver records", error)
            return _PAUSE_OF_FAILING_S
        return turn.pause_s

    def _sleep(self, order: Order, pause_s: float | None) -> None:
        if pause_s is not None and pause_s <= 0:
            return
        n_bytes = self._n_bytes_waiting()
        if n_bytes != self._n_bytes_seen:
            # Records come, or went a moment ago: a short look again is cheaper than having every caller wake us.
            self._n_bytes_seen = n_bytes
            self._bell.acquire(timeout=LOOK_S if pause_s is None else min(pause_s, LOOK_S))
            return
        self.is_asleep = True
        # What came before the callers could see that is looked for once more.
        if not self._has_news and self._n_bytes_waiting() == n_bytes and not order.is_stopping:
            self._bell.acquire(timeout=-1 if pause_s is None else min(pause_s, _LONGEST_WAIT_S))
        self.is_asleep = False
        if self._has_news and not self._waiters and not order.is_stopping:
            self._bell.acquire(timeout=_GATHER_S)

    def _n_bytes_waiting(self) -> int:
        return self.freight.journal.n_bytes_waiting if self.freight is not None else 0


class Order:
    """What one thread of ours is told."""

    __slots__ = ("ended", "is_stopping", "native_id")

    def __init__(self) -> None:
        self.is_stopping = False
        self.native_id = 0
        self.ended = allocate_lock()
        self.ended.acquire()


def ring(bell: LockType) -> None:
    """Wake who waits to acquire the bell; of several rings one is heard."""
    try:  # noqa: SIM105 - `contextlib` takes long to import
        bell.release()
    except RuntimeError:
        # Somebody else rang just now.
        pass


def await_exit(native_id: int) -> None:
    """Wait, for moments, until the system has a thread gone that has done its last step in Python.

    Else a fork that follows is one of a process with several threads, which Python warns of from 3.12 on.
    """
    path = f"/proc/self/task/{native_id}"
    ends_at = monotonic() + _EXIT_TIMEOUT_S
    while os.path.exists(path) and monotonic() < ends_at:
        sleep(_EXIT_PAUSE_S)


class _Waiter:
    """Somebody who waits until all is sent."""

    __slots__ = ("_gives_up", "_n_failures", "_target", "bell", "count", "is_over")

    def __init__(self, count: Callable[[], int], target: int, *, gives_up: bool) -> None:
        self.count = count
        self.is_over = False
        self.bell = allocate_lock()
        self.bell.acquire()
        self._target = target
        self._gives_up = gives_up
        self._n_failures = 0

    def look_at(self, turn: Turn) -> None:
        """Let them go on if there is nothing more to wait for."""
        n_unanswered = sum(answer.status is None for answer in turn.failures)
        self._n_failures = self._n_failures + n_unanswered if n_unanswered else 0
        is_hopeless = self._gives_up and self._n_failures >= _TRIES_OF_GIVING_UP
        is_hopeless = is_hopeless or any(answer.kind == BLOCKED for answer in turn.failures)
        if not self.is_over and (turn.is_drained or is_hopeless or self.count() >= self._target):
            self.is_over = True
            self.bell.release()
