"""What is sent next: records, files, heartbeats, what dead processes left: one turn after another, in one thread."""

from __future__ import annotations

from random import random
from time import monotonic

from runreel.sdk.answer import REFUSED, TAKEN, Answer
from runreel.sdk.backoff import Backoff
from runreel.sdk.delivery import MAX_BATCH_BYTES
from runreel.sdk.shipper import LOOK_S

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from runreel.sdk.delivery import Delivery
    from runreel.sdk.port import Journal
    from runreel.sdk.recovery import Recovery
    from runreel.sdk.statement import Ledgers
    from runreel.sdk.transport import Transport


# Between two batches of a journal that a dead process left.
_RECOVERY_PAUSE_S = 0.05
# What waits fills a batch: then the next one leaves at once.
_BUSY_BYTES = MAX_BATCH_BYTES
_MAX_STATEMENTS = 2000
# While records are dropped, how many is said so often.
_STATEMENT_PAUSE_S = 1.0


class Freight:
    """What one recorder gives to be delivered."""

    __slots__ = ("delivery", "journal", "ledgers")

    def __init__(self, journal: Journal, delivery: Delivery, ledgers: Ledgers) -> None:
        self.journal = journal
        self.delivery = delivery
        self.ledgers = ledgers


class Turn:
    """What came of one turn. `pause_s`: until the next makes sense; None: until something new comes."""

    __slots__ = ("failures", "is_drained", "pause_s")

    def __init__(self) -> None:
        self.pause_s: float | None = None
        self.is_drained = False
        self.failures: list[Answer] = []

    def come_again(self, pause_s: float) -> None:
        """Have the next turn within this time."""
        self.pause_s = max(pause_s, 0.0) if self.pause_s is None else min(self.pause_s, max(pause_s, 0.0))


