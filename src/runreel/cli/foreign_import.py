"""`runreel import` of a database of another program: read here, put in by the server, and proven by a report."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from runreel.cli.answer import JsonObject, number_at, object_of, objects_at, text_at
from runreel.cli.client import Client
from runreel.cli.connection import connect
from runreel.cli.console import Console, print_json
from runreel.cli.extra import needed_extra
from runreel.cli.import_text import show_report
from runreel.cli.progress import counting_runs
from runreel.model.import_form import format_report
from runreel.model.import_report import MAX_LISTED_RUNS, STORED_KINDS, ImportReport, RefusedRun, RenamedRun
from runreel.model.instant import now

if TYPE_CHECKING:
    from runreel.importers.process import ConversionProcess

_SQLITE = b"SQLite format 3\0"
# Longer texts are no report to the server.
_MAX_TEXT = 300


def is_database(name: str) -> bool:
    """Tell whether this is a database, and not a bundle: the URL of one, or a file of SQLite."""
    if "://" in name:
        return True
    try:
        with Path(name).open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def import_database(arguments: argparse.Namespace, console: Console, query: dict[str, str]) -> int:
    """Import, say what became of every row, and let the server keep that; fails where something is missing here."""
    with needed_extra("importing a database"):
        from runreel.importers.process import ConversionProcess
    started_at = now()
    with ConversionProcess(arguments.file, folder=arguments.files, has_sessions=arguments.into is None) as conversion:
        client = connect(arguments, console, may_create=True)
        answer = _upload(client, conversion, console, query)
        report = _report(conversion, answer, started_at=started_at, into=arguments.into)
    form = format_report(report)
    kept = form if report.is_trial else client.post("api", "imports", body=form)
    if "json" in arguments:
        print_json(
            {**kept, "renamed_runs": answer.get("renamed_runs"), "refused_runs": answer.get("refused_runs")}, console
        )
    else:
        show_report(report, answer, console)
    return 0 if report.is_reconciled and not report.n_refused and report.problem is None else 1


def _upload(client: Client, conversion: ConversionProcess, console: Console, query: Mapping[str, str]) -> JsonObject:
    with counting_runs(console, n_runs=conversion.n_runs, n_events=conversion.n_events) as show:
        chunks: Iterator[bytes] = conversion.iter_chunks(show)
        headers = {"Content-Type": "application/x-ndjson"}
        return client.upload("api", "import", query=query, headers=headers, content=chunks)


def _report(conversion: ConversionProcess, answer: JsonObject, *, started_at: int, into: str | None) -> ImportReport:
    refused = [
        (text_at(run, "run_id") or "", text_at(run, "reason") or "") for run in objects_at(answer, "refused_runs")
    ]
    conversion.refuse(refused)
    kept = object_of(answer.get("kept"))
    counts = None if kept is None else {kind: int(number_at(kept, kind)) for kind in STORED_KINDS}
    if counts is not None and into is not None:
        # One session has them all, and is not counted.
        del counts["sessions"]
    findings = conversion.findings(counts)
    n_refused = int(number_at(answer, "refused"))
    return ImportReport(
        kind=conversion.kind,
        source=conversion.name,
        started_at=started_at,
        ended_at=now(),
        into=into,
        is_trial=answer.get("dry_run") is True,
        n_new=int(number_at(answer, "new")),
        n_same=int(number_at(answer, "same")),
        n_changed=int(number_at(answer, "changed")),
        n_refused=n_refused,
        n_renamed=len(objects_at(answer, "renamed_runs")),
        tables=findings.tables,
        repairs=findings.repairs,
        kinds=findings.kinds,
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
