"""Names of runs: drawn from the agent's counter, wished by the recorder, or chosen by a person.

All naming of an agent's runs happens while its row is locked, so two processes never choose one name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from runreel.model.name import number_of, numbered_name, suffixed_name
from runreel.storage.sql import schema
from runreel.storage.sql.run_row import NAMED_BY_COUNTER, NAMED_BY_PERSON, NAMED_BY_WIRE, RunChange
from runreel.storage.sql.transaction import Transaction

# Names that are looked up at once when a free one is searched.
_PROBE = 8


def name_runs(transaction: Transaction, changes: Collection[RunChange], *, settle: bool = False) -> None:
    """Set the names of the runs that are due for one, oldest first; `settle` names also what waits to be settled.

    Locks the agents of all these runs, present and former, in one order.
    """
    agents = {(row.project, row.agent_name) for change in changes for row in (change.row, change.before)}
    last_numbers = transaction.lock_agents(agents)
    due = [change for change in changes if _is_due(change, settle=settle)]
    by_agent: dict[tuple[str, str], list[RunChange]] = {}
    for change in sorted(due, key=lambda change: (change.row.created_at, change.row.run_id)):
        by_agent.setdefault((change.row.project, change.row.agent_name), []).append(change)
    for key, waiting in sorted(by_agent.items()):
        namer = Namer(transaction, *key, last_numbers[key], n_expected=len(waiting))
        for change in waiting:
            _name(namer, change)
        namer.close()
        keep_aliases(transaction, waiting)


def _is_due(change: RunChange, *, settle: bool) -> bool:
    row = change.row
    if row.run_name is None:
        return settle or change.is_settled()
    if row.agent_name != change.before.agent_name:
        return True
    wish = change.wish()
    return row.name_source != NAMED_BY_PERSON and wish is not None and wish != change.wish_before


def _name(namer: Namer, change: RunChange) -> None:
    row, wish = change.row, change.wish()
    if row.name_source == NAMED_BY_PERSON and row.run_name is not None:
        row.run_name = namer.choose(row.run_name, row.run_pk)
    elif wish is not None:
        row.run_name, row.name_source = namer.choose(wish, row.run_pk), NAMED_BY_WIRE
    else:
        row.run_name, row.name_source = namer.draw(), NAMED_BY_COUNTER


class Namer:
    """Hands out names of one agent, whose row is locked."""

    def __init__(
        self, transaction: Transaction, project: str, agent_name: str, last_number: int, *, n_expected: int = 1
    ) -> None:
        self._transaction = transaction
        self._project = project
        self._agent_name = agent_name
        self._first_number = self._last_number = last_number
        self._given: set[str] = set()
        self._n_expected = n_expected
        self._asked: set[str] = set()
        self._stored: set[str] = set()
        self._last_copies: dict[str, int] = {}

    def draw(self) -> str:
        """Return the next number's name; names that are taken are skipped."""
        while True:
            self._last_number += 1
            name = numbered_name(self._last_number)
            if name not in self._asked:
                self._ask_ahead()
            if name not in self._stored and name not in self._given:
                return self._give(name)

    def choose(self, wish: str, run_pk: int) -> str:
        """Return the name that the run wishes, marked as a copy where another run has it.

        It is the first that is free among few copies, and the next behind one that is taken among many.
        """
        first = self._last_copies.get(wish, 0) + 1
        copies = range(first, first + _PROBE)
        copy = self._find_free(wish, copies, run_pk) or self._find_free_behind(wish, copies[-1], run_pk)
        if copy > _PROBE:
            self._last_copies[wish] = copy
        return self._give(_copy_of(wish, copy))

    def pass_over(self, name: str) -> None:
        """Never draw the number that this name has; it was given elsewhere."""
        self._last_number = max(self._last_number, number_of(name) or 0)

    def close(self) -> None:
        """Write back the counter, and end aliases whose names were given out."""
        transaction, key = self._transaction, (self._project, self._agent_name)
        if self._last_number != self._first_number:
            transaction.execute(
                "UPDATE agents SET last_number = ? WHERE project = ? AND agent_name = ?", self._last_number, *key
            )
        transaction.execute_many(
            "DELETE FROM run_aliases WHERE project = ? AND agent_name = ? AND run_name = ?",
            [(*key, name) for name in sorted(self._given)],
        )

    def _ask_ahead(self) -> None:
        """Look up which of the next numbers' names are taken, as many as will be drawn."""
        names = [numbered_name(self._last_number + n) for n in range(self._n_expected)]
        self._asked.update(names)
        self._stored.update(self._taken(names))

    def _find_free(self, wish: str, copies: Sequence[int], run_pk: int) -> int | None:
        """Return the first of these copies that no other run has."""
        names = [_copy_of(wish, copy) for copy in copies]
        taken = self._taken(names, run_pk)
        return next((copy for copy, name in zip(copies, names, strict=True) if name not in taken), None)

    def _find_free_behind(self, wish: str, taken: int, run_pk: int) -> int:
        """Return a free copy behind a taken one: in strides that double at first, since thousands may have one wish."""
        free = None
        while free is None:
            strides = [taken * 2**n for n in range(1, _PROBE + 1)]
            free, taken = self._find_free(wish, strides, run_pk), strides[-1]
        taken = free // 2
        while free - taken > 1:
            stride = max(1, (free - taken) // _PROBE)
            between = range(taken + stride, free, stride)
            found = self._find_free(wish, between, run_pk)
            taken, free = (between[-1], free) if found is None else (found - stride, found)
        return free

    def _give(self, name: str) -> str:
        self._given.add(name)
        return name

    def _taken(self, names: Sequence[str], run_pk: int | None = None) -> set[str]:
        """Return which of the names other runs have than the one that asks."""
        keys = [(self._project, self._agent_name, name) for name in names]
        rows = self._transaction.dialect.select(
            self._transaction.cursor, schema.runs, ("run_name", "run_pk"), ("project", "agent_name", "run_name"), keys
        )
        return {row[0] for row in rows if row[1] != run_pk} | self._given.intersection(names)


def _copy_of(wish: str, copy: int) -> str:
    return wish if copy == 1 else suffixed_name(wish, copy)


def keep_aliases(transaction: Transaction, changes: Iterable[RunChange]) -> None:
    """Let the names that runs had before lead to them."""
    for change in changes:
        row = change.row
        if change.before.run_name is not None and (change.before.agent_name, change.before.run_name) != (
            row.agent_name,
            row.run_name,
        ):
            put_alias(transaction, row.project, change.before.agent_name, change.before.run_name, row.run_pk)


def put_alias(transaction: Transaction, project: str, agent_name: str, run_name: str, run_pk: int) -> None:
    """Let a former name lead to its run."""
    transaction.execute(
        "INSERT INTO run_aliases (project, agent_name, run_name, run_pk) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (project, agent_name, run_name) DO UPDATE SET run_pk = excluded.run_pk",
        project,
        agent_name,
        run_name,
        run_pk,
    )
