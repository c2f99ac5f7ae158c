"""What is wrong with a GATI database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from runreel.importers.inspection import Inspection, Reference, Types, finding
from runreel.importers.source import Source
from runreel.model.damage import DamageCheck, DamageFinding
from runreel.model.name import PLACEHOLDER_PREFIX, is_record_id, is_run_id

NOUNS = {"agents": "agents", "runs": "runs", "events": "events"}
"""What the rows of each table are called, in the order in which they are told."""

_COLUMNS = {
    "agents": ("name", "description", "created_at", "updated_at"),
    "runs": (
        "run_id", "agent_name", "run_name", "environment", "total_duration_ms", "total_cost", "tokens_in", "tokens_out",
        "status", "metadata", "created_at", "updated_at",
    ),
    "events": (
        "event_id", "run_id", "agent_name", "event_type", "timestamp", "parent_event_id", "previous_event_id", "data",
        "created_at", "updated_at",
    ),
}  # fmt: skip
_KEYS = {"agents": "name", "runs": "run_id", "events": "event_id"}
_LATER = {"runs": ("run_name",), "events": ("parent_event_id", "previous_event_id")}
_VITAL = {"runs": "run_id", "events": "run_id"}
_OF_OTHERS = frozenset({"alembic_version"})
_TYPES = Types(
    instants=frozenset({"created_at", "updated_at", "timestamp"}),
    json=frozenset({"data", "metadata"}),
    integers=frozenset(),
    numbers=frozenset({"total_duration_ms", "total_cost", "tokens_in", "tokens_out"}),
)
_REFERENCES = (
    Reference(table="runs", column="agent_name", target="agents", key="name", noun="agent"),
    Reference(table="events", column="run_id", target="runs", key="run_id", noun="run"),
    *(
        Reference(table="events", column=column, target="events", key="event_id", noun=noun, own_run="run_id")
        for column, noun in (("parent_event_id", "parent"), ("previous_event_id", "previous event"))
    ),
)


class GatiInspection:
    """Looks at one GATI database."""

    def __init__(self, source: Source) -> None:
        self._look = Inspection(source, NOUNS, _KEYS)

    def checks(self) -> Sequence[Callable[[], Iterable[DamageFinding]]]:
        """Return all checks; each looks for one thing."""
        look = self._look
        return (
            partial(look.check_schema, _COLUMNS, later=_LATER, vital=_VITAL, others=_OF_OTHERS),
            *(partial(look.check_reference, reference) for reference in _REFERENCES),
            self._check_agents,
            self._check_names,
            self._check_times,
            self._check_empty,
            partial(look.check_cycles, "events", "event_id", "parent_event_id", "run_id"),
            partial(look.check_ids, "runs", "run_id", is_run_id),
            partial(look.check_ids, "events", "event_id", is_record_id),
            *(partial(look.check_values, table, columns, _TYPES) for table, columns in _COLUMNS.items()),
        )

    def facts(self) -> dict[str, int]:
        """Return how many runs have a name that a person or a program gave."""
        if not self._look.has("runs", "run_name"):
            return {"runs_with_name": 0}
        name = self._look.text("s", "runs", "run_name")
        return {"runs_with_name": self._look.count(f"{self._look.name('runs')} s WHERE {name} <> ''")}

    def _check_agents(self) -> Iterator[DamageFinding]:
        """Tools recorded their own agent's name with the run of another; there is nothing wrong with that."""
        look = self._look
        if not look.has("events", "run_id", "agent_name") or not look.has("runs", "run_id", "agent_name"):
            return
        run = f"{look.text('r', 'runs', 'run_id')} = {look.text('s', 'events', 'run_id')}"
        own, other = look.text("s", "events", "agent_name"), look.text("r", "runs", "agent_name")
        n_rows = look.count(f"{look.name('events')} s JOIN {look.name('runs')} r ON {run} WHERE {own} <> {other}")
        if n_rows:
            detail = "events whose agent is not that of their run"
            yield finding(DamageCheck.NAME, "events", n_rows, detail, is_damage=False)

    def _check_names(self) -> Iterator[DamageFinding]:
        look = self._look
        if not look.has("runs", "run_name"):
            return
        agent, name = look.text("s", "runs", "agent_name"), look.text("s", "runs", "run_name")
        runs = f"{look.name('runs')} s"
        n_nameless = look.count(f"{runs} WHERE {name} IS NULL OR {name} = '' OR {name} LIKE '{PLACEHOLDER_PREFIX}%'")
        if n_nameless:
            detail = "runs without a name of their own"
            yield finding(DamageCheck.NAME, "runs", n_nameless, detail, is_damage=False)
        (n_twice,) = look.numbers(
            f"SELECT sum(n) FROM (SELECT count(*) AS n FROM {runs} WHERE {name} <> '' "
            f"GROUP BY {agent}, {name} HAVING count(*) > 1) repeated"
        )
        if n_twice:
            yield finding(DamageCheck.NAME, "runs", n_twice, "runs with a name that another run of their agent has")

    def _check_times(self) -> Iterator[DamageFinding]:
        """Runs that only their ids can put into an order; a migration of that system failed on them."""
        look = self._look
        if not look.has("runs", "agent_name", "created_at"):
            return
        agent, at = look.text("s", "runs", "agent_name"), look.text("s", "runs", "created_at")
        (n_rows,) = look.numbers(
            f"SELECT sum(n) FROM (SELECT count(*) AS n FROM {look.name('runs')} s "
            f"GROUP BY {agent}, substr({at}, 1, 19) HAVING count(*) > 1) of_second"
        )
        if n_rows:
            detail = "runs that their agent began in one second"
            yield finding(DamageCheck.NAME, "runs", n_rows, detail, is_damage=False)

    def _check_empty(self) -> Iterator[DamageFinding]:
        look = self._look
        if not look.has("runs", "run_id") or not look.has("events", "run_id"):
            return
        run, of_event = look.text("r", "runs", "run_id"), look.text("e", "events", "run_id")
        n_rows = look.count(
            f"{look.name('runs')} r LEFT JOIN (SELECT DISTINCT {of_event} AS run FROM {look.name('events')} e) e "
            f"ON e.run = {run} WHERE e.run IS NULL"
        )
        if n_rows:
            yield finding(DamageCheck.ORPHAN, "runs", n_rows, "runs without events", is_damage=False)
