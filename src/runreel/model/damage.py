"""What is wrong with a database of another program, as far as it can be seen by reading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class DamageCheck(StrEnum):
    """What was looked for, in the order in which it is told."""

    CROSSING = "rows that point into other runs"
    ORPHAN = "orphans"
    NODELESS = "runs without nodes"
    CYCLE = "cycles"
    IDENTITY = "ids"
    NAME = "names"
    VALUE = "values"
    SCHEMA = "tables and columns"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedNode:
    """A node that rows of several runs name; `owner_run_id` is the run that has the row of it."""

    node_id: str
    owner_run_id: str | None
    n_runs: int
    n_events: int
    n_files: int
    n_messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DamageFinding:
    """Rows of one table that have one thing wrong, with examples; without `is_damage` it is only worth knowing."""

    check: DamageCheck
    table: str
    n_rows: int
    detail: str
    examples: Sequence[str] = ()
    is_damage: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """All of it. `shared_nodes` is cut at a bound, `n_shared_nodes` is not.

    `n_mixed_events` are the events that name one of them: a question about the node alone answers those of all runs.
    """

    source: str
    kind: str
    tables: Mapping[str, int]
    """How many rows each table has."""
    facts: Mapping[str, int]
    """Further counts of what is there."""
    shared_nodes: Sequence[SharedNode]
    n_shared_nodes: int
    n_mixed_events: int
    findings: Sequence[DamageFinding]

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing is damaged."""
        return not self.n_shared_nodes and not any(finding.is_damage for finding in self.findings)
