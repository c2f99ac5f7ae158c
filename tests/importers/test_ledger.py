"""The ledger takes back what a server did not take, and what goes with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from runreel.importers.ledger import Ledger


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Give the counts of two runs in a session that has a row, and one in a session that was made."""
    with closing(Ledger()) as ledger:
        for table, n_rows in (("sessions", 1), ("projects", 2), ("state_history", 3), ("workflow_runs", 3)):
            ledger.found(table, n_rows)
        ledger.add_session("s", n_projects=2)
        ledger.add_to_session("s", "state_history", 3)
        for run_id, session_id in (("r1", "s"), ("r2", "s"), ("r3", "made")):
            if session_id == "made":
                ledger.add_session("made", is_made=True)
            ledger.stored("workflow_runs")
            ledger.sent("runs")
            ledger.end_run(run_id, session_id)
        yield ledger


def stored(ledger: Ledger) -> dict[str, tuple[int, int]]:
    assert all(table.is_reconciled for table in ledger.tables())
    return {table.table: (table.n_stored, table.n_left_out) for table in ledger.tables()}


def sent(ledger: Ledger) -> dict[str, tuple[int, int]]:
    return {kind.kind: (kind.n_sent, kind.n_made) for kind in ledger.kinds(None)}


def test_a_session_stays_while_it_has_a_run(ledger: Ledger) -> None:
    ledger.refuse_run("r1", "why")
    assert stored(ledger) == {
        "sessions": (1, 0), "projects": (2, 0), "state_history": (3, 0), "workflow_runs": (2, 1),
    }  # fmt: skip
    assert sent(ledger) == {"sessions": (2, 1), "runs": (2, 0)}


def test_a_session_goes_with_the_last_of_its_runs(ledger: Ledger) -> None:
    ledger.refuse_run("r1", "why")
    ledger.refuse_run("r2", "why")
    ledger.refuse_run("r3", "why")
    assert stored(ledger) == {
        "sessions": (0, 1), "projects": (0, 2), "state_history": (0, 3), "workflow_runs": (0, 3),
    }  # fmt: skip
    assert sent(ledger) == {}


def test_a_run_that_is_named_twice_is_taken_back_once(ledger: Ledger) -> None:
    ledger.refuse_run("r1", "why")
    ledger.refuse_run("r1", "why")
    assert sent(ledger)["runs"] == (2, 0)


def test_no_session_is_left_where_one_was_named_for_all(ledger: Ledger) -> None:
    ledger.withdraw_sessions("named")
    assert stored(ledger) == {
        "sessions": (0, 1), "projects": (0, 2), "state_history": (0, 3), "workflow_runs": (3, 0),
    }  # fmt: skip
    assert sent(ledger) == {"runs": (3, 0)}
