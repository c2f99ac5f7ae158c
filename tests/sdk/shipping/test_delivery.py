"""One journal, step by step, against a server that answers what the test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from runreel.sdk.answer import BLOCKED, LATER, REFUSED, TAKEN, Answer
from runreel.sdk.backoff import Backoff
from runreel.sdk.dead_letter import DeadLetters
from runreel.sdk.delivery import Delivery
from runreel.sdk.memory_journal import MemoryJournal


class ScriptedServer:
    def __init__(self, answer: Callable[[Sequence[bytes]], Answer]) -> None:
        self.batches: list[list[bytes]] = []
        self._answer = answer

    def post_records(self, records: Sequence[bytes]) -> Answer:
        self.batches.append(list(records))
        return self._answer(records)


def journal_of(*records: bytes) -> MemoryJournal:
    journal = MemoryJournal()
    for record in records:
        assert journal.append(record)
    return journal


def deliver(
    journal: MemoryJournal, server: ScriptedServer, folder: Path, *, n_steps: int
) -> tuple[Delivery, list[str]]:
    delivery = Delivery(journal, None, DeadLetters(str(folder)))
    kinds = [answer.kind for _ in range(n_steps) if (answer := delivery.step(server)) is not None]  # type: ignore[arg-type]
    return delivery, kinds


def test_nothing_is_acknowledged_before_the_answer(tmp_path: Path) -> None:
    journal = journal_of(b"1", b"2")
    deliver(journal, ScriptedServer(lambda records: Answer(LATER)), tmp_path, n_steps=3)
    assert journal.n_records_waiting == 2


def test_somebody_who_refuses_everything_and_is_no_runreel_costs_nothing(tmp_path: Path) -> None:
    journal = journal_of(b"1", b"2", b"3")
    server = ScriptedServer(lambda records: Answer(REFUSED, status=400, detail="plain HTTP to an HTTPS port"))
    delivery, kinds = deliver(journal, server, tmp_path, n_steps=12)
    assert BLOCKED in kinds
    assert journal.n_records_waiting == 3
    assert delivery.n_refused == 0


def test_bad_record_before_a_server_that_does_not_say_who_it_is_is_told_by_its_neighbours(tmp_path: Path) -> None:
    journal = journal_of(b"bad", b"2", b"3")
    server = ScriptedServer(lambda records: Answer(REFUSED if b"bad" in records else TAKEN, status=400))
    delivery, _ = deliver(journal, server, tmp_path, n_steps=12)
    assert (delivery.n_delivered, delivery.n_refused, journal.n_records_waiting) == (2, 1, 0)


def test_record_that_the_server_fails_on_stands_before_no_other(tmp_path: Path) -> None:
    journal = journal_of(*(b"%d" % number for number in range(8)), b"poison")
    server = ScriptedServer(lambda records: Answer(LATER, status=500) if b"poison" in records else Answer(TAKEN))
    delivery, _ = deliver(journal, server, tmp_path, n_steps=60)
    assert (delivery.n_delivered, delivery.n_refused, journal.n_records_waiting) == (8, 1, 0)


def test_server_that_always_fails_loses_nothing(tmp_path: Path) -> None:
    journal = journal_of(b"1", b"2", b"3")
    delivery, _ = deliver(journal, ScriptedServer(lambda records: Answer(LATER, status=500)), tmp_path, n_steps=300)
    assert (delivery.n_refused, journal.n_records_waiting) == (0, 3)


def test_dead_letters_are_bounded_and_keep_the_latest(tmp_path: Path) -> None:
    letters = DeadLetters(str(tmp_path / "later"), max_file_bytes=2000)
    for number in range(100):
        letters.add(b'{"number": %d}' % number, reason="no", status=200)
    files = sorted((tmp_path / "later").iterdir())
    assert [file.name for file in files] == ["dead-letter.1.jsonl", "dead-letter.jsonl"]
    assert all(file.stat().st_size <= 2000 for file in files)
    numbers = [json.loads(line)["record"]["number"] for file in files for line in file.read_text().splitlines()]
    assert numbers == list(range(numbers[0], 100))


def test_dead_letter_that_is_no_json_is_kept_as_text(tmp_path: Path) -> None:
    letters = DeadLetters(str(tmp_path))
    letters.add(b"{\xff", reason="no JSON", status=400)
    (line,) = Path(letters.path).read_text().splitlines()
    assert json.loads(line)["text"] == "{\\xff"


def test_back_off_doubles_up_to_its_limit_and_begins_anew() -> None:
    backoff = Backoff(jitter=lambda: 1.0)
    pauses: list[float] = []
    for _ in range(12):
        backoff.fail(Answer(LATER), 1000.0, is_urgent=False)
        pauses.append(round(backoff.retry_at - 1000, 3))
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses[-1] == 30
    backoff.succeed()
    backoff.fail(Answer(LATER), 1000.0, is_urgent=False)
    assert round(backoff.retry_at - 1000, 3) == 0.1


def test_back_off_of_somebody_who_waits_is_short_but_for_what_the_server_asked() -> None:
    backoff = Backoff(jitter=lambda: 1.0)
    for _ in range(10):
        backoff.fail(Answer(LATER), 0.0, is_urgent=True)
    assert backoff.retry_at == 0.25
    backoff.fail(Answer(LATER, retry_after_s=7), 0.0, is_urgent=True)
    backoff.hurry()
    assert backoff.retry_at == 7


def test_counts_are_true_in_the_middle_of_a_batch(tmp_path: Path) -> None:
    """A batch that was halved is acknowledged as a whole, and settled piece by piece."""
    journal = journal_of(*(b"%d" % number for number in range(8)), b"bad")
    server = ScriptedServer(
        lambda records: Answer(REFUSED if b"bad" in records else TAKEN, status=400, is_problem=True)
    )
    delivery = Delivery(journal, None, DeadLetters(str(tmp_path)))
    seen_in_between = set[int]()
    while delivery.step(server) is not None:  # type: ignore[arg-type]
        n_waiting = journal.n_records_waiting - delivery.n_settled_early
        assert n_waiting + delivery.n_delivered + delivery.n_refused == 9
        seen_in_between.add(n_waiting)
    assert len(seen_in_between) > 2