class Dispatcher:
    """Sends for one recorder. Used by one thread at a time; `interrupt` may come from another."""

    def __init__(
        self,
        make_transport: Callable[[], Transport],
        *,
        heartbeat_interval_ms: int,
        recovery: Recovery | None = None,
        on_trouble: Callable[[Answer], None] = lambda _: None,
        jitter: Callable[[], float] = random,
    ) -> None:
        self.freight: Freight | None = None
        self._records_server = make_transport()
        # Of its own: between two blocks of a file, records are sent.
        self._files_server = make_transport()
        self._records_backoff = Backoff(jitter)
        # A file that is not taken, for whatever reason, keeps no record waiting.
        self._files_backoff = Backoff(jitter)
        self._heartbeat_interval_ms = heartbeat_interval_ms
        self._recovery = recovery
        self._on_trouble = on_trouble
        self._heartbeat_at: float | None = None
        self._statement_at = 0.0
        self._give_way_at = 0.0
        self._is_interrupted = False
        self._is_urgent = False

    def turn(self, *, is_urgent: bool) -> Turn:
        """Send one batch of records and one file at most. `is_urgent`: somebody waits for all of it."""
        turn = Turn()
        self._is_urgent = is_urgent
        is_idle = True
        if self.freight is not None:
            self.freight.journal.prepare_next_segment()
            is_idle = self._send_records(self.freight, turn)
            is_idle = self._send_file(self.freight, turn) and is_idle
        turn.is_drained = is_idle
        if is_idle:
            self._recover(turn)
        if self._heartbeat_at is not None:
            turn.come_again(self._heartbeat_at - monotonic())
        return turn

    def hurry(self) -> None:
        """Try again at once, but for what the server asked to wait for."""
        self._records_backoff.hurry()
        self._files_backoff.hurry()

    def interrupt(self) -> None:
        """Cut short what is under way; nothing is sent until `resume`."""
        self._is_interrupted = True
        self._records_server.interrupt()
        self._files_server.interrupt()

    def resume(self) -> None:
        """Send again."""
        self._is_interrupted = False
        for server in (self._records_server, self._files_server):
            server.close()
            server.resume()

    def close(self) -> None:
        """Let go of the server, and of what other processes left.

        Whoever sends again looks for that anew: something may have been left in this recorder's former journal.
        """
        self._records_server.close()
        self._files_server.close()
        if self._recovery is not None:
            self._recovery.close()

    def _send_records(self, freight: Freight, turn: Turn) -> bool:
        """Return whether nothing is left to send."""
        now = monotonic()
        if now < self._records_backoff.retry_at:
            turn.come_again(self._records_backoff.retry_at - now)
            return False
        answer = self._request_records(freight, now)
        if answer is None:
            return True
        self._note(answer, self._records_backoff, turn)
        if not turn.failures:
            is_busy = self._is_urgent or freight.journal.n_bytes_waiting >= _BUSY_BYTES
            turn.come_again(0.0 if is_busy else LOOK_S)
        return False

    def _request_records(self, freight: Freight, now: float) -> Answer | None:
        heartbeats = self._due_heartbeats(freight, now)
        answer = self._records_server.post_records(heartbeats) if heartbeats else None
        answer = answer or freight.delivery.step(self._records_server) or self._request_statements(freight, now)
        if answer is not None:
            freight.ledgers.note_known(run_id for run_id, _ in answer.names)
        return answer

    def _due_heartbeats(self, freight: Freight, now: float) -> list[bytes]:
        if not freight.ledgers.has_open_runs:
            self._heartbeat_at = None
            return []
        was_due = self._heartbeat_at is not None and self._heartbeat_at <= now
        if self._heartbeat_at is None or was_due:
            self._heartbeat_at = now + self._heartbeat_interval_ms / 1000
        return freight.ledgers.heartbeats(self._heartbeat_interval_ms) if was_due else []

    def _request_statements(self, freight: Freight, now: float) -> Answer | None:
        if not freight.ledgers.has_unsaid or (now < self._statement_at and not self._is_urgent):
            return None
        self._statement_at = now + _STATEMENT_PAUSE_S
        statements = freight.ledgers.take_unsaid(_MAX_STATEMENTS)
        if not statements:
            return None
        answer = self._records_server.post_records([text for _, text in statements])
        if answer.kind in {TAKEN, REFUSED}:
            # A refused one is said again with the next drop; now it would be refused again.
            freight.ledgers.note_said(statements)
        return answer

    def _send_file(self, freight: Freight, turn: Turn) -> bool:
        """Return whether nothing is left to send."""
        now = monotonic()
        if now < self._files_backoff.retry_at:
            turn.come_again(self._files_backoff.retry_at - now)
            return False
        answer = freight.delivery.step_file(self._files_server, lambda: self._give_way(freight, turn))
        if answer is None:
            return True
        self._note(answer, self._files_backoff, turn)
        turn.come_again(self._files_backoff.retry_at - now)
        return False

    def _give_way(self, freight: Freight, turn: Turn) -> None:
        """Between two blocks of a file, send records: a large file must keep neither them nor the heartbeats."""
        if self._is_interrupted:
            raise InterruptedError("delivering was stopped")
        now = monotonic()
        if now < max(self._give_way_at, self._records_backoff.retry_at):
            return
        self._give_way_at = now + LOOK_S
        freight.journal.prepare_next_segment()
        answer = self._request_records(freight, now)
        if answer is not None:
            self._note(answer, self._records_backoff, turn)

    def _recover(self, turn: Turn) -> None:
        """Deliver something of what dead processes left."""
        if self._recovery is None:
            return
        now = monotonic()
        if now < self._records_backoff.retry_at:
            turn.come_again(self._records_backoff.retry_at - now)
            return
        answer = self._recovery.step(self._records_server)
        if answer is None:
            return
        self._note(answer, self._records_backoff, turn)
        turn.come_again(max(self._records_backoff.retry_at - now, _RECOVERY_PAUSE_S))

    def _note(self, answer: Answer, backoff: Backoff, turn: Turn) -> None:
        if answer.kind in {TAKEN, REFUSED}:
            backoff.succeed()
            return
        if self._is_interrupted:
            return
        backoff.fail(answer, monotonic(), is_urgent=self._is_urgent)
        turn.failures.append(answer)
        turn.come_again(backoff.retry_at - monotonic())
        self._on_trouble(answer)
