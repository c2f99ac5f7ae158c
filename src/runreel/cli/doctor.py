"""`runreel doctor`: looks whether the database is sound, or one of another program."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from runreel.cli.console import Console, print_json
from runreel.cli.damage_view import damage_as_json, show_damage
from runreel.cli.extra import needed_extra
from runreel.cli.progress import progress_bar
from runreel.cli.quantity import count_of, format_count
from runreel.cli.up import add_storage_options, settings_of
from runreel.errors import ConfigError
from runreel.model.scope import Scope

if TYPE_CHECKING:
    from runreel.cli.command import Commands
    from runreel.model.diagnosis import Diagnosis


def add_to(commands: Commands) -> None:
    """Declare the command."""
    text = "look whether the database is sound"
    parser = commands.add_parser(
        "doctor",
        help=f"{text}, or one that could be imported",
        description=f"{text.capitalize()}; a server may go on meanwhile. With FILE: look at the database of another "
        "program, without importing it.",
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="a database that could be imported, or its URL")
    add_storage_options(parser)
    parser.add_argument("--quick", action="store_true", help="compare sums with each other, and read no event")
    parser.add_argument("--repair", action="store_true", help="make totals right that differ from a recount")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.set_defaults(command=examine_database)


def examine_database(arguments: argparse.Namespace, console: Console) -> int:
    """Examine, and say what was found; 1 where something is damaged."""
    if arguments.file is not None:
        return _examine_other(arguments, console)
    if arguments.quick and arguments.repair:
        raise ConfigError("--repair counts everything anew, so it can't be --quick")
    with needed_extra("runreel doctor"), progress_bar(console, "Examining") as show:
        from runreel.storage.blobs import open_blobs
        from runreel.storage.sql.doctor import examine

        settings = settings_of(arguments, console.env)
        blobs = open_blobs(settings.blobs_place())
        diagnosis = examine(
            settings.database_url(),
            quick=arguments.quick,
            repair=arguments.repair,
            read_blob=lambda project, content_hash: blobs.read(Scope(project=project), content_hash),
            on_progress=show,
        )
    code = 0 if diagnosis.is_sound else 1
    if arguments.json:
        print_json(_as_json(diagnosis), console)
    else:
        _print(diagnosis, console)
    return code


def _examine_other(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.quick or arguments.repair or arguments.data or arguments.database:
        raise ConfigError("--quick, --repair, --data and --database are about the database of Runreel; leave them out")
    with needed_extra("runreel doctor FILE"), progress_bar(console, "Examining") as show:
        from runreel.importers.address import open_source
        from runreel.importers.damage import examine

        with open_source(arguments.file) as source:
            damage = examine(source, on_progress=show)
    if arguments.json:
        print_json(damage_as_json(damage), console)
    else:
        show_damage(damage, console)
    return 0 if damage.is_sound else 1


def _print(diagnosis: Diagnosis, console: Console) -> None:
    for finding in diagnosis.findings:
        console.say(f"{finding.check}: {finding.subject}: {finding.detail}")
    if diagnosis.n_findings > len(diagnosis.findings):
        console.say(f"… and {format_count(diagnosis.n_findings - len(diagnosis.findings))} more")
    if diagnosis.n_repaired:
        console.say(f"Made right: {format_count(diagnosis.n_repaired)}.")
    looked_at = f"{count_of(diagnosis.n_runs, 'run')} with {count_of(diagnosis.n_events, 'event')}"
    if diagnosis.is_sound:
        console.say(f"{looked_at}: all is as it must be.")
        return
    console.say(f"{looked_at}: {count_of(diagnosis.n_findings, 'finding')}.")
    if any(finding.is_repairable for finding in diagnosis.findings):
        console.complain("`runreel doctor --repair` makes totals right.")
    if not all(finding.is_repairable for finding in diagnosis.findings):
        console.complain("What can't be read can only come from a backup: `runreel restore`.")


def _as_json(diagnosis: Diagnosis) -> dict[str, object]:
    return {
        "sound": diagnosis.is_sound,
        "runs": diagnosis.n_runs,
        "events": diagnosis.n_events,
        "repaired": diagnosis.n_repaired,
        "finding_count": diagnosis.n_findings,
        "findings": [
            {
                "check": finding.check,
                "subject": finding.subject,
                "detail": finding.detail,
                "repairable": finding.is_repairable,
            }
            for finding in diagnosis.findings
        ],
    }
