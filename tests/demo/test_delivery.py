"""How records get to the server."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from runreel.demo import delivery
from runreel.demo.delivery import Delivery, Outcome, post_records
from runreel.demo.recording import Record
from tests.demo.fake_server import serving

SETTLED = Outcome(is_settled=True)
AWAY = Outcome(is_settled=False, trouble="away")


class Post:
    """Answers attempts with the given outcomes, the last of which stays; remembers what was sent."""

    def __init__(self, *outcomes: Outcome) -> None:
        self._outcomes = list(outcomes)
        self.batches: list[list[Record]] = []
        self.has_tried = threading.Event()

    def __call__(self, url: str, records: Sequence[Record]) -> Outcome:
        self.batches.append(list(records))
        self.has_tried.set()
        return self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]


@pytest.fixture(autouse=True)
def quick_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(delivery, "LONGEST_PAUSE_S", 0.002)


def make_records(count: int) -> list[Record]:
    return [{"record": "run", "run_id": f"run-{number}"} for number in range(count)]


def deliver(records: Sequence[Record], post: Post, unsent_file: Path | None = None) -> tuple[int, list[str]]:
    complaints: list[str] = []
    courier = Delivery("http://server", unsent_file=unsent_file, post=post, complain=complaints.append)
    for record in records:
        courier.add(record)
    return courier.close(timeout_s=5), complaints


def test_records_arrive_in_order_and_in_bounded_batches() -> None:
    post = Post(SETTLED)
    records = make_records(450)

    assert deliver(records, post) == (0, [])

    assert [record for batch in post.batches for record in batch] == records
    assert max(len(batch) for batch in post.batches) <= 200


def test_a_server_that_is_away_is_tried_again_and_mentioned_once() -> None:
    complaints: list[str] = []
    has_complained = threading.Event()

    def complain(text: str) -> None:
        complaints.append(text)
        has_complained.set()

    post = Post(AWAY, AWAY, AWAY, AWAY, SETTLED)
    courier = Delivery("http://server", post=post, complain=complain)
    courier.add(make_records(1)[0])

    assert has_complained.wait(5)
    assert courier.close(timeout_s=5) == 0
    assert complaints == ["away"]
    assert post.batches == [make_records(1)] * 5


def test_what_the_server_refuses_for_good_is_counted_and_does_not_block() -> None:
    post = Post(Outcome(is_settled=True, trouble="too old", n_refused=3), SETTLED)

    n_lost, complaints = deliver(make_records(250), post)

    assert n_lost == 3
    assert complaints == ["too old"]
    assert post.batches[-1][-1] == {"record": "run", "run_id": "run-249"}


def test_what_was_not_sent_waits_in_a_file_for_the_next_start(tmp_path: Path) -> None:
    unsent_file = tmp_path / "unsent.json"
    courier = Delivery("http://server", unsent_file=unsent_file, post=Post(AWAY), complain=lambda _: None)
    for record in make_records(3):
        courier.add(record)
    assert courier.close(timeout_s=0.05) == 0

    post = Post(SETTLED)
    assert deliver([{"record": "run", "run_id": "late"}], post, unsent_file) == (0, [])

    assert [record["run_id"] for batch in post.batches for record in batch] == ["run-0", "run-1", "run-2", "late"]
    assert not unsent_file.exists()


def test_without_a_file_what_was_not_sent_is_counted_as_lost() -> None:
    courier = Delivery("http://server", post=Post(AWAY), complain=lambda _: None)
    courier.add({"record": "run", "run_id": "a"})

    assert courier.close(timeout_s=0.05) == 1


def test_a_file_that_is_none_of_ours_is_no_obstacle(tmp_path: Path) -> None:
    unsent_file = tmp_path / "unsent.json"
    unsent_file.write_text("not json")

    assert deliver(make_records(1), Post(SETTLED), unsent_file) == (0, [])


def test_the_queue_is_bounded_and_losses_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MAX_WAITING", 2)
    courier = Delivery("http://server", post=Post(AWAY), complain=lambda _: None)
    for record in make_records(5):
        courier.add(record)

    assert courier.close(timeout_s=0.01) == 5


def test_a_batch_is_one_post_of_json() -> None:
    with serving() as server:
        outcome = post_records(server.url, make_records(2))

        assert outcome == SETTLED
        assert server.batches == [{"version": 1, "records": make_records(2)}]


@pytest.mark.parametrize(
    ("status", "is_settled", "n_refused"),
    [(400, True, 2), (413, True, 2), (429, False, 0), (503, False, 0), (507, False, 0)],
)
def test_only_what_can_never_be_taken_is_given_up(status: int, is_settled: bool, n_refused: int) -> None:
    with serving(status=status) as server:
        outcome = post_records(server.url, make_records(2))

        assert (outcome.is_settled, outcome.n_refused) == (is_settled, n_refused)
        assert outcome.retry_after_s == (0 if is_settled else 7)
        assert f"answered {status}" in str(outcome.trouble)


def test_refused_records_and_warnings_are_told() -> None:
    answer = {"accepted": 1, "refused": 1, "errors": [{"index": 1, "reason": "deleted"}], "warnings": []}
    with serving(answer=answer) as server:
        outcome = post_records(server.url, make_records(2))

        assert (outcome.is_settled, outcome.n_refused) == (True, 1)
        assert "deleted" in str(outcome.trouble)


def test_nobody_at_the_address_is_an_outcome() -> None:
    outcome = post_records("http://127.0.0.1:9", make_records(1))

    assert not outcome.is_settled
    assert "no Runreel answers at http://127.0.0.1:9" in str(outcome.trouble)


def test_an_answer_that_is_no_json_is_tried_again() -> None:
    with serving(answer=b"<html>") as server:
        assert not post_records(server.url, make_records(1)).is_settled


def test_what_is_in_the_file_is_json(tmp_path: Path) -> None:
    unsent_file = tmp_path / "unsent.json"
    courier = Delivery("http://server", unsent_file=unsent_file, post=Post(AWAY), complain=lambda _: None)
    courier.add({"record": "run", "run_id": "a"})
    courier.close(timeout_s=0.01)

    assert json.loads(unsent_file.read_text()) == [{"record": "run", "run_id": "a"}]
