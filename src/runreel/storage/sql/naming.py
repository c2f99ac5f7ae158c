"""Names of runs: drawn from the agent's counter, wished by the recorder, or chosen by a person.

All naming of an agent's runs happens while its row is locked, so two processes never choose one name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from runreel.model.name import number_of, numbered_name, suffixed_name
from runreel.storage.sql import schema
from runreel.storage.sql.run_row import NAMED_BY_COUNTER, NAMED_BY_PERSON, NAMED_BY_WIRE, RunChange
from runreel.storage.sql.transaction import Transaction

AgentKey = tuple[str, str]
NameKey = tuple[str, str, str]


def name_runs(transaction: Transaction, changes: Collection[RunChange], *, settle: bool = False) -> None:
    """Set the names of the runs that are due for one, oldest first; `settle` names also what waits to be settled.

    Locks the agents of all these runs, present and former, in one order.
    """
    agents = {(row.project, row.agent_name) for change in changes for row in (change.row, change.before)}
    namer = Namer(transaction, transaction.lock_agents(agents))
    named = name_due(namer, changes, settle=settle)
    namer.close()
    keep_aliases(transaction, named)


def name_due(namer: Namer, changes: Iterable[RunChange], *, settle: bool = False) -> list[RunChange]:
    """Set the names of those of the runs that are due for one, whose agents are locked; return these runs."""
    due = [change for change in changes if _is_due(change, settle=settle)]
    due.sort(key=lambda change: (change.row.created_at, change.row.run_id))
    wishes = {change.row.run_pk: _name_to_keep(change) for change in due}
    namer.look_up((_agent_of(change), wishes[change.row.run_pk]) for change in due)
    for change in due:
        _name(namer, change, wishes[change.row.run_pk])
    return due


def _is_due(change: RunChange, *, settle: bool) -> bool:
    row = change.row
    if row.run_name is None:
        return settle or change.is_settled()
    if row.agent_name != change.before.agent_name:
        return True
    wish = change.wish()
    return row.name_source != NAMED_BY_PERSON and wish is not None and wish != change.wish_before


def _agent_of(change: RunChange) -> AgentKey:
    return change.row.project, change.row.agent_name


def _name_to_keep(change: RunChange) -> str | None:
    """Return the name that a person gave the run, else the one that its recorder asked for, if any did."""
    row = change.row
    return row.run_name if row.name_source == NAMED_BY_PERSON and row.run_name is not None else change.wish()


def _name(namer: Namer, change: RunChange, wish: str | None) -> None:
    row, agent = change.row, _agent_of(change)
    if wish is None:
        row.run_name, row.name_source = namer.draw(agent, row.run_pk), NAMED_BY_COUNTER
        return
    if row.name_source != NAMED_BY_PERSON or row.run_name is None:
        row.name_source = NAMED_BY_WIRE
    row.run_name = namer.choose(agent, wish, row.run_pk)


class Namer:
    """Hands out names of agents whose rows are locked, given the last number that each has drawn."""

    def __init__(self, transaction: Transaction, last_numbers: Mapping[AgentKey, int]) -> None:
        self._transaction = transaction
        self._first_numbers = last_numbers
        self._last_numbers = dict(last_numbers)
        # Who has a name, as far as it was looked up, and since then.
        self._holders: dict[NameKey, int | None] = {}
        self._given: set[NameKey] = set()

    def look_up(self, wishes: Iterable[tuple[AgentKey, str | None]]) -> None:
        """Look up at once what will be asked for: a name, or the next number where there is none."""
        drawn = Counter[AgentKey]()
        names: list[NameKey] = []
        for agent, wish in wishes:
            drawn[agent] += wish is None
            names.append((*agent, numbered_name(self._last_numbers[agent] + drawn[agent]) if wish is None else wish))
        self._read_holders(names)

    def draw(self, agent: AgentKey, run_pk: int) -> str:
        """Return the next number's name; names that are taken are skipped."""
        while True:
            self._last_numbers[agent] += 1
            name = numbered_name(self._last_numbers[agent])
            if self._holder((*agent, name)) is None:
                return self._give((*agent, name), run_pk)

    def choose(self, agent: AgentKey, wish: str, run_pk: int) -> str:
        """Return the name that the run wishes, marked as a copy where another run has it."""
        name = (*agent, wish)
        if not self._is_free(name, run_pk):
            name = (*agent, suffixed_name(wish, self._next_copy(agent, wish, run_pk)))
        return self._give(name, run_pk)

    def pass_over(self, agent: AgentKey, name: str) -> None:
        """Never draw the number that this name has; it was given elsewhere."""
        self._last_numbers[agent] = max(self._last_numbers[agent], number_of(name) or 0)

    def close(self) -> None:
        """Write back the counters, and end aliases whose names were given out."""
        numbers = [
            (number, *agent)
            for agent, number in sorted(self._last_numbers.items())
            if number != self._first_numbers[agent]
        ]
        self._transaction.execute_many(
            "UPDATE agents SET last_number = ? WHERE project = ? AND agent_name = ?", numbers
        )
        self._transaction.execute_many(
            "DELETE FROM run_aliases WHERE project = ? AND agent_name = ? AND run_name = ?", sorted(self._given)
        )

    def _next_copy(self, agent: AgentKey, wish: str, run_pk: int) -> int:
        """Return a number of a copy that is free, while the one before it is not.

        Thousands of runs may wish the same name: the numbers are not tried one by one.
        """
        taken, free = 1, 2
        while not self._is_free((*agent, suffixed_name(wish, free)), run_pk):
            taken, free = free, 2 * free
        while free - taken > 1:
            middle = (taken + free) // 2
            if self._is_free((*agent, suffixed_name(wish, middle)), run_pk):
                free = middle
            else:
                taken = middle
        return free

    def _is_free(self, name: NameKey, run_pk: int) -> bool:
        return self._holder(name) in (None, run_pk)

    def _give(self, name: NameKey, run_pk: int) -> str:
        self._holders[name] = run_pk
        self._given.add(name)
        return name[-1]

    def _holder(self, name: NameKey) -> int | None:
        if name not in self._holders:
            self._read_holders([name])
        return self._holders[name]

    def _read_holders(self, names: Sequence[NameKey]) -> None:
        key = ("project", "agent_name", "run_name")
        rows = self._transaction.dialect.select(
            self._transaction.cursor, schema.runs, (*key, "run_pk"), key, sorted(set(names))
        )
        self._holders.update(dict.fromkeys(names))
        self._holders.update(((row[0], row[1], row[2]), row[3]) for row in rows)


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
