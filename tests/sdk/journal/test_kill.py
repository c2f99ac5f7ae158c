"""kill -9 at any moment: every record whose `append` had returned is there, once and in order."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from runreel.sdk.journal.adopted import adopt
from runreel.sdk.journal.folder import find_journals
from tests.sdk.journal.example import drain
from tests.sdk.journal.program import running
from tests.sdk.journal.tally import N_WRITERS, Tally
from tests.support.patience import PATIENCE_S

N_KILLS = 30


@pytest.mark.faults
def test_every_record_whose_append_had_returned_is_adopted(tmp_path: Path) -> None:
    moments = random.Random(4)
    n_adopted = n_interrupting = 0
    for attempt in range(N_KILLS):
        root, tally_file = str(tmp_path / f"journals-{attempt}"), tmp_path / f"tally-{attempt}"
        tally = Tally(tally_file)
        with running("appending", root, str(tally_file)) as process:
            _wait_for(tally, moments.randrange(1, 2000))
            process.kill()
        (found,) = find_journals(root)
        adopted = adopt(found.folder)
        assert adopted is not None
        records = drain(adopted)
        adopted.close()
        for writer in range(N_WRITERS):
            _check(records, writer, tally)
        n_adopted += len(records)
        n_interrupting += tally.appended[1]
        assert find_journals(root) == []
    assert n_adopted > N_KILLS
    assert n_interrupting > 0


def _check(records: list[bytes], writer: int, tally: Tally) -> None:
    numbers = [int(record.split(b":")[1]) for record in records if record.startswith(b"%d:" % writer)]
    if not numbers:
        # The last record may have been acknowledged, or none was written.
        assert tally.appended[writer] <= tally.to_acknowledge[writer]
        return
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert tally.acknowledged[writer] < numbers[0] <= tally.to_acknowledge[writer] + 1
    assert tally.appended[writer] <= numbers[-1] <= tally.appended[writer] + 1


def _wait_for(tally: Tally, n_records: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while tally.appended[0] < n_records:
        assert time.monotonic() < deadline, "the program does not write"
