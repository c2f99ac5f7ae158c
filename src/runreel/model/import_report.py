"""What became of the database of another program: a report that reconciles, table by table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAX_EXAMPLES = 5
MAX_LISTED_RUNS = 100
"""So many of the runs that were refused, and of those that were renamed, a report names."""
STORED_KINDS = ("sessions", "runs", "nodes", "edges", "events", "messages", "files", "transitions")
"""What rows of a database can become here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Rows of a table that were not taken, for one reason; some of them are named."""

    reason: str
    n_rows: int
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReport:
    """What became of the rows of one table. Rows that are told of in another's place count as stored."""

    table: str
    n_found: int
    n_stored: int
    n_merged: int = 0
    left_out: Sequence[LeftOut] = ()

    @property
    def n_left_out(self) -> int:
        """How many rows were not taken."""
        return sum(each.n_rows for each in self.left_out)

    @property
    def is_reconciled(self) -> bool:
        """Tell whether every row that was found is accounted for."""
        return self.n_found == self.n_stored + self.n_left_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Something that was wrong in the database and is right here, how often, and some of the cases."""

    what: str
    n_cases: int
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KindReport:
    """How many rows of one kind were sent, how many of them the repair made, and how many the database now has.

    `n_kept` is counted in the database, over the runs of this import; None where nothing was written.
    """

    kind: str
    n_sent: int
    n_made: int = 0
    n_kept: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRun:
    """A run that was not taken."""

    run_id: str
    agent_name: str
    run_name: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamedRun:
    """A run that is called otherwise here, since another run has the name that it wanted."""

    run_id: str
    agent_name: str
    run_name: str | None
    wanted_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """One import of a foreign database.

    `n_new` … `n_renamed` count runs, of which some are named. `problem` says what is wrong with the import as a whole.
    """

    kind: str
    source: str
    started_at: int
    ended_at: int
    into: str | None = None
    is_trial: bool = False
    n_new: int = 0
    n_same: int = 0
    n_changed: int = 0
    n_refused: int = 0
    n_renamed: int = 0
    tables: Sequence[TableReport] = ()
    repairs: Sequence[Repair] = ()
    kinds: Sequence[KindReport] = ()
    problem: str | None = None
    refused_runs: Sequence[RefusedRun] = ()
    renamed_runs: Sequence[RenamedRun] = ()

    @property
    def n_found(self) -> int:
        """How many rows the database has, in all its tables."""
        return sum(table.n_found for table in self.tables)

    @property
    def n_left_out(self) -> int:
        """How many of them were not taken."""
        return sum(table.n_left_out for table in self.tables)

    @property
    def is_reconciled(self) -> bool:
        """Tell whether every row is accounted for, and the database has everything that was sent.

        Runs that were there before may have more than was sent.
        """
        return all(table.is_reconciled for table in self.tables) and not self.missing()

    def missing(self) -> Mapping[str, int]:
        """Return how many rows of each kind were sent and are not in the database, or are there and were not sent.

        A run that was there before may have more than was sent, and keeps its own history.
        """
        differences = {each.kind: each.n_sent - each.n_kept for each in self.kinds if each.n_kept is not None}
        if self.n_same or self.n_changed:
            differences = {kind: n for kind, n in differences.items() if n > 0 and kind != "transitions"}
        return {kind: n for kind, n in differences.items() if n}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptImport:
    """A report as the store keeps it, under an id of its own; `who` is the user that imported, if there are users."""

    import_id: str
    who: str | None
    report: ImportReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What a list shows of an import."""

    import_id: str
    who: str | None
    kind: str
    source: str
    started_at: int
    ended_at: int
    n_new: int
    n_same: int
    n_changed: int
    n_refused: int
    n_found: int
    n_left_out: int
    is_reconciled: bool
    problem: str | None = None


def summary_of(kept: KeptImport) -> ImportSummary:
    """Return what a list shows of an import."""
    report = kept.report
    return ImportSummary(
        import_id=kept.import_id,
        who=kept.who,
        kind=report.kind,
        source=report.source,
        started_at=report.started_at,
        ended_at=report.ended_at,
        n_new=report.n_new,
        n_same=report.n_same,
        n_changed=report.n_changed,
        n_refused=report.n_refused,
        n_found=report.n_found,
        n_left_out=report.n_left_out,
        is_reconciled=report.is_reconciled,
        problem=report.problem,
    )
