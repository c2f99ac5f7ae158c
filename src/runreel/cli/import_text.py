"""The report of an import as text."""

from __future__ import annotations

from collections.abc import Sequence

from runreel.cli.answer import JsonObject, objects_at, text_at
from runreel.cli.console import Console
from runreel.cli.quantity import count_of, format_count
from runreel.cli.table import Cell, Column, lay_out, titles
from runreel.cli.text import harmless
from runreel.model.import_report import ImportReport

_TABLE = (
    Column(title="TABLE", is_flexible=True),
    Column(title="FOUND", is_right=True),
    Column(title="STORED", is_right=True),
    Column(title="MERGED", is_right=True),
    Column(title="LEFT OUT", is_right=True),
)
_KIND = (
    Column(title="HERE", is_flexible=True),
    Column(title="SENT", is_right=True),
    Column(title="MADE", is_right=True),
    Column(title="IN THE DATABASE", is_right=True),
)


def show_report(report: ImportReport, answer: JsonObject, console: Console) -> None:
    """Print what became of a database."""
    console.say(
        f"{report.kind[:1].upper()}{report.kind[1:]} {harmless(report.source)}: {format_count(report.n_new)} runs new, "
        f"{format_count(report.n_same)} same, {format_count(report.n_changed)} changed, "
        f"{format_count(report.n_refused)} refused."
    )
    if report.is_trial:
        console.say("It was a dry run: nothing was kept.")
    rows = [
        [
            Cell(harmless(table.table)),
            *(Cell(format_count(n)) for n in (table.n_found, table.n_stored, table.n_merged, table.n_left_out)),
        ]
        for table in report.tables
    ]
    _show_table(_TABLE, rows, console)
    rows = [
        [
            Cell(each.kind),
            Cell(format_count(each.n_sent)),
            Cell(format_count(each.n_made)),
            Cell("" if each.n_kept is None else format_count(each.n_kept)),
        ]
        for each in report.kinds
    ]
    _show_table(_KIND, rows, console)
    _show_cases("Left out", _left_out(report), console)
    _show_cases("Repaired", [(each.what, each.n_cases, each.examples) for each in report.repairs], console)
    show_runs("Renamed, since another run has the name", objects_at(answer, "renamed_runs"), "wanted_name", console)
    show_runs("Refused", objects_at(answer, "refused_runs"), "reason", console)
    _show_verdict(report, console)


def _show_verdict(report: ImportReport, console: Console) -> None:
    loose = [table.table for table in report.tables if not table.is_reconciled]
    if loose:
        console.complain(f"Not every row is accounted for, in: {', '.join(map(harmless, loose))}.")
    for kind, n_rows in report.missing().items():
        word = "missing in" if n_rows > 0 else "more than was sent in"
        console.complain(f"{format_count(abs(n_rows))} {kind} are {word} the database.")
    if report.problem is not None:
        console.complain(harmless(report.problem[:1].upper() + report.problem[1:] + "."))
    if report.is_reconciled:
        left = f", {count_of(report.n_left_out, 'row')} left out with a reason" if report.n_left_out else ""
        here = "" if report.is_trial else ", and the database has all that was sent"
        console.say(f"{count_of(report.n_found, 'row')} found, all accounted for{left}{here}.")


def _left_out(report: ImportReport) -> list[tuple[str, int, Sequence[str]]]:
    return [
        (f"{table.table}: {each.reason}", each.n_rows, each.examples)
        for table in report.tables
        for each in table.left_out
    ]


def _show_cases(heading: str, cases: Sequence[tuple[str, int, Sequence[str]]], console: Console) -> None:
    if not cases:
        return
    console.say(f"{heading}:")
    for what, n_cases, examples in cases:
        some = f" ({', '.join(map(harmless, examples[:3]))}{', …' if n_cases > 3 else ''})" if examples else ""
        console.say(f"  {format_count(n_cases)} × {harmless(what)}{some}")


def show_runs(heading: str, runs: list[JsonObject], last: str, console: Console) -> None:
    """Print runs and what is said of them under `last`; nothing where there are none."""
    if not runs:
        return
    columns = (
        Column(title="AGENT", is_flexible=True),
        Column(title="RUN", is_flexible=True),
        Column(title="WANTED" if last == "wanted_name" else "WHY"),
        Column(title="ID"),
    )
    rows = [
        [Cell(harmless(text_at(run, key) or "")) for key in ("agent_name", "run_name", last, "run_id")] for run in runs
    ]
    console.say(f"{heading}:")
    _show_table(columns, rows, console)


def _show_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], console: Console) -> None:
    head = titles(columns, console.palette.faint)
    for line in lay_out(columns, [head, *rows], width=console.width, glyphs=console.glyphs, palette=console.palette):
        console.say(line)
