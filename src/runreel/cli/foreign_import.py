"""`runreel import` of a database of another program: read here, put in by the server, and proven by a report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from runreel.cli.answer import JsonObject, number_at, objects_at, text_at
from runreel.cli.connection import connect
from runreel.cli.console import Console, print_json
from runreel.cli.import_text import show_report
from runreel.cli.progress import counting_runs
from runreel.model.import_form import format_report
from runreel.model.import_report import MAX_LISTED_RUNS, ImportReport, RefusedRun, RenamedRun
from runreel.model.instant import now

if TYPE_CHECKING:
    from runreel.cli.import_process import ImportProcess, Sent

SQLITE = b"SQLite format 3\0"
# Longer texts are no report to the server.
_MAX_TEXT = 300


def is_database(name: str) -> bool:
    """Tell whether this is a database, and not a bundle: the URL of one, or a file of SQLite."""
    if "://" in name:
        return True
    try:
        if not Path(name).is_file():
            # What comes through a pipe can be read once.
            return False
        with Path(name).open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def import_database(arguments: argparse.Namespace, console: Console, query: dict[str, str]) -> int:
    """Import, say what became of every row, and let the server keep that; fails where something is missing here."""
    from runreel.cli.import_process import ImportProcess

    started_at = now()
    with ImportProcess(arguments.file, folder=arguments.files) as process:
        client = connect(arguments, console, may_create=True)
        with counting_runs(console, n_runs=process.n_runs, n_events=process.n_events) as show:
            sent = process.send(client, query, show)
        report = _report(process, sent, started_at=started_at, into=arguments.into)
    form = format_report(report)
    kept = form if report.is_trial else client.post("api", "imports", body=form)
    if "json" in arguments:
        beside = {name: sent.answer.get(name) for name in ("renamed_runs", "refused_runs")}
        print_json({**kept, **beside}, console)
    else:
        show_report(report, sent.answer, console)
    return 0 if report.is_reconciled and not report.n_refused and report.problem is None else 1


def _report(process: ImportProcess, sent: Sent, *, started_at: int, into: str | None) -> ImportReport:
    answer = sent.answer
    return ImportReport(
        kind=process.kind,
        source=process.name,
        started_at=started_at,
        ended_at=now(),
        into=into,
        is_trial=answer.get("dry_run") is True,
        n_new=int(number_at(answer, "new")),
        n_same=int(number_at(answer, "same")),
        n_changed=int(number_at(answer, "changed")),
        n_refused=int(number_at(answer, "refused")),
        n_renamed=len(objects_at(answer, "renamed_runs")),
        tables=sent.tables,
        repairs=sent.repairs,
        kinds=sent.kinds,
        problem=text_at(answer, "problem"),
        refused_runs=[
            RefusedRun(**_names_of(run), reason=_cut(run, "reason") or "")
            for run in objects_at(answer, "refused_runs")[:MAX_LISTED_RUNS]
        ],
        renamed_runs=[
            RenamedRun(**_names_of(run), wanted_name=_cut(run, "wanted_name"))
            for run in objects_at(answer, "renamed_runs")[:MAX_LISTED_RUNS]
        ],
    )


class _Names(TypedDict):
    run_id: str
    agent_name: str
    run_name: str | None


def _names_of(run: JsonObject) -> _Names:
    return {
        "run_id": _cut(run, "run_id") or "",
        "agent_name": _cut(run, "agent_name") or "",
        "run_name": _cut(run, "run_name"),
    }


def _cut(run: JsonObject, key: str) -> str | None:
    text = text_at(run, key)
    return text if text is None else text[:_MAX_TEXT]
