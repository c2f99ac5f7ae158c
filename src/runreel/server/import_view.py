"""Reports of imports as JSON."""

from __future__ import annotations

from typing import cast

from typing_extensions import TypedDict

from runreel.model.import_form import format_report
from runreel.model.import_report import ImportSummary, KeptImport
from runreel.model.instant import format_instant
from runreel.server.bundle_routes import RefusedRunView, RenamedRunView


class ImportRunsView(TypedDict):
    """How many runs were new, there already, changed by the import, refused, and how many could not keep their name."""

    new: int
    same: int
    changed: int
    refused: int
    renamed: int


class LeftOutView(TypedDict):
    """Rows that were not taken, for one reason."""

    reason: str
    count: int
    examples: list[str]


class ImportTableView(TypedDict):
    """What became of one table: `found` is `stored` and all that is left out; `merged` are those of `stored` that are
    told of in another row's place."""

    table: str
    found: int
    stored: int
    merged: int
    left_out: list[LeftOutView]
    reconciled: bool


class RepairView(TypedDict):
    """Something that was wrong there and is right here."""

    what: str
    count: int
    examples: list[str]


class ImportKindView(TypedDict):
    """Rows of one kind: sent, of which `made` have no row of that kind there; and counted in this database.

    `missing` is how many that were sent should be here and are not; below 0: are here and were not sent.
    """

    kind: str
    sent: int
    made: int
    kept: int | None
    missing: int


class ImportReportView(TypedDict):
    """What became of a foreign database; `reconciled` says that every row is accounted for and counted here."""

    import_id: str
    who: str | None
    kind: str
    source: str
    started_at: str
    ended_at: str
    into: str | None
    dry_run: bool
    runs: ImportRunsView
    tables: list[ImportTableView]
    repairs: list[RepairView]
    kinds: list[ImportKindView]
    problem: str | None
    refused_runs: list[RefusedRunView]
    renamed_runs: list[RenamedRunView]
    reconciled: bool


class ImportSummaryView(TypedDict):
    """What a list shows of an import; `found` and `left_out` count rows of all tables."""

    import_id: str
    who: str | None
    kind: str
    source: str
    started_at: str
    ended_at: str
    new: int
    same: int
    changed: int
    refused: int
    found: int
    left_out: int
    reconciled: bool
    problem: str | None


class ImportPageView(TypedDict):
    """Imports, the one that ended last first."""

    imports: list[ImportSummaryView]
    next_cursor: str | None


def view_import(kept: KeptImport) -> ImportReportView:
    """Return a report."""
    return cast("ImportReportView", {"import_id": kept.import_id, "who": kept.who, **format_report(kept.report)})


def view_summary(summary: ImportSummary) -> ImportSummaryView:
    """Return what a list shows of an import."""
    return {
        "import_id": summary.import_id,
        "who": summary.who,
        "kind": summary.kind,
        "source": summary.source,
        "started_at": format_instant(summary.started_at),
        "ended_at": format_instant(summary.ended_at),
        "new": summary.n_new,
        "same": summary.n_same,
        "changed": summary.n_changed,
        "refused": summary.n_refused,
        "found": summary.n_found,
        "left_out": summary.n_left_out,
        "reconciled": summary.is_reconciled,
        "problem": summary.problem,
    }
