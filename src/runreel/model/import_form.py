"""Reports of imports as JSON has them: as they are sent, stored and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from runreel.errors import InvalidQueryError
from runreel.model.import_report import (
    ImportReport,
    KindReport,
    LeftOut,
    RefusedRun,
    RenamedRun,
    Repair,
    TableReport,
)
from runreel.model.instant import format_instant, parse_instant

_COUNTS = {"new": "n_new", "same": "n_same", "changed": "n_changed", "refused": "n_refused", "renamed": "n_renamed"}


def format_report(report: ImportReport) -> dict[str, Any]:
    """Return a report as a JSON object."""
    missing = report.missing()
    return {
        "kind": report.kind,
        "source": report.source,
        "started_at": format_instant(report.started_at),
        "ended_at": format_instant(report.ended_at),
        "into": report.into,
        "dry_run": report.is_trial,
        "runs": {name: getattr(report, field) for name, field in _COUNTS.items()},
        "tables": [_format_table(table) for table in report.tables],
        "repairs": [
            {"what": each.what, "count": each.n_cases, "examples": list(each.examples)} for each in report.repairs
        ],
        "kinds": [
            {
                "kind": each.kind,
                "sent": each.n_sent,
                "made": each.n_made,
                "kept": each.n_kept,
                "missing": missing.get(each.kind, 0),
            }
            for each in report.kinds
        ],
        "problem": report.problem,
        "refused_runs": [asdict(run) for run in report.refused_runs],
        "renamed_runs": [asdict(run) for run in report.renamed_runs],
        "reconciled": report.is_reconciled,
    }


def parse_report(form: Mapping[str, Any]) -> ImportReport:
    """Return the report that `format_report` gave, from values whose types were looked at.

    Raises:
        InvalidQueryError: a time in it is none.
    """
    return ImportReport(
        kind=form["kind"],
        source=form["source"],
        started_at=_instant(form, "started_at"),
        ended_at=_instant(form, "ended_at"),
        into=form["into"],
        is_trial=form["dry_run"],
        **{field: form["runs"][name] for name, field in _COUNTS.items()},
        tables=[_parse_table(table) for table in form["tables"]],
        repairs=[
            Repair(what=each["what"], n_cases=each["count"], examples=tuple(each["examples"]))
            for each in form["repairs"]
        ],
        kinds=[
            KindReport(kind=each["kind"], n_sent=each["sent"], n_made=each["made"], n_kept=each["kept"])
            for each in form["kinds"]
        ],
        problem=form["problem"],
        refused_runs=tuple(RefusedRun(**run) for run in form["refused_runs"]),
        renamed_runs=tuple(RenamedRun(**run) for run in form["renamed_runs"]),
    )


def _format_table(table: TableReport) -> dict[str, Any]:
    return {
        "table": table.table,
        "found": table.n_found,
        "stored": table.n_stored,
        "merged": table.n_merged,
        "left_out": [
            {"reason": each.reason, "count": each.n_rows, "examples": list(each.examples)} for each in table.left_out
        ],
        "reconciled": table.is_reconciled,
    }


def _parse_table(form: Mapping[str, Any]) -> TableReport:
    return TableReport(
        table=form["table"],
        n_found=form["found"],
        n_stored=form["stored"],
        n_merged=form["merged"],
        left_out=[
            LeftOut(reason=each["reason"], n_rows=each["count"], examples=tuple(each["examples"]))
            for each in form["left_out"]
        ],
    )


def _instant(form: Mapping[str, Any], name: str) -> int:
    instant = parse_instant(form[name])
    if instant is None:
        raise InvalidQueryError(f"{name} of the report is no time; give one like 2026-01-31T12:00:00Z")
    return instant
